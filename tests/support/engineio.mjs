// Engine.IO peers over polling and over WebSocket, with one face: `send`, `next`, `closed`, `destroy`.
// Packets are strings with their type in front ("4hello"), binary messages are Buffers.
import { Inbox, within, kLimitMs } from "./wait.mjs";
import { request } from "./http.mjs";
import { keepAliveAgent } from "./tls.mjs";
import { WebSocketConnection } from "./websocket.mjs";

const kSeparator = "\x1e";

export function encodePayload(packets) {
  return packets.map((one) => (Buffer.isBuffer(one) ? "b" + one.toString("base64") : one)).join(kSeparator);
}

export function decodePayload(text) {
  return text.split(kSeparator).map((one) => (one[0] === "b" ? Buffer.from(one.slice(1), "base64") : one));
}

/** The path and query of an Engine.IO request. */
export function target(path, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return `${path}?${new URLSearchParams(pairs)}`;
}

class Peer {
  inbox = new Inbox();
  answerPings = true;

  /** The next packet, heartbeats apart (while `answerPings`). */
  next(what = "a packet", limit_ms = kLimitMs) {
    return this.inbox.take(what, undefined, limit_ms);
  }

  deliver(packet) {
    if (packet === "2" && this.answerPings) this.send("3");
    else if (packet !== "6") this.inbox.push(packet);
  }

  /** Waits until the session is known to be closed. */
  closed(what = "the session to be closed", limit_ms = kLimitMs) {
    return within(this.ending, what, limit_ms);
  }

  ended(reason) {
    this.inbox.end(reason);
    this.resolveEnding(reason);
  }

  constructor() {
    this.ending = new Promise((resolve) => (this.resolveEnding = resolve));
  }
}

/** A session over polling. `get` and `post` are single requests; after `start` a GET is always pending. */
export class PollingPeer extends Peer {
  static async open(t, server, { path = "/socket.io/", query = {}, headers = {}, start = true } = {}) {
    const peer = new PollingPeer();
    Object.assign(peer, { server, path, query, headers, stopped: false, posting: Promise.resolve(), polling: null });
    peer.agent = keepAliveAgent(server.port);
    t?.after(() => peer.destroy());
    const response = await request(server, target(path, { EIO: 4, transport: "polling", ...query }), {
      headers,
      agent: peer.agent,
    });
    if (response.status !== 200) throw new Error(`handshake: ${response.status} ${response.text}`);
    const [open, ...more] = decodePayload(response.text);
    if (open[0] !== "0") throw new Error(`not an open packet: ${open}`);
    peer.handshake = JSON.parse(open.slice(1));
    peer.sid = peer.handshake.sid;
    for (const packet of more) peer.deliver(packet);
    if (start) peer.start();
    return peer;
  }

  get url() {
    return target(this.path, { EIO: 4, transport: "polling", ...this.query, sid: this.sid });
  }

  get(options = {}) {
    return request(this.server, this.url, { agent: this.agent, headers: this.headers, limit_ms: 60_000, ...options });
  }

  post(body, options = {}) {
    return request(this.server, this.url, { method: "POST", body, agent: this.agent, headers: this.headers, ...options });
  }

  /** Polls until the session ends. */
  async start() {
    while (!this.stopped) {
      this.polling = this.get();
      let response;
      try {
        response = await this.polling;
      } catch (error) {
        return this.ended(error.message);
      }
      if (response.status !== 200) return this.ended(`status ${response.status}`);
      for (const packet of decodePayload(response.text)) {
        if (packet === "1") return this.ended("close packet");
        this.deliver(packet);
      }
    }
  }

  /** Sends packets in one payload, behind those sent before. */
  send(...packets) {
    const body = encodePayload(packets);
    this.posting = this.posting.then(() => this.post(body)).catch(() => {});
    return this.posting;
  }

  /** Ends the session as a lost client does: the GET that the server has is given up. */
  async lose() {
    await this.posting;
    await this.polling.sent;
    this.destroy();
  }

  destroy() {
    this.stopped = true;
    this.polling?.abort();
    this.agent.destroy();
    this.ended("destroyed");
  }
}

/** A session over WebSocket, or (with `sid`) a WebSocket that wants to become an upgrade. */
export class WebSocketPeer extends Peer {
  static async open(t, server, { path = "/socket.io/", query = {}, headers = {}, sid } = {}) {
    const peer = new WebSocketPeer();
    peer.connection = await WebSocketConnection.open(
      t,
      server,
      target(path, { EIO: 4, transport: "websocket", ...query, sid }),
      { headers },
    );
    peer.#read();
    peer.sid = sid;
    if (sid === undefined) {
      const open = await peer.next("the open packet");
      if (open[0] !== "0") throw new Error(`not an open packet: ${open}`);
      peer.handshake = JSON.parse(open.slice(1));
      peer.sid = peer.handshake.sid;
    }
    return peer;
  }

  async #read() {
    try {
      for (;;) {
        const message = await this.connection.message();
        if (message === "1") return this.ended("close packet");
        this.deliver(message);
      }
    } catch (error) {
      this.ended(error.message);
    }
  }

  send(...packets) {
    for (const packet of packets) this.connection.send(packet);
    return Promise.resolve();
  }

  /** Cuts the connection. */
  async lose() {
    this.destroy();
  }

  destroy() {
    this.connection.destroy();
  }
}

export const kTransports = ["polling", "websocket"];

/** Opens a session over the transport of that name. */
export function openPeer(t, server, transport, options) {
  return (transport === "polling" ? PollingPeer : WebSocketPeer).open(t, server, options);
}

/** Upgrades a polling session: probe, upgrade packet; gives the WebSocket peer, which is the session from then on. */
export async function upgrade(t, server, polling) {
  const peer = await WebSocketPeer.open(t, server, { path: polling.path, sid: polling.sid });
  peer.send("2probe");
  const answer = await peer.next("the answer to the probe");
  if (answer !== "3probe") throw new Error(`not an answer to a probe: ${answer}`);
  peer.send("5");
  return peer;
}
