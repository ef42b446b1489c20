// The conformance server's `--client-suite`: what the tests of socket.io-client itself ask of a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kTransportNames, once, open } from "../support/clients.mjs";
import { request } from "../support/http.mjs";
import { sharedServer, startServer, stricter } from "../support/server.mjs";

const server = await sharedServer(["--client-suite"]);
const kIsoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const kBytes = Buffer.from("asdfasdf");

async function connect(t, transport, options) {
  const socket = open(t, server, transport, options);
  await once(socket, "connect");
  return socket;
}

test("the heartbeat is 2000 and 20000 ms, unless others are given", async (t) => {
  const handshake = async (at) => JSON.parse((await request(at, "/socket.io/?EIO=4&transport=polling")).text.slice(1));
  const { pingInterval, pingTimeout } = await handshake(server);
  assert.deepEqual([pingInterval, pingTimeout], [2000, 20_000]);
  const other = await startServer(["--client-suite", "--ping-interval", 500, "--ping-timeout", 600]);
  t.after(() => other.stop());
  const given = await handshake(other);
  assert.deepEqual([given.pingInterval, given.pingTimeout], [500, 600]);
});

test("every handshake takes ten milliseconds, a request of a session does not", async () => {
  const path = "/socket.io/?EIO=4&transport=polling";
  const start = performance.now();
  const { sid } = JSON.parse((await request(server, path)).text.slice(1));
  assert.ok(performance.now() - start >= 9.5, `${performance.now() - start} ms`);
  const times = [];
  for (let i = 0; i < 10; i++) {
    const before = performance.now();
    await request(server, `${path}&sid=${sid}`, { method: "POST", body: "3" });
    times.push(performance.now() - before);
  }
  assert.ok(Math.min(...times) < 9.5, times.join(" "));
});

for (const transport of kTransportNames) {
  test(`a client whose time-out is shorter than the handshake gives up (${transport})`, async (t) => {
    const socket = open(t, server, transport, { timeout: 0 });
    const [error] = await once(socket, "connect_error");
    assert.equal(error.message, "timeout");
  });

  test(`namespaces that admit everybody (${transport})`, async (t) => {
    for (const nsp of ["/foo", "/timeout_socket", "/valid", "/asd"]) await connect(t, transport, { nsp });
    const [error] = await once(open(t, server, transport, { nsp: "/else" }), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  });

  test(`refusals by a query and by a namespace (${transport})`, async (t) => {
    const [main] = await once(open(t, server, transport, { query: { fail: "true" } }), "connect_error");
    assert.equal(main.message, "Auth failed (main namespace)");
    const [custom] = await once(open(t, server, transport, { nsp: "/no" }), "connect_error");
    assert.equal(custom.message, "Auth failed (custom namespace)");
    await connect(t, transport, { nsp: "/foo", query: { fail: "true" } });
  });

  test(`ids, which are not those of the connection (${transport})`, async (t) => {
    for (const nsp of ["/", "/foo"]) {
      const socket = await connect(t, transport, { nsp });
      assert.deepEqual(await socket.ask("getId"), [socket.id]);
      assert.notEqual(socket.id, socket.io.engine.id);
    }
  });

  test(`the handshake comes back (${transport})`, async (t) => {
    const options = { nsp: "/abc", query: { "&a": "&=?a", b: "c" }, auth: { e: "f" } };
    const abc = open(t, server, transport, options);
    const [given] = await abc.next("handshake");
    assert.equal(given.query["&a"], "&=?a");
    assert.equal(given.query.b, "c");
    assert.deepEqual(given.auth, { e: "f" });
    const root = await connect(t, transport, { query: { c: "d" } });
    const [asked] = await root.ask("getHandshake");
    assert.equal(asked.query.c, "d");
    assert.ok(asked.headers.host.endsWith(`:${server.port}`));
  });

  test(`what comes back of what is sent (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    socket.emit("hi");
    assert.deepEqual(await socket.next("hi"), []);
    assert.deepEqual(await socket.ask("echo", { any: ["thing", null] }), [{ any: ["thing", null] }]);
    socket.emit("false");
    assert.deepEqual(await socket.next("false"), [false]);
    socket.emit("getUtf8");
    for (const text of ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"]) {
      assert.deepEqual(await socket.next("takeUtf8"), [text]);
    }
  });

  test(`the server asks for an acknowledgement (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    const answers = [[4, { test: true }], [5, { test: true }]];
    for (const answer of answers) {
      socket.emit("ack");
      const [reply] = await socket.next("ack");
      reply(...answer);
    }
    await socket.next("got it");
    await socket.ask("getId");
    assert.deepEqual(socket.inbox.items, [], "the first answer was another");
  });

  test(`dates (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    const [acked] = await socket.ask("getAckDate", { test: true });
    socket.emit("getDate");
    const [taken] = await socket.next("takeDate");
    socket.emit("getDateObj");
    const [{ date }] = await socket.next("takeDateObj");
    for (const one of [acked, taken, date]) {
      assert.match(one, kIsoDate);
      assert.ok(Math.abs(Date.parse(one) - Date.now()) < 60_000, one);
    }
  });

  test(`binary data both ways (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    for (const [ask, answer] of [["doge", "doge"], ["getbin", "takebin"]]) {
      socket.emit(ask);
      assert.deepEqual(Buffer.from((await socket.next(answer))[0]), kBytes);
    }
    socket.emit("buffa", Buffer.from("abuff"));
    await socket.next("buffack");
    socket.emit("jsonbuff", { hello: "lol", message: Buffer.from("howdy"), goodbye: "gotcha" });
    await socket.next("jsonbuff-ack");
    socket.emit("abuff2", "not yet");
    socket.emit("abuff1", Buffer.from("first"));
    socket.emit("abuff2", "second");
    await socket.next("abuff2-ack");
    await socket.ask("getId");
    assert.deepEqual(socket.inbox.items, [], "one answer only");
  });
}

for (const transport of kTransportNames) {
  test(`clients that give up while their handshake waits leave nothing behind (${transport})`, async (t) => {
    for (let i = 0; i < 50; i++) open(t, server, transport).disconnect();
    const patient = await connect(t, transport);
    assert.deepEqual(await patient.ask("echo", 1), [1]);
  });

  test(`a connection that is cut comes back with another id (${transport})`, async (t) => {
    const socket = await connect(t, transport, { reconnection: true, reconnectionDelay: 10 });
    const before = socket.id;
    socket.io.engine.close();
    await once(socket.io, "reconnect");
    await once(socket, "connect");
    assert.notEqual(socket.id, before);
    assert.deepEqual(await socket.ask("getId"), [socket.id]);
  });

  test(`disconnecting and connecting in one breath (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    let ends = 0;
    socket.on("disconnect", () => ends++);
    socket.disconnect().connect();
    await once(socket, "connect");
    assert.deepEqual(await socket.ask("getId"), [socket.id]);
    assert.equal(ends, 1);
  });

  test(`what is sent before the connection stands arrives, in order (${transport})`, async (t) => {
    const socket = open(t, server, transport, { autoConnect: false });
    const answers = [];
    for (const text of ["first", "second"]) socket.emit("echo", text, (value) => answers.push(value));
    socket.volatile.emit("echo", "dropped", (value) => answers.push(value));
    socket.connect();
    await once(socket, "connect");
    assert.deepEqual(await socket.ask("echo", "third"), ["third"]);
    assert.deepEqual(answers, ["first", "second"]);
  });

  test(`an acknowledgement that waits for the next connection comes then (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    socket.disconnect();
    const answer = new Promise((resolve) => socket.emit("echo", "a", resolve));
    socket.connect();
    assert.equal(await answer, "a");
  });

  test(`an event that nobody answers times out, another does not (${transport})`, async (t) => {
    const socket = await connect(t, transport);
    await assert.rejects(socket.timeout(50).emitWithAck("unknown"));
    assert.equal(await socket.timeout(5000).emitWithAck("echo", 42), 42);
  });

  const rejoins = stricter("loses a CONNECT right behind a DISCONNECT");
  test(`one namespace ends, the other and the connection go on (${transport})`, rejoins, async (t) => {
    const foo = await connect(t, transport, { nsp: "/foo" });
    const asd = foo.io.socket("/asd");
    await once(asd, "connect");
    const engine = foo.io.engine;
    foo.disconnect();
    const again = foo.io.socket("/foo");
    assert.equal(again, foo, "the client keeps it");
    await once(again, "connect");
    assert.deepEqual(await again.ask("getId"), [again.id]);
    assert.equal(again.io.engine, engine);
    again.disconnect();
    const closed = once(foo.io, "close");
    asd.disconnect();
    await closed;
  });

  test(`a client that cannot read what came connects anew (${transport})`, async (t) => {
    const socket = await connect(t, transport, { reconnection: true, reconnectionDelay: 10 });
    const engine = socket.io.engine;
    engine.emit("data", "bad");
    await once(socket.io, "reconnect");
    assert.notEqual(socket.io.engine, engine);
    assert.equal(engine.readyState, "closed");
  });
}
