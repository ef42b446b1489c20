// Connection state recovery: a client that lost its connection goes on with its session.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { isReference, kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { kType, SocketIoPeer } from "../support/socketio.mjs";
import { pause, until } from "../support/wait.mjs";

const server = await sharedServer([...kQuiet, "--recovery", ...(isReference ? [] : ["--threads", 4])]);

const kDuration_ms = 2_000;

/** A peer that keeps its pid and the offset of the last event, as stock clients do. */
class Client {
  constructor(t, transport, nsp = "/") {
    Object.assign(this, { t, transport, nsp, pid: undefined, offset: undefined });
  }

  /** Connects, with what is known of the session; gives the CONNECT answer. */
  async connect(auth = {}) {
    this.peer = await SocketIoPeer.open(this.t, server, this.transport);
    const data = this.pid === undefined ? auth : { pid: this.pid, offset: this.offset, ...auth };
    this.peer.raw(`40${this.nsp === "/" ? "" : this.nsp + ","}${JSON.stringify(data)}`);
    const isAnswer = (one) => one.type === kType.connect || one.type === kType.connectError;
    const { data: answer } = await this.peer.take("CONNECT", isAnswer);
    this.recovered = this.pid !== undefined && answer.pid === this.pid;
    Object.assign(this, { id: answer.sid, pid: answer.pid });
    return answer;
  }

  /** The arguments of the next event of that name, without the offset that ends them. */
  async event(name) {
    const args = await this.peer.event(name, this.nsp);
    this.offset = args.pop();
    assert.equal(typeof this.offset, "string");
    return args;
  }

  emit(...args) {
    return this.peer.emit(this.nsp, ...args);
  }

  request(...args) {
    return this.peer.request(this.nsp, ...args);
  }

  async lose() {
    await this.peer.lose();
  }
}

async function connected(t, transport, nsp) {
  const client = new Client(t, transport, nsp);
  await client.connect();
  await client.event("auth");
  return client;
}

/** Loses the client's connection, and waits until the server knows. */
async function lost(client, observer) {
  await client.lose();
  const isLogged = async () => (await observer.request("disconnect-log", client.id))[0].length > 0;
  await until(isLogged, "the server knows that the connection is lost");
}

for (const transport of kTransports) {
  test(`id, pid, rooms and missed events come back (${transport})`, async (t) => {
    const observer = await connected(t, "websocket");
    const client = await connected(t, transport);
    const { id, pid } = client;
    await client.request("join", `r-${id}`);
    await lost(client, observer);
    observer.emit("to-room", `r-${id}`, 1);
    observer.emit("to-room", "another room", 2);
    observer.emit("to-room", id, { three: 3 });
    observer.emit("broadcast", Buffer.from("four"));
    observer.emit("except-room", `r-${id}`, 5);
    await observer.request("get-id");
    await client.connect();
    assert.equal(client.recovered, true);
    assert.deepEqual([client.id, client.pid], [id, pid]);
    assert.deepEqual(await client.event("room-message"), [`r-${id}`, 1]);
    assert.deepEqual(await client.event("room-message"), [id, { three: 3 }]);
    assert.deepEqual(await client.event("broadcast-message"), [Buffer.from("four")]);
    assert.equal((await client.event("auth"))[0].pid, pid);
    assert.deepEqual(await client.request("is-recovered"), [true]);
    assert.deepEqual(new Set((await client.request("rooms"))[0]), new Set([id, `r-${id}`]));
    assert.deepEqual(client.peer.inbox.items, []);
  });

  test(`again and again, each time from where the client was (${transport})`, async (t) => {
    const observer = await connected(t, "websocket");
    const client = await connected(t, transport);
    await client.request("join", `r-${client.id}`);
    for (let round = 0; round < 8; ++round) {
      observer.emit("to-room", `r-${client.id}`, round, "before");
      assert.deepEqual(await client.event("room-message"), [`r-${client.id}`, round, "before"]);
      await lost(client, observer);
      for (let i = 0; i < 5; ++i) observer.emit("to-room", `r-${client.id}`, round, i);
      await observer.request("get-id");
      await client.connect();
      assert.equal(client.recovered, true, `round ${round}`);
      for (let i = 0; i < 5; ++i) assert.deepEqual(await client.event("room-message"), [`r-${client.id}`, round, i]);
      await client.event("auth");
    }
  });

  test(`what was on its way when the connection was lost comes again (${transport})`, async (t) => {
    const observer = await connected(t, "websocket");
    const client = await connected(t, transport);
    const { offset } = client;
    client.emit("burst", 20);
    await client.event("burst-end");
    client.offset = offset; // as if nothing of it had come
    await lost(client, observer);
    await client.connect();
    assert.equal(client.recovered, true);
    for (let i = 0; i < 20; ++i) assert.deepEqual(await client.event("burst-item"), [i, ""]);
    assert.deepEqual(await client.event("burst-end"), [20]);
    // The connection that brought it is lost before it has come: the next brings it.
    client.offset = offset;
    await lost(client, observer);
    await client.connect();
    assert.equal(client.recovered, true);
    for (let i = 0; i < 20; ++i) assert.deepEqual(await client.event("burst-item"), [i, ""]);
  });

  test(`volatile events have no offset and do not come again (${transport})`, async (t) => {
    const observer = await connected(t, "websocket");
    const client = await connected(t, transport);
    client.emit("volatile-burst", 3);
    await client.event("volatile-end");
    for (const item of client.peer.inbox.items.splice(0)) assert.equal(item.data.length, 2, JSON.stringify(item.data));
    await lost(client, observer);
    await client.connect();
    assert.equal(client.recovered, true);
    await client.event("auth");
    assert.deepEqual(client.peer.inbox.items, []);
  });

  test(`not after a DISCONNECT of either side (${transport})`, async (t) => {
    for (const leave of [(client) => client.peer.raw("41"), (client) => client.emit("disconnect-me")]) {
      const observer = await connected(t, "websocket");
      const client = await connected(t, transport);
      const { id } = client;
      leave(client);
      await until(async () => (await observer.request("disconnect-log", id))[0].length > 0, "it has left");
      await client.lose();
      await client.connect();
      assert.equal(client.recovered, false);
      assert.notEqual(client.id, id);
    }
  });

  test(`not with an unknown pid or offset, nor in another namespace (${transport})`, async (t) => {
    for (const change of [{ pid: "x".repeat(40) }, { pid: "" }, { offset: "nowhere" }, { offset: "18446744073709551615" }, { offset: 7 }, { nsp: "/custom" }]) {
      const observer = await connected(t, "websocket");
      const client = await connected(t, transport);
      const { id } = client;
      await lost(client, observer);
      Object.assign(client, change);
      await client.connect();
      assert.equal(client.recovered, false, JSON.stringify(change));
      assert.notEqual(client.id, id);
      await client.event("auth");
      assert.deepEqual(await client.request("is-recovered"), [false]);
    }
  });
}

test("not after the time is over", async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  await lost(client, observer);
  await pause(kDuration_ms + 300);
  await client.connect();
  assert.equal(client.recovered, false);
});

test("where no event came before the connection was lost", stricter("it wants an offset"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = new Client(t, "websocket");
  await client.connect();
  const { id } = client;
  await lost(client, observer);
  observer.emit("to-room", id, "missed");
  await observer.request("get-id");
  await client.connect();
  assert.equal(client.recovered, true);
  assert.deepEqual(await client.event("auth"), [{}]);
  assert.deepEqual(await client.event("room-message"), [id, "missed"]);
});

test("also where the last session ended and this one has brought no event yet", stricter("it wants an offset of the same session"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  client.emit("disconnect-me");
  await until(async () => (await observer.request("disconnect-log", client.id))[0].length > 0, "it has left");
  await client.connect();
  assert.equal(client.recovered, false);
  // `offset` is still that of the session before, as stock clients have it until an event comes.
  await lost(client, observer);
  await client.connect();
  assert.equal(client.recovered, true);
});

test("what the application does with a socket whose connection is lost", stricter("it acts on the older socket only"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  const { id } = client;
  await client.request("join", `left-${id}`);
  for (const [event, text] of [["emit-later", "for you"], ["join-later", `joined-${id}`], ["leave-later", `left-${id}`]]) client.emit(event, 300, text);
  await client.request("get-id");
  await lost(client, observer);
  await pause(400);
  observer.emit("to-room", `joined-${id}`, 1);
  observer.emit("to-room", `left-${id}`, 2);
  await observer.request("get-id");
  await client.connect();
  assert.equal(client.recovered, true);
  assert.deepEqual(await client.event("late"), ["for you"]);
  assert.deepEqual(await client.event("room-message"), [`joined-${id}`, 1]);
  await client.event("auth");
  assert.deepEqual(new Set((await client.request("rooms"))[0]), new Set([id, `joined-${id}`]));
  // The same by the older socket, when its session goes on in another.
  for (const [event, text] of [["emit-later", "and you"], ["join-later", `again-${id}`]]) client.emit(event, 300, text);
  await client.request("get-id");
  await lost(client, observer);
  await client.connect();
  assert.equal(client.recovered, true);
  await client.event("auth");
  assert.deepEqual(await client.event("late"), ["and you"]);
  await until(async () => (await client.request("rooms"))[0].includes(`again-${id}`), "it is in the room");
  client.emit("disconnect-later", 300);
  await client.request("get-id");
  await lost(client, observer);
  await pause(400);
  await client.connect();
  assert.equal(client.recovered, false);
});

test("operations from another thread are done in its order", stricter("there is one thread"), async (t) => {
  const clients = [];
  for (let i = 0; i < 8; ++i) clients.push(await connected(t, "websocket"));
  for (let round = 0; round < 20; ++round) {
    const room = `${clients[0].id}-${round}`;
    for (const client of clients) await client.request("join", room);
    clients[round % clients.length].emit("leave-from-thread", room);
    for (const client of clients) assert.deepEqual(await client.event("last-word"), []);
  }
});

test("the older connection ends when its session goes on over another", stricter("it waits for the ping"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  const older = client.peer;
  const { id } = client;
  await client.connect();
  assert.equal(client.recovered, true);
  await older.closed("the older connection");
  assert.deepEqual(await client.request("get-id"), [id]);
  observer.emit("to-room", id, "once");
  await client.event("auth");
  assert.deepEqual(await client.event("room-message"), [id, "once"]);
  await client.peer.sync();
  assert.deepEqual(client.peer.inbox.items, []);
});

test("events of a room only from the time in it", stricter("it looks at the rooms of the end"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  const { id, offset } = client;
  observer.emit("to-room", `late-${id}`, "before it came");
  await observer.request("get-id");
  await client.request("join", `late-${id}`);
  observer.emit("to-room", `late-${id}`, "in it");
  await client.event("room-message");
  await client.request("leave", `late-${id}`);
  observer.emit("to-room", `late-${id}`, "after it left");
  await observer.request("get-id");
  client.offset = offset;
  await lost(client, observer);
  await client.connect();
  assert.equal(client.recovered, true);
  assert.deepEqual(await client.event("room-message"), [`late-${id}`, "in it"]);
  await client.event("auth");
  assert.deepEqual(client.peer.inbox.items, []);
});

test("an event that is sent again is done once", stricter("it knows no ids of before"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  const room = `again-${client.id}`;
  await observer.request("join", room);
  const send = (...args) => client.peer.raw(`427${JSON.stringify(["room-ack", room, 5_000, ...args])}`);
  const answer = async () => (await client.peer.take("the answer", (one) => one.type === kType.ack && one.id === 7)).data;
  const asked = () => observer.peer.take("the request", (one) => one.data?.[0] === "room-ack-request");
  send("once");
  observer.peer.answer("/", (await asked()).id, "yes");
  assert.deepEqual(await answer(), ["ok", ["yes"]]);
  await lost(client, observer);
  await client.connect();
  assert.equal(client.recovered, true);
  send("once");
  assert.deepEqual(await answer(), ["ok", ["yes"]]);
  await observer.peer.sync();
  assert.deepEqual(observer.peer.queuedEvents(), []);
  // Another event, though its id was used before.
  send("twice");
  observer.peer.answer("/", (await asked()).id, "and no");
  assert.deepEqual(await answer(), ["ok", ["and no"]]);
});

test("an answer that is given while nobody is there comes with the next question", stricter("it is lost"), async (t) => {
  const observer = await connected(t, "websocket");
  const client = await connected(t, "websocket");
  const room = `slow-${client.id}`;
  await observer.request("join", room);
  // `room-ack` answers when the members have: the observer does after the client has gone.
  const question = `429${JSON.stringify(["room-ack", room, 5_000])}`;
  client.peer.raw(question);
  const asked = await observer.peer.take("the request", (one) => one.data?.[0] === "room-ack-request");
  await lost(client, observer);
  observer.peer.answer("/", asked.id, "yes");
  await observer.request("get-id");
  await client.connect();
  assert.equal(client.recovered, true);
  client.peer.raw(question);
  const answer = await client.peer.take("the answer", (one) => one.type === kType.ack && one.id === 9);
  assert.deepEqual(answer.data, ["ok", ["yes"]]);
  await observer.peer.sync();
  assert.deepEqual(observer.peer.queuedEvents(), []);
});
