// Peers of Engine.IO 3 and Socket.IO 2, by hand: packets are strings with their type in front, binary messages are Buffers.
import { request } from "./http.mjs";
import { target } from "./engineio.mjs";
import { keepAliveAgent } from "./tls.mjs";
import { Inbox, kLimitMs, within } from "./wait.mjs";
import { WebSocketConnection } from "./websocket.mjs";

/** `length:packet`, the length in UTF-16 units; binary data is `b4` and base64. */
export function encodeText(packets) {
  const texts = packets.map((one) => (Buffer.isBuffer(one) ? `b4${one.toString("base64")}` : one));
  return texts.map((one) => `${one.length}:${one}`).join("");
}

export function decodeText(payload) {
  const packets = [];
  for (let at = 0; at < payload.length; ) {
    const colon = payload.indexOf(":", at);
    const length = Number(payload.slice(at, colon));
    if (colon < 0 || !(length > 0) || payload.length < colon + 1 + length) throw new Error(`no payload: ${payload.slice(at, at + 80)}`);
    const packet = payload.slice(colon + 1, colon + 1 + length);
    packets.push(packet.startsWith("b4") ? Buffer.from(packet.slice(2), "base64") : packet);
    at = colon + 1 + length;
  }
  return packets;
}

/** 0 or 1 (text or bytes), the digits of the length in bytes, 255, the packet. */
export function encodeBytes(packets) {
  const parts = packets.flatMap((one) => {
    const body = Buffer.isBuffer(one) ? Buffer.concat([Buffer.from([4]), one]) : Buffer.from(one);
    return [Buffer.from([Buffer.isBuffer(one) ? 1 : 0, ...String(body.length).split("").map(Number), 255]), body];
  });
  return Buffer.concat(parts);
}

export function decodeBytes(payload) {
  const packets = [];
  for (let at = 0; at < payload.length; ) {
    const end = payload.indexOf(255, at);
    const length = Number([...payload.subarray(at + 1, end)].join(""));
    const packet = payload.subarray(end + 1, end + 1 + length);
    if (end < 0 || packet.length !== length) throw new Error("no binary payload");
    if (payload[at] === 1 && packet[0] !== 4) throw new Error(`binary packet of type ${packet[0]}`);
    packets.push(payload[at] === 1 ? Buffer.from(packet.subarray(1)) : packet.toString());
    at = end + 1 + length;
  }
  return packets;
}

/** The packets of an answer to a poll. */
export function packetsOf(response) {
  const isBytes = response.headers["content-type"] === "application/octet-stream";
  return isBytes ? decodeBytes(response.body) : decodeText(response.text);
}

class Peer {
  inbox = new Inbox();

  constructor() {
    this.ending = new Promise((resolve) => (this.resolveEnding = resolve));
  }

  /** The next packet but noops and pongs. */
  next(what = "a packet", limit_ms = kLimitMs) {
    return this.inbox.take(what, (one) => one !== "6" && one !== "3", limit_ms);
  }

  take(what, matches, limit_ms = kLimitMs) {
    return this.inbox.take(what, matches, limit_ms);
  }

  closed(what = "the session to be closed", limit_ms = kLimitMs) {
    return within(this.ending, what, limit_ms);
  }

  ended(reason) {
    this.inbox.end(reason);
    this.resolveEnding(reason);
  }
}

/** Over polling; `bytes`: it posts binary payloads. */
export class PollingPeer3 extends Peer {
  static async open(t, server, { path = "/socket.io/", query = {}, bytes = false, start = true } = {}) {
    const peer = Object.assign(new PollingPeer3(), { server, path, query, bytes, stopped: false, posting: Promise.resolve() });
    peer.agent = keepAliveAgent(server.port);
    t.after(() => peer.destroy());
    const response = await request(server, target(path, { EIO: 3, transport: "polling", ...query }), { agent: peer.agent });
    if (response.status !== 200) throw new Error(`handshake: ${response.status} ${response.text}`);
    const [open, ...more] = packetsOf(response);
    peer.handshake = JSON.parse(open.slice(1));
    peer.sid = peer.handshake.sid;
    for (const packet of more) peer.inbox.push(packet);
    if (start) peer.start();
    return peer;
  }

  get url() {
    return target(this.path, { EIO: 3, transport: "polling", ...this.query, sid: this.sid });
  }

  get() {
    return request(this.server, this.url, { agent: this.agent, limit_ms: 60_000 });
  }

  post(body, headers = {}) {
    return request(this.server, this.url, { method: "POST", body, headers, agent: this.agent });
  }

  async start() {
    while (!this.stopped) {
      const response = await (this.polling = this.get()).catch((error) => ({ status: error.message }));
      if (response.status !== 200) return this.ended(`status ${response.status}`);
      this.type = response.headers["content-type"];
      for (const packet of packetsOf(response)) {
        if (packet === "1") return this.ended("close packet");
        this.inbox.push(packet);
      }
    }
  }

  send(...packets) {
    const [body, type] = this.bytes ? [encodeBytes(packets), "application/octet-stream"] : [encodeText(packets), "text/plain;charset=UTF-8"];
    this.posting = this.posting.then(() => this.post(body, { "Content-Type": type })).catch(() => {});
    return this.posting;
  }

  destroy() {
    this.stopped = true;
    this.polling?.abort();
    this.agent.destroy();
    this.ended("destroyed");
  }
}

/** Over WebSocket, or (with `sid`) to become an upgrade. `base64`: it takes no binary frames. */
export class WebSocketPeer3 extends Peer {
  static async open(t, server, { path = "/socket.io/", query = {}, sid, base64 = false } = {}) {
    const peer = Object.assign(new WebSocketPeer3(), { base64 });
    const all = { EIO: 3, transport: "websocket", ...query, b64: base64 ? 1 : undefined, sid };
    peer.connection = await WebSocketConnection.open(t, server, target(path, all));
    peer.#read();
    peer.sid = sid;
    if (sid !== undefined) return peer;
    const open = await peer.next("the open packet");
    peer.handshake = JSON.parse(open.slice(1));
    peer.sid = peer.handshake.sid;
    return peer;
  }

  async #read() {
    try {
      for (;;) {
        const message = await this.connection.message();
        if (Buffer.isBuffer(message) && (message[0] !== 4 || this.base64)) throw new Error(`a binary frame that begins with ${message[0]}`);
        const isBase64 = !Buffer.isBuffer(message) && message.startsWith("b4");
        if (isBase64 && !this.base64) throw new Error("base64 in a frame");
        this.inbox.push(Buffer.isBuffer(message) ? message.subarray(1) : isBase64 ? Buffer.from(message.slice(2), "base64") : message);
      }
    } catch (error) {
      this.ended(error.message);
    }
  }

  send(...packets) {
    for (const one of packets) {
      if (!Buffer.isBuffer(one)) this.connection.send(one);
      else this.connection.send(this.base64 ? `b4${one.toString("base64")}` : Buffer.concat([Buffer.from([4]), one]));
    }
    return Promise.resolve();
  }

  destroy() {
    this.connection.destroy();
  }
}

/** The ways in which a client of that version takes part. */
export const kPeers3 = {
  "polling": (t, server, options) => PollingPeer3.open(t, server, options),
  "polling, bytes": (t, server, options) => PollingPeer3.open(t, server, { bytes: true, ...options }),
  "polling, base64": (t, server, options) => PollingPeer3.open(t, server, { ...options, query: { b64: 1, ...options?.query } }),
  "websocket": (t, server, options) => WebSocketPeer3.open(t, server, options),
  "websocket, base64": (t, server, options) => WebSocketPeer3.open(t, server, { base64: true, ...options }),
};
