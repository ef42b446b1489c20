// What the chaos in a cluster is made of: nodes that share PostgreSQL and Redis, users whose devices write and read through
// them, and a script of accidents that a seed repeats.
import assert from "node:assert/strict";
import { openSocketClient } from "../../testkit/js/index.js";
import { kApiKey } from "../support/belfry.mjs";
import { leave, Node } from "../support/nodes.mjs";
import { Postgres, Redis } from "../support/services.mjs";
import { kSecret, sign } from "../support/tokens.mjs";
import { pause } from "../support/wait.mjs";

const kAnswerMs = 5_000; // a message that is not answered by then is sent again
const kPage = 200;

export class Cluster {
  nodes = [];

  static async start(t, count) {
    const cluster = new Cluster();
    t.after(() => cluster.remove());
    cluster.postgres = await Postgres.create();
    cluster.redis = await Redis.create();
    await cluster.redis.start();
    const env = { DATABASE_URL: cluster.postgres.url, REDIS_URL: cluster.redis.url };
    for (let i = 0; i < count; ++i) cluster.nodes.push(await Node.started({ secret: kSecret, apiKey: kApiKey, env }));
    return cluster;
  }

  async remove() {
    for (const node of this.nodes) await leave(node);
    await this.redis?.remove();
    await this.postgres?.remove();
  }
}

/** A stock client that goes to the next node when its own does not answer. */
class Device {
  constructor(nodes, at, userId, role) {
    this.urls = nodes.map((node) => node.url);
    this.at = at % nodes.length;
    this.userId = userId;
    this.socket = openSocketClient(this.urls[this.at], {
      namespace: "/health",
      auth: { token: sign({ sub: userId, role }) },
      reconnection: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 300,
      timeout: 3_000,
    });
    this.socket.on("connect_error", () => this.#move());
    this.socket.on("disconnect", (reason) => reason !== "io client disconnect" && this.#move());
  }

  get connected() {
    return this.socket.connected;
  }

  close() {
    this.socket.disconnect();
  }

  #move() {
    this.at = (this.at + 1) % this.urls.length;
    this.socket.io.uri = this.urls[this.at];
    // One that the server has put out does not come back by itself.
    if (!this.socket.active) this.socket.connect();
  }
}

/** Writes numbered messages to one visit; what is not acknowledged is sent again, under the same id. */
export class Writer extends Device {
  acknowledged = new Map(); // text to message
  open = new Map(); // text to when it was sent
  #count = 0;

  constructor(nodes, at, visit, userId, role) {
    super(nodes, at, userId, role);
    this.visit = visit;
  }

  writeNext() {
    this.#send(`${this.userId} ${++this.#count}`);
  }

  sendAgain() {
    const now = performance.now();
    for (const [text, sentAt] of this.open) if (now - sentAt > kAnswerMs) this.#send(text);
  }

  #send(text) {
    this.open.set(text, performance.now());
    if (!this.connected) return;
    this.socket.emit("message:send", { visitId: this.visit.id, message: text, clientMessageId: text }, (answer) => {
      if (!answer.success) return; // the store is away: later again
      const known = this.acknowledged.get(text);
      if (known) assert.deepEqual(answer.message, known, "a repeated answer is the same");
      this.acknowledged.set(text, answer.message);
      this.open.delete(text);
    });
  }
}

/** Reads one visit as an app does: by events while it is connected, by history `after` when it comes back. */
export class Reader extends Device {
  shown = []; // messages, in order
  faults = [];
  #byEvent = new Set(); // seqs, of this socket: a node that is behind tells a newcomer what another one has told before
  #waiting = null; // events that came while history is read

  constructor(nodes, at, visit, userId, role) {
    super(nodes, at, userId, role);
    this.visit = visit;
    for (const event of ["message:new", "message:sent"]) this.socket.on(event, (message) => this.#onEvent(message));
    this.socket.on("connected", () => this.#catchUp(this.socket.id));
  }

  get caughtUp() {
    return this.connected && this.#waiting === null;
  }

  get last() {
    return this.shown.length;
  }

  #onEvent(message) {
    if (message.visitId !== this.visit.id) return;
    if (this.#waiting) this.#waiting.push(message);
    else this.#show(message);
  }

  #show(message) {
    if (message.seq === this.last + 1) {
      this.shown.push(message);
      this.#byEvent.add(message.seq);
    } else if (message.seq > this.last + 1) {
      this.faults.push(`event ${message.seq} after ${this.last}`);
    } else if (this.#byEvent.has(message.seq)) {
      this.faults.push(`event ${message.seq} twice`);
    }
  }

  async #catchUp(session) {
    const events = (this.#waiting = []);
    this.#byEvent.clear();
    for (let more = true; more; ) {
      const page = await this.#history();
      if (this.socket.id !== session) return; // it is gone, or has come back anew
      if (!page) continue;
      for (const message of page.messages) if (message.seq === this.last + 1) this.shown.push(message);
      more = page.hasMore;
    }
    this.#waiting = null;
    for (const message of events) this.#show(message);
  }

  /** A page, or nothing where there is none now. */
  async #history() {
    try {
      const answer = await this.socket.timeout(kAnswerMs).emitWithAck("message:history", { visitId: this.visit.id, after: this.last, limit: kPage });
      if (answer.success) return answer;
    } catch {
      // Not answered: the node or what it stands on is away.
    }
    await pause(50);
    return null;
  }
}

/** What may happen: each does something, and its opposite after a time that it is given. */
export function accidents(cluster, random) {
  const anyNode = () => cluster.nodes[Math.floor(random() * cluster.nodes.length)];
  return {
    async killNode(ms) {
      const node = anyNode();
      await node.kill();
      await pause(ms);
      return () => node.start(60_000);
    },
    async restartNode() {
      const node = anyNode();
      await node.end();
      return () => node.start(60_000);
    },
    async haltNode(ms) {
      const node = anyNode();
      node.pause();
      await pause(ms * 2);
      return () => node.resume();
    },
    async killRedis(ms) {
      await cluster.redis.kill();
      await pause(ms);
      return () => cluster.redis.start();
    },
    async haltRedis(ms) {
      cluster.redis.pause();
      await pause(ms);
      return () => cluster.redis.resume();
    },
    async killPostgres(ms) {
      await cluster.postgres.kill();
      await pause(ms);
      return () => cluster.postgres.start();
    },
    async haltPostgres(ms) {
      cluster.postgres.pause();
      await pause(ms);
      return () => cluster.postgres.resume();
    },
  };
}
