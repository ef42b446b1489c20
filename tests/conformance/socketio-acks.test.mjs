// Socket.IO: acknowledgements in both directions.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { kType, SocketIoPeer } from "../support/socketio.mjs";

const server = await sharedServer(kQuiet);

/** The server's next request to `peer`: its ack id and arguments. */
async function asked(peer, name = "server-ack", nsp = "/") {
  const isIt = (one) => one.type >= 2 && one.nsp === nsp && one.data[0] === name;
  const packet = await peer.take(name, isIt);
  assert.ok(Number.isSafeInteger(packet.id) && packet.id >= 0, `an id: ${packet.id}`);
  return { id: packet.id, args: packet.data.slice(1) };
}

for (const transport of kTransports) {
  const join = (t, nsp = "/") => SocketIoPeer.join(t, server, transport, nsp);

  for (const nsp of ["/", "/custom"]) {
    test(`message-with-ack is acknowledged with its arguments in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t, nsp);
      for (const args of [[], [1], ["a", null, false], [{ a: [] }], [Buffer.from([1]), { b: Buffer.from([2, 3]) }]]) {
        assert.deepEqual(await peer.request(nsp, "message-with-ack", ...args), args);
      }
    });

    test(`emit-with-ack: the client answers in ${nsp} (${transport})`, async (t) => {
      const peer = await join(t, nsp);
      for (const values of [[], [1], ["a", [2], { b: null }], [Buffer.from([9])]]) {
        peer.emit(nsp, "emit-with-ack", 20_000, "x", ...values);
        const { id, args } = await asked(peer, "server-ack", nsp);
        assert.deepEqual(args, ["x", ...values]);
        peer.answer(nsp, id, ...values);
        assert.deepEqual(await peer.event("server-ack-result", nsp), ["ok", ...values]);
      }
    });
  }

  test(`ack ids come back as they were (${transport})`, async (t) => {
    const peer = await join(t);
    for (const id of [0, 1, 9, 10, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
      peer.raw(`42${id}["message-with-ack","x"]`);
      const answer = await peer.take("the acknowledgement", (one) => one.type === kType.ack);
      assert.equal(answer.id, id);
      assert.deepEqual(answer.data, ["x"]);
    }
  });

  test(`the same ack id twice is answered twice (${transport})`, async (t) => {
    const peer = await join(t);
    peer.raw('427["message-with-ack",1]', '427["message-with-ack",2]');
    for (const n of [1, 2]) {
      const answer = await peer.next();
      assert.deepEqual([answer.type, answer.id, answer.data], [kType.ack, 7, [n]]);
    }
  });

  test(`emit-with-ack: nobody answers in time (${transport})`, async (t) => {
    const peer = await join(t);
    const start = Date.now();
    peer.emit("/", "emit-with-ack", 200, 1);
    const { id, args } = await asked(peer);
    assert.deepEqual(args, [1]);
    assert.deepEqual(await peer.event("server-ack-result"), ["timeout"]);
    const elapsed_ms = Date.now() - start;
    assert.ok(elapsed_ms >= 190 && elapsed_ms < 5000, `${elapsed_ms} ms`);
    peer.answer("/", id, "late");
    await peer.sync();
    assert.deepEqual(peer.inbox.items, []);
  });

  test(`acknowledgements nobody waits for are ignored (${transport})`, async (t) => {
    const peer = await join(t);
    peer.raw("430[]", '4399["x"]', "439007199254740991[1]", '461-5[{"_placeholder":true,"num":0}]', Buffer.from([1]));
    await peer.sync();
    peer.emit("/", "emit-with-ack", 20_000);
    const { id } = await asked(peer);
    peer.answer("/", id + 1000, "wrong");
    peer.answer("/", id, "right");
    peer.answer("/", id, "again");
    assert.deepEqual(await peer.event("server-ack-result"), ["ok", "right"]);
    await peer.sync();
    assert.deepEqual(peer.inbox.items, []);
  });

  test(`open requests have different ids and are answered in any order (${transport})`, async (t) => {
    const peer = await join(t);
    await peer.join("/custom");
    const open = [];
    for (let i = 0; i < 100; i++) peer.emit("/", "emit-with-ack", 20_000, i);
    for (let i = 0; i < 100; i++) open.push(await asked(peer));
    assert.equal(new Set(open.map((one) => one.id)).size, 100);
    assert.deepEqual(open.map((one) => one.args[0]), [...Array(100).keys()]);
    for (const { id, args } of open.reverse()) peer.answer("/", id, args[0] * 2);
    const results = [];
    for (let i = 0; i < 100; i++) results.push(await peer.event("server-ack-result"));
    assert.deepEqual(results, [...Array(100).keys()].reverse().map((i) => ["ok", i * 2]));
  });

  test(`only the socket that was asked can answer (${transport})`, async (t) => {
    const peer = await join(t);
    await peer.join("/custom");
    const other = await SocketIoPeer.join(t, server);
    peer.emit("/", "emit-with-ack", 20_000);
    const { id } = await asked(peer);
    other.answer("/", id, "not asked");
    await other.sync();
    peer.answer("/custom", id, "another namespace");
    await peer.sync("/custom");
    assert.deepEqual(peer.inbox.items, []);
    peer.answer("/", id, "asked");
    assert.deepEqual(await peer.event("server-ack-result"), ["ok", "asked"]);
  });

  test(`a socket that goes while it is asked does no harm (${transport})`, async (t) => {
    for (let i = 0; i < 10; i++) {
      const peer = await join(t);
      peer.emit("/", "emit-with-ack", 100 + i);
      await asked(peer);
      peer.destroy();
    }
    const peer = await join(t);
    peer.emit("/", "emit-with-ack", 200);
    assert.deepEqual(await peer.event("server-ack-result"), ["timeout"]);
  });

  test(`a time-out of zero is a time-out (${transport})`, async (t) => {
    const peer = await join(t);
    peer.emit("/", "emit-with-ack", 0);
    assert.deepEqual(await peer.event("server-ack-result"), ["timeout"]);
  });

  test(`binary acknowledgements in both directions (${transport})`, async (t) => {
    const peer = await join(t);
    const values = [Buffer.from([0, 255]), { deep: [Buffer.from("x"), 1] }];
    peer.emit("/", "emit-with-ack", 20_000, ...values);
    const { id, args } = await asked(peer);
    assert.deepEqual(args, values);
    peer.answer("/", id, ...values);
    assert.deepEqual(await peer.event("server-ack-result"), ["ok", ...values]);
  });
}
