// Attackers, whoever is there beside them, and what the server holds meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { disconnectSocketClient, openSocketClient, waitForConnection } from "../../testkit/js/index.js";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { sign } from "../support/tokens.mjs";
import { pause, until, within } from "../support/wait.mjs";

export { kApiKey };

const kQuietMs = 1_500;
const kLoudMs = 2_500;
// What a machine that others use, too, adds to a time; and what an allocator keeps of what has come and gone.
const kAllowanceMs = Number(process.env.HOSTILE_ALLOWANCE_MS ?? 100);
const kGrowthMb = 96;
const kAttackLimitMs = 60_000;

/** A server whose bounds on addresses hold for the attackers (127.1.0.0/16), and not for whoever else is there. */
export function startTarget(env = {}) {
  return startBelfry(null, { env: { BELFRY_LIMITS_EXEMPT: "127.0.0.1", LOG_LEVEL: "warn", ...env } });
}

/** Descriptors that a process of ours may have. */
export function descriptorLimit() {
  const line = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return Number(line[1]);
}

export function residentMb(server) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1_024;
}

/** A counter of `/metrics` with that label's value, or the sum of the family. */
export async function counter(server, name, value) {
  const { text } = await server.call("GET", "/metrics", { as: kApiKey });
  let sum = 0;
  for (const line of text.split("\n")) {
    const sample = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line);
    if (sample?.[1] === name && (value === undefined || sample[2].includes(`"${value}"`))) sum += Number(sample[3]);
  }
  return sum;
}

/** Somebody whom nothing of it concerns: a stock client that asks, waits for the answer, and asks again. */
class Bystander {
  static async open(server) {
    const one = new Bystander();
    one.socket = openSocketClient(server.url, { namespace: "/health", auth: { token: sign({ sub: "bystander", role: "patient" }) } });
    await waitForConnection(one.socket);
    return one;
  }

  /** The 99th percentile of the time from question to answer, over that time. */
  async p99(duration_ms) {
    const times = [];
    const end = performance.now() + duration_ms;
    while (performance.now() < end) {
      const begin = performance.now();
      await within(new Promise((resolve) => this.socket.emit("nothing", {}, resolve)), "an answer in the middle of an attack");
      times.push(performance.now() - begin);
      await pause(2);
    }
    times.sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.99)];
  }

  close() {
    return disconnectSocketClient(this.socket);
  }
}

/** An attack of `attacks.mjs`, in a thread of its own. */
class Attacker {
  constructor(name, server, options) {
    const url = new URL("./attacks.mjs", import.meta.url);
    this.worker = new Worker(url, { workerData: { name, port: server.port, ...options } });
    const messages = [];
    this.worker.on("message", (message) => messages.push(message));
    this.worker.on("error", (error) => (this.failed = error));
    this.message = (kind) =>
      until(() => {
        if (this.failed) throw this.failed;
        return messages.find((one) => kind in one);
      }, `the attack ${name}: ${kind}`, kAttackLimitMs);
  }

  /** Once it is under way. */
  async begun() {
    await this.message("begun");
  }

  /** Ends it; what it has seen. */
  async stop() {
    this.worker.postMessage("stop");
    const { ended } = await this.message("ended");
    await this.worker.terminate();
    return ended;
  }
}

/**
 * Lets `attack` loose on `server` and fails where somebody else waits for answers more than twice as long as before it, and
 * a little, or where the server's memory grows beyond `growth_mb`. `counted`: what must have grown in `/metrics`, and by how
 * much at least: `[name, label's value, amount]`. Gives what the attacker has seen.
 */
export async function withstand(t, server, attack, { options = {}, counted = [], growth_mb = kGrowthMb, during } = {}) {
  const bystander = await Bystander.open(server);
  t.after(() => bystander.close());
  const before = await Promise.all(counted.map(([name, value]) => counter(server, name, value)));
  const quiet = await bystander.p99(kQuietMs);
  const resident = residentMb(server);
  let peak = resident;
  const watch = setInterval(() => (peak = Math.max(peak, residentMb(server))), 50);
  t.after(() => clearInterval(watch));
  const attacker = new Attacker(attack, server, options);
  t.after(() => attacker.worker.terminate());
  await attacker.begun();
  const [loud] = await Promise.all([bystander.p99(kLoudMs), during?.()]);
  const seen = await attacker.stop();
  clearInterval(watch);
  t.diagnostic(`p99 ${quiet.toFixed(1)} ms, under attack ${loud.toFixed(1)} ms; memory ${resident.toFixed(0)} MB, at most ${peak.toFixed(0)} MB; ${JSON.stringify(seen)}`);
  for (const [at, [name, value, amount]] of counted.entries()) {
    const grown = async () => (await counter(server, name, value)) - before[at];
    await until(async () => (await grown()) >= amount, `${name} ${value ?? ""} grows by ${amount}`);
  }
  server.check();
  assert.ok(loud <= 2 * quiet + kAllowanceMs, `others wait: p99 ${loud.toFixed(1)} ms, ${quiet.toFixed(1)} ms before`);
  assert.ok(peak - resident <= growth_mb, `memory grew from ${resident.toFixed(0)} to ${peak.toFixed(0)} MB`);
  return seen;
}
