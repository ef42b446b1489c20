// Stock clients of app `health`, which keep what they are sent.
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { checkAnswer, checkEvent } from "./reference.mjs";
import { sign } from "./tokens.mjs";
import { Inbox, kLimitMs, within } from "./wait.mjs";

export const kIsoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const kUuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A stock client with an inbox of `{event, args}`. */
export class Client {
  inbox = new Inbox();
  seen = []; // every event's name, in order

  constructor(server, { namespace = "/health", auth, transports = ["websocket"], ...options } = {}) {
    this.socket = io(server.url + (namespace === "/" ? "" : namespace), {
      auth,
      transports,
      forceNew: true,
      reconnection: false,
      ...options,
    });
    this.socket.onAny((event, ...args) => {
      checkEvent(event, args);
      this.seen.push(event);
      this.inbox.push({ event, args });
    });
  }

  /** Connects as a user and waits for `connected`. */
  static async open(t, server, sub, role = "patient", options = {}) {
    const client = new Client(server, { auth: { token: sign({ sub, role }) }, ...options });
    t?.after(() => client.close());
    await client.connected();
    client.userId = sub;
    return client;
  }

  async connected() {
    const refused = new Promise((_, reject) => this.socket.once("connect_error", reject));
    refused.catch(() => {});
    this.hello = await Promise.race([this.next("connected"), refused]);
    return this.hello;
  }

  /** The error that the connection is refused with. */
  async refused() {
    const outcome = new Promise((resolve, reject) => {
      this.socket.once("connect_error", resolve);
      this.socket.once("connect", () => reject(new Error("connected, though it should be refused")));
    });
    return within(outcome, "a refusal");
  }

  /** The first argument of the next event of that name. */
  async next(event, matches = () => true, limit_ms = kLimitMs) {
    const taken = await this.inbox.take(event, (one) => one.event === event && matches(...one.args), limit_ms);
    assert.equal(taken.args.length, 1, `${event} has one argument`);
    return taken.args[0];
  }

  /** What has come of an event and has not been taken. */
  waiting(event) {
    return this.inbox.items.filter((one) => one.event === event).map((one) => one.args[0]);
  }

  /** The answer to an event. */
  async ask(event, ...args) {
    const answer = await within(this.socket.emitWithAck(event, ...args), `an answer to ${event}`);
    checkAnswer(event, answer);
    return answer;
  }

  /** The answer to an event that succeeds. */
  async must(event, ...args) {
    const answer = await this.ask(event, ...args);
    assert.equal(answer?.success, true, `${event}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The error of an event that does not. */
  async fails(event, ...args) {
    const answer = await this.ask(event, ...args);
    assert.equal(answer?.success, false, `${event} succeeds: ${JSON.stringify(answer)}`);
    assert.equal(typeof answer.error, "string");
    return answer.error;
  }

  emit(event, ...args) {
    this.socket.emit(event, ...args);
  }

  joinVisit(visit, more = {}) {
    return this.must("room:join", { roomId: `visit:${visit.id}`, roomType: "visit", ...more });
  }

  async say(visit, message, more = {}) {
    return (await this.must("message:send", { visitId: visit.id, message, ...more })).message;
  }

  /** Cuts the connection without a word. */
  drop() {
    this.socket.io.engine.transport.ws?.terminate();
  }

  close() {
    this.socket.disconnect();
  }
}

let markers = 0;

/**
 * Waits until everything that was sent in this visit before now has come to `clients`: a conversation keeps its order,
 * so a further message marks the end.
 */
export async function settle(visit, sender, clients) {
  const text = `marker ${++markers}`;
  await sender.say(visit, text);
  const marked = ({ message }) => message === text;
  for (const client of clients) {
    if (client !== sender) await client.next(client.userId === sender.userId ? "message:sent" : "message:new", marked);
  }
}

/** All messages of a visit, oldest first, read page by page. */
export async function wholeHistory(client, visit, limit = 200) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await client.must("message:history", { visitId: visit.id, limit, after });
    all.push(...page.messages);
    if (!page.hasMore) return all;
    after = page.messages.at(-1).seq;
  }
}
