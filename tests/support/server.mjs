// Starts the server under test, and ends it by its own process id.
import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { freePort } from "./tcp.mjs";
import { until, within } from "./wait.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const reference = fileURLToPath(new URL("../conformance/reference/server.mjs", import.meta.url));
const program = process.env.CONFORMANCE_SERVER ?? "build/release/conformance_server";

/** Whether the tests run against stock `socket.io` on Node instead of the program. */
export const isReference = program === "reference";

/** Test options for a statement of the contract that stock `socket.io` does not keep; `reason` says how. */
export function stricter(reason) {
  return isReference ? { skip: `stricter than socket.io: ${reason}` } : {};
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

const kSanitizer = /Sanitizer|runtime error:/;

class Server {
  constructor(port, child) {
    this.port = port;
    this.pid = child.pid;
    this.url = `http://127.0.0.1:${port}`;
    this.output = "";
    this.ended = null;
    this.exit = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve((this.ended = { code, signal })));
      child.once("error", (error) => resolve((this.ended = { code: error.message, signal: null })));
    });
    child.stderr.on("data", (data) => (this.output = (this.output + data).slice(-100_000)));
  }

  /** Fails if the server has ended by itself or a sanitizer has spoken. */
  check() {
    if (this.ended) throw new Error(`the server ended by itself: ${JSON.stringify(this.ended)}\n${this.output}`);
    if (kSanitizer.test(this.output)) throw new Error(`a sanitizer reports:\n${this.output}`);
  }

  async stop() {
    this.check();
    process.kill(this.pid, "SIGTERM");
    try {
      await within(this.exit, "the server to end after SIGTERM", 20_000);
    } catch (error) {
      process.kill(this.pid, "SIGKILL");
      throw error;
    }
    const { code, signal } = this.ended;
    if (kSanitizer.test(this.output)) throw new Error(`a sanitizer reports:\n${this.output}`);
    if (code !== 0 && code !== 143 && signal !== "SIGTERM") {
      throw new Error(`the server ended with ${JSON.stringify(this.ended)}\n${this.output}`);
    }
  }
}

/** Starts a server with `args`, on a free port or that of one that has ended; the caller stops it. */
export async function startServer(args = [], port = null) {
  port ??= await freePort();
  const all = ["--port", String(port), ...args.map(String)];
  const [command, argv] = isReference ? [process.execPath, [reference, ...all]] : [path.resolve(root, program), all];
  const child = spawn(command, argv, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const server = new Server(port, child);
  try {
    await until(() => server.ended || canConnect(port), `the server listens on ${port}`, 20_000);
    server.check();
  } catch (error) {
    if (!server.ended) process.kill(server.pid, "SIGKILL");
    throw error;
  }
  return server;
}

/** The server that the tests of one file share: started at once, checked and stopped after the last one. */
export async function sharedServer(args = []) {
  const server = await startServer(args);
  after(() => server.stop());
  return server;
}

/** Options under which the heartbeat stays out of the way. */
export const kQuiet = ["--ping-interval", 25_000, "--ping-timeout", 20_000];
