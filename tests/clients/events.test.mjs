// Stock clients: events, acknowledgements, binary data, rooms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, connectMany, kTransportNames, once } from "../support/clients.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { kLimitMs, within } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);

const kValues = [
  [],
  [null],
  [true, false],
  [0, -0.5, 1e300, Number.MAX_SAFE_INTEGER],
  ["", "text", "Ünïcödé 𝄞 \u0000 \u2028", "y".repeat(100_000)],
  [[], [[1, [2]]], {}, { a: { b: [{ c: null }] } }],
  [Array.from({ length: 1_000 }, (_, i) => ({ i, name: `item ${i}` }))],
  [JSON.parse('{"__proto__": 1, "constructor": {"prototype": 2}}')],
];
const bytes = (length) => Buffer.from(Array.from({ length }, (_, i) => i % 256));
const kBinary = [
  [bytes(1)],
  [Buffer.alloc(0)],
  [bytes(300), "between", bytes(3)],
  [{ a: [{ b: bytes(10) }], c: { d: [bytes(5), [bytes(6)]] } }],
  [bytes(200_000), { more: Array.from({ length: 8 }, (_, i) => bytes(i)) }],
];

for (const transport of kTransportNames) {
  test(`events come back as they were sent (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    for (const args of [...kValues, ...kBinary]) {
      socket.emit("message", ...args);
      assert.deepEqual(await socket.next("message-back"), args);
    }
  });

  test(`acknowledgements, asked by the client (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    for (const args of [...kValues, ...kBinary]) assert.deepEqual(await socket.ask("message-with-ack", ...args), args);
    assert.deepEqual(await socket.emitWithAck("message-with-ack", { a: 1 }), { a: 1 });
    assert.deepEqual(await socket.timeout(kLimitMs).emitWithAck("message-with-ack", bytes(3)), bytes(3));
    await assert.rejects(socket.timeout(50).emitWithAck("an event that nobody answers"), /timed out/);
  });

  test(`acknowledgements, asked by the server (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    socket.on("server-ack", (...args) => args.pop()(...args));
    for (const args of [...kValues.slice(0, 6), ...kBinary]) {
      socket.emit("emit-with-ack", kLimitMs, ...args);
      assert.deepEqual(await socket.next("server-ack-result"), ["ok", ...args]);
    }
    socket.off("server-ack");
    socket.emit("emit-with-ack", 50, "silence");
    assert.deepEqual(await socket.next("server-ack-result"), ["timeout"]);
  });

  test(`a thousand events keep their order, both ways (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    for (let i = 0; i < 1_000; ++i) socket.emit("message", i);
    for (let i = 0; i < 1_000; ++i) assert.deepEqual(await socket.next("message-back"), [i]);
    socket.emit("burst", 1_000, 100);
    for (let i = 0; i < 1_000; ++i) assert.deepEqual(await socket.next("burst-item"), [i, "x".repeat(100)]);
    assert.deepEqual(await socket.next("burst-end"), [1_000]);
  });

  test(`rooms and broadcasts reach whom they should, once (${transport})`, async (t) => {
    const [a, b, c] = [await connect(t, server, transport), await connect(t, server, "websocket"), await connect(t, server, "polling")];
    const room = `room of ${a.id}`;
    await a.ask("join", room);
    await b.ask("join", room);
    assert.deepEqual(new Set((await a.ask("rooms"))[0]), new Set([a.id, room]));

    a.emit("to-room", room, "to", bytes(4));
    assert.deepEqual(await b.next("room-message"), [room, "to", bytes(4)]);
    a.emit("in-room", room, "in");
    for (const socket of [a, b]) assert.deepEqual(await socket.next("room-message"), [room, "in"]);
    a.emit("except-room", room, "except");
    assert.deepEqual(await c.next("except-message"), ["except"]);
    a.emit("broadcast", "all");
    for (const socket of [b, c]) assert.deepEqual(await socket.next("broadcast-message"), ["all"]);

    b.on("room-ack-request", (question, done) => done(`${question} b`));
    a.on("room-ack-request", (question, done) => done(`${question} a`));
    const [state, answers] = await c.ask("room-ack", room, kLimitMs, "who?");
    assert.equal(state, "ok");
    assert.deepEqual(answers.sort(), ["who? a", "who? b"]);

    await b.ask("leave", room);
    c.emit("to-room", room, "late");
    assert.deepEqual(await a.next("room-message"), [room, "late"]);
    for (const socket of [a, b, c]) await socket.ask("message-with-ack");
    assert.deepEqual([a, b, c].map((socket) => socket.inbox.items.filter((one) => !one.event.endsWith("request"))), [[], [], []]);
  });

  test(`volatile events come in order, and never twice (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    socket.volatile.emit("message", "maybe");
    socket.emit("volatile-burst", 200);
    assert.deepEqual(await socket.next("volatile-end"), [200]);
    const items = socket.inbox.items.filter((one) => one.event === "volatile-item").map((one) => one.args[0]);
    assert.deepEqual(items, [...new Set(items)].sort((one, other) => one - other));
  });

  test(`the handshake is there to see (${transport})`, async (t) => {
    const options = { auth: { token: "x", nested: { n: 1 } }, query: { q: "ä b&c", empty: "" }, extraHeaders: { "X-Custom": "seen" } };
    const socket = await connect(t, server, transport, options);
    const [handshake] = await socket.ask("get-handshake");
    assert.deepEqual(handshake.auth, options.auth);
    assert.equal(handshake.query.q, "ä b&c");
    assert.equal(handshake.query.empty, "");
    assert.equal(handshake.headers["x-custom"], "seen");
    assert.deepEqual(await socket.ask("get-id"), [socket.id]);
  });

  test(`just within the largest payload, and past it (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    const text = "z".repeat(1_000_000 - 30);
    assert.deepEqual(await socket.ask("message-with-ack", text), [text]);
    const gone = once(socket, "disconnect");
    socket.emit("message", "z".repeat(1_000_001));
    assert.match((await gone)[0], /^transport (close|error)$/);
  });
}

test("200 clients at once, over every transport, each hear one broadcast", async (t) => {
  const all = await connectMany(t, server, 200);
  all[0].emit("broadcast", "to 199");
  await within(Promise.all(all.slice(1).map((socket) => socket.next("broadcast-message"))), "199 deliveries");
  const [{ clients }] = await all[0].ask("stats");
  assert.ok(clients >= 200, `${clients}`);
});
