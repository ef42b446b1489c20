// Node after node is replaced behind nginx, on one PostgreSQL and one Redis, while stock clients write and read through it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startNginx, startPair } from "../support/balancers.mjs";
import { kApiKey } from "../support/belfry.mjs";
import { freshDatabase } from "../support/database.mjs";
import { together } from "../support/nodes.mjs";
import { Traffic } from "../support/senders.mjs";
import { Redis } from "../support/services.mjs";
import { until, within } from "../support/wait.mjs";

const kRounds = 2; // of each node
const kSpreadMs = 500;
const kStopMs = 20_000;
const kNotices = 4; // while a node stops: of all of them no more than a client that comes back is sent (20)

/** How often a client was told that its server stops. */
const told = (client) => client.waiting("server:shutdown").length;

/** Makes a notification; its id. */
async function notify(node, userId) {
  const answer = await node.call("POST", "/v1/health/notifications", { as: kApiKey, body: { userId, type: "deploy", title: "A deploy", message: "goes on" } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.id;
}

/** The notifications that have come to a client, when they were made or when it came back. */
function noticesOf(client) {
  const pending = client.waiting("notification:pending").flatMap(({ items }) => items);
  return new Set([...client.waiting("notification:new"), ...pending].map(({ id }) => id));
}

test("nginx: each node is replaced twice under load: nothing acknowledged is lost, everybody is told when to come back", { timeout: 120_000 }, async (t) => {
  const redis = await Redis.create();
  await redis.start();
  const env = { DATABASE_URL: await freshDatabase(), REDIS_URL: redis.url, BELFRY_SERVER_READY_OFF_MS: "500", BELFRY_SERVER_DRAIN_SPREAD_MS: `${kSpreadMs}` };
  const nodes = await startPair(t, env);
  t.after(() => redis.remove()); // which the nodes have left by then
  const nginx = await startNginx(t, nodes);
  const visits = [await nodes[0].visit("ada", "dr-okafor"), await nodes[1].visit("tomas", "dr-okafor")];
  const traffic = await Traffic.start(t, visits, ["by-node", "in-turn", "by-address"].map((name) => nginx.at(name)));
  const notices = [];
  const idOf = (client) => client.socket.io.engine.id;

  for (let round = 0; round < kRounds; ++round) {
    for (const [i, node] of nodes.entries()) {
      await traffic.goOn(200);
      await until(() => traffic.clients.every((client) => client.socket.connected), "all are connected");
      const here = traffic.clients.filter((client) => idOf(client).endsWith("ab"[i]));
      const before = new Map(here.map((client) => [client, { id: idOf(client), told: told(client) }]));
      node.asked = true;
      process.kill(node.pid, "SIGTERM");
      await until(async () => (await node.call("GET", "/readyz")).status === 503, "/readyz to be off", 1_000);
      assert.equal((await nodes[1 - i].call("GET", "/readyz")).status, 200);
      for (let n = 0; n < kNotices; ++n) {
        notices.push(await notify(nodes[1 - i], "dr-okafor"));
        await traffic.goOn(20);
      }
      await within(node.exit, "the node to end", kStopMs);
      assert.deepEqual(node.ended, { code: 0, signal: null });
      for (const client of here) {
        const hints = client.waiting("server:shutdown").slice(before.get(client).told).map(({ reconnectInMs }) => reconnectInMs);
        assert.equal(hints.length, 1, `told once: ${hints}`);
        assert.ok(hints[0] > 0 && hints[0] <= kSpreadMs + 1_200, `when to come back: ${hints}`);
      }
      const moved = (client) => client.socket.connected && idOf(client) !== before.get(client).id;
      await until(() => here.every(moved), "those who were there are on the other node");
      await traffic.goOn(200);
      await node.start();
      await together(nodes);
    }
  }
  await traffic.finish(nodes[0]);
  for (const { client } of traffic.readers) await until(() => notices.every((id) => noticesOf(client).has(id)), "every notification has come");
});
