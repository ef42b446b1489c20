// Several servers over a Redis of the test's own, each with its own store or all on one PostgreSQL.
import { Belfry, kApiKey } from "./belfry.mjs";
import { Postgres, Redis } from "./services.mjs";
import { kSecret } from "./tokens.mjs";
import { until } from "./wait.mjs";

/** How long a node that is silent is believed, in tests that do not measure it. */
export const kLeaseMs = 3_000;

export class Node extends Belfry {
  /** Holds still, as a machine that is frozen. */
  pause() {
    process.kill(this.pid, "SIGSTOP");
  }

  resume() {
    process.kill(this.pid, "SIGCONT");
  }
}

/**
 * `{nodes, redis, add}`; the nodes know each other, and `add` starts one more. `shared`: on one PostgreSQL. After the test
 * they are gone, however they were left.
 */
export async function startCluster(t, count, { env = {}, shared = false } = {}) {
  const postgres = shared ? await Postgres.create() : undefined;
  if (postgres) t.after(() => postgres.remove());
  const redis = await Redis.create();
  t.after(() => redis.remove());
  await redis.start();
  const nodes = [];
  t.after(() => Promise.all(nodes.map((node) => leave(node))));
  const add = async () => {
    const all = { REDIS_URL: redis.url, BELFRY_PRESENCE_LEASE_MS: kLeaseMs, ...env };
    if (postgres) all.DATABASE_URL = postgres.url;
    const node = await Node.started({ secret: kSecret, apiKey: kApiKey, env: all });
    nodes.push(node);
    return node;
  };
  for (let i = 0; i < count; ++i) await add();
  await together(nodes);
  return { nodes, redis, add };
}

/** Waits until each of these nodes knows all others. */
export function together(nodes, limit_ms) {
  const knows = async (node) => (await node.metric("belfry_redis_nodes")) === nodes.length - 1;
  return until(async () => (await Promise.all(nodes.map(knows))).every(Boolean), "the nodes to know each other", limit_ms);
}

/** Ends a node however it was left. */
export async function leave(node) {
  try {
    if (!node.ended) {
      node.resume();
      await node.kill();
    }
  } finally {
    node.remove();
  }
}
