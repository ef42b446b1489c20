// A store that takes nothing, as one whose disk or lock somebody else holds.
import { spawn } from "node:child_process";
import path from "node:path";
import { within } from "./wait.mjs";

const kHold = `
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
`;

/** Holds the write lock of the SQLite database of a server from `held` until `release()`. */
export class DatabaseLock {
  constructor(dataDir) {
    this.process = spawn("python3", ["-c", kHold, path.join(dataDir, "belfry.db")], { stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.held = within(new Promise((resolve) => this.process.stdout.once("data", resolve)), "the lock of the database");
  }

  async release() {
    this.process.stdin.end();
    await within(this.ended, "the lock to be free");
  }
}
