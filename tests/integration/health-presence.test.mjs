// App health: who is there, with several devices, grace and batching.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";

const server = await startBelfry(null);
const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

let people = 0;
/** A patient and a doctor whom a visit relates, and whom no other test knows. */
async function pair() {
  const n = ++people;
  const [patient, doctor] = [`ada-${n}`, `dr-${n}`];
  return { patient, doctor, visit: await server.visit(patient, doctor) };
}
const statuses = ({ presences }) => presences.map((one) => `${one.userId} ${one.status}`);

/** The doctor watches the patient. */
async function watched(t) {
  const { patient, doctor } = await pair();
  const watcher = await open(t, doctor, "provider");
  await watcher.must("presence:subscribe", { userIds: [patient] });
  assert.deepEqual(statuses(await watcher.next("presence:initial")), [`${patient} offline`]);
  return { patient, watcher, changed: (status) => watcher.next("presence:changed", (one) => one.status === status) };
}

test("presence:get: online with a device, offline without, never seen before the first", async (t) => {
  const { patient, doctor } = await pair();
  const watcher = await open(t, doctor, "provider");
  const before = await watcher.must("presence:get", { userIds: [patient] });
  assert.deepEqual(before.presences, [{ userId: patient, status: "offline", customStatus: null, lastSeen: null }]);
  await open(t, patient);
  const [now] = (await watcher.must("presence:get", { userIds: [patient, doctor] })).presences;
  assert.equal(now.status, "online");
  assert.match(now.lastSeen, kIsoTime);
});

test("one sees oneself and whom a visit relates; an admin sees all", async (t) => {
  const [one, other] = [await pair(), await pair()];
  const userIds = [one.patient, other.patient, one.doctor, other.doctor, "nobody", one.patient];
  const seen = async (sub, role) => (await (await open(t, sub, role)).must("presence:get", { userIds })).presences.map((p) => p.userId);
  assert.deepEqual(await seen(one.patient, "patient"), [one.patient, one.doctor]);
  assert.deepEqual(await seen(other.doctor, "provider"), [other.patient, other.doctor]);
  assert.deepEqual(await seen("root", "admin"), [one.patient, other.patient, one.doctor, other.doctor, "nobody"]);
});

test("a subscription tells each change once: the first device, the last one after its grace", async (t) => {
  const { patient, watcher, changed } = await watched(t);
  const devices = [await open(t, patient), await open(t, patient)];
  const online = await changed("online");
  assert.deepEqual(Object.keys(online).sort(), ["customStatus", "lastSeen", "status", "userId"]);
  devices[0].close();
  devices[1].close();
  const left = performance.now();
  assert.match((await changed("offline")).lastSeen, kIsoTime);
  assert.ok(performance.now() - left > 4_000, "the grace of 5 s");
  assert.deepEqual(watcher.inbox.items, []);
});

test("a reconnect within the grace shows no offline", async (t) => {
  const { patient, watcher, changed } = await watched(t);
  const first = await open(t, patient);
  await changed("online");
  first.drop();
  const second = await open(t, patient);
  await second.must("presence:setStatus", { status: "busy" });
  await changed("busy");
  assert.deepEqual(watcher.inbox.items, []);
});

test("setStatus: acknowledged, told to one's own devices and, as one, to those who watch", async (t) => {
  const { patient, watcher, changed } = await watched(t);
  const devices = [await open(t, patient), await open(t, patient)];
  await changed("online");
  await devices[0].must("presence:setStatus", { status: "away" });
  await devices[0].must("presence:setStatus", { status: "busy", customStatus: "In a meeting" });
  for (const device of devices) {
    assert.equal((await device.next("presence:statusUpdated")).status, "away");
    const { lastSeen, ...updated } = await device.next("presence:statusUpdated");
    assert.deepEqual(updated, { userId: patient, status: "busy", customStatus: "In a meeting" });
    assert.match(lastSeen, kIsoTime);
  }
  assert.equal((await changed("busy")).customStatus, "In a meeting");
  await devices[1].must("presence:setStatus", { status: "busy" });
  assert.equal((await changed("busy")).customStatus, null);
  assert.deepEqual(watcher.inbox.items, []);
});

test("after unsubscribing nothing comes", async (t) => {
  const { patient, watcher, changed } = await watched(t);
  const device = await open(t, patient);
  await changed("online");
  await watcher.must("presence:unsubscribe", { userIds: [patient] });
  await device.must("presence:setStatus", { status: "busy" });
  await watcher.must("presence:subscribe", { userIds: [watcher.userId] });
  await watcher.next("presence:initial");
  await watcher.must("presence:setStatus", { status: "away" });
  await watcher.next("presence:changed", (one) => one.userId === watcher.userId);
  assert.deepEqual(watcher.waiting("presence:changed"), []);
});

test("a subscription and its end, sent at once, are done in order", async (t) => {
  const { patient, doctor } = await pair();
  const watcher = await open(t, doctor, "provider");
  for (let i = 0; i < 50; ++i) {
    const userIds = [patient];
    await Promise.all([watcher.must("presence:subscribe", { userIds }), watcher.must("presence:unsubscribe", { userIds })]);
  }
  const device = await open(t, patient);
  await device.must("presence:setStatus", { status: "busy" });
  await watcher.must("presence:subscribe", { userIds: [doctor] });
  await watcher.must("presence:setStatus", { status: "away" });
  await watcher.next("presence:changed", (one) => one.userId === doctor);
  assert.deepEqual(watcher.waiting("presence:changed"), []);
});

test("a subscription to a stranger hears nothing of them", async (t) => {
  const { doctor } = await pair();
  const other = await pair();
  const watcher = await open(t, doctor, "provider");
  await watcher.must("presence:subscribe", { userIds: [other.patient] });
  assert.deepEqual(await watcher.next("presence:initial"), { presences: [] });
  await open(t, other.patient);
  const own = await open(t, other.doctor, "provider");
  await own.must("presence:subscribe", { userIds: [other.patient] });
  await own.next("presence:initial");
  assert.deepEqual(watcher.waiting("presence:changed"), []);
});

test("wrong payloads name the field and change nothing", async (t) => {
  const { patient, changed } = await watched(t);
  const device = await open(t, patient);
  await changed("online");
  const many = Array.from({ length: 1001 }, (_, i) => `u${i}`);
  for (const [event, payload, error] of [
    ["presence:get", {}, "userIds: is required"],
    ["presence:get", { userIds: "ada" }, "userIds: must be an array"],
    ["presence:get", { userIds: [1] }, "userIds.0: must be a string"],
    ["presence:get", { userIds: many }, "userIds: more than 1000"],
    ["presence:subscribe", { userIds: many }, "userIds: more than 1000"],
    ["presence:unsubscribe", { userIds: null }, "userIds: is required"],
    ["presence:setStatus", {}, "status: is required"],
    ["presence:setStatus", { status: "in_call" }, "status: must be online, away or busy"],
    ["presence:setStatus", { status: "offline" }, "status: must be online, away or busy"],
    ["presence:setStatus", { status: "busy", customStatus: 7 }, "customStatus: must be a string"],
    ["presence:setStatus", { status: "busy", customStatus: "x".repeat(201) }, "customStatus: longer than 200 characters"],
  ]) {
    assert.equal(await device.fails(event, payload), error, event);
  }
  const admin = await open(t, "root", "admin");
  await admin.must("presence:subscribe", { userIds: many.slice(0, 600) });
  assert.equal(await admin.fails("presence:subscribe", { userIds: many.slice(500) }), "userIds: more than 1000");
  await admin.must("presence:subscribe", { userIds: many.slice(500, 1000) });
  assert.deepEqual(statuses(await device.must("presence:get", { userIds: [patient] })), [`${patient} online`]);
});

test("devices that come, choose a status, watch, and go in the same moment, hundreds of times", async (t) => {
  const { patient, watcher, changed } = await watched(t);
  for (let i = 0; i < 100; ++i) {
    const devices = await Promise.all(Array.from({ length: 3 }, () => open(null, patient)));
    devices.forEach((device, n) => {
      device.emit("presence:setStatus", { status: ["away", "busy", "online"][(i + n) % 3], customStatus: `${i}` });
      device.emit("presence:subscribe", { userIds: [patient] });
      if (n % 2) device.emit("presence:unsubscribe", { userIds: [patient] });
      if ((i + n) % 2) device.close();
      else device.drop();
    });
  }
  const last = await open(t, patient);
  await last.must("presence:setStatus", { status: "busy", customStatus: "the last word" });
  await watcher.next("presence:changed", (one) => one.customStatus === "the last word");
  assert.deepEqual(watcher.waiting("presence:changed").filter((one) => one.status === "offline"), [], "there was no time to be offline");
  last.close();
  await changed("offline");
  const { presences } = await watcher.must("presence:get", { userIds: [patient] });
  assert.deepEqual([presences[0].status, presences[0].customStatus], ["offline", null]);
  server.check();
});

test("a call that ends just when its user's absence is told: both are told, a hundred times", async (t) => {
  // The call ends 200 ms, which changes are gathered for, before the 5 s are over that an absence is not told in.
  const own = await startBelfry(t, { env: { BELFRY_HEALTH_CALL_RECONNECT_MS: "4795" } });
  const calls = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const [patient, doctor] = [`ada-${n}`, `dr-${n}`];
    const visit = await own.visit(patient, doctor);
    const [phone, desk] = [await Client.open(t, own, patient), await Client.open(t, own, doctor, "provider")];
    await desk.must("presence:subscribe", { userIds: [patient] });
    const { callId } = await phone.must("call:initiate", { recipientId: doctor, visitId: visit.id, callType: "audio" });
    await desk.must("call:accept", { callId });
    await desk.next("presence:changed", (one) => one.status === "in_call");
    return { patient, phone, desk };
  }));
  for (const { phone } of calls) phone.drop();
  for (const { patient, desk } of calls) {
    assert.equal((await desk.next("call:ended")).reason, "connection_lost");
    await desk.next("presence:changed", (one) => one.status === "offline");
    assert.deepEqual(statuses(await desk.must("presence:get", { userIds: [patient, desk.userId] })), [`${patient} offline`, `${desk.userId} online`]);
    assert.deepEqual(desk.waiting("presence:changed").filter((one) => one.status === "offline"), [], "once");
  }
  await Client.open(t, own, calls[0].patient);
  await calls[0].desk.next("presence:changed", (one) => one.status === "online");
  own.check();
});

test("REST shows the same", async (t) => {
  const { patient, doctor } = await pair();
  await open(t, patient);
  const target = `/v1/health/presence?userIds=${patient},${doctor}`;
  const shown = await server.call("GET", target, { as: sign({ sub: doctor, role: "provider" }) });
  assert.equal(shown.status, 200);
  assert.deepEqual(statuses(shown.json), [`${patient} online`, `${doctor} offline`]);
  assert.deepEqual(statuses((await server.call("GET", target, { as: kApiKey })).json), [`${patient} online`, `${doctor} offline`]);
  assert.deepEqual((await server.call("GET", target, { as: sign({ sub: "stranger" }) })).json.presences, []);
  const wrong = await server.call("GET", "/v1/health/presence", { as: kApiKey });
  assert.deepEqual([wrong.status, wrong.json.errors], [422, [{ field: "userIds", message: "is required" }]]);
  assert.equal((await server.call("GET", target)).status, 401);
});
