// `--eio3`: Engine.IO 3 on the bare echo server, payloads and frames by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { decodeText, encodeBytes, encodeText, kPeers3, packetsOf, PollingPeer3, WebSocketPeer3 } from "../support/eio3.mjs";
import { openPeer, target, upgrade } from "../support/engineio.mjs";
import { request } from "../support/http.mjs";
import { sharedServer, startServer, stricter } from "../support/server.mjs";
import { pause } from "../support/wait.mjs";

const server = await sharedServer(["--eio3"]);
const path = "/engine.io/";
const bytes = (...values) => Buffer.from(values);

test("the open packet, and its length", async () => {
  for (const EIO of ["3", "2", "x", ""]) {
    const response = await request(server, target(path, { EIO, transport: "polling" }));
    assert.equal(response.status, 200);
    assert.equal(response.headers["content-type"], "text/plain; charset=UTF-8");
    const [open, ...more] = decodeText(response.text);
    assert.deepEqual(more, []);
    const { sid, upgrades, pingInterval, pingTimeout } = JSON.parse(open.slice(1));
    assert.deepEqual([typeof sid, upgrades, pingInterval, pingTimeout], ["string", ["websocket"], 300, 200]);
  }
});

test("version 4 is served as ever", async (t) => {
  for (const transport of ["polling", "websocket"]) {
    const peer = await openPeer(t, server, transport, { path });
    peer.send("4a", bytes(1, 2));
    assert.deepEqual([await peer.next(), await peer.next()], ["4a", bytes(1, 2)]);
  }
});

test("without --eio3 it gets code 5", async (t) => {
  const plain = await startServer();
  t.after(() => plain.stop());
  for (const transport of ["polling"]) {
    const response = await request(plain, target(path, { EIO: 3, transport }));
    assert.deepEqual([response.status, JSON.parse(response.text)], [400, { code: 5, message: "Unsupported protocol version" }]);
  }
});

for (const [name, open] of Object.entries(kPeers3)) {
  test(`messages come back as they were sent (${name})`, async (t) => {
    const peer = await open(t, server, { path });
    const messages = ["4", "4hello", "4é€😀\u0000\u2028", "4" + "😀".repeat(10_000), bytes(), bytes(1, 2, 3), Buffer.alloc(100_000, 0xab), "4end"];
    peer.send(...messages);
    for (const message of messages) assert.deepEqual(await peer.next(), message);
  });

  test(`the client pings, the server answers, nobody pings the client (${name})`, async (t) => {
    const peer = await open(t, server, { path });
    for (let i = 0; i < 4; ++i) {
      peer.send("2");
      await peer.take("the pong", (one) => one === "3");
      await pause(250);
    }
    assert.deepEqual(peer.inbox.items.filter((one) => one === "2"), []);
    peer.send("4still here");
    assert.equal(await peer.next(), "4still here");
  });

  test(`without a ping it ends after both times, whatever else it sends (${name})`, async (t) => {
    const started = Date.now();
    const peer = await open(t, server, { path });
    const talking = setInterval(() => peer.send("4a"), 100);
    t.after(() => clearInterval(talking));
    await peer.closed();
    const took = Date.now() - started;
    assert.ok(took >= 450 && took < 3_000, `${took} ms`);
  });

  test(`a pong from the client ends it (${name})`, async (t) => {
    const peer = await open(t, server, { path });
    peer.send("3");
    await peer.closed();
  });
}

test("an answer is bytes only where there is binary data and the client takes it", async (t) => {
  const type = async (query, ...packets) => {
    const peer = await PollingPeer3.open(t, server, { path, query, start: false });
    await peer.send(...packets);
    const response = await peer.get();
    assert.deepEqual(packetsOf(response), packets);
    return response.headers["content-type"];
  };
  assert.equal(await type({}, "4a"), "text/plain; charset=UTF-8");
  assert.equal(await type({}, "4a", bytes(1)), "application/octet-stream");
  assert.equal(await type({ b64: 1 }, "4a", bytes(1)), "text/plain; charset=UTF-8");
});

const kWrong = [
  ["nothing", ""],
  ["no length", "4a"],
  ["a length that is no number", "x:4a"],
  ["a length below zero", "-1:4a"],
  ["a length beyond the end", "5:4a"],
  ["something behind it", "2:4a4"],
  ["a packet of no known type", "2:7a"],
  ["a payload of version 4", "4a\x1e4b"],
];
for (const [name, body] of kWrong) {
  test(`a payload with ${name} ends the session`, async (t) => {
    const peer = await PollingPeer3.open(t, server, { path });
    await peer.post(body);
    await peer.closed();
    const response = await peer.get();
    assert.deepEqual([response.status, JSON.parse(response.text).code], [400, 1]);
  });
}

const kWrongBytes = [
  ["a length that does not end", bytes(0, 1, 2)],
  ["a digit that is none", bytes(0, 48, 255, 52)],
  ["a length beyond the end", bytes(1, 9, 9, 255, 4, 1)],
  ["a packet of no known type", bytes(1, 2, 255, 9, 1)],
];
for (const [name, body] of kWrongBytes) {
  const here = name.startsWith("a length") || name.startsWith("a digit") ? stricter("it reads on past the end") : {};
  test(`a binary payload with ${name} ends the session`, here, async (t) => {
    const peer = await PollingPeer3.open(t, server, { path });
    await peer.post(body, { "Content-Type": "application/octet-stream" });
    await peer.closed();
  });
}

test("a close packet releases the pending poll with a noop", async (t) => {
  const peer = await PollingPeer3.open(t, server, { path, start: false });
  const polling = peer.get();
  await polling.sent;
  await peer.post("1:1");
  assert.equal((await polling).text, "1:6");
});

test("an upgrade keeps what is sent meanwhile, in order and once", async (t) => {
  const polling = await PollingPeer3.open(t, server, { path });
  polling.send("4a", bytes(1));
  assert.deepEqual([await polling.next(), await polling.next()], ["4a", bytes(1)]);
  const socket = await WebSocketPeer3.open(t, server, { path, sid: polling.sid });
  socket.send("2probe");
  assert.equal(await socket.take("the answer to the probe", () => true), "3probe");
  await polling.take("the noop", (one) => one === "6");
  polling.stopped = true;
  socket.send("5", "4b", bytes(2), "2");
  assert.deepEqual([await socket.next(), await socket.next()], ["4b", bytes(2)]);
  await socket.take("the pong", (one) => one === "3");
});

test("a probe of version 4 upgrades as ever", async (t) => {
  const polling = await openPeer(t, server, "polling", { path });
  const socket = await upgrade(t, server, polling);
  socket.send("4x");
  assert.equal(await socket.next(), "4x");
});

test("JSONP: scripts and forms", async (t) => {
  const url = (query) => target(path, { EIO: 3, transport: "polling", j: "7", b64: 1, ...query });
  const payloadOf = (response) => {
    const match = /^___eio\[7\]\((".*")\);$/.exec(response.text);
    assert.ok(match, response.text);
    return decodeText(JSON.parse(match[1]));
  };
  const agent = undefined;
  const handshake = await request(server, url({}), { agent });
  const { sid } = JSON.parse(payloadOf(handshake)[0].slice(1));
  const packets = ["4é\u2028\n\\n😀", bytes(1, 2)];
  const escaped = encodeText(packets).replace(/\\n/g, "\\\\n").replace(/\n/g, "\\n");
  const post = await request(server, url({ sid }), {
    method: "POST",
    body: new URLSearchParams({ d: escaped }).toString(),
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
  assert.equal(post.text, "ok");
  assert.deepEqual(payloadOf(await request(server, url({ sid }))), packets);
});

test("a large binary payload, both ways", async (t) => {
  const peer = await PollingPeer3.open(t, server, { path, bytes: true });
  const big = Buffer.alloc(900_000, 1);
  assert.ok(encodeBytes([big]).length < 1_000_000);
  peer.send(big);
  assert.deepEqual(await peer.next(), big);
});
