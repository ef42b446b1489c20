// App health: rooms, who may enter, and who is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime } from "../support/health.mjs";

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
