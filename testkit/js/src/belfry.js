// Belfry as a test's own server: a free port, a fresh folder, a secret that the test knows.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { Program } from "./program.js";
import { signToken } from "./tokens.js";

const kInherited = ["PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"];

/** Settings under which the limits a minute are out of the way of tests that are not about them. */
export const noLimits = Object.freeze({
  BELFRY_AUTH_LOGINS_PER_MINUTE: "1000000",
  BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "1000000",
  BELFRY_HEALTH_MESSAGES_PER_MINUTE: "1000000",
  BELFRY_HEALTH_CALLS_PER_MINUTE: "1000000",
  BELFRY_GROUPS_MESSAGES_PER_MINUTE: "1000000",
});

/** The program's environment: of this process's little more than the search path, so that every machine has the same. */
export function environment(extra = {}) {
  const kept = kInherited.filter((name) => name in process.env);
  return { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), ...extra };
}

/** A port below the range from which the kernel takes ports of outgoing connections, so that a restart finds it free. */
export async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise((resolve) => {
      const probe = net.createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Whether `/readyz` says yes; a try that takes a second is a no. */
function isReady(url) {
  return new Promise((resolve) => {
    const call = http.get(`${url}/readyz`, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.on("close", () => resolve(false));
  });
}

/** One server. After its end it may be started again on the same folder and port. */
export class Belfry extends Program {
  #temporary;

  /** `env` is all that the program sees beside `PATH` and `HOME`; a `folder` that is not given goes with `remove`. */
  constructor({ program = process.env.BELFRY_PROGRAM ?? "belfry", port, folder, args = [], env = {} }) {
    const home = folder ?? mkdtempSync(path.join(os.tmpdir(), "belfry-test-"));
    const dataDir = path.join(home, "data");
    const all = ["serve", "--port", port, "--data-dir", dataDir, ...args];
    super({ name: "belfry", command: program, args: all, cwd: home, env: environment(env) });
    this.#temporary = folder === undefined;
    Object.assign(this, { port, folder: home, dataDir, url: `http://127.0.0.1:${port}` });
  }

  /** A server with a known secret and API key and with no limits in the way, started. */
  static async started({ secret = randomBytes(32).toString("hex"), apiKey = randomBytes(16).toString("hex"), port, env, startTimeoutMs, ...more } = {}) {
    const all = { JWT_SECRET: secret, BELFRY_AUTH_API_KEYS: apiKey, ...noLimits, ...env };
    const server = new this({ port: port ?? (await freePort()), env: all, ...more });
    Object.assign(server, { secret, apiKey });
    try {
      await server.start(startTimeoutMs);
    } catch (error) {
      server.remove();
      throw error;
    }
    return server;
  }

  /** Starts it and waits for its line with the URL, and until it answers. The time that took, in milliseconds. */
  async start(timeoutMs) {
    const begin = performance.now();
    const ready = () => this.output.includes(`ready at ${this.url}`) && isReady(this.url);
    await this.begin(ready, `belfry says that it is ready at ${this.url}`, timeoutMs);
    return performance.now() - begin;
  }

  /** Ends it gracefully and starts it again. */
  async restart() {
    await this.end();
    return this.start();
  }

  /** Ends it gracefully, unless the test has ended it, fails unless it ends well, and removes its folder. */
  async stop() {
    try {
      if (!(this.ended && this.asked)) await this.end();
    } finally {
      this.remove();
    }
  }

  /** Removes the folder that was made for it. */
  remove() {
    if (this.#temporary) rmSync(this.folder, { recursive: true, force: true });
  }

  abandon() {
    super.abandon();
    this.remove();
  }

  /** A token that this server takes. */
  token(claims, options = {}) {
    return signToken(claims, { secret: this.secret, ...options });
  }
}

/** Starts a server for a test, which calls its `stop()` in the end. */
export function startBelfry(options) {
  return Belfry.started(options);
}
