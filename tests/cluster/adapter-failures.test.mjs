// What the adapter between nodes could not do is counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { startCluster } from "../support/nodes.mjs";
import { until } from "../support/wait.mjs";

const kNoMessage = {
  classic: ["PUBLISH", "socket.io-request#/health#", "no message"],
  sharded: ["SPUBLISH", "socket.io#/health#", "no message"],
  streams: ["XADD", "socket.io", "*", "nsp", "/health", "type", "3", "data", "no message"],
};

const failures = (node, reason) => node.metric("belfry_redis_adapter_failures_total", `{reason="${reason}"}`);
const more = (node, reason, before) => until(async () => (await failures(node, reason)) > before, `${reason} to be counted`);

/** Who is connected, as far as the node can tell. */
async function usersAt(node) {
  const { status, json } = await node.call("GET", "/v1/sockets?app=health", { as: kApiKey });
  assert.equal(status, 200);
  return json.items.map(({ userId }) => userId);
}

for (const [adapter, command] of Object.entries(kNoMessage)) {
  test(`${adapter}: messages that are none, that do not leave, and questions without all answers`, async (t) => {
    const env = { BELFRY_REDIS_ADAPTER: adapter, BELFRY_REDIS_COMMAND_TIMEOUT_MS: "500", BELFRY_REDIS_QUEUE_MAX_MS: "500" };
    const { nodes: [a, b], redis } = await startCluster(t, 2, { env });
    const ada = await Client.open(t, a, "ada");
    for (const reason of ["malformed", "unsent", "incomplete"]) assert.equal(await failures(a, reason), 0);

    redis.ask(...command);
    await more(a, "malformed", 0);

    await Client.open(t, b, "grace");
    await until(async () => (await usersAt(a)).length === 2, "the nodes to hear each other");
    const before = await failures(a, "incomplete");
    b.pause();
    await until(async () => (await usersAt(a)).length === 1, "a question that the other node does not answer");
    b.resume();
    await more(a, "incomplete", before);

    await redis.kill();
    await until(async () => (await a.metric("belfry_redis_up")) === 0, "the node to notice");
    const emitted = await a.call("POST", "/v1/emit", { as: kApiKey, body: { app: "health", userIds: ["ada"], event: "custom", payload: {} } });
    assert.ok(emitted.status < 300, emitted.text);
    await ada.next("custom");
    await more(a, "unsent", 0);
  });
}
