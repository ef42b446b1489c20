// App health: who is typing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { pause } from "../support/wait.mjs";

const kExpiryMs = 400;
const server = await startBelfry(null, { env: { BELFRY_HEALTH_TYPING_TIMEOUT_MS: String(kExpiryMs) } });
const patient = await startBelfry(null, { env: { BELFRY_HEALTH_TYPING_TIMEOUT_MS: "60000" } });

/** Both in the room of a new visit. */
async function scene(t, where) {
  const visit = await where.visit("ada", "dr-okafor");
  const room = { roomId: `visit:${visit.id}` };
  const ada = await Client.open(t, where, "ada");
  const doctor = await Client.open(t, where, "dr-okafor", "provider");
  await doctor.joinVisit(visit);
  await ada.joinVisit(visit);
  await doctor.next("room:userJoined");
  return { visit, room, ada, doctor };
}

test("a start and a stop are told to the others in the room", async (t) => {
  const { room, ada, doctor } = await scene(t, patient);
  const expected = { ...room, userId: "ada" };
  ada.emit("typing:start", room);
  assert.deepEqual(await doctor.next("typing:start"), expected);
  ada.emit("typing:stop", room);
  assert.deepEqual(await doctor.next("typing:stop"), expected);
  assert.equal((await ada.must("typing:start", room)).success, true);
  assert.deepEqual(await doctor.next("typing:start"), expected);
  assert.deepEqual(ada.inbox.items, [], "not to oneself");
});

test("who is not in the room may not type there and hears nothing", async (t) => {
  const { visit, room, ada, doctor } = await scene(t, patient);
  const outside = await Client.open(t, patient, "dr-okafor", "provider");
  const stranger = await Client.open(t, patient, "bob");
  for (const one of [outside, stranger]) {
    assert.equal(await one.fails("typing:start", room), "Access denied to this room");
    assert.equal(await one.fails("typing:stop", room), "Access denied to this room");
  }
  stranger.emit("typing:start", room);
  assert.deepEqual(await stranger.next("error"), { event: "typing:start", message: "Access denied to this room" });
  ada.emit("typing:start", room);
  await doctor.next("typing:start");
  await ada.say(visit, "marker");
  await outside.next("message:new");
  assert.deepEqual(outside.inbox.items, []);
  assert.deepEqual(stranger.inbox.items, []);
});

test("a start that is not renewed stops by itself", async (t) => {
  const { room, ada, doctor } = await scene(t, server);
  const begin = performance.now();
  ada.emit("typing:start", room);
  await doctor.next("typing:start");
  assert.deepEqual(await doctor.next("typing:stop"), { ...room, userId: "ada" });
  const took = performance.now() - begin;
  assert.ok(took > kExpiryMs * 0.9 && took < kExpiryMs + 2_000, `${took} ms`);
});

test("renewed, it goes on, and stops once", async (t) => {
  const { room, ada, doctor } = await scene(t, server);
  const begin = performance.now();
  for (let i = 0; i < 6; ++i) {
    await ada.must("typing:start", room);
    await pause(kExpiryMs / 4);
  }
  assert.deepEqual(doctor.waiting("typing:stop"), []);
  await doctor.next("typing:stop");
  assert.ok(performance.now() - begin > kExpiryMs * 2);
  await pause(kExpiryMs * 2);
  assert.deepEqual(doctor.waiting("typing:stop"), []);
});

for (const [what, end] of [
  ["drops", ({ ada }) => ada.drop()],
  ["disconnects", ({ ada }) => ada.close()],
  ["leaves the room", ({ ada, room }) => ada.must("room:leave", room)],
]) {
  test(`who ${what} has stopped typing`, async (t) => {
    const all = await scene(t, patient);
    await all.ada.must("typing:start", all.room);
    await all.doctor.next("typing:start");
    await end(all);
    assert.deepEqual(await all.doctor.next("typing:stop"), { ...all.room, userId: "ada" });
    await all.doctor.next("room:userLeft");
  });
}

test("a payload without a room names the field", async (t) => {
  const { ada } = await scene(t, patient);
  for (const event of ["typing:start", "typing:stop"]) {
    assert.match(await ada.fails(event, {}), /^roomId: ./);
    assert.match(await ada.fails(event, { roomId: 5 }), /^roomId: ./);
  }
});

test("typing is in no history", async (t) => {
  const { visit, room, ada } = await scene(t, patient);
  await ada.must("typing:start", room);
  assert.deepEqual((await ada.must("message:history", { visitId: visit.id })).messages, []);
});
