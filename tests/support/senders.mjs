// Stock clients of app `health` that send and read under load, and what must be true of a visit afterwards.
import assert from "node:assert/strict";
import { Client, wholeHistory } from "./health.mjs";
import { sign } from "./tokens.mjs";
import { until } from "./wait.mjs";

const kBackSoon = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60 };
const kLoadMs = 8; // from a message of each sender to the next
const kOpenMax = 50; // messages of a sender that are not acknowledged: then it waits, as people do
const kTransports = [["polling"], ["websocket"], ["polling", "websocket"]];

/** A stock client that sends numbered messages to one visit, and sends again what was not acknowledged. */
export class Sender {
  acknowledged = new Map(); // text to message
  open = new Map(); // text to payload
  heard = []; // messages of others, and the socket that each came to: `{message, to}`
  #sent = 0;

  constructor(server, visit, userId, role, label) {
    Object.assign(this, { visit, label });
    this.client = Client.open(null, server, userId, role, kBackSoon);
  }

  async ready() {
    this.client = await this.client;
    this.client.socket.on("connected", () => this.open.forEach((payload) => this.#send(payload)));
    this.client.socket.on("message:new", (message) => message.visitId === this.visit.id && this.heard.push({ message, to: this.client.socket.id }));
  }

  sendNext() {
    if (!this.client.socket.connected || this.open.size >= kOpenMax) return;
    const message = `${this.label} ${++this.#sent}`;
    const payload = { visitId: this.visit.id, message, clientMessageId: message };
    this.open.set(message, payload);
    this.#send(payload);
  }

  #send(payload) {
    this.client.socket.emit("message:send", payload, (answer) => {
      if (!answer.success) return (this.failure = answer.error);
      const known = this.acknowledged.get(payload.message);
      if (known) assert.deepEqual(answer.message, known, "a repeated answer is the same");
      this.acknowledged.set(payload.message, answer.message);
      this.open.delete(payload.message);
    });
  }
}

/** Shows the messages of a visit as an app would: by their events, and what is missing by history. */
export class Reader {
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

/** Everything that senders of a visit know of must be stored, once. */
export function checkVisit(stored, senders) {
  assert.deepEqual(stored.map(({ seq }) => seq), stored.map((_, i) => i + 1), "seq without gaps");
  const byText = new Map(stored.map((message) => [message.message, message]));
  assert.equal(byText.size, stored.length, "no message twice");
  const strip = ({ deliveredTo, readBy, ...message }) => message;
  for (const sender of senders) {
    for (const [text, message] of sender.acknowledged) {
      assert.ok(byText.has(text), `acknowledged and gone: ${text}`);
      assert.deepEqual(strip(byText.get(text)), message);
    }
    for (const { message } of sender.heard) {
      assert.deepEqual(strip(byText.get(message.message) ?? {}), message, "told before it was committed");
    }
    // Another node that was behind tells a socket that came there what it told before on its first one.
    const told = sender.heard.map(({ message, to }) => `${message.seq} to ${to}`);
    assert.equal(new Set(told).size, told.length, "told twice");
  }
}

/** People who write and read all the time, while what serves them is replaced. */
export class Traffic {
  senders = [];
  readers = [];

  /** Both people of each visit write, and the provider reads over each transport; `places` are where they connect, in turn. */
  static async start(t, visits, places) {
    const traffic = Object.assign(new Traffic(), { t });
    let count = 0;
    const next = () => places[count++ % places.length];
    for (const [i, visit] of visits.entries()) {
      const [providerId] = visit.providerIds;
      traffic.senders.push(new Sender(next(), visit, visit.patientId, "patient", `patient ${i}`));
      traffic.senders.push(new Sender(next(), visit, providerId, "provider", `provider ${i}`));
      for (const transports of kTransports) {
        const client = new Client(next(), { auth: { token: sign({ sub: providerId, role: "provider" }) }, transports, ...kBackSoon });
        t.after(() => client.close());
        traffic.readers.push(new Reader(visit, client));
        await client.connected();
      }
    }
    t.after(() => traffic.senders.forEach((sender) => sender.client.close?.()));
    for (const sender of traffic.senders) await sender.ready();
    traffic.load = setInterval(() => traffic.senders.forEach((sender) => sender.sendNext()), kLoadMs);
    t.after(() => clearInterval(traffic.load));
    return traffic;
  }

  get clients() {
    return [...this.senders, ...this.readers].map(({ client }) => client);
  }

  get acknowledged() {
    return this.senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0);
  }

  /** Until so many more are acknowledged. */
  async goOn(count) {
    const before = this.acknowledged;
    await until(() => this.acknowledged >= before + count, `${count} more messages`, 20_000);
  }

  /** Ends it: what was acknowledged is stored at `server`, and every reader has shown all of it, once, in order. */
  async finish(server) {
    clearInterval(this.load);
    const settled = () => this.senders.every((sender) => sender.client.socket.connected && sender.open.size === 0);
    await until(settled, "all are back and have sent again what was not acknowledged", 20_000);
    assert.deepEqual(this.senders.map(({ failure }) => failure), this.senders.map(() => undefined));
    const admin = await Client.open(this.t, server, "root", "admin");
    for (const visit of new Set(this.senders.map((sender) => sender.visit))) {
      const stored = await wholeHistory(admin, visit);
      checkVisit(stored, this.senders.filter((sender) => sender.visit === visit));
      for (const reader of this.readers.filter((one) => one.visit === visit)) {
        await until(() => reader.shown.length >= stored.length, `all ${stored.length} to be shown`);
        assert.deepEqual(reader.shown.map(({ id }) => id), stored.map(({ id }) => id));
      }
    }
    this.t.diagnostic(`${this.acknowledged} messages acknowledged`);
  }
}
