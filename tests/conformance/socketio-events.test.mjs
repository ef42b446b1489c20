// Socket.IO: the events of section 4 of the contract that concern the sender alone; order; what is ignored.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { kType, SocketIoPeer } from "../support/socketio.mjs";

const server = await sharedServer(kQuiet);

for (const transport of kTransports) {
  for (const nsp of ["/", "/custom"]) {
    const join = (t) => SocketIoPeer.join(t, server, transport, nsp);

    test(`message comes back with its arguments in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t);
      for (const args of [[], [1], ["a", null, true], [[1, [2]], { a: { b: "c" } }], [Buffer.from([1, 2])]]) {
        peer.emit(nsp, "message", ...args);
        assert.deepEqual(await peer.event("message-back", nsp), args);
      }
    });

    test(`message with an ack id is answered by the event alone in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t);
      const prefix = nsp === "/" ? "" : nsp + ",";
      peer.raw(`42${prefix}5["message",1]`);
      assert.deepEqual(await peer.event("message-back", nsp), [1]);
      await peer.sync(nsp);
      assert.deepEqual(peer.inbox.items, []);
    });

    test(`events that are not listed are ignored in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t);
      const prefix = nsp === "/" ? "" : nsp + ",";
      for (const name of ["unknown", "", "Message", "message ", "__proto__", "constructor", "toString", "error", "auth", "€"]) {
        peer.raw(`42${prefix}${JSON.stringify([name, 1])}`, `42${prefix}12${JSON.stringify([name, 1])}`);
      }
      await peer.sync(nsp);
      assert.deepEqual(peer.inbox.items, []);
    });

    test(`get-id, is-recovered and stats in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t);
      assert.deepEqual(await peer.request(nsp, "get-id"), [peer.id]);
      assert.deepEqual(await peer.request(nsp, "is-recovered"), [false]);
      const [stats] = await peer.request(nsp, "stats");
      assert.deepEqual(Object.keys(stats).sort(), ["clients", "sockets"]);
      assert.ok(stats.sockets >= 1 && stats.clients >= 1);
    });

    test(`a burst comes in order and whole in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t);
      for (const [count, size] of [
        [0, undefined],
        [1, 0],
        [1000, 10],
        [50, 20_000],
      ]) {
        peer.emit(nsp, "burst", ...(size === undefined ? [count] : [count, size]));
        for (let i = 0; i < count; i++) {
          const { data } = await peer.next();
          assert.equal(data[0], "burst-item");
          assert.equal(data[1], i);
          assert.equal(data[2], "x".repeat(size));
        }
        assert.deepEqual((await peer.next()).data, ["burst-end", count]);
      }
    });
  }

  test(`events without an ack id to handlers that would acknowledge (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    for (const args of [["message-with-ack", 1], ["join", "r"], ["leave", "r"], ["rooms"], ["get-id"], ["get-handshake"], ["is-recovered"], ["stats"], ["disconnect-log", "x"], ["room-ack", "nobody", 100]]) {
      peer.emit("/", ...args);
    }
    await peer.sync();
    assert.deepEqual(peer.inbox.items, []);
  });

  test(`events of one sender arrive in the order in which they were sent (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    for (let i = 0; i < 1000; i++) peer.emit("/", "message", i, i % 10 ? null : Buffer.from([i & 255]));
    for (let i = 0; i < 1000; i++) {
      const [n, bytes] = await peer.event("message-back");
      assert.equal(n, i);
      assert.deepEqual(bytes, i % 10 ? null : Buffer.from([i & 255]));
    }
  });

  test(`events arrive at others in the order in which they were sent (${transport})`, async (t) => {
    const sender = await SocketIoPeer.join(t, server, transport, "/dynamic-7");
    const receivers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => SocketIoPeer.join(t, server, kTransports[i % 2], "/dynamic-7")),
    );
    for (let i = 0; i < 300; i++) sender.emit("/dynamic-7", "broadcast", i);
    for (const receiver of receivers) {
      for (let i = 0; i < 300; i++) assert.deepEqual(await receiver.event("broadcast-message", "/dynamic-7"), [i]);
    }
  });

  test(`handlers with arguments of the wrong kind do no harm (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server);
    const names = ["join", "leave", "to-room", "in-room", "except-room", "emit-with-ack", "room-ack", "burst", "volatile-burst", "disconnect-log"];
    const odd = [[], [null], [{}], [[]], [true], [-1], [1.5], ["x"], [{ toString: 1 }], [null, null], ["x", {}], ["x", -5, 1]];
    for (const name of names) {
      const peer = await SocketIoPeer.join(t, server, transport, "/dynamic-8");
      for (const args of odd) {
        peer.emit("/dynamic-8", name, ...args);
        peer.raw(`42/dynamic-8,1${JSON.stringify([name, ...args])}`);
      }
      peer.destroy();
    }
    await observer.sync();
  });

  test(`a large event comes back (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    const text = "ä".repeat(400_000);
    peer.emit("/", "message", text);
    assert.deepEqual(await peer.event("message-back"), [text]);
  });
}

test("the two transports see each other", async (t) => {
  const one = await SocketIoPeer.join(t, server, "polling", "/dynamic-9");
  const other = await SocketIoPeer.join(t, server, "websocket", "/dynamic-9");
  one.emit("/dynamic-9", "broadcast", "from polling", Buffer.from([1]));
  assert.deepEqual(await other.event("broadcast-message", "/dynamic-9"), ["from polling", Buffer.from([1])]);
  other.emit("/dynamic-9", "broadcast", "from websocket", Buffer.from([2]));
  assert.deepEqual(await one.event("broadcast-message", "/dynamic-9"), ["from websocket", Buffer.from([2])]);
  assert.deepEqual((await one.stats("/dynamic-9")).sockets, 2);
});

for (const transport of kTransports) {
  test(`an event may be named by a number (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    peer.raw('42[5,"x"]', "42[0]", '4217[-1.5,{"a":[1]}]', `451-[1e3,{"_placeholder":true,"num":0}]`, Buffer.from([1]));
    assert.deepEqual(await peer.request("/", "message-with-ack", 1), [1]);
  });
}

test("an event is sent as the protocol writes it", async (t) => {
  const peer = await SocketIoPeer.open(t, server);
  const { engine } = peer;
  const texts = [];
  const deliver = engine.deliver.bind(engine);
  engine.deliver = (packet) => (texts.push(packet), deliver(packet));
  await peer.join("/");
  await peer.join("/custom");
  peer.raw('42["message","a"]', '42/custom,["message","b"]', '4212["message-with-ack"]', '42/custom,13["message-with-ack","c"]');
  await peer.sync();
  const sent = texts.filter((one) => !/^40|auth/.test(one)).slice(0, 4);
  assert.deepEqual(sent, ['42["message-back","a"]', '42/custom,["message-back","b"]', "4312[]", '43/custom,13["c"]']);
  assert.equal(peer.inbox.items.at(-1).type, kType.ack);
});
