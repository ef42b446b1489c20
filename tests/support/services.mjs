// A PostgreSQL and a Redis of a test's own, which it may stop, kill, pause and start again on the same port.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { freePort } from "../../testkit/js/src/belfry.js";
import { Program } from "../../testkit/js/src/program.js";
import { until } from "./wait.mjs";

const kBinaries = "/usr/lib/postgresql";
const isRoot = process.getuid() === 0;

/** A program with a folder of its own, which goes with it. */
class Service extends Program {
  paused = false;

  constructor(options) {
    super(options);
    this.folder = options.folder;
    this.port = options.port;
  }

  start() {
    return this.begin(() => this.isUp(), `${this.name} answers on ${this.port}`, 30_000);
  }

  /** It holds still: its connections stay open and nothing is answered. */
  pause() {
    this.paused = true;
    this.#signal("SIGSTOP");
  }

  resume() {
    this.paused = false;
    this.#signal("SIGCONT");
  }

  /** It is gone, and its folder with it. */
  async remove() {
    if (this.paused) this.resume();
    if (this.pid && !this.ended) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  abandon() {
    super.abandon();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #signal(name) {
    for (const pid of [this.pid, ...this.children()]) process.kill(pid, name);
  }

  children() {
    return [];
  }
}

export class Redis extends Service {
  /** `args` are more of redis-server's own. */
  static async create({ port, args = [] } = {}) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "belfry-redis-"));
    port ??= await freePort();
    const own = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
    return new Redis({ name: "Redis", command: "redis-server", args: [...own, ...args], folder, port });
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What a command answers, as redis-cli writes it. */
  ask(...command) {
    return execFileSync("redis-cli", ["-p", String(this.port), ...command], { encoding: "utf8", timeout: 10_000 }).trim();
  }

  /** Whether it answers PING. */
  isUp() {
    return new Promise((resolve) => {
      const socket = net.connect(this.port, "127.0.0.1", () => socket.write("PING\r\n"));
      socket.setTimeout(1_000, () => socket.destroy());
      socket.once("data", (data) => {
        resolve(String(data).startsWith("+PONG"));
        socket.destroy();
      });
      socket.on("error", () => {}).on("close", () => resolve(false));
    });
  }
}

/** PostgreSQL does not run as root: there it runs as its own user. */
function asPostgres(command, args) {
  const drop = ["--reuid=postgres", "--regid=postgres", "--clear-groups", command];
  return isRoot ? { command: "setpriv", args: [...drop, ...args] } : { command, args };
}

export class Postgres extends Service {
  /** A new cluster with an empty database `belfry`. */
  static async create() {
    const version = readdirSync(kBinaries).sort((a, b) => Number(b) - Number(a))[0];
    const bin = (name) => path.join(kBinaries, version, "bin", name);
    const folder = mkdtempSync(path.join(os.tmpdir(), "belfry-postgres-"));
    const data = path.join(folder, "data");
    mkdirSync(data);
    if (isRoot) {
      chmodSync(folder, 0o711);
      const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
      chownSync(data, id("-u"), id("-g"));
    }
    const init = asPostgres(bin("initdb"), ["-D", data, "-U", "belfry", "--auth=trust", "--no-locale", "-E", "UTF8", "--no-sync"]);
    execFileSync(init.command, init.args, { stdio: "ignore" });
    const port = await freePort();
    const run = asPostgres(bin("postgres"), ["-D", data, "-p", port, "-h", "127.0.0.1", "-k", data, "-c", "max_connections=100"]);
    const postgres = new Postgres({ name: "PostgreSQL", ...run, folder, port });
    Object.assign(postgres, { psql: bin("psql"), pidFile: path.join(data, "postmaster.pid") });
    await postgres.start();
    postgres.ask("CREATE DATABASE belfry", "postgres");
    return postgres;
  }

  get url() {
    return `postgres://belfry@127.0.0.1:${this.port}/belfry`;
  }

  /** What a statement answers, as psql's bare text. */
  ask(sql, database = "belfry") {
    const args = ["-h", "127.0.0.1", "-p", String(this.port), "-U", "belfry", "-d", database, "-AtX", "-c", sql];
    return execFileSync(this.psql, args, { encoding: "utf8", timeout: 10_000, stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  isUp() {
    try {
      return this.ask("SELECT 1", "postgres") === "1";
    } catch {
      return false;
    }
  }

  /** As a power cut: the server and its processes are gone; what was committed is on the disk. */
  async kill() {
    const processes = this.children();
    await super.kill();
    await until(() => processes.every((pid) => !existsSync(`/proc/${pid}/fd`) || this.#end(pid)), "PostgreSQL's processes to be gone");
    rmSync(this.pidFile, { force: true });
  }

  /** One a connection, and some of its own. */
  children() {
    const out = execFileSync("ps", ["--no-headers", "-o", "pid", "--ppid", String(this.pid)], { encoding: "utf8" });
    return out.split(/\s+/).filter(Boolean).map(Number);
  }

  #end(pid) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just gone by itself.
    }
    return false;
  }
}
