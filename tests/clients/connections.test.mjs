// Stock clients: namespaces, refusals, upgrades, disconnects and reconnects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, kTransportNames, once, open, withInbox } from "../support/clients.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);

for (const transport of kTransportNames) {
  test(`namespaces share one connection (${transport})`, async (t) => {
    const root = await connect(t, server, transport);
    const others = ["/custom", "/dynamic-7", "/slow", "/auth"].map((nsp) => withInbox(root.io.socket(nsp, { auth: { token: "secret" } })));
    for (const socket of others) {
      assert.deepEqual(await socket.next("auth"), [{ token: "secret" }]);
      assert.deepEqual(await socket.ask("message-with-ack", socket.id), [socket.id]);
      assert.equal(socket.io, root.io);
    }
    assert.equal(new Set([root, ...others].map((socket) => socket.id)).size, 5);
    others[0].disconnect();
    assert.deepEqual(await root.ask("message-with-ack", "still here"), ["still here"]);
    others[0].connect();
    await once(others[0], "connect");
    assert.deepEqual(await others[0].ask("get-id"), [others[0].id]);
  });

  test(`sockets share a connection unless one asks for its own (${transport})`, async (t) => {
    const fresh = await startServer(kQuiet); // the client keeps a connection for each origin
    t.after(() => fresh.stop());
    const options = { forceNew: false };
    const [first, second] = [await connect(t, fresh, transport, options), open(t, fresh, transport, { ...options, nsp: "/custom" })];
    await once(second, "connect");
    const own = await connect(t, fresh, transport, { nsp: "/custom" });
    assert.equal(second.io, first.io);
    assert.notEqual(own.io.engine.id, first.io.engine.id);
    own.emit("drop");
    await once(own, "disconnect");
    for (const socket of [first, second]) assert.deepEqual(await socket.ask("get-id"), [socket.id]);
    first.emit("drop");
    await Promise.all([first, second].map((socket) => once(socket, "disconnect")));
  });

  test(`refusals come with their message and data (${transport})`, async (t) => {
    const refused = open(t, server, transport, { nsp: "/auth", auth: { token: "wrong" } });
    const [error] = await once(refused, "connect_error");
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { code: "E_AUTH", retry: false });
    refused.auth = { token: "secret" };
    refused.connect();
    await once(refused, "connect");

    const [unknown] = await once(open(t, server, transport, { nsp: "/nowhere" }), "connect_error");
    assert.equal(unknown.message, "Invalid namespace");
  });

  test(`each side learns why a socket ended (${transport})`, async (t) => {
    const observer = await connect(t, server, "websocket");
    const reasons = async (id) => (await observer.ask("disconnect-log", id))[0];

    for (const event of ["disconnect-me", "disconnect-all"]) {
      const socket = await connect(t, server, transport);
      const { id } = socket;
      socket.emit(event);
      assert.equal((await once(socket, "disconnect"))[0], "io server disconnect");
      assert.deepEqual(await reasons(id), ["server namespace disconnect"]);
    }
    const leaver = await connect(t, server, transport);
    const { id } = leaver;
    const left = once(leaver, "disconnect");
    leaver.disconnect();
    assert.equal((await left)[0], "io client disconnect");
    await until(async () => (await reasons(id)).length > 0, "the server has heard of it");
    assert.deepEqual(await reasons(id), ["client namespace disconnect"]);

    const dropped = await connect(t, server, transport);
    dropped.emit("drop");
    assert.equal((await once(dropped, "disconnect"))[0], "transport close");
  });

  test(`after the server's end and restart the client is back by itself (${transport})`, async (t) => {
    const first = await startServer(kQuiet);
    const socket = await connect(t, first, transport, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50 });
    const { id } = socket;
    const lost = once(socket, "disconnect");
    process.kill(first.pid, "SIGKILL");
    assert.match((await lost)[0], /^transport (close|error)$/);
    const buffered = socket.ask("message-with-ack", "sent while it was away");
    const back = once(socket, "connect");
    const second = await startServer(kQuiet, first.port);
    t.after(() => second.stop());
    await back;
    assert.notEqual(socket.id, id);
    assert.deepEqual(await buffered, ["sent while it was away"]);
  });

  test(`a client falls silent: the server ends it (${transport})`, async (t) => {
    const quick = await startServer(["--ping-interval", 100, "--ping-timeout", 100]);
    t.after(() => quick.stop());
    const observer = await connect(t, quick, "websocket");
    const socket = await connect(t, quick, transport);
    const { id } = socket;
    socket.io.engine._sendPacket = () => {}; // no pong leaves any more
    await once(socket, "disconnect");
    await until(async () => (await observer.ask("disconnect-log", id))[0].length > 0, "the server has seen it");
    assert.deepEqual(await observer.ask("disconnect-log", id), [["ping timeout"]]);
  });
}

test("an upgrade while messages flow loses none, doubles none, keeps their order", async (t) => {
  for (let round = 0; round < 20; ++round) {
    const socket = open(t, server, "upgrade");
    let upgraded = false;
    socket.io.engine.once("upgrade", () => (upgraded = true));
    await once(socket, "connect");
    socket.emit("burst", 500, 50);
    let sent = 0;
    while (!upgraded || sent < 200) {
      socket.emit("message", sent++);
      if (sent % 20 === 0) await new Promise(setImmediate);
    }
    for (let i = 0; i < sent; ++i) assert.deepEqual(await socket.next("message-back"), [i]);
    for (let i = 0; i < 500; ++i) assert.equal((await socket.next("burst-item"))[0], i);
    await socket.next("burst-end");
    await socket.ask("message-with-ack");
    assert.deepEqual(socket.inbox.items.map(({ event }) => event), ["auth"]);
    socket.disconnect();
  }
});

test("what is sent with retries comes once, in order, over a connection that breaks", async (t) => {
  const socket = await connect(t, server, "websocket", { reconnection: true, reconnectionDelay: 10, retries: 5, ackTimeout: 500 });
  const answers = [];
  for (let i = 0; i < 20; ++i) socket.emit("message-with-ack", i, (error, value) => answers.push(error ?? value));
  socket.io.engine.close();
  await until(() => answers.length === 20, "all are answered");
  assert.deepEqual(answers, Array.from({ length: 20 }, (_, i) => i));
});
