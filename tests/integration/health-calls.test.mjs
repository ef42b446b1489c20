// App health: calls, from the first ring to the end, over several devices.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { kApiKey, kNodes, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7 } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const kRing = 1_500;
const kGrace = 1_000;
const kTurnSecret = "a TURN secret";
const server = await startBelfry(null, {
  env: {
    BELFRY_HEALTH_RING_TIMEOUT_MS: kRing,
    BELFRY_HEALTH_CALL_RECONNECT_MS: kGrace,
    BELFRY_HEALTH_TURN_SECRET: kTurnSecret,
    BELFRY_HEALTH_TURN_URLS: "turn:turn.example.org:3478,turns:turn.example.org:5349",
    BELFRY_HEALTH_ICE_SERVERS: "stun:stun.example.org:3478",
  },
});
/** One that waits for a lost device longer than it rings. */
const lenient = await startBelfry(null, { env: { BELFRY_HEALTH_RING_TIMEOUT_MS: kRing } });
const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

let people = 0;
/** A patient with `phones` and a doctor with `desks`, whom nobody else knows. */
async function scene(t, { phones = 1, desks = 1, on = server } = {}) {
  const n = ++people;
  const [patient, doctor] = [`ada-${n}`, `dr-${n}`];
  const visit = await on.visit(patient, doctor);
  const devices = (count, sub, role) => Promise.all(Array.from({ length: count }, () => Client.open(t, on, sub, role)));
  const s = { on, visit, patient, doctor, phones: await devices(phones, patient, "patient"), desks: await devices(desks, doctor, "provider") };
  s.initiate = (device = s.phones[0], recipientId = doctor, more = {}) =>
    device.must("call:initiate", { recipientId, visitId: visit.id, callType: "video", ...more });
  /** Rings on all desks. */
  s.ring = async () => {
    const { callId } = await s.initiate();
    for (const desk of s.desks) assert.equal((await desk.next("call:incoming")).callId, callId);
    return callId;
  };
  /** Ada's first phone and the doctor's first desk are in a call. */
  s.talk = async () => {
    const callId = await s.ring();
    await s.desks[0].must("call:accept", { callId });
    for (const phone of s.phones) await phone.next("call:accepted");
    for (const desk of s.desks.slice(1)) await desk.next("call:ended");
    return callId;
  };
  s.signal = (device, callId, signal, more = {}) =>
    device.must("call:signal", { callId, recipientId: device.userId === patient ? doctor : patient, signal, signalType: "ice-candidate", ...more });
  /** A user's only device vanishes, and the server knows it. */
  s.lose = async (device) => {
    device.drop();
    const path = `/v1/users/${device.userId}/connected`;
    await until(async () => !(await on.call("GET", path, { as: kApiKey })).json.connected, "the loss is noticed");
    await on.settled();
  };
  s.quiet = async () => {
    for (const device of [...s.phones, ...s.desks]) {
      await device.must("notification:getUnreadCount");
      assert.deepEqual(device.inbox.items, []);
    }
  };
  s.kept = async () => (await server.call("GET", `/v1/health/calls?visitId=${visit.id}`, { as: kApiKey })).json.items;
  return s;
}

test("a call rings on all of the recipient's devices, and is accepted on one", async (t) => {
  const s = await scene(t, { phones: 2, desks: 3 });
  const begun = await s.initiate();
  assert.match(begun.callId, kUuid7);
  const { callId } = begun;
  for (const desk of s.desks) {
    const { timestamp, ...incoming } = await desk.next("call:incoming");
    assert.deepEqual(incoming, { callId, callerId: s.patient, visitId: s.visit.id, callType: "video" });
    assert.match(timestamp, kIsoTime);
  }
  const answer = await s.desks[1].must("call:accept", { callId });
  assert.equal(answer.callId, callId);
  for (const phone of s.phones) {
    const { timestamp, ...accepted } = await phone.next("call:accepted");
    assert.deepEqual(accepted, { callId, acceptedBy: s.doctor });
    assert.match(timestamp, kIsoTime);
  }
  for (const desk of [s.desks[0], s.desks[2]]) assert.deepEqual(await desk.next("call:ended"), { callId, reason: "answered_elsewhere" });
  await s.quiet();
  await s.phones[0].must("call:end", { callId, duration: 300 });
  for (const device of [...s.phones, ...s.desks]) {
    assert.deepEqual(await device.next("call:ended"), { callId, endedBy: s.patient, duration: 0, reason: "ended" });
  }
  await s.quiet();
  const [{ startedAt, answeredAt, endedAt, ...kept }] = await s.kept();
  for (const time of [startedAt, answeredAt, endedAt]) assert.match(time, kIsoTime);
  assert.deepEqual(kept, {
    id: callId, visitId: s.visit.id, callerId: s.patient, recipientId: s.doctor, callType: "video", state: "ended", duration: 0, reason: "ended",
  });
});

test("iceServers: TURN credentials of each user, good for an hour", async (t) => {
  const s = await scene(t);
  const begun = await s.initiate();
  const accepted = await s.desks[0].must("call:accept", { callId: begun.callId });
  for (const [answer, user] of [[begun, s.patient], [accepted, s.doctor]]) {
    const [stun, turn] = answer.iceServers;
    assert.deepEqual(stun, { urls: ["stun:stun.example.org:3478"] });
    assert.deepEqual(turn.urls, ["turn:turn.example.org:3478", "turns:turn.example.org:5349"]);
    const [expiry, id] = turn.username.split(":");
    assert.equal(id, user);
    assert.ok(Math.abs(Number(expiry) - Date.now() / 1000 - 3600) < 30);
    assert.equal(turn.credential, createHmac("sha1", kTurnSecret).update(turn.username).digest("base64"));
  }
});

test("reject: the caller hears why, the callee's other devices that it is over", async (t) => {
  const s = await scene(t, { phones: 2, desks: 2 });
  const callId = await s.ring();
  await s.desks[0].must("call:reject", { callId, reason: "busy" });
  for (const phone of s.phones) assert.deepEqual(await phone.next("call:rejected"), { callId, rejectedBy: s.doctor, reason: "busy" });
  assert.deepEqual(await s.desks[1].next("call:ended"), { callId, reason: "rejected" });
  await s.quiet();
  assert.equal((await s.kept())[0].state, "rejected");
});

test("ended by the caller while it rings, it is cancelled", async (t) => {
  const s = await scene(t);
  const callId = await s.ring();
  assert.equal(await s.desks[0].fails("call:end", { callId }), "Cannot end call in ringing state");
  await s.phones[0].must("call:end", { callId });
  for (const device of [s.phones[0], s.desks[0]]) {
    assert.deepEqual(await device.next("call:ended"), { callId, endedBy: s.patient, duration: 0, reason: "cancelled" });
  }
  assert.equal((await s.kept())[0].state, "cancelled");
});

test("nobody answers: missed, told to both", async (t) => {
  const s = await scene(t);
  const callId = await s.ring();
  for (const device of [s.phones[0], s.desks[0]]) {
    const { timestamp, ...missed } = await device.next("call:missed");
    assert.deepEqual(missed, { callId, callerId: s.patient, recipientId: s.doctor });
    assert.match(timestamp, kIsoTime);
  }
  assert.equal(await s.desks[0].fails("call:accept", { callId }), "Cannot accept call in missed state");
  await s.quiet();
});

test("no device: answered with success, then missed at once, and a notification waits", async (t) => {
  const s = await scene(t, { desks: 0 });
  const { callId } = await s.initiate();
  // Several nodes ask each other first.
  const atOnce = kNodes > 1 ? undefined : kRing / 2;
  assert.equal((await s.phones[0].next("call:missed", () => true, atOnce)).callId, callId);
  const desk = await open(t, s.doctor, "provider");
  const pending = await desk.next("notification:pending");
  assert.equal(pending.unreadCount, 1);
  const [{ type, data }] = pending.items;
  assert.deepEqual([type, data], ["missed_call", { callId, callerId: s.patient, visitId: s.visit.id, callType: "video" }]);
  await s.initiate();
  await desk.next("call:incoming");
});

test("a device that comes while it rings, rings too, once", async (t) => {
  const s = await scene(t);
  const callId = await s.ring();
  const late = await open(t, s.doctor, "provider");
  assert.equal((await late.next("call:incoming")).callId, callId);
  await late.must("call:accept", { callId });
  assert.deepEqual(await s.desks[0].next("call:ended"), { callId, reason: "answered_elsewhere" });
  await s.phones[0].next("call:accepted");
  await s.quiet();
  assert.deepEqual(late.inbox.items, []);
});

test("two devices accept at once: one wins, a hundred times", async (t) => {
  const s = await scene(t, { desks: 2 });
  for (let i = 0; i < 100; ++i) {
    const callId = await s.ring();
    const answers = await Promise.all(s.desks.map((desk) => desk.ask("call:accept", { callId })));
    const winner = answers.findIndex((answer) => answer.success);
    assert.deepEqual(answers[1 - winner], { success: false, error: "Cannot accept call in active state" });
    assert.equal((await s.phones[0].next("call:accepted")).callId, callId);
    assert.deepEqual(await s.desks[1 - winner].next("call:ended"), { callId, reason: "answered_elsewhere" });
    await s.desks[winner].must("call:end", { callId });
    for (const device of [...s.phones, ...s.desks]) await device.next("call:ended");
  }
  await s.quiet();
});

test("accepted and cancelled at once: both sides agree, a hundred times", async (t) => {
  const s = await scene(t);
  const [phone] = s.phones;
  const [desk] = s.desks;
  for (let i = 0; i < 100; ++i) {
    const callId = await s.ring();
    const [accepted, ended] = await Promise.all([desk.ask("call:accept", { callId }), phone.ask("call:end", { callId })]);
    assert.equal(ended.success, true);
    const reasons = [];
    for (const device of [phone, desk]) reasons.push((await device.next("call:ended")).reason);
    assert.deepEqual(reasons, Array(2).fill(accepted.success ? "ended" : "cancelled"));
    if (accepted.success) await phone.next("call:accepted");
    else assert.equal(accepted.error, "Cannot accept call in cancelled state");
  }
  await s.quiet();
});

test("a user is in one call at a time", async (t) => {
  const s = await scene(t);
  const third = `dr-third-${people}`;
  const visit = await server.visit(s.patient, s.doctor, third);
  const other = await open(t, third, "provider");
  const callId = await s.ring();
  for (const [device, recipientId] of [[other, s.patient], [other, s.doctor], [s.desks[0], s.patient], [s.phones[0], third]]) {
    assert.equal(await device.fails("call:initiate", { recipientId, visitId: visit.id, callType: "audio" }), "User is already in a call");
  }
  await s.phones[0].must("call:end", { callId });
  await other.must("call:initiate", { recipientId: s.patient, visitId: visit.id, callType: "audio" });
  assert.equal((await s.phones[0].next("call:incoming")).callType, "audio");
});

test("who may call whom, and what is wrong", async (t) => {
  const s = await scene(t);
  const good = { recipientId: s.doctor, visitId: s.visit.id, callType: "video" };
  const stranger = await open(t, "stranger");
  const kDenied = "Access denied to this conversation";
  for (const [device, payload, error] of [
    [stranger, good, kDenied],
    [s.phones[0], { ...good, recipientId: "stranger" }, kDenied],
    [s.phones[0], { ...good, visitId: "nothing" }, kDenied],
    [s.phones[0], { ...good, recipientId: s.patient }, "recipientId: must be somebody else"],
    [s.phones[0], { ...good, callType: "hologram" }, "callType: must be video or audio"],
    [s.phones[0], { ...good, callType: undefined }, "callType: is required"],
    [s.phones[0], { ...good, recipientId: 7 }, "recipientId: must be a string"],
    [s.phones[0], "call", "payload: must be an object"],
  ]) {
    assert.equal(await device.fails("call:initiate", payload), error);
  }
  const callId = await s.ring();
  for (const event of ["call:accept", "call:reject", "call:end"]) {
    assert.equal(await stranger.fails(event, { callId }), "Call not found");
    assert.equal(await s.phones[0].fails(event, { callId: "nothing" }), "Call not found");
    assert.equal(await s.phones[0].fails(event, {}), "callId: is required");
  }
  assert.equal(await s.phones[0].fails("call:accept", { callId }), "Call not found");
  assert.equal(await s.desks[0].fails("call:reject", { callId, reason: "x".repeat(201) }), "reason: longer than 200 characters");
  await s.quiet();
});

test("signals: in order, unchanged, to the device in the call; early ones wait for it", async (t) => {
  const s = await scene(t, { phones: 2, desks: 2 });
  const callId = await s.ring();
  const offer = { type: "offer", sdp: "v=0\r\n…" };
  await s.signal(s.phones[0], callId, offer, { signalType: "offer" });
  for (let i = 0; i < 20; ++i) await s.signal(s.phones[0], callId, { candidate: i, of: [null, 1.5, "é"] });
  await s.desks[0].must("call:accept", { callId });
  assert.deepEqual(await s.desks[0].next("call:signal"), { callId, senderId: s.patient, signal: offer, signalType: "offer" });
  for (let i = 0; i < 20; ++i) assert.deepEqual((await s.desks[0].next("call:signal")).signal, { candidate: i, of: [null, 1.5, "é"] });
  for (let i = 0; i < 50; ++i) s.desks[0].emit("call:signal", { callId, recipientId: s.patient, signal: i, signalType: "ice-candidate" });
  for (let i = 0; i < 50; ++i) assert.equal((await s.phones[0].next("call:signal")).signal, i);
  for (const phone of s.phones) await phone.next("call:accepted");
  await s.desks[1].next("call:ended");
  await s.quiet();
});

test("signals: what is refused", async (t) => {
  const s = await scene(t);
  const stranger = await open(t, "stranger");
  const callId = await s.ring();
  const good = { callId, recipientId: s.doctor, signal: {}, signalType: "offer" };
  const back = { ...good, recipientId: s.patient };
  assert.equal(await s.desks[0].fails("call:signal", back), "Cannot signal call in ringing state");
  for (const [device, payload, error] of [
    [stranger, good, "Call not found"],
    [s.phones[0], { ...good, callId: "nothing" }, "Call not found"],
    [s.phones[0], { ...good, recipientId: "stranger" }, "recipientId: is not the other side of this call"],
    [s.phones[0], { ...good, signalType: "smoke" }, "signalType: must be offer, answer or ice-candidate"],
    [s.phones[0], { ...good, signal: null }, "signal: is required"],
    [s.phones[0], { ...good, signal: "x".repeat(262_144) }, "Too many signals"],
  ]) {
    assert.equal(await device.fails("call:signal", payload), error);
  }
  const kept = await Promise.all(Array.from({ length: 64 }, (_, i) => s.phones[0].socket.emitWithAck("call:signal", { ...good, signal: i })));
  assert.ok(kept.every(({ success }) => success));
  assert.equal(await s.phones[0].fails("call:signal", good), "Too many signals");
  await s.phones[0].must("call:end", { callId });
  assert.equal(await s.phones[0].fails("call:signal", good), "Cannot signal call in cancelled state");
});

test("quality: told to both past a bound, each issue at most once in 10 s", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  const measure = (metrics) => s.phones[0].must("call:quality", { callId, metrics });
  await measure({ packetLoss: 5, jitter: 30, rtt: 300, bitrate: 100 });
  const bad = { packetLoss: 5.1, jitter: 10, rtt: 301, bitrate: 500 };
  await measure(bad);
  await measure(bad);
  await measure({ ...bad, bitrate: 99 });
  for (const device of [s.phones[0], s.desks[0]]) {
    const { timestamp, ...issue } = await device.next("call:qualityIssue");
    assert.deepEqual(issue, { callId, userId: s.patient, issues: ["packetLoss", "rtt"], metrics: bad });
    assert.match(timestamp, kIsoTime);
    assert.deepEqual((await device.next("call:qualityIssue")).issues, ["bitrate"]);
  }
  assert.equal(await s.phones[0].fails("call:quality", { callId, metrics: { rtt: "slow" } }), "metrics.rtt: must be a number");
  assert.equal(await s.phones[0].fails("call:quality", { callId }), "metrics: is required");
  await s.quiet();
  await s.phones[0].must("call:end", { callId });
  assert.equal(await s.phones[0].fails("call:quality", { callId, metrics: bad }), "Cannot measure call in ended state");
});

test("a connection that drops has its time to come back: the user's next socket takes the call over", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  s.desks[0].drop();
  const back = await open(t, s.doctor, "provider");
  await s.signal(s.phones[0], callId, "again");
  assert.equal((await back.next("call:signal")).signal, "again");
  await s.signal(back, callId, "here");
  assert.equal((await s.phones[0].next("call:signal")).signal, "here");
  await back.must("call:end", { callId });
  for (const device of [back, s.phones[0]]) assert.equal((await device.next("call:ended")).reason, "ended");
});

test("the same when it is back before the server has noticed that the network lost it", async (t) => {
  const hasty = await startBelfry(t, { env: { BELFRY_SERVER_PING_INTERVAL_MS: 300, BELFRY_SERVER_PING_TIMEOUT_MS: 300 } });
  const s = await scene(t, { on: hasty });
  const callId = await s.talk();
  s.desks[0].deafen();
  const back = await Client.open(t, hasty, s.doctor, "provider");
  await until(async () => {
    await s.signal(s.phones[0], callId, "again");
    return back.waiting("call:signal").length > 0;
  }, "the new device gets signals");
  await s.signal(back, callId, "here");
  assert.equal((await s.phones[0].next("call:signal")).signal, "here");
});

test("a device that was there already does not take over from one that was closed", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  const idle = await open(t, s.doctor, "provider");
  s.desks[0].drop();
  assert.equal((await s.phones[0].next("call:ended")).reason, "connection_lost");
  assert.equal(await idle.fails("call:end", { callId }), "Cannot end call in ended state");
});

for (const side of ["caller", "callee"]) {
  test(`a device of the ${side} that came while it rang does not take over from one that falls silent`, async (t) => {
    // The grace is longer than it takes to notice the silence: else nothing could take over.
    const env = { BELFRY_SERVER_PING_INTERVAL_MS: 200, BELFRY_SERVER_PING_TIMEOUT_MS: 1_000, BELFRY_HEALTH_CALL_RECONNECT_MS: 3_500 };
    const s = await scene(t, { on: await startBelfry(t, { env }) });
    const callId = await s.ring();
    const [ours, theirs] = side === "caller" ? [s.phones, s.desks] : [s.desks, s.phones];
    const early = await Client.open(t, s.on, ours[0].userId, side === "caller" ? "patient" : "provider");
    if (side === "callee") await early.next("call:incoming");
    await s.desks[0].must("call:accept", { callId });
    await early.next(side === "caller" ? "call:accepted" : "call:ended");
    ours[0].deafen();
    assert.deepEqual({ ...(await theirs[0].next("call:ended")), duration: 0 }, { callId, endedBy: ours[0].userId, duration: 0, reason: "connection_lost" });
    assert.equal((await early.next("call:ended")).reason, "connection_lost");
    assert.deepEqual(early.waiting("call:signal"), []);
  });
}

test("what a lost device is told of its call comes to the one that takes over, once, in order, with the signals", async (t) => {
  const s = await scene(t, { on: lenient });
  const callId = await s.ring();
  await s.lose(s.phones[0]);
  await s.desks[0].must("call:accept", { callId });
  await s.signal(s.desks[0], callId, "answer");
  await s.desks[0].must("call:quality", { callId, metrics: { rtt: 900 } });
  const back = await Client.open(t, s.on, s.patient);
  assert.equal((await back.next("call:accepted")).acceptedBy, s.doctor);
  assert.equal((await back.next("call:signal")).signal, "answer");
  assert.deepEqual((await back.next("call:qualityIssue")).issues, ["rtt"]);
  assert.deepEqual(back.seen.filter((event) => event.startsWith("call:")), ["call:accepted", "call:qualityIssue", "call:signal"]);
  await s.signal(back, callId, "here again");
  assert.equal((await s.desks[0].next("call:signal")).signal, "here again");

  await s.lose(s.desks[0]);
  await back.must("call:end", { callId });
  const desk = await Client.open(t, s.on, s.doctor, "provider");
  assert.deepEqual({ ...(await desk.next("call:ended")), duration: 0 }, { callId, endedBy: s.patient, duration: 0, reason: "ended" });
  const later = await Client.open(t, s.on, s.doctor, "provider");
  await later.must("notification:getUnreadCount");
  assert.deepEqual(later.inbox.items, [], "told once");
});

for (const [what, event, act] of [
  ["rejected", "call:rejected", (s, callId) => s.desks[0].must("call:reject", { callId, reason: "busy" })],
  ["missed", "call:missed", (s) => s.desks[0].next("call:missed")],
]) {
  test(`a call that is ${what} while its caller is away: told to the device that comes back, and the line is free`, async (t) => {
    const s = await scene(t, { on: lenient });
    const callId = await s.ring();
    await s.lose(s.phones[0]);
    await act(s, callId);
    const back = await Client.open(t, s.on, s.patient);
    assert.equal((await back.next(event)).callId, callId);
    await s.initiate(back);
    await s.desks[0].next("call:incoming");
    assert.deepEqual(back.waiting(event), []);
  });
}

test("who comes back after the grace is told nothing of the call", async (t) => {
  const s = await scene(t);
  await s.talk();
  s.desks[0].drop();
  await s.phones[0].next("call:ended");
  await server.settled();
  const late = await open(t, s.doctor, "provider");
  await late.must("notification:getUnreadCount");
  assert.deepEqual(late.inbox.items, []);
});

test("one that does not come back ends the call", async (t) => {
  const s = await scene(t);
  const callId = await s.talk();
  s.desks[0].drop();
  const ended = await s.phones[0].next("call:ended");
  assert.deepEqual({ ...ended, duration: 0 }, { callId, endedBy: s.doctor, duration: 0, reason: "connection_lost" });
  assert.equal((await s.kept())[0].reason, "connection_lost");
});

test("the callee's only device drops while it rings, and another comes: it rings there", async (t) => {
  for (let i = 0; i < 20; ++i) {
    const s = await scene(t);
    const callId = await s.ring();
    s.desks[0].drop();
    const back = await open(t, s.doctor, "provider");
    assert.equal((await back.next("call:incoming")).callId, callId);
    await back.must("call:accept", { callId });
    await s.phones[0].must("call:end", { callId });
    assert.equal((await back.next("call:ended")).reason, "ended");
    assert.deepEqual(back.inbox.items, []);
  }
});

test("the caller drops while it rings: cancelled once the grace is over", async (t) => {
  const s = await scene(t);
  const callId = await s.ring();
  s.phones[0].drop();
  assert.deepEqual(await s.desks[0].next("call:ended"), { callId, endedBy: s.patient, duration: 0, reason: "connection_lost" });
  assert.equal((await s.kept())[0].state, "cancelled");
});

test("while in a call presence is in_call, and afterwards what it was before", async (t) => {
  const s = await scene(t);
  await s.desks[0].must("presence:setStatus", { status: "away", customStatus: "rounds" });
  await s.phones[0].must("presence:subscribe", { userIds: [s.doctor] });
  const callId = await s.talk();
  const changed = (status) => s.phones[0].next("presence:changed", (one) => one.status === status);
  assert.equal((await changed("in_call")).customStatus, "rounds");
  await s.phones[0].must("call:end", { callId });
  await changed("away");
});

test("calls may not be begun too often", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_CALLS_PER_MINUTE: "10" } });
  const visit = await limited.visit("ada", "dr");
  const phone = await Client.open(t, limited, "ada");
  const payload = { recipientId: "dr", visitId: visit.id, callType: "audio" };
  for (let i = 0; i < 10; ++i) {
    await phone.must("call:initiate", payload);
    await phone.next("call:missed");
  }
  const refused = await phone.ask("call:initiate", payload);
  assert.equal(refused.error, "Rate limit exceeded");
  assert.ok(refused.retryAfterMs > 0);
});

test("after a restart nobody is in a call that was open", async (t) => {
  const own = await startBelfry(t, { alone: true });
  const visit = await own.visit("ada", "dr");
  const payload = { recipientId: "dr", visitId: visit.id, callType: "audio" };
  const phone = await Client.open(t, own, "ada");
  const desk = await Client.open(t, own, "dr", "provider");
  const { callId } = await phone.must("call:initiate", payload);
  await desk.must("call:accept", { callId });
  await own.kill();
  await own.start();
  const again = await Client.open(t, own, "ada");
  await again.must("call:initiate", payload);
  const { json } = await own.call("GET", `/v1/health/calls?visitId=${visit.id}`, { as: sign({ sub: "ada" }) });
  assert.equal(json.items.find((one) => one.id === callId).reason, "connection_lost");
});

test("REST: the calls of a visit, for those who may see it", async (t) => {
  const s = await scene(t, { desks: 0 });
  for (let i = 0; i < 3; ++i) {
    await s.initiate();
    await s.phones[0].next("call:missed");
  }
  const path = `/v1/health/calls?visitId=${s.visit.id}`;
  const first = await server.call("GET", `${path}&limit=2`, { as: sign({ sub: s.doctor, role: "provider" }) });
  assert.equal(first.json.items.length, 2);
  const rest = await server.call("GET", `${path}&limit=2&before=${first.json.nextCursor}`, { as: kApiKey });
  assert.deepEqual([rest.json.items.length, rest.json.nextCursor], [1, null]);
  assert.equal((await server.call("GET", path, { as: sign({ sub: "stranger" }) })).status, 403);
  assert.equal((await server.call("GET", "/v1/health/calls", { as: kApiKey })).json.errors[0].field, "visitId");
});
