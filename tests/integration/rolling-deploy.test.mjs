// A server that is replaced while clients talk: it says so first, moves them away one after the other, and nothing that was
// acknowledged or stored is lost to those who come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client, wholeHistory } from "../support/health.mjs";
import { request } from "../support/http.mjs";
import { checkVisit, Sender } from "../support/senders.mjs";
import { sign } from "../support/tokens.mjs";
import { until, within } from "../support/wait.mjs";

const kBackSoon = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60 };

/** The status of `/readyz`, or why there is none. */
const readiness = (server) => server.call("GET", "/readyz").then(({ status }) => status, (error) => error.code);

/** Tells it to stop, and goes on at once. */
function terminate(server) {
  server.asked = true;
  process.kill(server.pid, "SIGTERM");
}

test("/readyz is off first; until ready_off_ms is over, whoever comes is served", async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_SERVER_READY_OFF_MS: "1500" } });
  const visit = await server.visit("ada", "dr-okafor");
  const begin = performance.now();
  terminate(server);
  await until(async () => (await readiness(server)) === 503, "/readyz to be off", 1_000);
  const { json } = await server.call("GET", "/readyz");
  assert.equal(json.detail, "The server stops");
  assert.equal((await server.call("GET", "/healthz")).status, 200);
  const ada = await Client.open(t, server, "ada");
  assert.equal((await ada.say(visit, "still here")).seq, 1);
  assert.deepEqual(ada.waiting("server:shutdown"), []);
  await within(server.exit, "the server to end");
  assert.deepEqual(server.ended, { code: 0, signal: null });
  assert.ok(performance.now() - begin >= 1_500);
});

test("clients are told at once when to come back, and leave one after the other", async (t) => {
  const count = 60;
  const server = await startBelfry(t, { env: { BELFRY_SERVER_DRAIN_SPREAD_MS: "1000", BELFRY_SERVER_THREADS: "1" } });
  const clients = await Promise.all(
    Array.from({ length: count }, (_, i) => Client.open(t, server, `user-${i}`, "patient", { transports: [i % 2 ? "websocket" : "polling"] })),
  );
  const ends = Promise.all(
    clients.map(({ socket }) => new Promise((resolve) => socket.once("disconnect", (reason) => resolve({ reason, at: performance.now() })))),
  );
  const begin = performance.now();
  terminate(server);
  const told = await Promise.all(clients.map((client) => client.next("server:shutdown")));
  assert.ok(performance.now() - begin < 700, "before most have gone");
  assert.equal(await readiness(server), 503);
  assert.equal((await request(server, "/socket.io/?EIO=4&transport=polling")).status, 503);

  const gone = await within(ends, "all to be gone");
  const hints = told.map(({ reconnectInMs }) => reconnectInMs);
  assert.ok(new Set(hints).size > count / 2, `hints are spread: ${hints}`);
  gone.forEach(({ reason, at }, i) => {
    assert.equal(reason, "transport close", "which stock clients come back after");
    assert.ok(hints[i] <= 2_200, `${hints[i]}`);
    assert.ok(at - begin <= hints[i] + 500, `gone after ${at - begin} ms, told ${hints[i]}`);
  });
  const times = gone.map(({ at }) => at - begin).sort((a, b) => a - b);
  assert.ok(times[Math.floor(count * 0.9)] - times[Math.floor(count * 0.1)] > 400, `spread over the time: ${times.map(Math.round)}`);
  await within(server.exit, "the server to end");
  assert.deepEqual(server.ended, { code: 0, signal: null });
});

/** Shows the messages of a visit as an app would: by their events, and what is missing by history. */
class Reader {
  shown = []; // in this order
  #after = 0;
  #waiting = new Map(); // by seq: came before one that is missing
  #asking = false;

  constructor(visit, client) {
    Object.assign(this, { visit, client });
    client.socket.on("connected", () => this.#fill());
    for (const event of ["message:new", "message:sent"]) client.socket.on(event, (message) => this.#take(message));
  }

  #take(message) {
    if (message.visitId !== this.visit.id || message.seq <= this.#after) return;
    this.#waiting.set(message.seq, message);
    this.#show();
    if (this.#waiting.size > 0) this.#fill();
  }

  #show() {
    for (let next; (next = this.#waiting.get(this.#after + 1)); this.#after += 1) {
      this.shown.push(next);
      this.#waiting.delete(next.seq);
    }
  }

  #fill() {
    if (this.#asking || !this.client.socket.connected) return;
    this.#asking = true;
    const query = { visitId: this.visit.id, after: this.#after, limit: 200 };
    this.client.socket.timeout(2_000).emit("message:history", query, (error, page) => {
      this.#asking = false;
      if (error || !page.success) return;
      for (const message of page.messages) if (message.seq > this.#after) this.#waiting.set(message.seq, message);
      this.#show();
      if (page.hasMore) this.#fill();
    });
  }
}

test("a server is replaced three times under load: what was acknowledged is shown to everybody, once, in order", { timeout: 90_000 }, async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_SERVER_DRAIN_SPREAD_MS: "300" } });
  const visits = [await server.visit("ada", "dr-okafor"), await server.visit("tomas", "dr-okafor")];
  const senders = visits.flatMap((visit, i) => [
    new Sender(server, visit, visit.patientId, "patient", `patient ${i}`),
    new Sender(server, visit, visit.providerIds[0], "provider", `provider ${i}`),
  ]);
  t.after(() => senders.forEach((sender) => sender.client.close?.()));
  for (const sender of senders) await sender.ready();
  const readers = [];
  for (const visit of visits) {
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      const reader = new Client(server, { auth: { token: sign({ sub: visit.providerIds[0], role: "provider" }) }, transports, ...kBackSoon });
      t.after(() => reader.close());
      readers.push(new Reader(visit, reader));
      await reader.connected();
    }
  }

  const load = setInterval(() => senders.forEach((sender) => sender.sendNext()), 8);
  t.after(() => clearInterval(load));
  for (let round = 1; round <= 3; ++round) {
    const before = senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0);
    await until(() => senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0) > before + 200, "load", 20_000);
    await server.stop();
    await server.start();
  }
  clearInterval(load);
  const settled = () => senders.every((sender) => sender.client.socket.connected && sender.open.size === 0);
  await until(settled, "all are back and have sent again what was not acknowledged", 20_000);
  assert.deepEqual(senders.map(({ failure }) => failure), senders.map(() => undefined));

  const admin = await Client.open(t, server, "root", "admin");
  for (const visit of visits) {
    const stored = await wholeHistory(admin, visit);
    checkVisit(stored, senders.filter((sender) => sender.visit === visit));
    for (const reader of readers.filter((one) => one.visit === visit)) {
      await until(() => reader.shown.length >= stored.length, `all ${stored.length} to be shown`, 10_000);
      assert.deepEqual(reader.shown.map(({ id }) => id), stored.map(({ id }) => id));
    }
  }
  t.diagnostic(`${senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0)} messages acknowledged`);
});
