// One light client of the soak: it comes, talks, stalls, vanishes and comes back, and checks what it hears.
import http from "node:http";
import WebSocket from "ws";

const kSeparator = "\x1e";
const kAgent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

/** Ends the connections that no peer uses any more. */
export const hangUp = () => kAgent.destroy();

/** What all peers of a run count together. */
export class Tally {
  came = 0;
  sent = 0;
  heard = 0;
  ended = []; // by the server: {peer, socketId}
  problems = [];

  problem(text) {
    if (this.problems.length < 20) this.problems.push(text);
  }
}

/** One Engine.IO session with a socket in `/`; `transport` is polling, websocket or upgrade. */
export class Peer {
  static #names = 0;
  #last = new Map(); // by who speaks in the room: the number heard last
  #echoed = 0;
  #asked = 0;
  #told = 0;
  #outbox = [];
  #posting = false;
  #waiters = [];
  open = false;

  constructor(port, transport, room, tally) {
    Object.assign(this, { port, transport, room, tally, name: `p${++Peer.#names}` });
  }

  // ---- coming and going ----

  async come() {
    this.open = true;
    this.tally.came++;
    if (this.transport === "websocket") {
      await this.#connect("");
    } else {
      const open = await this.#request("GET");
      if (!this.open) return;
      this.sid = JSON.parse(open.slice(1)).sid;
      this.#poll();
    }
    this.#send("40");
    await this.#until(() => this.socketId);
    this.#send(`420["join","${this.room}"]`);
    await this.#until(() => this.inRoom);
    if (this.transport === "upgrade") await this.#upgrade();
  }

  /** As one should: a DISCONNECT packet, then the end of the connection. */
  leave() {
    this.#end();
    if (this.socket) {
      ["41", "1"].forEach((packet) => this.socket.send(packet));
      this.socket.close();
    } else {
      this.#request("POST", ["41", "1"].join(kSeparator));
    }
  }

  /** Without a word. */
  vanish() {
    this.#end();
    this.socket?.terminate();
    this.polling?.destroy();
  }

  #end() {
    this.open = false;
    this.#waiters.splice(0).forEach(({ resolve }) => resolve());
  }

  #lost() {
    if (this.open) this.tally.ended.push({ peer: `${this.name} over ${this.transport}`, socketId: this.socketId });
    this.#end();
  }

  /** Reads nothing for so long. */
  async stall(pauseMs) {
    this.stalled = true;
    this.socket?._socket?.pause();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.stalled = false;
    this.socket?._socket?.resume();
    if (!this.socket && this.open) this.#poll();
  }

  // ---- talking ----

  /** Says `count` things to the server and to the room; true once all echoes have come. */
  async talk(count) {
    for (let i = 0; i < count && this.open; i++) {
      this.#send(`42["message",${++this.#asked},"${"x".repeat(i % 50)}"]`);
      this.#send(`42["to-room","${this.room}","${this.name}",${++this.#told}]`);
      this.tally.sent += 2;
    }
    const due = this.#asked;
    await this.#until(() => this.#echoed >= due);
  }

  async #until(holds) {
    if (!this.open || holds()) return;
    await new Promise((resolve) => this.#waiters.push({ holds, resolve }));
  }

  #hear(packet) {
    if (packet === "2") return this.#send("3");
    if (packet === "1") return this.#lost();
    if (packet.startsWith("40{")) this.socketId = JSON.parse(packet.slice(2)).sid;
    if (packet.startsWith("430[")) this.inRoom = true;
    if (packet.startsWith("42[")) this.#onEvent(JSON.parse(packet.slice(2)));
    this.#waiters = this.#waiters.filter((waiter) => !waiter.holds() || waiter.resolve());
  }

  #onEvent([event, ...args]) {
    this.tally.heard++;
    if (event === "message-back") {
      if (args[0] !== ++this.#echoed) this.tally.problem(`${this.name}: echo ${args[0]} in place of ${this.#echoed}`);
    } else if (event === "room-message") {
      const [, who, number] = args;
      const before = this.#last.get(who);
      // Who comes in later hears from the middle on.
      if (before !== undefined && number !== before + 1) this.tally.problem(`${this.name}: ${who} said ${number} after ${before}`);
      this.#last.set(who, number);
    }
  }

  // ---- transports ----

  #send(packet) {
    if (!this.open) return;
    if (this.socket && this.upgraded !== false) return this.socket.send(packet);
    this.#outbox.push(packet);
    if (!this.#posting) this.#post();
  }

  async #post() {
    this.#posting = true;
    while (this.#outbox.length > 0 && this.open && !this.switching) {
      await this.#request("POST", this.#outbox.splice(0).join(kSeparator));
    }
    this.#posting = false;
  }

  async #poll() {
    if (this.looping) return;
    this.looping = true;
    while (this.open && !this.stalled && !this.upgraded) {
      const body = await this.#request("GET");
      if (body === null) break;
      for (const packet of body.split(kSeparator)) if (packet !== "6") this.#hear(packet);
    }
    this.looping = false;
    this.drained?.();
  }

  /** The body of the answer; null where the session has ended. */
  #request(method, body = "") {
    const path = `/socket.io/?EIO=4&transport=polling${this.sid ? `&sid=${this.sid}` : ""}`;
    return new Promise((resolve) => {
      const lost = () => resolve((this.#lost(), null));
      const headers = method === "POST" ? { "Content-Length": Buffer.byteLength(body) } : {};
      const request = http.request({ port: this.port, host: "127.0.0.1", path, method, headers, agent: kAgent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part) => (text += part)).on("error", lost);
        response.on("end", () => (response.statusCode === 200 ? resolve(text) : lost()));
      });
      if (method === "GET") this.polling = request;
      request.on("error", lost).end(body);
    });
  }

  #connect(query) {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=websocket${query}`);
    socket.on("message", (data) => (this.probing ? this.probing(String(data)) : this.#hear(String(data))));
    socket.on("error", () => {}).on("close", () => this.#lost());
    this.socket = socket;
    return new Promise((resolve) => socket.once("open", resolve).once("close", resolve));
  }

  async #upgrade() {
    this.upgraded = false;
    await this.#connect(`&sid=${this.sid}`);
    if (!this.open) return;
    await new Promise((resolve) => {
      this.probing = (packet) => packet === "3probe" && resolve();
      this.socket.send("2probe");
      this.socket.once("close", resolve);
    });
    // What is posted arrives before the switch; what is polled, before what the WebSocket brings.
    this.switching = true;
    while (this.#posting && this.open) await new Promise(setImmediate);
    const drained = new Promise((resolve) => (this.drained = resolve));
    const early = [];
    this.probing = (packet) => early.push(packet);
    if (!this.open) return;
    this.upgraded = true;
    this.socket.send("5");
    await drained;
    this.probing = null;
    early.forEach((packet) => this.#hear(packet));
    this.#outbox.splice(0).forEach((packet) => this.socket.send(packet));
  }
}
