// Several servers over a Redis of the test's own, each with its own store.
import { Belfry, kApiKey } from "./belfry.mjs";
import { Redis } from "./services.mjs";
import { kSecret } from "./tokens.mjs";
import { until } from "./wait.mjs";

/** How long a node that is silent is believed, in tests that do not measure it. */
export const kLeaseMs = 3_000;

export class Node extends Belfry {
  /** What a metric without labels, or with these, says. */
  async metric(name, labels = "") {
    const { text } = await this.call("GET", "/metrics");
    const line = text.split("\n").find((one) => one.startsWith(`${name}${labels} `));
    return line && Number(line.slice(name.length + labels.length + 1));
  }

  /** Holds still, as a machine that is frozen. */
  pause() {
    process.kill(this.pid, "SIGSTOP");
  }

  resume() {
    process.kill(this.pid, "SIGCONT");
  }
}

/**
 * `{nodes, redis}`; the nodes know each other. After the test they are gone, however they were left.
 */
export async function startCluster(t, count, { env = {} } = {}) {
  const redis = await Redis.create();
  t.after(() => redis.remove());
  await redis.start();
  const nodes = [];
  t.after(() => Promise.all(nodes.map((node) => leave(node))));
  for (let i = 0; i < count; ++i) {
    const all = { REDIS_URL: redis.url, BELFRY_PRESENCE_LEASE_MS: kLeaseMs, ...env };
    nodes.push(await Node.started({ secret: kSecret, apiKey: kApiKey, env: all }));
  }
  await together(nodes);
  return { nodes, redis };
}

/** Waits until each of these nodes knows all others. */
export function together(nodes, limit_ms) {
  const knows = async (node) => (await node.metric("belfry_redis_nodes")) === nodes.length - 1;
  return until(async () => (await Promise.all(nodes.map(knows))).every(Boolean), "the nodes to know each other", limit_ms);
}

async function leave(node) {
  try {
    if (!node.ended) {
      node.resume();
      await node.kill();
    }
  } finally {
    node.remove();
  }
}
