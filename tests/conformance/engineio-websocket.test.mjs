// Engine.IO over WebSocket: messages, closing, limits.
import assert from "node:assert/strict";
import test from "node:test";
import { WebSocketPeer } from "../support/engineio.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { closePayload, kOpcode, WebSocketConnection } from "../support/websocket.mjs";
import { request } from "../support/http.mjs";
import { SocketIoPeer } from "../support/socketio.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const open = (t) => WebSocketPeer.open(t, server, { path: "/engine.io/" });

test("text and binary messages come back as they were", async (t) => {
  const peer = await open(t);
  const messages = ["4", "4hello", "4€𝄞\u0000", Buffer.from([0]), Buffer.from([4, 1, 2, 255]), "4b4AAE=", "4" + "x".repeat(70_000)];
  peer.send(...messages);
  for (const message of messages) assert.deepEqual(await peer.next(), message);
});

test("sizes around the boundaries of the length forms", async (t) => {
  const peer = await open(t);
  for (const size of [1, 2, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 1_000_000]) {
    const text = "4" + "x".repeat(size - 1);
    const bytes = Buffer.alloc(size, size & 255);
    peer.send(text, bytes);
    assert.equal(await peer.next(), text);
    assert.deepEqual(await peer.next(), bytes);
  }
});

test("ten thousand messages in order", async (t) => {
  const peer = await open(t);
  for (let i = 0; i < 10_000; i++) peer.send(`4${i}`);
  for (let i = 0; i < 10_000; i++) assert.equal(await peer.next(), `4${i}`);
});

for (const [name, packet] of [
  ["an unknown type", "abc"],
  ["type 7", "7"],
  ["an empty message", ""],
  ["a ping", "2"],
]) {
  test(`${name} closes the connection`, async (t) => {
    const peer = await open(t);
    peer.send(packet, "4late");
    await peer.closed();
    assert.deepEqual(peer.inbox.items, []);
  });
}

test("a close packet closes the session, at the latest at the next heartbeat", async (t) => {
  const quick = await startServer();
  t.after(() => quick.stop());
  const observer = await SocketIoPeer.join(t, quick);
  const peer = await WebSocketPeer.open(t, quick);
  assert.equal((await observer.stats()).clients, 2);
  peer.send("1");
  await until(async () => (await observer.stats()).clients === 1, "the session has gone");
});

test("a close frame closes the session", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const peer = await SocketIoPeer.join(t, server);
  peer.engine.connection.frame({ opcode: kOpcode.close, payload: closePayload(1000) });
  await peer.closed();
  await until(async () => (await observer.disconnectLog(peer.id)).length > 0, "the disconnection is known");
  assert.deepEqual(await observer.disconnectLog(peer.id), ["transport close"]);
});

test("the session of a WebSocket that was cut has gone", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  for (const cut of [(tcp) => tcp.destroy(), (tcp) => tcp.end()]) {
    const peer = await SocketIoPeer.join(t, server);
    cut(peer.engine.connection.tcp);
    await until(async () => (await observer.disconnectLog(peer.id)).length > 0, "the disconnection is known");
    assert.deepEqual(await observer.disconnectLog(peer.id), ["transport close"]);
  }
});

test("the query of a WebSocket may come in any order, with other parameters", async (t) => {
  const connection = await WebSocketConnection.open(t, server, "/engine.io/?x=1&transport=websocket&t=abc&EIO=4");
  assert.equal((await connection.message())[0], "0");
});

test("extensions and subprotocols that the server does not know are not accepted", async (t) => {
  const headers = { "Sec-WebSocket-Extensions": "x-nonsense; a=1, x-other" };
  const connection = await WebSocketConnection.open(t, server, "/engine.io/?EIO=4&transport=websocket", { headers });
  assert.equal(connection.response.headers["sec-websocket-extensions"], undefined);
  assert.equal((await connection.message())[0], "0");
});

test("permessage-deflate is not accepted unless it is on", async (t) => {
  const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
  const connection = await WebSocketConnection.open(t, server, "/engine.io/?EIO=4&transport=websocket", { headers });
  assert.equal(connection.response.headers["sec-websocket-extensions"], undefined);
});

test("polling requests for the sid of a WebSocket get 400", async (t) => {
  const peer = await open(t);
  const response = await request(server, `/engine.io/?EIO=4&transport=polling&sid=${peer.sid}`);
  assert.equal(response.status, 400);
  peer.send("4still here");
  assert.equal(await peer.next(), "4still here");
});

test("a second WebSocket for the sid of a WebSocket does it no harm", async (t) => {
  const peer = await open(t);
  const second = await WebSocketPeer.open(t, server, { path: "/engine.io/", sid: peer.sid }).catch(() => null);
  second?.send("4not yours");
  second?.destroy();
  peer.send("4still here");
  assert.equal(await peer.next(), "4still here");
});

test("what was sent before the end is handled", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const peer = await SocketIoPeer.join(t, server);
  peer.emit("/", "broadcast", "last words");
  peer.engine.connection.tcp.end();
  assert.deepEqual(await observer.event("broadcast-message"), ["last words"]);
});
