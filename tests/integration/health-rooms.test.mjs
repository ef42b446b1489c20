// App health: rooms, who may enter, and who is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null);
const visit = await server.visit("ada", "dr-okafor", "dr-weiss");
const kDenied = "Access denied to this room";
const kUnknown = "Room not found";

const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

const kAccess = [
  { room: `visit:${visit.id}`, type: "visit", yes: ["ada", "dr-okafor", "dr-weiss", "root"], no: ["bob", "dr-no"] },
  { room: `call:${visit.id}`, type: "call", yes: ["ada", "dr-okafor", "dr-weiss", "root"], no: ["bob", "dr-no"] },
  { room: "chat:ada:dr-okafor", type: "chat", yes: ["ada", "dr-okafor", "root"], no: ["bob", "dr-weiss", "dr-no"] },
  { room: "chat:ada:dr-no", type: "chat", yes: ["root"], no: ["ada", "dr-no", "bob"] },
  { room: "notifications:ada", type: "notifications", yes: ["ada", "root"], no: ["bob", "dr-okafor"] },
  { room: "topic:news", type: "topic", yes: ["ada", "bob", "dr-no", "root"], no: [] },
];

function roleOf(sub) {
  if (sub === "root") return "admin";
  return sub.startsWith("dr-") ? "provider" : "patient";
}

for (const { room, type, yes, no } of kAccess) {
  for (const sub of yes) {
    test(`${sub} may enter ${room.replace(visit.id, "<visit>")}`, async (t) => {
      const client = await open(t, sub, roleOf(sub));
      const answer = await client.must("room:join", { roomId: room, roomType: type });
      assert.equal(answer.roomId, room);
      const own = answer.participants.find(({ userId }) => userId === sub);
      assert.equal(own.role, roleOf(sub));
      assert.match(own.joinedAt, kIsoTime);
    });
  }
  for (const sub of no) {
    test(`${sub} may not enter ${room.replace(visit.id, "<visit>")}`, async (t) => {
      const client = await open(t, sub, roleOf(sub));
      assert.equal(await client.fails("room:join", { roomId: room, roomType: type }), kDenied);
      assert.equal(await client.fails("room:participants", { roomId: room }), kDenied);
    });
  }
}

test("a visit that does not exist is denied like one that is not one's own", async (t) => {
  const client = await open(t, "ada");
  const roomId = "visit:01890a5d-ac96-774b-bcce-b302099a8057";
  assert.equal(await client.fails("room:join", { roomId, roomType: "visit" }), kDenied);
});

for (const [roomId, roomType] of [
  ["", "visit"],
  ["visit", "visit"],
  ["visit:", "visit"],
  [visit.id, "visit"],
  [`:${visit.id}`, "visit"],
  ["chat:ada", "chat"],
  ["chat:ada:", "chat"],
  ["chat:dr-okafor:ada", "chat"],
  ["topic:", "topic"],
  ["user:ada", "user"],
  ["nonsense:1", "nonsense"],
  [`VISIT:${visit.id}`, "VISIT"],
]) {
  test(`there is no room ${JSON.stringify(roomId)} of type ${roomType}`, async (t) => {
    const client = await open(t, "ada");
    assert.equal(await client.fails("room:join", { roomId: roomId.replace("<visit>", visit.id), roomType }), kUnknown);
  });
}

test("type and id must agree", async (t) => {
  const client = await open(t, "ada");
  await client.fails("room:join", { roomId: `visit:${visit.id}`, roomType: "call" });
  await client.fails("room:join", { roomId: "user:ada", roomType: "visit" });
});

for (const [what, payload, field] of [
  ["no room id", { roomType: "visit" }, "roomId"],
  ["a number as room id", { roomId: 5, roomType: "visit" }, "roomId"],
  ["no type", { roomId: `visit:${visit.id}` }, "roomType"],
  ["a list as type", { roomId: `visit:${visit.id}`, roomType: ["visit"] }, "roomType"],
  ["words as metadata", { roomId: `visit:${visit.id}`, roomType: "visit", metadata: "x" }, "metadata"],
]) {
  test(`joining with ${what} names the field`, async (t) => {
    const client = await open(t, "ada");
    assert.match(await client.fails("room:join", payload), new RegExp(`^${field}: .`));
  });
}

test("the others learn who comes and goes, once a user, on the first and the last device", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const roomId = `visit:${visit.id}`;
  const doctor = await open(t, "dr-okafor", "provider");
  assert.deepEqual((await doctor.joinVisit(visit)).participants.map(({ userId }) => userId), ["dr-okafor"]);

  const phone = await open(t, "ada", "patient", { namespace: "/" });
  const laptop = await open(t, "ada");
  assert.deepEqual((await phone.joinVisit(visit)).participants.map(({ userId }) => userId), ["dr-okafor", "ada"]);
  assert.deepEqual((await laptop.joinVisit(visit)).participants.map(({ userId }) => userId), ["dr-okafor", "ada"]);
  const { timestamp: came, ...joined } = await doctor.next("room:userJoined");
  assert.deepEqual(joined, { roomId, userId: "ada", role: "patient" });
  assert.match(came, kIsoTime);

  assert.deepEqual(await phone.must("room:leave", { roomId }), { success: true });
  const there = await doctor.must("room:participants", { roomId });
  assert.deepEqual(there.participants.map(({ userId }) => userId), ["dr-okafor", "ada"]);
  assert.deepEqual(await laptop.must("room:leave", { roomId }), { success: true });
  const { timestamp: went, ...left } = await doctor.next("room:userLeft");
  assert.deepEqual(left, { roomId, userId: "ada" });
  assert.match(went, kIsoTime);

  await phone.joinVisit(visit);
  await doctor.next("room:userJoined");
  assert.deepEqual(doctor.waiting("room:userJoined"), []);
  assert.deepEqual(doctor.waiting("room:userLeft"), []);
  for (const client of [phone, laptop]) assert.deepEqual(client.waiting("room:userJoined"), [], "not one's own coming");
});

test("joining twice is joining once", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const doctor = await open(t, "dr-okafor", "provider");
  await doctor.joinVisit(visit);
  const ada = await open(t, "ada");
  await ada.joinVisit(visit);
  await ada.joinVisit(visit);
  await ada.must("room:leave", { roomId: `visit:${visit.id}` });
  await doctor.next("room:userJoined");
  await doctor.next("room:userLeft");
  assert.deepEqual(doctor.inbox.items, []);
});

for (const how of ["closes", "drops"]) {
  for (const transports of [["websocket"], ["polling"]]) {
    if (how === "drops" && transports[0] === "polling") continue; // nothing to cut: noticed by the heartbeat, as below
    test(`who ${how} the connection over ${transports} leaves its rooms`, async (t) => {
      const visit = await server.visit("ada", "dr-okafor");
      const doctor = await open(t, "dr-okafor", "provider");
      await doctor.joinVisit(visit);
      const [first, last] = [await open(t, "ada", "patient", { transports }), await open(t, "ada", "patient", { transports })];
      await first.joinVisit(visit);
      await last.joinVisit(visit);
      await doctor.next("room:userJoined");
      if (how === "drops") first.drop();
      else first.close();
      await last.must("message:history", { visitId: visit.id });
      if (how === "drops") last.drop();
      else last.close();
      const left = await doctor.next("room:userLeft");
      assert.equal(left.userId, "ada");
      const { participants } = await doctor.must("room:participants", { roomId: `visit:${visit.id}` });
      assert.deepEqual(participants.map(({ userId }) => userId), ["dr-okafor"]);
      assert.deepEqual(doctor.waiting("room:userLeft"), []);
    });
  }
}

test("who falls silent leaves after the heartbeat's time", async (t) => {
  const strict = await startBelfry(t, { env: { BELFRY_SERVER_PING_INTERVAL_MS: "200", BELFRY_SERVER_PING_TIMEOUT_MS: "300" } });
  const visit = await strict.visit("ada", "dr-okafor");
  const doctor = await Client.open(t, strict, "dr-okafor", "provider");
  await doctor.joinVisit(visit);
  const ada = await Client.open(t, strict, "ada");
  await ada.joinVisit(visit);
  await doctor.next("room:userJoined");
  ada.socket.io.engine.transport.ws._socket.pause();
  ada.socket.io.engine.transport.send = () => {};
  assert.equal((await doctor.next("room:userLeft")).userId, "ada");
  ada.drop();
});

test("metadata is kept with the participant and given to the others; its visit must relate both sides", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const foreign = await server.visit("bob", "dr-no");
  const doctor = await open(t, "dr-okafor", "provider");
  const ada = await open(t, "ada");
  const chat = { roomId: "chat:ada:dr-okafor", roomType: "chat" };
  await ada.must("room:join", { ...chat, metadata: { visitId: visit.id, device: "tablet", deep: [1, { two: 2 }] } });
  const { participants } = await doctor.must("room:join", chat);
  const { metadata } = participants.find(({ userId }) => userId === "ada");
  assert.equal(metadata.device, "tablet");
  assert.deepEqual(metadata.deep, [1, { two: 2 }]);
  assert.equal(await doctor.fails("room:join", { ...chat, metadata: { visitId: foreign.id } }), kDenied);
});

test("who is in a room hears of it no more after leaving; leaving a room one is not in changes nothing", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const roomId = `visit:${visit.id}`;
  const doctor = await open(t, "dr-okafor", "provider");
  const ada = await open(t, "ada");
  await doctor.joinVisit(visit);
  await doctor.must("room:leave", { roomId });
  await ada.joinVisit(visit);
  await ada.ask("room:leave", { roomId: "visit:01890a5d-ac96-774b-bcce-b302099a8057" });
  await ada.must("room:leave", { roomId });
  await doctor.joinVisit(visit);
  assert.deepEqual(doctor.waiting("room:userJoined"), []);
  assert.deepEqual(doctor.waiting("room:userLeft"), []);
});

test("a hundred users come at once and each is seen once", async (t) => {
  const crowd = Array.from({ length: 100 }, (_, i) => `dr-${String(i).padStart(3, "0")}`);
  const visit = await server.visit("ada", ...crowd);
  const ada = await open(t, "ada");
  await ada.joinVisit(visit);
  const doctors = await Promise.all(crowd.map((sub) => open(t, sub, "provider")));
  await Promise.all(doctors.map((doctor) => doctor.joinVisit(visit)));
  const seen = [];
  while (seen.length < crowd.length) seen.push((await ada.next("room:userJoined")).userId);
  assert.deepEqual(seen.sort(), crowd);
  const { participants } = await ada.must("room:participants", { roomId: `visit:${visit.id}` });
  assert.deepEqual(participants.map(({ userId }) => userId).sort(), ["ada", ...crowd].sort());
  assert.deepEqual(ada.waiting("room:userJoined"), []);
});

test("a role that changes with a refresh: out of all entered rooms, the own ones stay, and what is still allowed may be entered anew", async (t) => {
  const own = await startBelfry(t, { env: { BELFRY_HEALTH_TOPIC_ROLES: "staff=provider" } });
  const visit = await own.visit("ada", "dr-okafor");
  const foreign = await own.visit("bob", "dr-no");
  const rooms = [`visit:${visit.id}`, `visit:${foreign.id}`, `call:${foreign.id}`, "chat:bob:dr-no", "notifications:bob", "topic:staff", "topic:news"];
  const join = (client, roomId) => client.ask("room:join", { roomId, roomType: roomId.split(":")[0] });
  const admin = await Client.open(t, own, "dr-okafor", "admin");
  const second = await Client.open(t, own, "dr-okafor", "admin");
  const witness = await Client.open(t, own, "root", "admin");
  for (const roomId of rooms) for (const client of [witness, admin]) assert.equal((await join(client, roomId)).success, true, roomId);
  await second.joinVisit(visit);
  for (const roomId of rooms) assert.equal((await witness.next("room:userJoined", (one) => one.roomId === roomId)).userId, "dr-okafor");
  const emit = (room, payload) => own.call("POST", "/v1/emit", { as: kApiKey, body: { app: "health", event: "custom", payload, rooms: [room] } });
  const refresh = (role) => admin.must("auth:refresh", { token: sign({ sub: "dr-okafor", role }) });

  await refresh("admin");
  await emit("topic:staff", "the same role");
  assert.equal(await admin.next("custom"), "the same role");
  assert.deepEqual(witness.waiting("room:userLeft"), []);

  await refresh("patient");
  for (const roomId of rooms.slice(1)) assert.equal((await witness.next("room:userLeft", (one) => one.roomId === roomId)).userId, "dr-okafor");
  assert.deepEqual(witness.waiting("room:userLeft"), [], "another device is still in the visit's room");
  for (const room of rooms) await emit(room, room);
  for (const room of [`user:dr-okafor`, "notifications:dr-okafor"]) await emit(room, "one's own");
  for (let i = 0; i < 2; ++i) assert.equal(await admin.next("custom"), "one's own");
  assert.deepEqual(admin.waiting("custom"), []);
  for (const roomId of rooms) {
    const allowed = roomId === rooms[0] || roomId === "topic:news";
    const answer = await join(admin, roomId);
    assert.equal(allowed ? answer.success : answer.error, allowed ? true : kDenied, roomId);
  }
  for (const [room, payload] of [["topic:staff", "not for patients"], ["topic:news", "for all"]]) await emit(room, payload);
  assert.equal(await admin.next("custom"), "for all");
});

test("a role that changes while a room is being entered: neither the room's list nor the room keeps who may not be there", async (t) => {
  const own = await startBelfry(t, { env: { BELFRY_HEALTH_TOPIC_ROLES: "staff=provider" } });
  const witness = await Client.open(t, own, "root", "admin");
  await witness.must("room:join", { roomId: "topic:staff", roomType: "topic" });
  const rounds = Array.from({ length: 50 }, async (_, n) => {
    const client = await Client.open(t, own, `dr-${n}`, "provider");
    const token = sign({ sub: `dr-${n}`, role: "patient" });
    const join = () => client.ask("room:join", { roomId: "topic:staff", roomType: "topic" });
    await Promise.all(n % 2 ? [join(), client.must("auth:refresh", { token }), join()] : [client.must("auth:refresh", { token }), join()]);
    assert.equal((await join()).error, kDenied);
  });
  await Promise.all(rounds);
  const there = async () => (await witness.must("room:participants", { roomId: "topic:staff" })).participants.map(({ userId }) => userId);
  await until(async () => (await there()).length === 1, "the others are out");
  const { items } = (await own.call("GET", "/v1/sockets?app=health&room=topic:staff", { as: kApiKey })).json;
  assert.deepEqual(items.map(({ userId }) => userId), ["root"]);
});
