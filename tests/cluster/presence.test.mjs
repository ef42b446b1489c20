// Who is there, over several nodes: nobody vanishes who is connected somewhere, and nobody stays who is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../support/health.mjs";
import { kLeaseMs, startCluster, together } from "../support/nodes.mjs";
import { pause, until } from "../support/wait.mjs";

const kGraceMs = 5_000; // for a user who is back within it
const kGoneMs = kLeaseMs + kGraceMs + 3_000;

const status = async (client, userId) => (await client.must("presence:get", { userIds: [userId] })).presences[0]?.status;

/** An admin on the last node watches a patient. */
async function watched(t, count) {
  const cluster = await startCluster(t, count);
  const { nodes } = cluster;
  const watcher = await Client.open(t, nodes.at(-1), "root", "admin");
  await watcher.must("presence:subscribe", { userIds: ["ada"] });
  await watcher.next("presence:initial");
  const changed = (wanted, limit_ms = 5_000) => watcher.next("presence:changed", (one) => one.status === wanted, limit_ms);
  return { ...cluster, watcher, changed };
}

test("a user is there while any node has a device, with the status that they chose", async (t) => {
  const { nodes, watcher, changed } = await watched(t, 3);
  const phone = await Client.open(t, nodes[0], "ada");
  await changed("online");
  await phone.must("presence:setStatus", { status: "busy", customStatus: "at the dentist" });
  assert.equal((await changed("busy")).customStatus, "at the dentist");

  const laptop = await Client.open(t, nodes[1], "ada");
  phone.close();
  await pause(kGraceMs + 1_000);
  assert.equal(await status(watcher, "ada"), "busy");
  assert.equal(await status(laptop, "ada"), "busy");
  await laptop.must("presence:setStatus", { status: "away" });
  await changed("away");

  laptop.close();
  const tablet = await Client.open(t, nodes[0], "ada");
  await pause(kGraceMs + 1_000);
  assert.equal(await status(watcher, "ada"), "away", "what was chosen outlives the move");
  assert.deepEqual(watcher.waiting("presence:changed"), [], "a move is no change");
  tablet.close();
  await changed("offline", kGraceMs + 3_000);
});

test("a node that dies takes its users offline, and nobody who is elsewhere too", async (t) => {
  const { nodes, watcher, changed } = await watched(t, 3);
  await Client.open(t, nodes[0], "ada");
  await Client.open(t, nodes[0], "root", "admin");
  await changed("online");
  const killed = performance.now();
  await nodes[0].kill();
  await changed("offline", kGoneMs);
  assert.ok(performance.now() - killed < kLeaseMs + kGraceMs + 1_500, "within the lease and the grace");
  assert.equal(await status(watcher, "root"), "online");
  await together([nodes[1], nodes[2]]);
});

test("a node that stops in order takes its users offline at once", async (t) => {
  const { nodes, changed } = await watched(t, 2);
  await Client.open(t, nodes[0], "ada", "patient", { reconnection: false });
  await changed("online");
  await nodes[0].end();
  await changed("offline", kGraceMs + 1_000);
});

test("a node that was frozen beyond its lease is taken for gone, and comes back with its users", async (t) => {
  const { nodes, changed } = await watched(t, 2);
  await Client.open(t, nodes[0], "ada");
  await changed("online");
  nodes[0].pause();
  await changed("offline", kGoneMs);
  nodes[0].resume();
  await changed("online", kLeaseMs + 3_000);
  await together(nodes);
});

test("Redis away: all stays as it was; back, with nothing in it: what has changed meanwhile is known", async (t) => {
  const { nodes, redis, watcher, changed } = await watched(t, 2);
  const phone = await Client.open(t, nodes[0], "ada");
  await changed("online");
  await redis.end();
  await until(async () => (await nodes[1].call("GET", "/readyz")).json.degraded?.[0] === "redis", "the node to notice");
  await pause(kLeaseMs + kGraceMs);
  assert.equal(await status(watcher, "ada"), "online");

  await redis.start(); // an empty one
  await together(nodes, 15_000);
  await pause(2 * kLeaseMs);
  assert.equal(await status(watcher, "ada"), "online");
  assert.deepEqual(watcher.waiting("presence:changed"), []);

  await redis.end();
  await until(async () => (await nodes[0].metric("belfry_redis_up")) === 0, "the node to notice");
  phone.close();
  await pause(500);
  await redis.start();
  await changed("offline", 15_000);
});

test("a Redis that lost everything without being away takes nobody offline", async (t) => {
  const { nodes, redis, watcher, changed } = await watched(t, 2);
  await Client.open(t, nodes[0], "ada");
  await changed("online");
  const epochs = await Promise.all(nodes.map((node) => node.metric("belfry_redis_epochs_total")));
  await redis.ask("FLUSHALL");
  await until(async () => {
    const now = await Promise.all(nodes.map((node) => node.metric("belfry_redis_epochs_total")));
    return now.every((one, i) => one > epochs[i]);
  }, "all to publish anew");
  await pause(2 * kLeaseMs + kGraceMs);
  assert.equal(await status(watcher, "ada"), "online");
  assert.deepEqual(watcher.waiting("presence:changed"), []);
});
