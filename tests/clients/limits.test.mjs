// Stock clients at the edges: the largest payloads, a server that falls silent, an upgrade with binary data in flight.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, connectMany, kTransportNames, once, open } from "../support/clients.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { kLimitMs, until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);

const kMaxPayload = 1_000_000;
/** The text with which `message` makes an Engine.IO packet of `size` bytes. */
const textFor = (size) => "z".repeat(size - '42["message",""]'.length);

for (const transport of kTransportNames) {
  test(`a packet of exactly the largest payload passes, one byte more ends the connection (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    const text = textFor(kMaxPayload);
    socket.emit("message", text);
    assert.ok((await socket.next("message-back"))[0] === text);
    const gone = once(socket, "disconnect");
    socket.emit("message", textFor(kMaxPayload + 1));
    assert.match((await gone)[0], /^transport (close|error)$/);
    assert.deepEqual(socket.inbox.items, []);
  });

  test(`the limit is on a packet, not on all that waits to be sent (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    const parts = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(100_000));
    const answers = parts.map((part) => socket.ask("message-with-ack", part));
    assert.ok((await Promise.all(answers)).every(([answer], i) => answer === parts[i]));
  });

  test(`what the server sends may be larger than what it takes (${transport})`, async (t) => {
    const socket = await connect(t, server, transport);
    socket.emit("burst", 3, 2_000_000);
    for (let i = 0; i < 3; ++i) {
      const [n, text] = await socket.next("burst-item");
      assert.deepEqual([n, text.length], [i, 2_000_000]);
    }
    assert.deepEqual(await socket.next("burst-end"), [3]);
  });

  test(`a server that falls silent is left, and found again when it wakes (${transport})`, async (t) => {
    const sleepy = await startServer(["--ping-interval", 200, "--ping-timeout", 300]);
    t.after(() => sleepy.stop());
    const socket = await connect(t, sleepy, transport, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50 });
    const { id } = socket;
    const lost = once(socket, "disconnect");
    process.kill(sleepy.pid, "SIGSTOP");
    try {
      assert.equal((await lost)[0], "ping timeout");
    } finally {
      process.kill(sleepy.pid, "SIGCONT");
    }
    if (!socket.connected) await once(socket, "connect");
    assert.notEqual(socket.id, id);
    assert.deepEqual(await socket.ask("message-with-ack", "awake"), ["awake"]);
  });

  test(`what is sent before the connection is there comes after it, in order (${transport})`, async (t) => {
    const socket = open(t, server, transport);
    for (let i = 0; i < 50; ++i) socket.emit("message", i, Buffer.from([i]));
    for (let i = 0; i < 50; ++i) assert.deepEqual(await socket.next("message-back"), [i, Buffer.from([i])]);
  });

  test(`a pattern of namespaces takes what it matches and nothing else (${transport})`, async (t) => {
    const [one, two] = [await connect(t, server, transport, { nsp: "/dynamic-1" }), await connect(t, server, transport, { nsp: "/dynamic-22" })];
    one.emit("broadcast", "to nobody");
    const third = await connect(t, server, transport, { nsp: "/dynamic-1" });
    third.emit("broadcast", "to one");
    assert.deepEqual(await one.next("broadcast-message"), ["to one"]);
    await two.ask("message-with-ack");
    assert.deepEqual(two.inbox.items, []);
    for (const nsp of ["/dynamic-", "/dynamic-1x", "/a/dynamic-1"]) {
      const [error] = await once(open(t, server, transport, { nsp }), "connect_error");
      assert.equal(error.message, "Invalid namespace", nsp);
    }
  });
}

test("an upgrade with binary data and acknowledgements in flight loses none and doubles none", async (t) => {
  for (let round = 0; round < 10; ++round) {
    const socket = open(t, server, "upgrade");
    let upgraded = false;
    socket.io.engine.once("upgrade", () => (upgraded = true));
    socket.on("server-ack", (...args) => args.pop()(...args));
    await once(socket, "connect");
    const answers = [];
    let sent = 0;
    for (; !upgraded || sent < 100; ++sent) {
      const data = Buffer.alloc(1 + (sent % 300), sent);
      answers.push(socket.ask("message-with-ack", sent, { data }));
      socket.emit("emit-with-ack", kLimitMs, sent, data);
      if (sent % 10 === 0) await new Promise(setImmediate);
    }
    const results = await Promise.all(answers);
    for (let i = 0; i < sent; ++i) {
      const data = Buffer.alloc(1 + (i % 300), i);
      assert.deepEqual(results[i], [i, { data }]);
      assert.deepEqual((await socket.next("server-ack")).slice(0, -1), [i, data]);
      assert.deepEqual(await socket.next("server-ack-result"), ["ok", i, data]);
    }
    await socket.ask("message-with-ack");
    assert.deepEqual(socket.inbox.items.map(({ event }) => event), ["auth"]);
    socket.disconnect();
  }
});

test("200 clients that come and go leave nothing behind", async (t) => {
  const own = await startServer(kQuiet);
  t.after(() => own.stop());
  const observer = await connect(t, own, "websocket");
  const all = await connectMany(t, own, 200);
  assert.deepEqual(await observer.ask("stats"), [{ sockets: 201, clients: 201 }]);
  for (const socket of all) socket.disconnect();
  await until(async () => {
    const [{ sockets, clients }] = await observer.ask("stats");
    return sockets === 1 && clients === 1;
  }, "only the observer is left");
});
