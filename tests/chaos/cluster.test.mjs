// Accidents in a cluster under load: nodes, Redis and PostgreSQL killed, restarted and halted, in an order that a seed repeats.
// Every acknowledged message reaches every member in order and is shown once: by its event to those connected, by history
// to those who come back. In the end no node is stuck, and all say who is there.
//   CHAOS_SECONDS  how long (20; with CHAOS_LONG 600)     CHAOS_SEED  repeats the order of an earlier run
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, wholeHistory } from "../support/health.mjs";
import { together } from "../support/nodes.mjs";
import { randomNumbers } from "../support/random.mjs";
import { until } from "../support/wait.mjs";
import { accidents, Cluster, Reader, Writer } from "./cluster.mjs";

const kSeconds = Number(process.env.CHAOS_SECONDS ?? (process.env.CHAOS_LONG ? 600 : 20));
const kSeed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kNodes = 3;
const kMessagesPerSecond = 60;
const kTickMs = 20;
const kAccidentMs = [200, 3_000];
const kSettleMs = 60_000;

/** Each node is ready, knows the others, and what is written through it comes by its event to the devices on all of them. */
async function nobodyIsStuck(t, nodes, visit) {
  for (const node of nodes) {
    const isWell = async () => {
      const { status, json } = await node.call("GET", "/readyz");
      return status === 200 && !json.degraded;
    };
    await until(isWell, `${node.url} is ready`, kSettleMs);
  }
  await together(nodes, kSettleMs);
  const open = (userId, role) => Promise.all(nodes.map((node) => Client.open(t, node, userId, role)));
  const patients = await open(visit.patientId, "patient");
  const providers = await open(visit.providerIds[0], "provider");
  for (const patient of patients) {
    const sent = await patient.say(visit, "the end");
    for (const provider of providers) assert.deepEqual(await provider.next("message:new", ({ seq }) => seq === sent.seq), sent);
  }
  await Promise.all([...patients, ...providers].map((client) => client.close()));
}

/** Every node says that all are online, and when all devices of some have left, that those are not and the others are. */
async function presenceIsRight(t, nodes, devices) {
  const observers = await Promise.all(nodes.map((node) => Client.open(t, node, "root", "admin")));
  const userIds = [...new Set(devices.map(({ userId }) => userId))];
  const isThere = (userId) => devices.some((one) => one.userId === userId && one.connected);
  const isRight = async (observer) => {
    const { presences } = await observer.must("presence:get", { userIds });
    const statuses = new Map(presences.map(({ userId, status }) => [userId, status]));
    return userIds.every((userId) => statuses.get(userId) === (isThere(userId) ? "online" : "offline"));
  };
  const allAreRight = (who) => Promise.all(observers.map((one, i) => until(() => isRight(one), `node ${i} knows that ${who} are there`, kSettleMs)));
  await allAreRight("all");
  const leaving = userIds.filter((_, i) => i % 2 === 0);
  for (const device of devices) if (leaving.includes(device.userId)) device.close();
  await allAreRight(`all but ${leaving}`);
}

test(`${kSeconds} s of accidents in a cluster of ${kNodes}, CHAOS_SEED=${kSeed}`, { timeout: 300_000 + kSeconds * 2_000 }, async (t) => {
  const random = randomNumbers(kSeed);
  const cluster = await Cluster.start(t, kNodes);
  const [first] = cluster.nodes;
  const visits = [await first.visit("ada", "dr-okafor"), await first.visit("tomas", "dr-okafor"), await first.visit("ada", "dr-weiss")];
  const people = visits.flatMap((visit) => [
    [visit, visit.patientId, "patient"],
    [visit, visit.providerIds[0], "provider"],
  ]);
  // Each person writes through one node and reads through another.
  const writers = people.map((person, i) => new Writer(cluster.nodes, i, ...person));
  const readers = people.map((person, i) => new Reader(cluster.nodes, i + 1, ...person));
  t.after(() => [...writers, ...readers].forEach((device) => device.close()));
  await until(() => [...writers, ...readers].every((device) => device.connected), "all devices are connected", kSettleMs);

  const begin = performance.now();
  let count = 0;
  const load = setInterval(() => {
    const due = ((performance.now() - begin) / 1_000) * kMessagesPerSecond;
    while (count < due) writers[count++ % writers.length].writeNext();
    writers.forEach((writer) => writer.sendAgain());
  }, kTickMs);
  t.after(() => clearInterval(load));

  const happened = {};
  const all = accidents(cluster, random);
  const names = Object.keys(all);
  while (performance.now() - begin < kSeconds * 1_000) {
    const name = names[Math.floor(random() * names.length)];
    const undo = await all[name](kAccidentMs[0] + random() * (kAccidentMs[1] - kAccidentMs[0]));
    await undo();
    happened[name] = (happened[name] ?? 0) + 1;
  }
  const wanted = count;
  clearInterval(load);
  const again = setInterval(() => writers.forEach((writer) => writer.sendAgain()), 1_000);
  t.after(() => clearInterval(again));

  await until(() => writers.every((writer) => writer.open.size === 0), "everything is acknowledged", kSettleMs);
  for (const [i, visit] of visits.entries()) {
    const observer = await Client.open(t, cluster.nodes[i % kNodes], "root", "admin");
    const stored = await wholeHistory(observer, visit);
    assert.deepEqual(stored.map(({ seq }) => seq), stored.map((_, at) => at + 1), "seq without gaps");
    const texts = stored.map(({ message }) => message);
    assert.equal(new Set(texts).size, texts.length, "no message twice");
    for (const writer of writers.filter((one) => one.visit === visit)) {
      for (const [text, { seq }] of writer.acknowledged) assert.equal(texts[seq - 1], text, `acknowledged and not stored: ${text}`);
    }
    for (const reader of readers.filter((one) => one.visit === visit)) {
      await until(() => reader.caughtUp && reader.last === stored.length, `${reader.userId} has seen all ${stored.length}`, kSettleMs);
      assert.deepEqual(reader.shown.map(({ message }) => message), texts);
      assert.deepEqual(reader.faults, [], `${reader.userId} at node ${reader.at}`);
    }
  }

  await nobodyIsStuck(t, cluster.nodes, visits[0]);
  await presenceIsRight(t, cluster.nodes, [...writers, ...readers]);
  t.diagnostic(`${wanted} messages acknowledged; ${JSON.stringify(happened)}`);
});
