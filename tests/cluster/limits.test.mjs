// Limits a minute hold over all nodes; while Redis is away, on each by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../support/health.mjs";
import { startCluster } from "../support/nodes.mjs";
import { until } from "../support/wait.mjs";

const kTimes = 6;
const login = (node) => node.call("POST", "/auth/login", { body: { email: "ada@example.org", password: "wrong password" } });
const up = (nodes, wanted) =>
  until(async () => (await Promise.all(nodes.map((node) => node.metric("belfry_redis_up")))).every((is) => is === wanted), "all nodes to notice", 15_000);

test("sign-ins are counted over the nodes", async (t) => {
  const { nodes } = await startCluster(t, 2, { env: { BELFRY_AUTH_LOGINS_PER_MINUTE: kTimes } });
  for (let i = 0; i < kTimes; ++i) assert.equal((await login(nodes[i % 2])).status, 401);
  for (const node of nodes) {
    const refused = await login(node);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers["retry-after"]) > 30, JSON.stringify(refused.headers));
  }
});

test("connections of an address are counted over the nodes", async (t) => {
  const { nodes } = await startCluster(t, 2, { env: { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: kTimes } });
  for (let i = 0; i < kTimes; ++i) await Client.open(t, nodes[i % 2], "ada");
  for (const node of nodes) {
    await assert.rejects(Client.open(t, node, "ada", "patient", { reconnection: false }), /Rate limit exceeded/);
  }
});

test("messages of one device keep their order, the first of all too", async (t) => {
  const { nodes } = await startCluster(t, 1, { env: { BELFRY_HEALTH_MESSAGES_PER_MINUTE: kTimes } });
  const visit = await nodes[0].visit("ada", "dr");
  const phone = await Client.open(t, nodes[0], "ada");
  const texts = Array.from({ length: kTimes }, (_, i) => `message ${i}`);
  const sent = await Promise.all(texts.map((text) => phone.say(visit, text)));
  assert.deepEqual(sent.map((one) => one.seq), texts.map((_, i) => i + 1));
  assert.equal(await phone.fails("message:send", { visitId: visit.id, message: "too many" }), "Rate limit exceeded");
});

test("while Redis is away each node counts for itself", async (t) => {
  const { nodes, redis } = await startCluster(t, 2, { env: { BELFRY_AUTH_LOGINS_PER_MINUTE: kTimes } });
  await redis.end();
  await up(nodes, 0);
  for (const node of nodes) {
    for (let i = 0; i < kTimes; ++i) assert.equal((await login(node)).status, 401);
    assert.equal((await login(node)).status, 429);
  }
  await redis.start();
  await up(nodes, 1);
  for (let i = 0; i < kTimes; ++i) assert.equal((await login(nodes[i % 2])).status, 401);
  assert.equal((await login(nodes[0])).status, 429);
});
