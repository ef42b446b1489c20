// The conformance server's `--client-suite`: what the tests of socket.io-client itself ask of a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kTransportNames, once, open } from "../support/clients.mjs";
import { request } from "../support/http.mjs";
import { sharedServer, startServer } from "../support/server.mjs";

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
