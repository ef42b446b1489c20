// Rooms and who types in them, over several nodes: told to everybody once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../support/health.mjs";
import { kLeaseMs, startCluster } from "../support/nodes.mjs";
import { pause, until } from "../support/wait.mjs";

const kMomentMs = 500; // in which something would come that is not to come
const room = { roomId: "topic:news" };
const join = (client, more = {}) => client.must("room:join", { ...room, roomType: "topic", ...more });
const ids = ({ participants }) => participants.map((one) => one.userId);

test("who joins is told the participants of all nodes; the others once that they came and went", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const doctor = await Client.open(t, nodes[1], "dr", "admin");
  assert.deepEqual(ids(await join(doctor)), ["dr"]);
  const phone = await Client.open(t, nodes[0], "ada", "admin");
  // Where the node is; that the doctor is there, with which status, and in the room.
  await until(async () => (await nodes[0].metric("belfry_redis_facts", '{owner="others"}')) === 4, "node 0 to know that the doctor is in");
  assert.deepEqual(ids(await join(phone, { metadata: { mood: "glad" } })), ["dr", "ada"]);
  const { metadata } = await doctor.next("room:userJoined", (one) => one.userId === "ada");
  assert.deepEqual(metadata, { mood: "glad" });

  const laptop = await Client.open(t, nodes[1], "ada", "admin");
  assert.deepEqual(ids(await join(laptop)), ["dr", "ada"]);
  await phone.must("room:leave", room);
  await pause(kMomentMs);
  assert.deepEqual(doctor.waiting("room:userJoined"), []);
  assert.deepEqual(doctor.waiting("room:userLeft"), [], "she is there with the other device");
  assert.deepEqual(ids(await doctor.must("room:participants", room)), ["dr", "ada"]);
  laptop.close();
  assert.equal((await doctor.next("room:userLeft")).userId, "ada");
  assert.deepEqual(ids(await doctor.must("room:participants", room)), ["dr"]);
});

test("typing is told over nodes, ends by itself, and with the node", async (t) => {
  const { nodes } = await startCluster(t, 2, { env: { BELFRY_HEALTH_TYPING_TIMEOUT_MS: 2_000 } });
  const doctor = await Client.open(t, nodes[1], "dr", "admin");
  const phone = await Client.open(t, nodes[0], "ada", "admin");
  for (const one of [doctor, phone]) await join(one);
  await phone.must("typing:start", room);
  assert.equal((await doctor.next("typing:start")).userId, "ada");
  await phone.must("typing:stop", room);
  await doctor.next("typing:stop");
  await phone.must("typing:start", room);
  await doctor.next("typing:start");
  await doctor.next("typing:stop", () => true, 4_000);
  await phone.must("typing:start", room);
  await doctor.next("typing:start");
  await nodes[0].kill();
  await doctor.next("typing:stop", () => true, kLeaseMs + 2_000);
  await doctor.next("room:userLeft", (one) => one.userId === "ada", kLeaseMs + 2_000);
});
