// Stock clients of app `health` that send under load, and what must be true of a visit afterwards.
import assert from "node:assert/strict";
import { Client } from "./health.mjs";

/** A stock client that sends numbered messages to one visit, and sends again what was not acknowledged. */
export class Sender {
  acknowledged = new Map(); // text to message
  open = new Map(); // text to payload
  heard = []; // messages of others
  #sent = 0;

  constructor(server, visit, userId, role, label) {
    Object.assign(this, { visit, label });
    this.client = Client.open(null, server, userId, role, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60 });
  }

  async ready() {
    this.client = await this.client;
    this.client.socket.on("connected", () => this.open.forEach((payload) => this.#send(payload)));
    this.client.socket.on("message:new", (message) => message.visitId === this.visit.id && this.heard.push(message));
  }

  sendNext() {
    if (!this.client.socket.connected) return;
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
    for (const message of sender.heard) {
      assert.deepEqual(strip(byText.get(message.message) ?? {}), message, "told before it was committed");
    }
    const seqs = sender.heard.map(({ seq }) => seq);
    assert.equal(new Set(seqs).size, seqs.length, "told twice");
  }
}
