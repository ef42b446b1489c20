// Engine.IO: the server pings, the client answers, silence ends the session. Times are bounded generously upwards.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer, WebSocketPeer, openPeer, kTransports } from "../support/engineio.mjs";
import { sharedServer, startServer } from "../support/server.mjs";
import { SocketIoPeer } from "../support/socketio.mjs";
import { kOpcode } from "../support/websocket.mjs";
import { pause, until } from "../support/wait.mjs";

const server = await sharedServer();
const kSlackMs = 3000;

for (const transport of kTransports) {
  test(`pings come every 300 ms (${transport})`, async (t) => {
    const peer = await openPeer(t, server, transport, { path: "/engine.io/" });
    peer.answerPings = false;
    let last = Date.now();
    for (let i = 0; i < 4; i++) {
      assert.equal(await peer.next("a ping"), "2");
      const elapsed_ms = Date.now() - last;
      assert.ok(elapsed_ms >= 200 && elapsed_ms < 300 + kSlackMs, `${elapsed_ms} ms`);
      last = Date.now();
      peer.send("3");
    }
  });

  test(`a session that answers lives on (${transport})`, async (t) => {
    const peer = await openPeer(t, server, transport, { path: "/engine.io/" });
    await pause(2000);
    peer.send("4alive");
    assert.equal(await peer.next(), "4alive");
  });

  test(`a session that does not answer ends (${transport})`, async (t) => {
    const start = Date.now();
    const peer = await openPeer(t, server, transport, { path: "/engine.io/" });
    peer.answerPings = false;
    await peer.closed();
    const elapsed_ms = Date.now() - start;
    assert.ok(elapsed_ms >= 400 && elapsed_ms < 500 + kSlackMs, `${elapsed_ms} ms`);
  });

  test(`only a pong counts as a sign of life (${transport})`, async (t) => {
    const peer = await openPeer(t, server, transport, { path: "/engine.io/" });
    peer.answerPings = false;
    const start = Date.now();
    const talk = setInterval(() => peer.send("4I am here"), 50);
    t.after(() => clearInterval(talk));
    await peer.closed("the end of a session that talks but does not pong");
    assert.ok(Date.now() - start < 1000 + kSlackMs);
  });

  test(`a pong that nobody asked for does no harm (${transport})`, async (t) => {
    const peer = await openPeer(t, server, transport, { path: "/engine.io/" });
    peer.send("3", "3", "4hello");
    assert.equal(await peer.next(), "4hello");
  });

  test(`the reason of a silent socket is ping timeout (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server);
    const peer = await SocketIoPeer.join(t, server, transport);
    peer.engine.answerPings = false;
    await until(async () => (await observer.disconnectLog(peer.id)).length > 0, "the disconnection is known");
    assert.deepEqual(await observer.disconnectLog(peer.id), ["ping timeout"]);
  });
}

test("a polling session without any GET ends", async (t) => {
  const peer = await PollingPeer.open(t, server, { start: false });
  await until(async () => {
    const response = await peer.post("4").catch(() => null);
    return response?.status === 400 && JSON.parse(response.text).code === 1;
  }, "the session is unknown");
});

test("a WebSocket pong frame is no sign of life", async (t) => {
  const peer = await WebSocketPeer.open(t, server, { path: "/engine.io/" });
  peer.answerPings = false;
  const start = Date.now();
  const talk = setInterval(() => peer.connection.frame({ opcode: kOpcode.pong, payload: "x" }), 50);
  t.after(() => clearInterval(talk));
  await peer.closed();
  assert.ok(Date.now() - start < 500 + kSlackMs);
});

test("the intervals of the command line hold", async (t) => {
  const slow = await startServer(["--ping-interval", 1000, "--ping-timeout", 500]);
  t.after(() => slow.stop());
  const start = Date.now();
  const peer = await WebSocketPeer.open(t, slow, { path: "/engine.io/" });
  peer.answerPings = false;
  assert.equal(await peer.next(), "2");
  const pinged_ms = Date.now() - start;
  assert.ok(pinged_ms >= 900 && pinged_ms < 1000 + kSlackMs, `${pinged_ms} ms`);
  await peer.closed();
  const ended_ms = Date.now() - start;
  assert.ok(ended_ms >= 1400 && ended_ms < 1500 + kSlackMs, `${ended_ms} ms`);
});

test("hundreds of silent sessions all end", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const before = (await observer.stats()).clients;
  const open = (i) => openPeer(t, server, kTransports[i % 2], { start: false });
  const peers = [];
  // Some at a time: two hundred TLS handshakes in one go would keep this process from answering pings itself.
  while (peers.length < 200) peers.push(...(await Promise.all(Array.from({ length: 20 }, (_, i) => open(i)))));
  for (const peer of peers) peer.answerPings = false;
  await until(async () => (await observer.stats()).clients <= before, "all of them have gone");
});
