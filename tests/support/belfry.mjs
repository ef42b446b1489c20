// Starts the program (`belfry`), each time with a fresh folder, and ends it by its own process id.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { Belfry as Server, environment } from "../../testkit/js/src/belfry.js";
import { request } from "./http.mjs";
import { startProxy } from "./proxy.mjs";
import { checkResponse } from "./reference.mjs";
import { Redis } from "./services.mjs";
import { kSecret, sign } from "./tokens.mjs";
import { until, within } from "./wait.mjs";

export { noLimits as kNoLimits } from "../../testkit/js/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const kProgram = path.resolve(root, process.env.BELFRY_PROGRAM ?? "build/release/belfry");

const kRunMs = 20_000;

export const kApiKey = "an API key of the tests";

/** Whether servers keep their things in PostgreSQL: BELFRY_TEST_STORE=postgres, in the database of BELFRY_TEST_POSTGRES. */
export const kOnPostgres = process.env.BELFRY_TEST_STORE === "postgres";

/** How many nodes a server has: BELFRY_TEST_NODES, which needs them to be on PostgreSQL. */
export const kNodes = Number(process.env.BELFRY_TEST_NODES ?? 1);

/** The URL of a new, empty schema of BELFRY_TEST_POSTGRES. */
export function freshSchema() {
  return `${process.env.BELFRY_TEST_POSTGRES}?schema=test_${randomBytes(8).toString("hex")}`;
}

/** A folder that goes when the test is over. */
export async function freshFolder(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "belfry-test-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the program to its end: `{code, signal, out, err}`. */
export async function run(args, { env = {}, cwd = os.tmpdir(), limit_ms = kRunMs } = {}) {
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
export class Belfry extends Server {
  constructor(options) {
    super({ program: kProgram, ...options });
  }

  /** What was done before now has effect everywhere. */
  async settled() {}

  /** Ends it gracefully and fails unless it ends cleanly; its folder stays for the next start. */
  stop(signal) {
    return this.end(signal);
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
    if (method !== "GET") await this.settled();
    return { ...answer, json };
  }

  /** What a metric without labels, or with these, says. */
  async metric(name, labels = "") {
    return (await this.metrics(name + labels))[0];
  }

  /** What these metrics said at one moment, each with its labels. */
  async metrics(...names) {
    const { text } = await this.call("GET", "/metrics");
    return names.map((name) => {
      const line = text.split("\n").find((one) => one.startsWith(`${name} `));
      return line && Number(line.slice(name.length + 1));
    });
  }

  /** A new visit of these people. */
  async visit(patientId, ...providerIds) {
    const body = { patientId, providerIds };
    const answer = await this.call("POST", "/v1/health/visits", { as: sign({ sub: providerIds[0], role: "provider" }), body });
    if (answer.status !== 201) throw new Error(`no visit: ${answer.status} ${answer.text}`);
    return answer.json;
  }
}

/** Several nodes on one PostgreSQL and Redis that look like one server: each connection comes to the next. */
class Nodes extends Belfry {
  constructor(nodes, redis, proxy) {
    super({ port: proxy.port, folder: nodes[0].folder });
    Object.assign(this, { secret: kSecret, apiKey: kApiKey, nodes, redis, proxy });
    Object.defineProperty(this, "output", { get: () => nodes.map((node) => node.output).join("") });
  }

  static async started(options) {
    const redis = await Redis.create();
    await redis.start();
    const env = { REDIS_URL: redis.url, ...options.env };
    const nodes = [];
    for (let i = 0; i < kNodes; ++i) nodes.push(await Belfry.started({ ...options, env }));
    const knows = async (node) => (await node.metric("belfry_redis_nodes")) === kNodes - 1;
    await until(async () => (await Promise.all(nodes.map(knows))).every(Boolean), "the nodes to know each other");
    return new Nodes(nodes, redis, await startProxy((_, index) => nodes[index % kNodes].port));
  }

  /** Every node has told what any has stored, and knows the facts of all. */
  settled() {
    const seen = (node) => node.metrics("belfry_outbox_told", 'belfry_redis_facts{owner="this"}', 'belfry_redis_facts{owner="others"}');
    return until(async () => {
      const all = await Promise.all(this.nodes.map(seen));
      const facts = all.reduce((sum, [, own]) => sum + own, 0);
      return all.every(([told, own, others]) => told === all[0][0] && own + others === facts);
    }, "the nodes to agree");
  }

  async stop() {
    await this.proxy.close();
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.redis.remove();
  }

  remove() {
    for (const node of this.nodes) node.remove();
  }
}

/**
 * Starts a server with a known secret, no limits in the way, and nothing in its folder. After the test (with null: after
 * the file) it is stopped, unless it has ended, and the folder removed. `alone`: what is asked is a matter of one process.
 */
export async function startBelfry(t, { args = [], env = {}, alone = false } = {}) {
  const Kind = kNodes > 1 && !alone ? Nodes : Belfry;
  const store = kOnPostgres ? { DATABASE_URL: freshSchema() } : {};
  const server = await Kind.started({ secret: kSecret, apiKey: kApiKey, args, env: { ...store, ...env } });
  server.store = store; // what other calls of the program need to find the same
  const end = async () => {
    try {
      if (!server.ended) await server.stop();
    } finally {
      server.remove();
    }
  };
  if (t) t.after(end);
  else after(end);
  return server;
}
