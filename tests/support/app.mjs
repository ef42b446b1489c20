// Stock clients of an app, which keep what they are sent and hold it against the reference.
import assert from "node:assert/strict";
import { disconnectSocketClient, openSocketClient, waitForConnection } from "../../testkit/js/index.js";
import { answerOf } from "../../testkit/js/src/sockets.js";
import { kApiKey } from "./belfry.mjs";
import { checkAnswer, checkEvent } from "./reference.mjs";
import { sign } from "./tokens.mjs";
import { Inbox, kLimitMs, within } from "./wait.mjs";

export const kIsoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const kUuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A stock client with an inbox of `{event, args}`. */
export class AppClient {
  inbox = new Inbox();
  seen = []; // every event's name, in order

  constructor(server, app, { namespace = `/${app}`, ...options } = {}) {
    this.app = app;
    this.server = server; // or what stands in front of some
    this.socket = openSocketClient(server.url, { namespace, ...options });
    this.socket.onAny((event, ...args) => {
      checkEvent(this.app, event, args);
      this.seen.push(event);
      this.inbox.push({ event, args });
    });
  }

  /** Connects as a user. */
  static async join(t, server, app, sub, { role = "user", ...options } = {}) {
    const client = new AppClient(server, app, { auth: { token: sign({ sub, role }) }, ...options });
    t?.after(() => client.close());
    await client.open();
    client.userId = sub;
    return client;
  }

  /** Once it is let in. */
  async open() {
    await waitForConnection(this.socket);
    await this.server.settled?.();
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
    const [answer] = await answerOf(this.socket, event, args);
    checkAnswer(this.app, event, answer);
    await this.server.settled?.();
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

  /** Closes the connection without a word. */
  drop() {
    this.socket.io.engine.transport.ws?.terminate();
  }

  /** Hears and says nothing from now on, not even that it closes, as a device that has lost its network. */
  deafen() {
    this.deaf = this.socket.io.engine.transport.ws;
    this.deaf._socket.pause();
    this.deaf.send = this.deaf.close = () => {};
  }

  close() {
    this.deaf?.terminate();
    return disconnectSocketClient(this.socket);
  }
}

/**
 * REST of an app: `rest(user)(method, path, body)` is the answer to a user (`"server"`: to another server's key), `must` what a
 * call that succeeds answers, `refused(user, method, path, body)` the status and the text of one that does not.
 */
export function restOf(server, prefix) {
  const rest = (user) => (method, path, body, options) =>
    server.call(method, prefix + path, { as: user === "server" ? kApiKey : sign({ sub: user, role: "user" }), body, ...options });
  const must = (user) => async (method, path, body) => {
    const answer = await rest(user)(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const refused = async (user, method, path, body) => {
    const { status, json } = await rest(user)(method, path, body);
    return [status, json.errors ? `${json.errors[0].field} ${json.errors[0].message}` : json.detail];
  };
  return { rest, must, refused };
}
