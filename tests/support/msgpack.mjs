// A Socket.IO peer that writes packets as socket.io-msgpack-parser does: each is one binary message.
import assert from "node:assert/strict";
import notepack from "notepack.io";
import { kLimitMs, Inbox } from "./wait.mjs";
import { openPeer } from "./engineio.mjs";

export const encode = notepack.encode;

export class MsgpackPeer {
  inbox = new Inbox();
  #lastId = 0;

  static async open(t, server, transport) {
    const peer = new MsgpackPeer();
    peer.engine = await openPeer(t, server, transport);
    peer.reading = peer.#read();
    return peer;
  }

  /** Opens a connection and joins `nsp`. */
  static async join(t, server, transport, nsp = "/", data = undefined) {
    const peer = await MsgpackPeer.open(t, server, transport);
    await peer.join(nsp, data);
    return peer;
  }

  async #read() {
    try {
      for (;;) {
        const message = await this.engine.inbox.take("a packet", undefined, 2 ** 30);
        if (!Buffer.isBuffer(message)) throw new Error(`text: ${message.slice(0, 80)}`);
        this.inbox.push(notepack.decode(message));
      }
    } catch (error) {
      this.inbox.end(error.message);
    }
  }

  /** Sends packets, or Engine.IO messages as they are. */
  send(...packets) {
    return this.engine.send(...packets.map((one) => (Buffer.isBuffer(one) || typeof one === "string" ? one : encode(one))));
  }

  take(what, matches, limit_ms = kLimitMs) {
    return this.inbox.take(what, matches, limit_ms);
  }

  async join(nsp = "/", data = undefined) {
    this.send({ type: 0, nsp, data });
    const answer = await this.take(`CONNECT of ${nsp}`, (one) => (one.type === 0 || one.type === 4) && one.nsp === nsp);
    assert.equal(answer.type, 0, `refused: ${JSON.stringify(answer.data)}`);
    assert.deepEqual(await this.event("auth", nsp), [data ?? {}]);
    return answer.data.sid;
  }

  emit(nsp, ...data) {
    return this.send({ type: 2, nsp, data });
  }

  async event(name, nsp = "/") {
    return (await this.take(`event ${name}`, (one) => one.type === 2 && one.nsp === nsp && one.data[0] === name)).data.slice(1);
  }

  /** Emits with an ack id, gives the values of the acknowledgement. */
  async request(nsp, ...data) {
    const id = ++this.#lastId;
    this.send({ type: 2, nsp, data, id });
    return (await this.take(`the acknowledgement of ${data[0]}`, (one) => one.type === 3 && one.id === id && one.nsp === nsp)).data;
  }

  closed(what, limit_ms) {
    return this.engine.closed(what, limit_ms);
  }
}
