// Starts the program (`belfry`), each time with a fresh folder, and ends it by its own process id.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { request } from "./http.mjs";
import { checkResponse } from "./reference.mjs";
import { freePort } from "./tcp.mjs";
import { kSecret, sign } from "./tokens.mjs";
import { until, within } from "./wait.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const kProgram = path.resolve(root, process.env.BELFRY_PROGRAM ?? "build/release/belfry");

const kStartMs = 20_000;
const kStopMs = 20_000;
const kOutputMax = 1_000_000;
const kSanitizer = /Sanitizer|runtime error:/;

/** What of this process's environment the program may see. */
function environment(extra) {
  const kept = ["PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"].filter((name) => name in process.env);
  return { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), ...extra };
}

/** Limits that are out of the way of tests that are not about them. */
export const kNoLimits = { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "1000000", BELFRY_HEALTH_MESSAGES_PER_MINUTE: "1000000", BELFRY_HEALTH_CALLS_PER_MINUTE: "1000000" };

export const kApiKey = "an API key of the tests";

const newFolder = () => mkdtemp(path.join(os.tmpdir(), "belfry-test-"));

/** A folder that goes when the test is over. */
export async function freshFolder(t) {
  const folder = await newFolder();
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the program to its end: `{code, signal, out, err}`. */
export async function run(args, { env = {}, cwd = os.tmpdir(), limit_ms = kStartMs } = {}) {
  const child = spawn(kProgram, args.map(String), { cwd, env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  const result = { out: "", err: "" };
  child.stdout.on("data", (data) => (result.out += data));
  child.stderr.on("data", (data) => (result.err += data));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ ...result, code, signal }));
  });
  try {
    return await within(ended, `${args.join(" ")} to end`, limit_ms);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** One server, which may be started again on the same folder and port after it has ended. */
export class Belfry {
  constructor({ port, folder, args = [], env = {} }) {
    Object.assign(this, { port, folder, args, env, url: `http://127.0.0.1:${port}`, output: "" });
    this.dataDir = path.join(folder, "data");
  }

  /** Starts the process, and waits for nothing. */
  launch() {
    const args = ["serve", "--port", this.port, "--data-dir", this.dataDir, ...this.args].map(String);
    const child = spawn(kProgram, args, { cwd: this.folder, env: environment(this.env), stdio: ["ignore", "pipe", "pipe"] });
    this.ended = null;
    this.output = "";
    this.pid = child.pid;
    this.exit = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve((this.ended = { code, signal })));
      child.once("error", (error) => resolve((this.ended = { code: error.message, signal: null })));
    });
    this.announced = new Promise((resolve) => {
      const keep = (data) => {
        this.output = (this.output + data).slice(-kOutputMax);
        if (this.output.includes(`:${this.port}`)) resolve();
      };
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
    });
  }

  /** Starts it and waits for its line with the URL, and until it answers. The time that took, in milliseconds. */
  async start() {
    const begin = performance.now();
    this.launch();
    try {
      await within(Promise.race([this.announced, this.exit]), `the server to print its URL with port ${this.port}`, kStartMs);
      if (!this.ended) await until(() => this.ended || this.#answers(), "the server answers", kStartMs);
      this.check();
    } catch (error) {
      if (!this.ended) process.kill(this.pid, "SIGKILL");
      error.message += `\n${this.output}`;
      throw error;
    }
    return performance.now() - begin;
  }

  async #answers() {
    return (await request(this, "/readyz").catch(() => null))?.status === 200;
  }

  /** Fails if the server has ended by itself or a sanitizer has spoken. */
  check() {
    if (this.ended) throw new Error(`the server ended by itself: ${JSON.stringify(this.ended)}\n${this.output}`);
    if (kSanitizer.test(this.output)) throw new Error(`a sanitizer reports:\n${this.output}`);
  }

  /** Ends it gracefully and fails unless it ends cleanly. */
  async stop(signal = "SIGTERM") {
    this.check();
    process.kill(this.pid, signal);
    try {
      await within(this.exit, `the server to end after ${signal}`, kStopMs);
    } catch (error) {
      process.kill(this.pid, "SIGKILL");
      error.message += `\n${this.output}`;
      throw error;
    }
    if (this.ended.code !== 0 || kSanitizer.test(this.output)) {
      throw new Error(`the server ended with ${JSON.stringify(this.ended)}\n${this.output}`);
    }
  }

  /** Ends it at once, as a power cut does. */
  async kill() {
    this.check();
    process.kill(this.pid, "SIGKILL");
    await within(this.exit, "the server to be gone");
  }

  async restart() {
    await this.stop();
    return this.start();
  }

  /** A REST call: `{status, headers, json}`. `as` is a token or an API key. */
  async call(method, target, { as, body, headers = {} } = {}) {
    const all = { ...headers };
    if (as) all.Authorization = `Bearer ${as}`;
    if (body !== undefined && !("Content-Type" in all)) all["Content-Type"] = "application/json";
    const text = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    if (text !== undefined) all["Content-Length"] = Buffer.byteLength(text);
    const answer = await request(this, target, { method, headers: all, body: text });
    let json;
    try {
      json = JSON.parse(answer.text);
    } catch {
      json = undefined;
    }
    checkResponse(method, target, { ...answer, json });
    return { ...answer, json };
  }

  /** A new visit of these people. */
  async visit(patientId, ...providerIds) {
    const body = { patientId, providerIds };
    const answer = await this.call("POST", "/v1/health/visits", { as: sign({ sub: providerIds[0], role: "provider" }), body });
    if (answer.status !== 201) throw new Error(`no visit: ${answer.status} ${answer.text}`);
    return answer.json;
  }
}

/**
 * Starts a server with a known secret, no limits in the way, and nothing in its folder. After the test (with null: after
 * the file) it is stopped, unless it has ended, and the folder removed.
 */
export async function startBelfry(t, { args = [], env = {} } = {}) {
  const folder = await newFolder();
  const all = { JWT_SECRET: kSecret, BELFRY_AUTH_API_KEYS: kApiKey, ...kNoLimits, ...env };
  const server = new Belfry({ port: await freePort(), folder, args, env: all });
  const end = async () => {
    try {
      if (server.pid && !server.ended) await server.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  if (t) t.after(end);
  else after(end);
  await server.start();
  return server;
}
