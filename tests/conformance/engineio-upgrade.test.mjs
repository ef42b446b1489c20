// Engine.IO: from polling to WebSocket: probe, upgrade, what is in flight meanwhile.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer, WebSocketPeer, decodePayload, upgrade } from "../support/engineio.mjs";
import { sharedServer, kQuiet, startServer } from "../support/server.mjs";
import { decodePacket } from "../support/socketio.mjs";
import { kOpcode } from "../support/websocket.mjs";
import { pause, until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const echo = { path: "/engine.io/" };
const open = (t, start = false) => PollingPeer.open(t, server, { ...echo, start });
const socketFor = (t, peer) => WebSocketPeer.open(t, server, { path: peer.path, sid: peer.sid });

async function probe(t, peer) {
  const socket = await socketFor(t, peer);
  socket.send("2probe");
  assert.equal(await socket.next("the answer to the probe"), "3probe");
  return socket;
}

/** Both directions of the polling session work. */
async function assertPolls(peer) {
  assert.equal((await peer.post("4polling")).text, "ok");
  const packets = [];
  await until(async () => {
    packets.push(...decodePayload((await peer.get()).text).filter((one) => one !== "6"));
    return packets.length > 0;
  }, "the echo over polling");
  assert.deepEqual(packets, ["4polling"]);
}

test("after probe and upgrade packet the WebSocket is the session", async (t) => {
  const polling = await open(t);
  const socket = await upgrade(t, server, polling);
  socket.send("4hello", Buffer.from([1, 2, 3]));
  assert.equal(await socket.next(), "4hello");
  assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
});

test("a pending GET is released with 6 during the probe", async (t) => {
  const polling = await open(t);
  const get = polling.get();
  await get.sent;
  await pause(50);
  const start = Date.now();
  await probe(t, polling);
  const response = await get;
  assert.equal(response.status, 200);
  assert.equal(response.text, "6");
  assert.ok(Date.now() - start < 2000);
});

test("a new GET is released with 6 during the probe", async (t) => {
  const polling = await open(t);
  await probe(t, polling);
  for (let i = 0; i < 3; i++) assert.equal((await polling.get({ limit_ms: 5000 })).text, "6");
});

test("a GET pending at the upgrade packet is released", async (t) => {
  const polling = await open(t);
  const socket = await probe(t, polling);
  const get = polling.get({ limit_ms: 5000 });
  await get.sent;
  socket.send("5");
  const response = await get;
  assert.ok(response.status === 400 || ["1", "6"].includes(response.text), response.text);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
});

test("what is emitted during the probe goes to polling", async (t) => {
  const polling = await open(t);
  await probe(t, polling);
  await assertPolls(polling);
});

test("what waits for a GET at the upgrade goes to the WebSocket, in order", async (t) => {
  const polling = await open(t);
  const socket = await probe(t, polling);
  for (let i = 0; i < 5; i++) await polling.post(`4${i}`);
  socket.send("5", "45");
  for (let i = 0; i < 6; i++) assert.equal(await socket.next(), `4${i}`);
});

for (const [name, packet] of [
  ["a message", "4hello"],
  ["a ping that is no probe", "2"],
  ["a ping with another text", "2prob"],
  ["a pong", "3probe"],
  ["an unknown type", "x"],
  ["an empty message", ""],
  ["a binary message", Buffer.from([1, 2])],
  ["a noop", "6"],
  ["an open packet", "0"],
  ["a close packet", "1"],
]) {
  test(`${name} on a probing WebSocket closes it and leaves polling as it was`, async (t) => {
    const polling = await open(t);
    const socket = await socketFor(t, polling);
    socket.send(packet);
    await socket.closed();
    assert.deepEqual(socket.inbox.items, []);
    await assertPolls(polling);
    const again = await upgrade(t, server, polling);
    again.send("4again");
    assert.equal(await again.next(), "4again");
  });
}

for (const [name, lose] of [
  ["cut", (socket) => socket.destroy()],
  ["reset", (socket) => socket.connection.tcp.reset()],
  ["closed", (socket) => socket.connection.frame({ opcode: kOpcode.close })],
  ["ended by a broken frame", (socket) => socket.connection.frame({ rsv: 7 })],
]) {
  for (const probed of [false, true]) {
    test(`a WebSocket ${name} ${probed ? "after" : "before"} its probe leaves polling as it was`, async (t) => {
      const polling = await open(t);
      const socket = await (probed ? probe(t, polling) : socketFor(t, polling));
      lose(socket);
      await assertPolls(polling);
      let again;
      await until(async () => {
        again = await probe(t, polling).catch(() => null);
        return again;
      }, "another WebSocket may probe");
      again.send("5", "4again");
      assert.equal(await again.next(), "4again");
    });
  }
}

test("a second probe is closed, the first goes on", async (t) => {
  const polling = await open(t);
  const first = await probe(t, polling);
  const second = await socketFor(t, polling);
  second.send("2probe");
  await second.closed();
  assert.deepEqual(second.inbox.items, []);
  first.send("5", "4first");
  assert.equal(await first.next(), "4first");
});

test("after the upgrade polling requests get 400 and do no harm", async (t) => {
  const polling = await open(t);
  const socket = await upgrade(t, server, polling);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  for (const response of [await polling.get(), await polling.post("4no")]) {
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
  }
  socket.send("4yes");
  assert.equal(await socket.next(), "4yes");
});

test("after the upgrade further WebSockets for the sid are closed", async (t) => {
  const polling = await open(t);
  const socket = await upgrade(t, server, polling);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  const another = await socketFor(t, polling);
  another.send("2probe");
  await another.closed();
  assert.deepEqual(another.inbox.items, []);
  socket.send("4yes");
  assert.equal(await socket.next(), "4yes");
});

test("an upgrade packet without a probe upgrades or closes that WebSocket", async (t) => {
  const polling = await open(t);
  const socket = await socketFor(t, polling);
  socket.send("5", "4hello");
  const outcome = await Promise.race([socket.next(), socket.closed().then(() => "closed")]).catch(() => "closed");
  assert.ok(["4hello", "closed"].includes(outcome), outcome);
});

test("a session that ends during the probe takes its WebSocket along", async (t) => {
  const polling = await open(t);
  const socket = await probe(t, polling);
  await polling.post("1");
  await socket.closed();
});

test("heartbeats go on after the upgrade", async (t) => {
  const quick = await startServer();
  t.after(() => quick.stop());
  const polling = await PollingPeer.open(t, quick, { ...echo, start: false });
  const socket = await upgrade(t, quick, polling);
  socket.answerPings = false;
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.next("a ping"), "2");
    socket.send("3");
  }
  await socket.closed("the end of an upgraded session that does not pong");
});

/** A Socket.IO burst that is under way while the session upgrades: each item once, in order, wherever it came. */
for (const size of [0, 200]) {
  test(`a burst across the upgrade arrives once and in order (items of ${size} bytes)`, async (t) => {
    for (let round = 0; round < 5; round++) {
      const polling = await PollingPeer.open(t, server, { start: false });
      await polling.post("40");
      const received = [];
      const poll = (async () => {
        for (;;) {
          const response = await polling.get({ limit_ms: 10_000 });
          if (response.status !== 200) return;
          const packets = decodePayload(response.text);
          received.push(...packets);
          if (packets.includes("6")) return;
        }
      })();
      await until(() => received.length >= 2, "CONNECT and auth");
      const socket = await socketFor(t, polling);
      await polling.post(`42["burst",300,${size}]`);
      socket.send("2probe");
      assert.equal(await socket.next(), "3probe");
      await polling.post(`42["burst",300,${size}]`);
      await poll;
      socket.send("5", `42["burst",300,${size}]`);
      const items = received.filter((one) => one !== "6");
      await until(async () => {
        while (items.filter((one) => one === '42["burst-end",300]').length < 3) items.push(await socket.next());
        return true;
      }, "three bursts");
      const events = items.slice(2).map((one) => decodePacket(one.slice(1)).data);
      const expected = [1, 2, 3].flatMap(() => [...Array.from({ length: 300 }, (_, i) => i), 300]);
      assert.deepEqual(
        events.map((one) => one[1]),
        expected,
      );
      socket.destroy();
    }
  });
}

test("what the client sent over polling before the upgrade is handled before what follows", async (t) => {
  const polling = await open(t);
  const packets = Array.from({ length: 100 }, (_, i) => `4${i}`);
  await polling.post(packets.join("\x1e"));
  const socket = await upgrade(t, server, polling);
  for (let i = 100; i < 200; i++) socket.send(`4${i}`);
  for (let i = 0; i < 200; i++) assert.equal(await socket.next(), `4${i}`);
});

test("binary events with their attachments survive the upgrade", async (t) => {
  const polling = await PollingPeer.open(t, server, { start: false });
  await polling.post("40");
  assert.match((await polling.get()).text, /^40\{/);
  const socket = await probe(t, polling);
  await polling.post('451-7["message-with-ack",{"_placeholder":true,"num":0}]\x1ebAQID');
  socket.send("5", '428["message-with-ack",1]');
  const packets = [];
  while (!packets.includes("438[1]")) packets.push(await socket.next());
  assert.deepEqual(packets.slice(-3), ['461-7[{"_placeholder":true,"num":0}]', Buffer.from([1, 2, 3]), "438[1]"]);
});

test("many sessions upgrade at once", async (t) => {
  const one = async () => {
    const polling = await open(t);
    const socket = await upgrade(t, server, polling);
    socket.send(`4${polling.sid}`);
    assert.equal(await socket.next(), `4${polling.sid}`);
  };
  await Promise.all(Array.from({ length: 100 }, one));
});
