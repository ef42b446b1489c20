// `--msgpack`: every packet is one binary message, as the npm package socket.io-msgpack-parser has it.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { encode, MsgpackPeer } from "../support/msgpack.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";

const server = await sharedServer([...kQuiet, "--msgpack"]);
const bytes = (...values) => Buffer.from(values);
const undefinedValue = bytes(0xd4, 0, 0);

const kValues = [
  [],
  [null, true, false],
  [0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER],
  [-32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1, Number.MIN_SAFE_INTEGER],
  [0.1, -2.5, 1.5e-300, 5e-324],
  ["a", "Ünïcödé 𝄞 \u0000 \u2028", "x".repeat(40), "x".repeat(300), "x".repeat(70_000)],
  [[], {}, [[1, [2]]], { a: { b: [{ c: null }] }, "": 1, 5: 2 }],
  [Array.from({ length: 20 }, (_, i) => i), Array.from({ length: 70_000 }, (_, i) => i)],
  [Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key ${i}`, i]))],
  [bytes(1, 2, 3)],
  [{ a: [{ b: bytes(1) }, bytes(2)], c: bytes(3) }, "between", Buffer.alloc(70_000, 7)],
  Array.from({ length: 20 }, (_, i) => bytes(i)),
];

for (const transport of kTransports) {
  test(`values come back in events, acknowledgements and broadcasts (${transport})`, async (t) => {
    const peer = await MsgpackPeer.join(t, server, transport, "/dynamic-1");
    const other = await MsgpackPeer.join(t, server, transport, "/dynamic-1");
    for (const args of kValues) {
      peer.emit("/dynamic-1", "message", ...args);
      assert.deepEqual(await peer.event("message-back", "/dynamic-1"), args);
      assert.deepEqual(await peer.request("/dynamic-1", "message-with-ack", ...args), args);
      peer.emit("/dynamic-1", "broadcast", ...args);
      assert.deepEqual(await other.event("broadcast-message", "/dynamic-1"), args);
    }
  });

  test(`joining, refusals and leaving (${transport})`, async (t) => {
    const peer = await MsgpackPeer.open(t, server, transport);
    for (const data of [{ a: [1, bytes(2)] }, {}]) await peer.join(`/dynamic-${Object.keys(data).length}`, data);
    peer.send({ type: 0, nsp: "/nowhere" });
    const invalid = await peer.take("the refusal");
    assert.deepEqual(invalid, { type: 4, nsp: "/nowhere", data: { message: "Invalid namespace" } });
    peer.send({ type: 0, nsp: "/auth", data: { token: "wrong" } });
    const refused = await peer.take("the refusal");
    assert.deepEqual(refused.data, { message: "not authorized", data: { code: "E_AUTH", retry: false } });
    await peer.join("/auth", { token: "secret" });
    peer.emit("/auth", "disconnect-me");
    assert.deepEqual(await peer.take("the DISCONNECT packet"), { type: 1, nsp: "/auth" });
    peer.send({ type: 1, nsp: "/dynamic-1" });
    const sid = await peer.join("/dynamic-1");
    assert.deepEqual(await peer.request("/dynamic-1", "get-id"), [sid]);
  });

  test(`acknowledgements that the server asks for (${transport})`, async (t) => {
    const peer = await MsgpackPeer.join(t, server, transport);
    peer.emit("/", "emit-with-ack", 5_000, "a", bytes(1));
    const asked = await peer.take("the question", (one) => one.data?.[0] === "server-ack");
    assert.deepEqual(asked.data.slice(1), ["a", bytes(1)]);
    peer.send({ type: 3, nsp: "/", id: asked.id, data: ["b", bytes(2)] });
    assert.deepEqual(await peer.event("server-ack-result"), ["ok", "b", bytes(2)]);
  });

  test(`what undefined stands for is absent, other keys are ignored (${transport})`, async (t) => {
    const peer = await MsgpackPeer.open(t, server, transport);
    await peer.join("/", undefined);
    const packet = { type: 2, nsp: "/", data: ["message", { a: undefined, b: 1 }], id: undefined, options: { compress: true }, attachments: 3 };
    assert.ok(encode(packet).includes(undefinedValue));
    peer.send(packet);
    assert.equal(JSON.stringify(await peer.event("message-back")), JSON.stringify([{ b: 1 }]));
  });

  test(`an event may be named by a number (${transport})`, async (t) => {
    const peer = await MsgpackPeer.join(t, server, transport);
    peer.emit("/", 5, "x");
    assert.deepEqual(await peer.request("/", "message-with-ack", 1), [1]);
  });

  test(`an ArrayBuffer is binary data, of any length (${transport})`, async (t) => {
    const peer = await MsgpackPeer.join(t, server, transport);
    for (const length of [0, 1, 4, 8, 16, 300]) {
      assert.deepEqual((await peer.request("/", "message-with-ack", new ArrayBuffer(length)))[0].byteLength, length);
    }
  });

  const dates = stricter("it hands dates through as such");
  test(`a date is its text (${transport})`, dates, async (t) => {
    const peer = await MsgpackPeer.join(t, server, transport);
    const date = new Date(1767323045678);
    assert.deepEqual(await peer.request("/", "message-with-ack", date, { date }), [date.toJSON(), { date: date.toJSON() }]);
  });
}

const whole = encode({ type: 2, nsp: "/", data: ["message", 1] });
const deep = (depth) => Buffer.concat([encode({ type: 2, nsp: "/", data: null }).subarray(0, -1), Buffer.alloc(depth, 0x91), bytes(0x01)]);
const invalid = [
  ["text", "42[\"message\"]"],
  ["nothing", bytes()],
  ["cut", whole.subarray(0, -1)],
  ["something behind it", Buffer.concat([whole, bytes(1)])],
  ["no map", encode([2, "/", ["message"]])],
  ["a byte that means nothing", bytes(0xc1)],
  ["an array of four thousand million", Buffer.concat([encode({ type: 2, nsp: "/", data: null }).subarray(0, -1), bytes(0xdd, 0xff, 0xff, 0xff, 0xff)])],
  ["a text of four thousand million", bytes(0x81, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61)],
  ["half a million arrays in each other", deep(500_000)],
  ["no type", { nsp: "/", data: ["message"] }],
  ["a type that is text", { type: "2", nsp: "/", data: ["message"] }],
  ["type 5", { type: 5, nsp: "/", data: ["message"] }],
  ["type 6", { type: 6, nsp: "/", data: ["message"], id: 1 }],
  ["type -1", { type: -1, nsp: "/", data: ["message"] }],
  ["no namespace", { type: 2, data: ["message"] }],
  ["a namespace that is a number", { type: 2, nsp: 1, data: ["message"] }],
  ["a namespace that it is not in", { type: 2, nsp: "/custom", data: ["message"] }],
  ["an event without data", { type: 2, nsp: "/" }],
  ["an event of an object", { type: 2, nsp: "/", data: { 0: "message" } }],
  ["an acknowledgement of text", { type: 3, nsp: "/", id: 1, data: "x" }],
  ["an id that is text", { type: 2, nsp: "/", id: "1", data: ["message-with-ack"] }],
  ["an id that is no whole number", { type: 2, nsp: "/", id: 1.5, data: ["message-with-ack"] }],
  ["CONNECT with an array", { type: 0, nsp: "/custom", data: [] }],
  ["a second CONNECT", { type: 0, nsp: "/" }],
  ["DISCONNECT with data", { type: 1, nsp: "/", data: {} }],
  ["CONNECT_ERROR", { type: 4, nsp: "/", data: { message: "x" } }],
];

for (const transport of kTransports) {
  for (const [name, packet] of invalid) {
    test(`${name} closes the connection, and no other (${transport})`, async (t) => {
      const healthy = await MsgpackPeer.join(t, server, transport);
      const peer = await MsgpackPeer.join(t, server, transport);
      peer.send(packet);
      await peer.closed();
      assert.deepEqual(await healthy.request("/", "message-with-ack", 1), [1]);
    });
  }

  for (const [name, data] of Object.entries({ "reserved name": ["disconnect"], "empty event": [], "event named by null": [null] })) {
    test(`${name} closes the connection (${transport})`, stricter("its msgpack parser lets it pass"), async (t) => {
      const peer = await MsgpackPeer.join(t, server, transport);
      peer.send({ type: 2, nsp: "/", data });
      await peer.closed();
    });
  }
}
