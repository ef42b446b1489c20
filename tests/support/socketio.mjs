// A Socket.IO peer over either transport that shows every packet, and can send any.
import assert from "node:assert/strict";
import { kLimitMs, Inbox } from "./wait.mjs";
import { openPeer } from "./engineio.mjs";

export const kType = { connect: 0, disconnect: 1, event: 2, ack: 3, connectError: 4, binaryEvent: 5, binaryAck: 6 };

/** `{type, nsp, id, data, attachments}` of a packet's text. */
export function decodePacket(text) {
  const match = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d+)?(.*)$/s.exec(text);
  if (!match) throw new Error(`not a packet: ${text.slice(0, 200)}`);
  const [, type, attachments, nsp = "/", id, payload] = match;
  return {
    type: Number(type),
    nsp,
    id: id === undefined ? undefined : Number(id),
    data: payload === "" ? undefined : JSON.parse(payload),
    attachments: Number(attachments ?? 0),
  };
}

function isPlaceholder(value) {
  return value !== null && typeof value === "object" && value._placeholder === true;
}

function fill(value, attachments) {
  if (isPlaceholder(value)) return attachments[value.num];
  if (Array.isArray(value)) return value.map((one) => fill(one, attachments));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, attachments)]));
}

function strip(value, attachments) {
  if (Buffer.isBuffer(value)) return { _placeholder: true, num: attachments.push(value) - 1 };
  if (Array.isArray(value)) return value.map((one) => strip(one, attachments));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strip(one, attachments)]));
}

/** The Engine.IO packets of an event or an acknowledgement; Buffers become attachments. */
export function encodePacket({ type, nsp = "/", id, data }) {
  const attachments = [];
  const plain = strip(data, attachments);
  const binary = attachments.length > 0;
  const head = `${binary ? type + 3 : type}${binary ? attachments.length + "-" : ""}`;
  const name = nsp === "/" ? "" : nsp + ",";
  return [`4${head}${name}${id ?? ""}${plain === undefined ? "" : JSON.stringify(plain)}`, ...attachments];
}

export class SocketIoPeer {
  inbox = new Inbox();
  #lastId = 1000;

  static async open(t, server, transport = "websocket", options = {}) {
    const peer = new SocketIoPeer();
    peer.engine = await openPeer(t, server, transport, options);
    peer.transport = transport;
    peer.reading = peer.#read();
    return peer;
  }

  /** Opens a connection and joins `nsp`. */
  static async join(t, server, transport = "websocket", nsp = "/", auth = undefined, options = {}) {
    const peer = await SocketIoPeer.open(t, server, transport, options);
    peer.id = await peer.join(nsp, auth);
    return peer;
  }

  async #read() {
    let header = null;
    let attachments = [];
    try {
      for (;;) {
        const packet = await this.engine.inbox.take("a packet", undefined, 2 ** 30);
        if (Buffer.isBuffer(packet)) {
          if (!header) throw new Error("binary data without a header");
          attachments.push(packet);
        } else {
          if (header) throw new Error(`between a header and its attachments: ${packet.slice(0, 80)}`);
          if (packet[0] !== "4") throw new Error(`not a message: ${packet.slice(0, 80)}`);
          header = decodePacket(packet.slice(1));
        }
        if (attachments.length < header.attachments) continue;
        const data = fill(header.data, attachments);
        this.inbox.push({ type: header.type, nsp: header.nsp, id: header.id, data, attachments: header.attachments });
        header = null;
        attachments = [];
      }
    } catch (error) {
      this.inbox.end(error.message);
    }
  }

  /** Sends Engine.IO packets as they are. */
  raw(...packets) {
    return this.engine.send(...packets);
  }

  /** The next packet, whatever it is. */
  next(what = "a packet", limit_ms = kLimitMs) {
    return this.inbox.take(what, undefined, limit_ms);
  }

  /** The next packet that matches; others stay in the queue. */
  take(what, matches, limit_ms = kLimitMs) {
    return this.inbox.take(what, matches, limit_ms);
  }

  /** The arguments of the next event of that name in `nsp`. */
  async event(name, nsp = "/", limit_ms = kLimitMs) {
    const isIt = (one) => (one.type === 2 || one.type === 5) && one.nsp === nsp && one.data[0] === name;
    return (await this.take(`event ${name}`, isIt, limit_ms)).data.slice(1);
  }

  /** The names of all events in the queue, without waiting. */
  queuedEvents() {
    return this.inbox.items.filter((one) => one.type === 2 || one.type === 5).map((one) => one.data[0]);
  }

  /** Joins a namespace: CONNECT, then the `auth` event; gives the socket's id. */
  async join(nsp = "/", auth = undefined) {
    this.raw(...encodePacket({ type: kType.connect, nsp, data: auth }));
    const isIt = (one) => (one.type === kType.connect || one.type === kType.connectError) && one.nsp === nsp;
    const answer = await this.take(`CONNECT of ${nsp}`, isIt);
    assert.equal(answer.type, kType.connect, `refused: ${JSON.stringify(answer.data)}`);
    assert.deepEqual(await this.event("auth", nsp), [auth ?? {}]);
    return answer.data.sid;
  }

  emit(nsp, ...data) {
    return this.raw(...encodePacket({ type: kType.event, nsp, data }));
  }

  answer(nsp, id, ...data) {
    return this.raw(...encodePacket({ type: kType.ack, nsp, id, data }));
  }

  /** Emits with an ack id, gives the values of the acknowledgement. */
  async request(nsp, ...data) {
    const id = ++this.#lastId;
    this.raw(...encodePacket({ type: kType.event, nsp, id, data }));
    const isIt = (one) => (one.type === kType.ack || one.type === kType.binaryAck) && one.id === id && one.nsp === nsp;
    return (await this.take(`the acknowledgement of ${data[0]}`, isIt)).data;
  }

  /** A round trip: all that was sent before has been handled, all that was emitted to us before is in the queue. */
  async sync(nsp = "/") {
    await this.request(nsp, "message-with-ack");
  }

  async stats(nsp = "/") {
    return (await this.request(nsp, "stats"))[0];
  }

  async disconnectLog(sid, nsp = "/") {
    return (await this.request(nsp, "disconnect-log", sid))[0];
  }

  /** Waits until the session is closed; all that came before is in the queue then. */
  async closed(what, limit_ms) {
    await this.engine.closed(what, limit_ms);
    await this.reading;
  }

  lose() {
    return this.engine.lose();
  }

  destroy() {
    this.engine.destroy();
  }
}
