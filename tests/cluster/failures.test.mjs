// What becomes of stored events when a node dies, is stopped for a while, or loses its connections.
import assert from "node:assert/strict";
import { test } from "node:test";
import { query, startCluster } from "../support/database.mjs";
import { Client, wholeHistory } from "../support/health.mjs";
import { until, within } from "../support/wait.mjs";

const kComesBack = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };

/** Every message of the visit has come to `watcher` by its event, in order and once. */
async function sawAll(watcher, visit) {
  const seqs = (await wholeHistory(watcher, visit)).map(({ seq }) => seq);
  await until(() => watcher.waiting("message:new").at(-1)?.seq === seqs.at(-1), `message ${seqs.at(-1)} to come`);
  assert.deepEqual(watcher.waiting("message:new").map(({ seq }) => seq), seqs);
}

test("what a node has committed when it is killed, the others tell", async (t) => {
  const { nodes: [a, b] } = await startCluster(t, 2);
  const visit = await b.visit("ada", "dr");
  const watcher = await Client.open(t, b, "dr", "provider");
  for (let round = 0; round < 5; ++round) {
    const senders = await Promise.all(Array.from({ length: 8 }, () => Client.open(t, a, "ada")));
    let acknowledged = 0;
    await new Promise((resolve) => {
      for (const [index, sender] of senders.entries()) {
        for (let i = 0; i < 60; ++i) {
          sender.socket.emit("message:send", { visitId: visit.id, message: `${round} ${index} ${i}` }, () => {
            if (++acknowledged === 50 + round) resolve(a.kill());
          });
        }
      }
    });
    await sawAll(watcher, visit);
    await a.start();
  }
});

test("a node that was stopped for a while tells everything when it goes on", async (t) => {
  const { nodes: [a, b] } = await startCluster(t, 2);
  const visit = await a.visit("ada", "dr");
  const watcher = await Client.open(t, b, "dr", "provider");
  const ada = await Client.open(t, a, "ada");
  await ada.say(visit, "before");
  process.kill(b.pid, "SIGSTOP");
  for (let i = 0; i < 500; ++i) await ada.say(visit, `meanwhile ${i}`);
  process.kill(b.pid, "SIGCONT");
  await ada.say(visit, "after");
  await sawAll(watcher, visit);
});

test("a node that was away for longer than events are kept sends its clients for the history", async (t) => {
  const { nodes: [a, b], database } = await startCluster(t, 2, { env: { BELFRY_STORE_OUTBOX_KEEP_MS: 200 } });
  const visit = await a.visit("ada", "dr");
  const watcher = await Client.open(t, b, "dr", "provider", kComesBack);
  const ada = await Client.open(t, a, "ada");
  const last = await ada.say(visit, "before");
  await watcher.next("message:new", ({ id }) => id === last.id);
  const gone = within(new Promise((resolve) => watcher.socket.once("disconnect", (reason, details) => resolve([reason, details?.context?.code]))), "a disconnect");
  process.kill(b.pid, "SIGSTOP");
  await ada.say(visit, "meanwhile");
  await until(async () => (await query("SELECT count(*) FROM outbox", database)) === "0", "the outbox to be cleaned");
  process.kill(b.pid, "SIGCONT");
  assert.deepEqual(await gone, ["transport close", 1001]);
  await watcher.next("connected");
  assert.ok(!watcher.socket.recovered);
  const { messages } = await watcher.must("message:history", { visitId: visit.id, after: last.seq });
  assert.deepEqual(messages.map(({ message }) => message), ["meanwhile"]);
  const next = await ada.say(visit, "after");
  await watcher.next("message:new", ({ id }) => id === next.id);
  assert.deepEqual(watcher.waiting("message:new"), []);
});

test("connections to the database that are cut come back, and nothing is missed", async (t) => {
  const { nodes: [a, b], database } = await startCluster(t, 2);
  const visit = await a.visit("ada", "dr");
  const watcher = await Client.open(t, b, "dr", "provider");
  const ada = await Client.open(t, a, "ada");
  for (let round = 0; round < 3; ++round) {
    await ada.say(visit, `before ${round}`);
    await query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", database);
    await until(async () => (await ada.ask("message:send", { visitId: visit.id, message: `after ${round}` })).success, "the store to be back");
  }
  await sawAll(watcher, visit);
});
