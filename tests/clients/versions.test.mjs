// Stock clients of other versions: those of protocol 5 are served, older ones get a clear refusal.
import assert from "node:assert/strict";
import { test } from "node:test";
import io2 from "socket.io-client-v2";
import { io as io3 } from "socket.io-client-v3";
import { io as io40 } from "socket.io-client-v4-0";
import { connect, kClientTransports, kTransportNames, once } from "../support/clients.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { trustOf } from "../support/tls.mjs";

const server = await sharedServer(kQuiet);

for (const transport of kTransportNames) {
  for (const [version, make] of Object.entries({ 3: io3, "4.0": io40 })) {
    test(`socket.io-client ${version} (${transport})`, async (t) => {
      const socket = await connect(t, server, transport, { make, auth: { a: 1 } });
      for (const args of [[1, "two", { three: [null] }], [Buffer.from([1, 2, 3]), { a: Buffer.alloc(5) }]]) {
        socket.emit("message", ...args);
        assert.deepEqual(await socket.next("message-back"), args);
        assert.deepEqual(await socket.ask("message-with-ack", ...args), args);
      }
      const refused = socket.io.socket("/auth", { auth: { token: "wrong" } });
      const [error] = await once(refused, "connect_error");
      assert.deepEqual([error.message, error.data], ["not authorized", { code: "E_AUTH", retry: false }]);
      socket.emit("disconnect-me");
      assert.equal((await once(socket, "disconnect"))[0], "io server disconnect");
    });
  }

  const clearly = transport === "websocket" ? stricter("it writes its refusal into the open WebSocket") : {};
  test(`socket.io-client 2 is refused (${transport})`, clearly, async (t) => {
    const options = { transports: kClientTransports[transport], forceNew: true, reconnection: false };
    const socket = io2(server.url, { ...options, ...trustOf(server.port) });
    t.after(() => socket.close());
    const [error] = await once(socket, "connect_error");
    assert.match(String(error.description?.message ?? error.description ?? error), /400|websocket error/);
  });
}

test("a client of protocol 3 is told what is wrong", async () => {
  const response = await request(server, "/socket.io/?EIO=3&transport=polling");
  assert.equal(response.status, 400);
  assert.deepEqual(JSON.parse(response.text), { code: 5, message: "Unsupported protocol version" });
});
