// Socket.IO: binary data in every position, attachments and their order on the wire.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports, openPeer } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { SocketIoPeer } from "../support/socketio.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const bytes = (...values) => Buffer.from(values);

const values = [
  ["one argument", [bytes(1, 2, 3)]],
  ["empty data", [bytes()]],
  ["all bytes", [Buffer.from(Array.from({ length: 256 }, (_, i) => i))]],
  ["several arguments", [bytes(1), "a", bytes(2), null, bytes(3)]],
  ["inside arrays and objects", [{ a: [{ b: bytes(1) }, bytes(2)], c: bytes(3) }]],
  ["deep inside", [[[[[[[[[[{ x: { y: { z: bytes(7) } } }]]]]]]]]]]],
  ["the same data twice", [bytes(5), bytes(5)]],
  ["ten attachments", Array.from({ length: 10 }, (_, i) => bytes(i))],
  ["half a megabyte", [Buffer.alloc(500_000, 0xab)]],
  ["odd keys", [{ "": bytes(1), "a.b": bytes(2), "0": bytes(3), length: bytes(4) }]],
  ["beside things that look like placeholders", [{ _placeholder: false, num: 0 }, { num: 0 }, { _placeholder: "true", num: 9 }, bytes(1)]],
];

for (const transport of kTransports) {
  for (const [name, args] of values) {
    test(`${name}: event, acknowledgement and broadcast (${transport})`, async (t) => {
      const peer = await SocketIoPeer.join(t, server, transport, "/dynamic-1");
      const other = await SocketIoPeer.join(t, server, transport, "/dynamic-1");
      peer.emit("/dynamic-1", "message", ...args);
      assert.deepEqual(await peer.event("message-back", "/dynamic-1"), args);
      assert.deepEqual(await peer.request("/dynamic-1", "message-with-ack", ...args), args);
      peer.emit("/dynamic-1", "broadcast", ...args);
      assert.deepEqual(await other.event("broadcast-message", "/dynamic-1"), args);
    });
  }

  test(`attachments in any order of their numbers (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    const placeholder = (num) => ({ _placeholder: true, num });
    const data = JSON.stringify(["message", placeholder(2), placeholder(0), placeholder(1)]);
    peer.raw("453-" + data, bytes(0), bytes(1), bytes(2));
    assert.deepEqual(await peer.event("message-back"), [bytes(2), bytes(0), bytes(1)]);
  });

  test(`attachments follow their header without anything in between (${transport})`, async (t) => {
    const receiver = await SocketIoPeer.join(t, server, transport, "/dynamic-2");
    const senders = await Promise.all(
      Array.from({ length: 4 }, (_, i) => SocketIoPeer.join(t, server, kTransports[i % 2], "/dynamic-2")),
    );
    const kCount = 50;
    for (let i = 0; i < kCount; i++) {
      for (const [n, sender] of senders.entries()) {
        sender.emit("/dynamic-2", "broadcast", n, i, bytes(n, i), { text: "t", more: [bytes(i), bytes(n)] });
        if (i % 5 === 0) sender.emit("/dynamic-2", "broadcast", n, -1);
      }
      receiver.emit("/dynamic-2", "message", bytes(i));
    }
    const seen = senders.map(() => 0);
    for (let left = kCount * senders.length; left > 0; ) {
      const [n, i, ...rest] = await receiver.event("broadcast-message", "/dynamic-2");
      if (i < 0) continue;
      assert.equal(i, seen[n]++);
      assert.deepEqual(rest, [bytes(n, i), { text: "t", more: [bytes(i), bytes(n)] }]);
      left--;
    }
    for (let i = 0; i < kCount; i++) assert.deepEqual(await receiver.event("message-back", "/dynamic-2"), [bytes(i)]);
  });

  test(`a binary event of one namespace while others speak (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    await peer.join("/custom");
    for (let i = 0; i < 50; i++) {
      peer.emit("/", "message", bytes(i));
      peer.emit("/custom", "message", i);
    }
    for (let i = 0; i < 50; i++) {
      assert.deepEqual(await peer.event("message-back"), [bytes(i)]);
      assert.deepEqual(await peer.event("message-back", "/custom"), [i]);
    }
  });
}

test("the wire form of a binary event and of a binary acknowledgement", async (t) => {
  const engine = await openPeer(t, server, "websocket");
  engine.send("40/custom,");
  await engine.next();
  await engine.next();
  const header = '["message",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}]';
  engine.send("452-/custom," + header, bytes(1), bytes(2));
  assert.equal(await engine.next(), "452-/custom," + header.replace("message", "message-back"));
  assert.deepEqual([await engine.next(), await engine.next()], [bytes(1), bytes(2)]);
  engine.send('451-/custom,12["message-with-ack",{"_placeholder":true,"num":0}]', bytes(3));
  assert.equal(await engine.next(), '461-/custom,12[{"_placeholder":true,"num":0}]');
  assert.deepEqual(await engine.next(), bytes(3));
});

test("attachments that come in several polls", async (t) => {
  const peer = await SocketIoPeer.join(t, server, "polling");
  await peer.raw('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  await peer.raw(bytes(1));
  await peer.raw(bytes(2));
  assert.deepEqual(await peer.event("message-back"), [bytes(1), bytes(2)]);
});

test("heartbeats do not come between a client's header and its attachments", async (t) => {
  const peer = await SocketIoPeer.join(t, server);
  peer.raw('451-["message",{"_placeholder":true,"num":0}]', "3", bytes(1));
  assert.deepEqual(await peer.event("message-back"), [bytes(1)]);
});

test("a client that never sends its attachments leaves nothing behind", async (t) => {
  const observer = await SocketIoPeer.join(t, server, "websocket", "/dynamic-3");
  for (const transport of kTransports) {
    const peer = await SocketIoPeer.join(t, server, transport, "/dynamic-3");
    await peer.raw('452-/dynamic-3,["broadcast",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', bytes(1));
    await observer.sync("/dynamic-3");
    await peer.lose();
  }
  await until(async () => (await observer.stats("/dynamic-3")).sockets === 1, "they have gone");
  assert.deepEqual(observer.inbox.items, []);
});
