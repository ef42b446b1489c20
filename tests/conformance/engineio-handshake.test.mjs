// Engine.IO: opening a session, refused requests, separate sessions of the two paths.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer, WebSocketPeer, openPeer, kTransports, decodePayload } from "../support/engineio.mjs";
import { request } from "../support/http.mjs";
import { sharedServer, startServer } from "../support/server.mjs";
import { WebSocketConnection } from "../support/websocket.mjs";

const server = await sharedServer();
const kPaths = ["/socket.io/", "/engine.io/"];

for (const path of kPaths) {
  test(`polling handshake at ${path}`, async () => {
    const response = await request(server, `${path}?EIO=4&transport=polling`);
    assert.equal(response.status, 200);
    assert.match(response.headers["content-type"], /^text\/plain; *charset=utf-8$/i);
    assert.equal(response.headers["set-cookie"], undefined);
    const packets = decodePayload(response.text);
    assert.equal(packets.length, 1);
    assert.equal(packets[0][0], "0");
    const { sid, ...rest } = JSON.parse(packets[0].slice(1));
    assert.equal(typeof sid, "string");
    assert.ok(sid.length >= 15, `a sid that cannot be guessed: ${sid}`);
    assert.deepEqual(rest, { upgrades: ["websocket"], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
  });

  test(`WebSocket handshake at ${path}`, async (t) => {
    const peer = await WebSocketPeer.open(t, server, { path });
    const { sid, ...rest } = peer.handshake;
    assert.equal(typeof sid, "string");
    assert.deepEqual(rest, { upgrades: [], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
    const { headers } = peer.connection.response;
    assert.equal(headers["sec-websocket-extensions"], undefined);
    assert.equal(headers["sec-websocket-protocol"], undefined);
    assert.equal(headers["set-cookie"], undefined);
  });

  for (const transport of kTransports) {
    test(`other query parameters and their order do not matter at ${path} (${transport})`, async (t) => {
      const peer = await openPeer(t, server, transport, { path, query: { t: "N8hyd6w", foo: "a b&c" } });
      assert.ok(peer.sid);
    });
  }

  const refusals = [
    ["no query at all", "GET", "", 0, "Transport unknown"],
    ["no transport", "GET", "?EIO=4", 0, "Transport unknown"],
    ["an unknown transport", "GET", "?EIO=4&transport=carrier", 0, "Transport unknown"],
    ["an empty transport", "GET", "?EIO=4&transport=", 0, "Transport unknown"],
    ["a property of objects as transport", "GET", "?EIO=4&transport=constructor", 0, "Transport unknown"],
    ["an unknown sid", "GET", "?EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"],
    ["an unknown sid, POST", "POST", "?EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"],
    ["a property of objects as sid", "GET", "?EIO=4&transport=polling&sid=__proto__", 1, "Session ID unknown"],
    ["a very long sid", "GET", `?EIO=4&transport=polling&sid=${"a".repeat(2000)}`, 1, "Session ID unknown"],
    ["a sid of percent signs", "GET", "?EIO=4&transport=polling&sid=%00%ff", 1, "Session ID unknown"],
    ["POST without a sid", "POST", "?EIO=4&transport=polling", 2, "Bad handshake method"],
    ["PUT without a sid", "PUT", "?EIO=4&transport=polling", 2, "Bad handshake method"],
    ["DELETE without a sid", "DELETE", "?EIO=4&transport=polling", 2, "Bad handshake method"],
    ["websocket without an upgrade", "GET", "?EIO=4&transport=websocket", 3, "Bad request"],
    ["protocol 3", "GET", "?EIO=3&transport=polling", 5, "Unsupported protocol version"],
    ["protocol 5", "GET", "?EIO=5&transport=polling", 5, "Unsupported protocol version"],
    ["no protocol", "GET", "?transport=polling", 5, "Unsupported protocol version"],
    ["an odd protocol", "GET", "?EIO=abc&transport=polling", 5, "Unsupported protocol version"],
    ["transport before sid", "GET", "?EIO=4&transport=abc&sid=abc", 0, "Transport unknown"],
    ["transport before method", "POST", "?EIO=4&transport=abc", 0, "Transport unknown"],
    ["sid before method", "POST", "?EIO=3&transport=polling&sid=abc", 1, "Session ID unknown"],
    ["method before version", "POST", "?EIO=3&transport=polling", 2, "Bad handshake method"],
  ];
  for (const [name, method, query, code, message] of refusals) {
    test(`refuses ${name} at ${path}`, async () => {
      const response = await request(server, path + query, { method });
      assert.equal(response.status, 400);
      assert.match(response.headers["content-type"], /^application\/json/);
      assert.deepEqual(JSON.parse(response.text), { code, message });
    });
  }

  test(`HEAD gets the status without a body at ${path}`, async () => {
    const response = await request(server, `${path}?EIO=4&transport=polling`, { method: "HEAD" });
    assert.equal(response.status, 400);
    assert.equal(response.body.length, 0);
  });

  const upgrades = [
    ["an unknown transport", "?EIO=4&transport=abc"],
    ["no transport", "?EIO=4"],
    ["an unknown sid", "?EIO=4&transport=websocket&sid=abc"],
    ["protocol 3", "?EIO=3&transport=websocket"],
    ["no protocol", "?transport=websocket"],
    ["transport polling", "?EIO=4&transport=polling"],
  ];
  for (const [name, query] of upgrades) {
    test(`refuses a WebSocket with ${name} at ${path}`, async (t) => {
      let connection;
      try {
        connection = await WebSocketConnection.open(t, server, path + query);
      } catch (error) {
        assert.ok(error.status === undefined || (error.status >= 400 && error.status < 500), error.message);
        return;
      }
      const { messages } = await connection.untilEnd();
      assert.deepEqual(messages, []);
    });
  }
}

test("the sessions of the two paths are separate", async (t) => {
  const one = await PollingPeer.open(t, server, { path: "/socket.io/", start: false });
  const other = await PollingPeer.open(t, server, { path: "/engine.io/", start: false });
  for (const [path, sid] of [
    ["/engine.io/", one.sid],
    ["/socket.io/", other.sid],
  ]) {
    const response = await request(server, `${path}?EIO=4&transport=polling&sid=${sid}`);
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 1, message: "Session ID unknown" });
  }
});

test("a sid used with another transport than it has is a bad request", async (t) => {
  const polling = await PollingPeer.open(t, server);
  const first = await request(server, `/socket.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
  assert.equal(first.status, 400);
  assert.deepEqual(JSON.parse(first.text), { code: 3, message: "Bad request" });
  const socket = await WebSocketPeer.open(t, server);
  for (const method of ["GET", "POST"]) {
    const second = await request(server, `/socket.io/?EIO=4&transport=polling&sid=${socket.sid}`, { method });
    assert.equal(second.status, 400);
    assert.deepEqual(JSON.parse(second.text), { code: 3, message: "Bad request" });
  }
});

test("every session has its own id", async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => request(server, "/engine.io/?EIO=4&transport=polling")),
  );
  const sids = answers.map((one) => JSON.parse(one.text.slice(1)).sid);
  assert.equal(new Set(sids).size, 100);
});


test("the options of the command line are announced", async (t) => {
  const args = ["--ping-interval", 1234, "--ping-timeout", 567, "--max-payload", 4096];
  const other = await startServer(args);
  t.after(() => other.stop());
  for (const transport of kTransports) {
    const peer = await openPeer(t, other, transport);
    const { pingInterval, pingTimeout, maxPayload } = peer.handshake;
    assert.deepEqual({ pingInterval, pingTimeout, maxPayload }, { pingInterval: 1234, pingTimeout: 567, maxPayload: 4096 });
  }
});
