// kill -9 at random moments under load: what was acknowledged is there after the restart, once, numbered without gaps.
//   CHAOS_ROUNDS  how often (10; with CHAOS_LONG 100)     CHAOS_SEED  repeats the moments of an earlier run
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client, wholeHistory } from "../support/health.mjs";
import { randomNumbers } from "../support/random.mjs";
import { checkVisit, Sender } from "../support/senders.mjs";
import { pause, until } from "../support/wait.mjs";

const kRounds = Number(process.env.CHAOS_ROUNDS ?? (process.env.CHAOS_LONG ? 100 : 10));
const kSeed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kMessagesPerSecond = 500;
const kTickMs = 10;
const kLoadMs = [50, 1_500]; // the kill comes at some time between these
const kOnTheWayMs = 4; // from the last messages to the kill, at most
const kStartupMs = 80; // some kills come that early in a start

/** So long, more exactly than a timer. */
async function moment(length_ms) {
  for (const end = performance.now() + length_ms; performance.now() < end; ) await new Promise(setImmediate);
}

test(`${kRounds} times kill -9 under ${kMessagesPerSecond} messages/s, CHAOS_SEED=${kSeed}`, { timeout: 60_000 + kRounds * 15_000 }, async (t) => {
  const random = randomNumbers(kSeed);
  const server = await startBelfry(t);
  const visits = [await server.visit("ada", "dr-okafor"), await server.visit("tomas", "dr-okafor"), await server.visit("ada", "dr-weiss")];
  const senders = visits.flatMap((visit, i) => [
    new Sender(server, visit, visit.patientId, "patient", `patient ${i}`),
    new Sender(server, visit, visit.providerIds[0], "provider", `provider ${i}`),
  ]);
  t.after(() => senders.forEach((sender) => sender.client.close?.()));
  for (const sender of senders) await sender.ready();
  const observer = () => Client.open(null, server, "root", "admin");

  const restarts = [];
  let lost = 0;
  let loadMs = 0;
  for (let round = 1; round <= kRounds; ++round) {
    const begin = performance.now();
    const length = kLoadMs[0] + random() * (kLoadMs[1] - kLoadMs[0]);
    let count = 0;
    const timer = setInterval(() => {
      const due = ((performance.now() - begin) / 1_000) * kMessagesPerSecond;
      while (count < due) senders[count++ % senders.length].sendNext();
    }, kTickMs);
    await pause(length);
    clearInterval(timer);
    // The last messages leave together, and the kill meets them somewhere on their way.
    senders.forEach((sender) => sender.sendNext());
    await moment(random() * kOnTheWayMs);
    await server.kill();
    loadMs += performance.now() - begin;
    lost += senders.reduce((sum, sender) => sum + sender.open.size, 0);

    if (random() < 0.25) {
      server.launch();
      await pause(random() * kStartupMs);
      await server.kill();
    }
    restarts.push(await server.start());
    const settled = () => senders.every((sender) => sender.client.socket.connected && sender.open.size === 0);
    await until(settled, `round ${round}: all are back and have sent again what was not acknowledged`, 20_000);
    for (const { failure } of senders) assert.equal(failure, undefined);

    const reader = await observer();
    for (const visit of visits) {
      checkVisit(await wholeHistory(reader, visit), senders.filter((sender) => sender.visit === visit));
    }
    reader.close();
  }

  const acknowledged = senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0);
  restarts.sort((a, b) => a - b);
  t.diagnostic(`${acknowledged} messages, ${Math.round(acknowledged / (loadMs / 1_000))}/s under load, ${lost} unacknowledged at a kill`);
  t.diagnostic(`ready again after ${Math.round(restarts[restarts.length >> 1])} ms (median), ${Math.round(restarts.at(-1))} ms (longest)`);
  assert.ok(acknowledged > 0);
});
