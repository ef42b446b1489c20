// Calls between users of different nodes: rings, signals, devices that come back, nodes that die.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { kLeaseMs, startCluster } from "../support/nodes.mjs";
import { pause, until } from "../support/wait.mjs";

const kRingMs = 4_000;
const kReconnectMs = 3_000;
const kMomentMs = 500;

/** Ada on the first node, the doctor on the second. */
async function scene(t, { count = 2, desk = true } = {}) {
  const env = { BELFRY_HEALTH_RING_TIMEOUT_MS: kRingMs, BELFRY_HEALTH_CALL_RECONNECT_MS: kReconnectMs };
  const cluster = await startCluster(t, count, { env, shared: true });
  const { nodes } = cluster;
  const visit = await nodes[0].visit("ada", "dr");
  const s = { ...cluster, visit, phone: await Client.open(t, nodes[0], "ada", "patient", { reconnection: false }) };
  if (desk) s.desk = await Client.open(t, nodes[1], "dr", "provider", { reconnection: false });
  s.initiate = async () => (await s.phone.must("call:initiate", { recipientId: "dr", visitId: visit.id, callType: "video" })).callId;
  s.talk = async () => {
    const callId = await s.initiate();
    await s.desk.next("call:incoming", (one) => one.callId === callId);
    await s.desk.must("call:accept", { callId });
    await s.phone.next("call:accepted");
    return callId;
  };
  s.signal = (from, callId, signal) =>
    from.must("call:signal", { callId, recipientId: from.userId === "ada" ? "dr" : "ada", signal, signalType: "ice-candidate" });
  s.kept = async () => (await nodes.find((node) => !node.ended).call("GET", `/v1/health/calls?visitId=${visit.id}`, { as: kApiKey })).json.items;
  return s;
}
const status = async (client, userId) => (await client.must("presence:get", { userIds: [userId] })).presences[0].status;

test("a call rings on another node, is accepted there, and signals go both ways in order", async (t) => {
  const s = await scene(t);
  const second = await Client.open(t, s.nodes[0], "dr", "provider");
  const callId = await s.initiate();
  for (const device of [s.desk, second]) assert.equal((await device.next("call:incoming")).callId, callId);
  for (let n = 0; n < 5; ++n) await s.signal(s.phone, callId, { early: n });
  await s.desk.must("call:accept", { callId });
  assert.equal((await s.phone.next("call:accepted")).acceptedBy, "dr");
  assert.equal((await second.next("call:ended")).reason, "answered_elsewhere");
  for (let n = 0; n < 5; ++n) assert.deepEqual((await s.desk.next("call:signal")).signal, { early: n });
  for (let n = 0; n < 5; ++n) {
    await s.signal(s.desk, callId, { back: n });
    assert.deepEqual((await s.phone.next("call:signal")).signal, { back: n });
    await s.signal(s.phone, callId, { forth: n });
    assert.deepEqual((await s.desk.next("call:signal")).signal, { forth: n });
  }
  for (const one of [s.phone, s.desk]) {
    assert.equal(await status(one, "ada"), "in_call");
    assert.equal(await status(one, "dr"), "in_call");
  }
  await s.desk.must("call:end", { callId });
  for (const one of [s.phone, s.desk, second]) assert.equal((await one.next("call:ended")).endedBy, "dr");
  await until(async () => (await status(s.phone, "dr")) === "online", "the call to be over");
  await pause(kMomentMs);
  for (const one of [s.phone, s.desk, second]) assert.deepEqual(one.waiting("call:ended"), [], "told once");
});

test("a rejected call, a cancelled one and one that nobody answers are told on both nodes, once", async (t) => {
  const s = await scene(t);
  let callId = await s.initiate();
  await s.desk.next("call:incoming");
  await s.desk.must("call:reject", { callId, reason: "busy" });
  assert.equal((await s.phone.next("call:rejected")).reason, "busy");
  callId = await s.initiate();
  await s.desk.next("call:incoming");
  await s.phone.must("call:end", { callId });
  assert.equal((await s.desk.next("call:ended")).endedBy, "ada");
  await s.phone.next("call:ended");
  callId = await s.initiate();
  await s.desk.next("call:incoming");
  for (const one of [s.phone, s.desk]) assert.equal((await one.next("call:missed", () => true, kRingMs + 3_000)).callId, callId);
  await pause(2_000);
  for (const one of [s.phone, s.desk]) assert.deepEqual(one.waiting("call:missed"), []);
  assert.deepEqual((await s.kept()).map((one) => one.state), ["missed", "cancelled", "rejected"]);
});

test("a call to somebody without a device anywhere is missed at once; one who comes later on another node rings", async (t) => {
  const s = await scene(t, { desk: false });
  const callId = await s.initiate();
  assert.equal((await s.phone.next("call:missed", () => true, 2_000)).callId, callId);
  const desk = await Client.open(t, s.nodes[1], "dr", "provider");
  const next = await s.initiate();
  assert.equal((await desk.next("call:incoming")).callId, next);
  const other = await Client.open(t, s.nodes[1], "dr", "provider");
  assert.equal((await other.next("call:incoming")).callId, next);
  await other.must("call:accept", { callId: next });
  await s.phone.next("call:accepted");
});

test("a device that is lost comes back on another node, to what it missed", async (t) => {
  const s = await scene(t, { count: 3 });
  const callId = await s.talk();
  const seen = async () => (await s.nodes[2].call("GET", "/v1/health/presence?userIds=dr", { as: kApiKey })).json;
  await until(async () => JSON.stringify(await seen()).includes('"in_call"'), "the third node to know of the call");
  await pause(kMomentMs);
  s.desk.drop();
  await until(async () => (await s.nodes[1].call("GET", "/v1/users/dr/connected", { as: kApiKey })).json.connected === false, "the loss");
  await pause(kMomentMs);
  for (let n = 0; n < 3; ++n) await s.signal(s.phone, callId, { kept: n });
  const again = await Client.open(t, s.nodes[2], "dr", "provider");
  for (let n = 0; n < 3; ++n) assert.deepEqual((await again.next("call:signal")).signal, { kept: n });
  await s.signal(again, callId, "back");
  assert.equal((await s.phone.next("call:signal")).signal, "back");
  await pause(kReconnectMs + 2_000);
  assert.deepEqual(s.phone.waiting("call:ended"), [], "the call goes on");
  await again.must("call:end", { callId });
  await s.phone.next("call:ended");
});

test("a node that dies in a call: the other side is told within the lease and the grace", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  const killed = performance.now();
  await s.nodes[1].kill();
  const ended = await s.phone.next("call:ended", (one) => one.callId === callId, kLeaseMs + kReconnectMs + 4_000);
  assert.equal(ended.reason, "connection_lost");
  assert.ok(performance.now() - killed < kLeaseMs + kReconnectMs + 3_000);
  assert.equal((await s.kept())[0].state, "ended");
});

test("a node that starts ends no calls of others, and ends those that nobody is in", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  const third = await s.add();
  const device = await Client.open(t, third, "ada");
  await pause(kLeaseMs + kReconnectMs + 2_000);
  assert.deepEqual(s.phone.waiting("call:ended"), []);
  assert.equal(await status(device, "dr"), "in_call");
  await Promise.all(s.nodes.map((node) => node.kill()));
  const fresh = await s.add();
  const seen = await Client.open(t, fresh, "dr", "provider");
  await seen.next("call:ended", (one) => one.callId === callId, kLeaseMs + kReconnectMs + 4_000);
  assert.equal((await s.kept())[0].state, "ended");
});
