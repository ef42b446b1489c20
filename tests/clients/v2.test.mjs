// The stock client 2, in rooms with the client of today.
import assert from "node:assert/strict";
import { test } from "node:test";
import io2 from "socket.io-client-v2";
import { connect, kClientTransports, kTransportNames, once } from "../support/clients.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { Inbox, kLimitMs, within } from "../support/wait.mjs";

const server = await sharedServer([...kQuiet, "--eio3"]);
const bytes = (length) => Buffer.from(Array.from({ length }, (_, i) => i % 256));

/** How it connects: each transport as it is, and as where no binary data can be sent. */
const kWays = Object.fromEntries(
  kTransportNames.flatMap((name) => [
    [name, { transports: kClientTransports[name] }],
    [`${name}, base64`, { transports: kClientTransports[name], forceBase64: true }],
  ]),
);

const kArguments = [
  [],
  [null, true, 0, -1.5, 1e300, "text", "Ünïcödé 𝄞 \u0000 \u2028"],
  [{ a: { b: [{ c: null }] } }, Array.from({ length: 1_000 }, (_, i) => ({ i }))],
  [bytes(1)],
  ["𝄞", bytes(300), { more: [bytes(3), bytes(200_000)] }],
  ["y".repeat(100_000)],
];

/** Keeps the events that come; version 2 has no `onAny`. */
function withInbox(socket) {
  const inbox = new Inbox();
  const { onevent } = socket;
  socket.onevent = function (packet) {
    inbox.push({ event: packet.data[0], args: packet.data.slice(1) });
    onevent.call(this, packet);
  };
  socket.next = async (event) => (await inbox.take(event, (one) => one.event === event)).args;
  socket.ask = (event, ...args) => within(new Promise((resolve) => socket.emit(event, ...args, (...values) => resolve(values))), event, kLimitMs);
  return socket;
}

async function connect2(t, way, nsp = "/", options = {}) {
  const socket = withInbox(io2(server.url + nsp, { forceNew: true, reconnection: false, ...kWays[way], ...options }));
  t.after(() => socket.close());
  await once(socket, "connect");
  if (way.startsWith("upgrade") && socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
  await socket.next("auth");
  return socket;
}

for (const way of Object.keys(kWays)) {
  test(`events and acknowledgements, both ways (${way})`, async (t) => {
    const socket = await connect2(t, way);
    for (const args of kArguments) {
      socket.emit("message", ...args);
      assert.deepEqual(await socket.next("message-back"), args);
      assert.deepEqual(await socket.ask("message-with-ack", ...args), args);
    }
    socket.on("server-ack", (...args) => args.pop()(...args));
    for (const args of kArguments) {
      socket.emit("emit-with-ack", kLimitMs, ...args);
      assert.deepEqual(await socket.next("server-ack-result"), ["ok", ...args]);
    }
  });

  test(`rooms with clients of today (${way})`, async (t) => {
    const old = await connect2(t, way, "/custom");
    assert.equal(old.id, `/custom#${old.io.engine.id}`);
    const others = [await connect(t, server, "polling", { nsp: "/custom" }), await connect(t, server, "websocket", { nsp: "/custom" })];
    const room = `room of ${old.id}`;
    for (const socket of [old, ...others]) await socket.ask("join", room);
    old.emit("to-room", room, "é", bytes(70_000));
    for (const other of others) assert.deepEqual(await other.next("room-message"), [room, "é", bytes(70_000)]);
    others[0].emit("to-room", room, { a: bytes(5) }, "𝄞");
    for (const socket of [old, others[1]]) assert.deepEqual(await socket.next("room-message"), [room, { a: bytes(5) }, "𝄞"]);
    for (const socket of [old, ...others]) socket.on("room-ack-request", (value, ack) => ack(value));
    assert.deepEqual(await others[1].ask("room-ack", room, kLimitMs, bytes(2)), ["ok", [bytes(2), bytes(2), bytes(2)]]);
  });

  test(`namespaces, refusals and leaving (${way})`, async (t) => {
    const socket = await connect2(t, way);
    assert.equal(socket.id, socket.io.engine.id);
    const [error] = await once(socket.io.socket("/auth", { query: { token: "wrong" } }), "error");
    assert.deepEqual(error, { code: "E_AUTH", retry: false });
    const admitted = withInbox(socket.io.socket("/auth2", {}));
    assert.deepEqual((await once(admitted, "error"))[0], { message: "Invalid namespace" });
    const dynamic = withInbox(socket.io.socket("/dynamic-7", { query: { a: "b c", ü: "€" } }));
    assert.deepEqual(await dynamic.next("auth"), [{ a: "b c", ü: "€" }]);
    dynamic.emit("disconnect-me");
    assert.equal((await once(dynamic, "disconnect"))[0], "io server disconnect");
    socket.emit("drop");
    assert.match((await once(socket, "disconnect"))[0], /transport close|io server disconnect/);
  });
}

test("heartbeats keep it for a while", async (t) => {
  const beating = await startServer(["--eio3", "--ping-interval", 100, "--ping-timeout", 150]);
  t.after(() => beating.stop());
  for (const way of kTransportNames) {
    const socket = withInbox(io2(beating.url, { forceNew: true, reconnection: false, ...kWays[way] }));
    t.after(() => socket.close());
    await once(socket, "connect");
    for (let i = 0; i < 6; ++i) await once(socket, "pong");
    assert.deepEqual(await socket.ask("message-with-ack", 1), [1]);
  }
});
