// The stock client with its msgpack parser, against a server with the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { io } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { connect, kTransportNames, once } from "../support/clients.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { kLimitMs } from "../support/wait.mjs";

const server = await sharedServer([...kQuiet, "--msgpack"]);
const bytes = (length) => Buffer.from(Array.from({ length }, (_, i) => i % 256));
const kArguments = [
  [],
  [null, true, 0, -1.5, 2.5e-300, "text", "Ünïcödé 𝄞 \u0000"],
  [{ a: { b: [{ c: null }] } }, Array.from({ length: 1_000 }, (_, i) => ({ i }))],
  [bytes(300), { more: [bytes(3), bytes(70_000)] }],
];

for (const transport of kTransportNames) {
  test(`events and acknowledgements (${transport})`, async (t) => {
    const socket = await connect(t, server, transport, { parser, auth: { a: 1 } });
    for (const args of kArguments) {
      socket.emit("message", ...args);
      assert.deepEqual(await socket.next("message-back"), args);
      assert.deepEqual(await socket.ask("message-with-ack", ...args), args);
    }
    socket.on("server-ack", (...args) => args.pop()(...args));
    socket.emit("emit-with-ack", kLimitMs, ...kArguments[3]);
    assert.deepEqual(await socket.next("server-ack-result"), ["ok", ...kArguments[3]]);
  });

  test(`rooms, refusals and leaving (${transport})`, async (t) => {
    const [a, b] = [await connect(t, server, transport, { parser }), await connect(t, server, "websocket", { parser })];
    await b.ask("join", a.id + "x");
    a.emit("to-room", a.id + "x", bytes(4));
    assert.deepEqual(await b.next("room-message"), [a.id + "x", bytes(4)]);
    const refused = a.io.socket("/auth", { auth: { token: "wrong" } });
    const [error] = await once(refused, "connect_error");
    assert.deepEqual([error.message, error.data], ["not authorized", { code: "E_AUTH", retry: false }]);
    a.emit("disconnect-me");
    assert.equal((await once(a, "disconnect"))[0], "io server disconnect");
  });
}

test("a client without it is not served, and harms nobody", async (t) => {
  const healthy = await connect(t, server, "websocket", { parser });
  const socket = io(server.url, { transports: ["websocket"], forceNew: true, reconnection: false });
  t.after(() => socket.close());
  await once(socket.io, "close");
  assert.deepEqual(await healthy.ask("message-with-ack", 1), [1]);
});
