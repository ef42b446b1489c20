// Socket.IO: joining namespaces, refusals, waiting admission, the connect time-out.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { encodePacket, kType, SocketIoPeer } from "../support/socketio.mjs";
import { pause, until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const kInvalid = { message: "Invalid namespace" };
const kRefused = { message: "not authorized", data: { code: "E_AUTH", retry: false } };

for (const transport of kTransports) {
  const open = (t) => SocketIoPeer.open(t, server, transport);

  for (const nsp of ["/", "/custom", "/dynamic-0", "/dynamic-101", "/dynamic-99999999999999999999"]) {
    test(`${nsp} admits everybody (${transport})`, async (t) => {
      const peer = await open(t);
      peer.raw(...encodePacket({ type: kType.connect, nsp }));
      const connect = await peer.next();
      assert.deepEqual({ type: connect.type, nsp: connect.nsp }, { type: kType.connect, nsp });
      assert.equal(typeof connect.data.sid, "string");
      assert.notEqual(connect.data.sid, peer.engine.sid);
      const auth = await peer.next();
      assert.deepEqual(auth, { type: kType.event, nsp, id: undefined, data: ["auth", {}], attachments: 0 });
      assert.deepEqual(await peer.request(nsp, "get-id"), [connect.data.sid]);
    });
  }

  test(`the payload of CONNECT comes back with auth (${transport})`, async (t) => {
    for (const auth of [{}, { token: "123" }, { a: { b: [1, null, "ä"] }, "": 0 }, { pid: "x", offset: "y" }]) {
      const peer = await open(t);
      await peer.join("/", auth);
      assert.deepEqual((await peer.request("/", "get-handshake"))[0].auth, auth);
    }
  });

  for (const nsp of ["/random", "/Custom", "/custom/", "/dynamic-", "/dynamic-1a", "/dynamic-a", "/xdynamic-1", "/dynamic-1/x", "/auth2", "//", "/ü", "/a b", "/__proto__"]) {
    test(`${nsp} is an invalid namespace (${transport})`, async (t) => {
      const peer = await open(t);
      peer.raw(...encodePacket({ type: kType.connect, nsp, data: { token: "secret" } }));
      const refusal = await peer.next();
      assert.deepEqual([refusal.type, refusal.nsp, refusal.data], [kType.connectError, nsp, kInvalid]);
      await peer.join("/");
    });
  }

  test(`/auth wants the token (${transport})`, async (t) => {
    const peer = await open(t);
    for (const auth of [undefined, {}, { token: "Secret" }, { token: ["secret"] }, { token: null }, { Token: "secret" }]) {
      peer.raw(...encodePacket({ type: kType.connect, nsp: "/auth", data: auth }));
      const refusal = await peer.next();
      assert.deepEqual([refusal.type, refusal.nsp, refusal.data], [kType.connectError, "/auth", kRefused]);
    }
    await peer.join("/auth", { token: "secret", more: 1 });
    assert.deepEqual((await peer.stats("/auth")).sockets, 1);
    peer.raw("41/auth,");
    await peer.join("/");
  });

  test(`the client of a refused namespace is not in it (${transport})`, async (t) => {
    const peer = await open(t);
    peer.raw("40/auth,");
    assert.equal((await peer.next()).type, kType.connectError);
    peer.raw('42/auth,["message","x"]');
    await peer.closed();
    assert.deepEqual(peer.queuedEvents(), []);
  });

  test(`/slow admits after 200 ms, others do not wait (${transport})`, async (t) => {
    const peer = await open(t);
    const start = Date.now();
    peer.raw("40/slow,", "40/custom,", "40");
    const order = [];
    while (order.length < 3) {
      const packet = await peer.next();
      if (packet.type === kType.connect) order.push(packet.nsp);
    }
    const elapsed_ms = Date.now() - start;
    assert.deepEqual(order, ["/custom", "/", "/slow"]);
    assert.ok(elapsed_ms >= 190 && elapsed_ms < 5000, `${elapsed_ms} ms`);
    assert.deepEqual(await peer.request("/slow", "message-with-ack", 1), [1]);
  });

  test(`a client that leaves before /slow admits it leaves nothing behind (${transport})`, async (t) => {
    const observer = await SocketIoPeer.join(t, server, "websocket", "/slow");
    const before = await observer.stats("/slow");
    for (let i = 0; i < 10; i++) {
      const peer = await open(t);
      await peer.raw("40/slow,");
      if (i % 2) await peer.raw("1");
      await peer.lose();
    }
    await pause(400);
    await until(async () => {
      const { sockets, clients } = await observer.stats("/slow");
      return sockets === before.sockets && clients <= before.clients;
    }, "they have gone");
  });

  test(`several namespaces on one connection, with an id each (${transport})`, async (t) => {
    const peer = await open(t);
    const names = ["/", "/custom", "/dynamic-1", "/dynamic-2"];
    const ids = [];
    for (const nsp of names) ids.push(await peer.join(nsp, { nsp }));
    assert.equal(new Set([...ids, peer.engine.sid]).size, names.length + 1);
    for (const [i, nsp] of names.entries()) {
      peer.emit(nsp, "message", i);
      assert.deepEqual(await peer.event("message-back", nsp), [i]);
      assert.deepEqual(await peer.request(nsp, "get-id"), [ids[i]]);
      assert.deepEqual((await peer.request(nsp, "get-handshake"))[0].auth, { nsp });
    }
  });

  test(`a second CONNECT for a namespace closes the connection (${transport})`, async (t) => {
    for (const nsp of ["/", "/custom"]) {
      const peer = await open(t);
      await peer.join("/");
      if (nsp !== "/") await peer.join(nsp);
      peer.raw(...encodePacket({ type: kType.connect, nsp }));
      await peer.closed();
    }
  });

  test(`who joins no namespace in time is disconnected (${transport})`, async (t) => {
    const start = Date.now();
    const peer = await open(t);
    await peer.closed();
    const elapsed_ms = Date.now() - start;
    assert.ok(elapsed_ms >= 900 && elapsed_ms < 5000, `${elapsed_ms} ms`);
  });

  test(`who was refused everywhere is disconnected in time (${transport})`, async (t) => {
    const peer = await open(t);
    peer.raw("40/nowhere,");
    assert.equal((await peer.next()).type, kType.connectError);
    await peer.closed();
  });

  test(`who has joined stays, even after leaving again (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    peer.raw("41");
    await pause(1300);
    await peer.join("/");
  });

  test(`an event before CONNECT closes the connection (${transport})`, async (t) => {
    const peer = await open(t);
    peer.raw('42["message"]');
    await peer.closed();
    assert.deepEqual(peer.inbox.items, []);
  });
}

test("the name of a namespace may end without a comma when nothing follows", async (t) => {
  const peer = await SocketIoPeer.open(t, server);
  peer.raw("40/custom");
  assert.equal((await peer.next()).nsp, "/custom");
  peer.raw("41/custom");
  await peer.event("auth", "/custom");
  await peer.join("/");
  await peer.join("/custom");
});

test("the handshake has the first request's query and headers", async (t) => {
  for (const transport of kTransports) {
    const peer = await SocketIoPeer.join(t, server, transport, "/", { x: 1 }, {
      query: { foo: "a b&c=ä", empty: "" },
      headers: { "X-My-Header": "Value", "User-Agent": "test" },
    });
    const [handshake] = await peer.request("/", "get-handshake");
    assert.deepEqual(handshake.auth, { x: 1 });
    const { foo, empty, EIO, transport: name } = handshake.query;
    assert.deepEqual({ foo, empty, EIO, name }, { foo: "a b&c=ä", empty: "", EIO: "4", name: transport });
    assert.equal(handshake.query.sid, undefined);
    assert.equal(handshake.headers["x-my-header"], "Value");
    assert.equal(handshake.headers["user-agent"], "test");
    assert.equal(typeof handshake.headers.host, "string");
  }
});

test("a query with plus signs and percent signs is decoded", async (t) => {
  const peer = await SocketIoPeer.join(t, server, "websocket", "/", undefined, { query: { "k e+y": "100% + 1&2=3\n€" } });
  const [handshake] = await peer.request("/", "get-handshake");
  assert.equal(handshake.query["k e+y"], "100% + 1&2=3\n€");
});

test("hundreds of dynamic namespaces on one connection", async (t) => {
  const peer = await SocketIoPeer.open(t, server);
  for (let i = 0; i < 300; i++) peer.raw(`40/dynamic-${1000 + i},`);
  for (let i = 0; i < 300; i++) await peer.event("auth", `/dynamic-${1000 + i}`);
  assert.deepEqual(await peer.request("/dynamic-1299", "message-with-ack", "x"), ["x"]);
});
