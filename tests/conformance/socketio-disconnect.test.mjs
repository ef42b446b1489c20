// Socket.IO: leaving a namespace, being sent away, lost connections, and the reasons that are told.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports, PollingPeer, upgrade } from "../support/engineio.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { kType, SocketIoPeer } from "../support/socketio.mjs";
import { closePayload, kOpcode } from "../support/websocket.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);

/** The log of a socket once there is one; a round trip later it must still be the only entry. */
async function reasonOf(observer, id) {
  await until(async () => (await observer.disconnectLog(id)).length > 0, `the end of ${id} is known`);
  await observer.sync();
  const log = await observer.disconnectLog(id);
  assert.equal(log.length, 1, log.join());
  return log[0];
}

for (const transport of kTransports) {
  const join = (t, nsp) => SocketIoPeer.join(t, server, transport, nsp);

  for (const nsp of ["/", "/custom"]) {
    test(`a DISCONNECT packet leaves ${nsp}, the connection stays (${transport})`, async (t) => {
      const observer = await SocketIoPeer.join(t, server);
      const peer = await join(t, nsp);
      peer.emit(nsp, "join", "r");
      peer.raw(nsp === "/" ? "41" : `41${nsp},`);
      assert.equal(await reasonOf(observer, peer.id), "client namespace disconnect");
      const again = await peer.join(nsp);
      assert.notEqual(again, peer.id);
      assert.deepEqual(await peer.request(nsp, "rooms"), [[again]]);
    });

    test(`an event after DISCONNECT closes the connection in ${nsp} (${transport})`, async (t) => {
      const observer = await SocketIoPeer.join(t, server);
      const peer = await join(t, nsp);
      peer.raw(nsp === "/" ? "41" : `41${nsp},`);
      await reasonOf(observer, peer.id);
      peer.raw(nsp === "/" ? '42["message"]' : `42${nsp},["message"]`);
      await peer.closed();
      assert.deepEqual(peer.inbox.items, []);
    });

    test(`disconnect-me sends DISCONNECT for ${nsp}, the connection stays (${transport})`, async (t) => {
      const observer = await SocketIoPeer.join(t, server);
      const peer = await join(t, nsp);
      peer.emit(nsp, "disconnect-me");
      const packet = await peer.next();
      assert.deepEqual([packet.type, packet.nsp, packet.data], [kType.disconnect, nsp, undefined]);
      assert.equal(await reasonOf(observer, peer.id), "server namespace disconnect");
      await peer.join(nsp);
      assert.equal((await peer.disconnectLog(peer.id, nsp))[0], "server namespace disconnect");
    });
  }

  test(`other namespaces of the connection stay (${transport})`, async (t) => {
    const peer = await join(t, "/");
    const custom = await peer.join("/custom");
    peer.raw("41");
    assert.deepEqual(await peer.request("/custom", "get-id"), [custom]);
    peer.emit("/custom", "disconnect-me");
    assert.equal((await peer.next()).type, kType.disconnect);
    await peer.join("/dynamic-1");
  });

  test(`disconnect-all sends DISCONNECT for every namespace and closes (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server);
    const peer = await join(t, "/");
    const custom = await peer.join("/custom");
    peer.emit("/", "disconnect-all");
    await peer.closed();
    const packets = peer.inbox.items.map((one) => [one.type, one.nsp]);
    assert.deepEqual(packets.sort(), [[kType.disconnect, "/"], [kType.disconnect, "/custom"]]);
    await reasonOf(observer, peer.id);
    await reasonOf(observer, custom);
  });

  test(`drop closes without DISCONNECT (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server);
    const peer = await join(t, "/");
    const custom = await peer.join("/custom");
    peer.emit("/", "drop");
    await peer.closed();
    assert.deepEqual(peer.inbox.items, []);
    await reasonOf(observer, peer.id);
    await reasonOf(observer, custom);
  });

  test(`the reason of a lost connection is told once per namespace (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server);
    const peer = await join(t, "/");
    const ids = [peer.id, await peer.join("/custom"), await peer.join("/dynamic-2")];
    if (transport === "polling") await peer.raw("1");
    else await peer.lose();
    for (const id of ids) assert.equal(await reasonOf(observer, id), "transport close");
  });

  test(`the log is empty for a socket that is there, and for none (${transport})`, async (t) => {
    const peer = await join(t, "/");
    assert.deepEqual(await peer.disconnectLog(peer.id), []);
    for (const id of ["nobody", "", "__proto__", peer.engine.sid]) assert.deepEqual(await peer.disconnectLog(id), []);
  });

  test(`a socket that was silent for too long: ping timeout, everywhere (${transport})`, async (t) => {
    const quick = await startServer();
    t.after(() => quick.stop());
    const observer = await SocketIoPeer.join(t, quick);
    const peer = await SocketIoPeer.join(t, quick, transport);
    const custom = await peer.join("/custom");
    peer.engine.answerPings = false;
    for (const id of [peer.id, custom]) assert.equal(await reasonOf(observer, id), "ping timeout");
  });

  test(`a socket that is gone is gone from the counts (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server, "websocket", "/dynamic-3");
    const before = await observer.stats("/dynamic-3");
    const peers = await Promise.all(Array.from({ length: 20 }, () => join(t, "/dynamic-3")));
    const during = await observer.stats("/dynamic-3");
    assert.equal(during.sockets, before.sockets + 20);
    assert.ok(during.clients >= 21);
    for (const [i, peer] of peers.entries()) {
      if (i % 4 === 0) peer.emit("/dynamic-3", "drop");
      else if (i % 4 === 1) peer.emit("/dynamic-3", "disconnect-all");
      else if (i % 4 === 2) peer.raw("41/dynamic-3,", "1");
      else await peer.lose();
    }
    await until(async () => (await observer.stats("/dynamic-3")).sockets === before.sockets, "all have gone");
  });
}

test("a polling client that gives its GET up is lost", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const peer = await SocketIoPeer.join(t, server, "polling");
  await peer.sync();
  await peer.lose();
  await until(async () => (await observer.disconnectLog(peer.id)).length > 0, "its end is known");
  const log = await observer.disconnectLog(peer.id);
  assert.equal(log.length, 1);
  assert.ok(["transport close", "transport error"].includes(log[0]), log[0]);
});

test("a close frame of any code is a transport close", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  for (const payload of ["", closePayload(1000), closePayload(1001), closePayload(4000, "bye")]) {
    const peer = await SocketIoPeer.join(t, server);
    peer.engine.connection.frame({ opcode: kOpcode.close, payload });
    assert.equal(await reasonOf(observer, peer.id), "transport close");
  }
});

test("an upgraded session that is lost: transport close", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const polling = await PollingPeer.open(t, server, { start: false });
  const socket = await upgrade(t, server, polling);
  socket.send("40");
  const id = JSON.parse((await socket.next()).slice(2)).sid;
  socket.destroy();
  assert.equal(await reasonOf(observer, id), "transport close");
});

test("packets behind a DISCONNECT of another namespace are handled", async (t) => {
  const peer = await SocketIoPeer.join(t, server);
  await peer.join("/custom");
  peer.raw("41/custom,", '42["message",1]');
  assert.deepEqual(await peer.event("message-back"), [1]);
});

test("the log remembers ten thousand", async (t) => {
  const observer = await SocketIoPeer.join(t, server);
  const peer = await SocketIoPeer.open(t, server);
  const ids = [];
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 100; i++) peer.raw(`40/dynamic-${i},`);
    for (let i = 0; i < 100; i++) {
      const connect = await peer.take("CONNECT", (one) => one.type === kType.connect);
      ids.push(connect.data.sid);
    }
    for (let i = 0; i < 100; i++) peer.raw(`41/dynamic-${i},`);
    peer.inbox.items = [];
    await until(async () => (await observer.disconnectLog(ids.at(-1))).length > 0, "the round has ended");
  }
  for (const id of [ids[0], ids[1], ids[5000], ids.at(-1)]) {
    assert.deepEqual(await observer.disconnectLog(id), ["client namespace disconnect"]);
  }
});
