// Nodes behind a balancer that is not sticky: whichever node a request reaches, its session's node answers it.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { connect, kTransportNames, once } from "../support/clients.mjs";
import { forwardedBy, startNodes, startRoundRobin } from "../support/cluster.mjs";
import { decodePayload, PollingPeer, target, upgrade } from "../support/engineio.mjs";
import { readResponse, request, requestText } from "../support/http.mjs";
import { kClusterSecret, kQuiet } from "../support/server.mjs";
import { freePort, RawTcp } from "../support/tcp.mjs";
import { pause, until, within } from "../support/wait.mjs";
import { handshakeHeaders } from "../support/websocket.mjs";

// Each request of a client opens a connection of its own, and so meets the next node.
const eachAnew = () => ({ agent: new http.Agent({ keepAlive: false }) });
const bytes = (length) => Buffer.from(Array.from({ length }, (_, i) => i % 251));

for (const count of [2, 3]) {
  for (const transport of kTransportNames) {
    test(`a stock client behind ${count} nodes in turn (${transport}): text, binary, large, acknowledgements, the end`, async (t) => {
      const nodes = await startNodes(t, count);
      const proxy = await startRoundRobin(nodes);
      t.after(() => proxy.close());
      for (let round = 0; round < count; ++round) {
        const socket = await connect(t, proxy, transport, eachAnew());
        assert.match(socket.io.engine.id, /^[\w-]{20}[abc]$/);
        for (const args of [["text", { a: [1, null] }], [bytes(300), "between", bytes(3)], ["x".repeat(900_000)], [bytes(600_000)]]) {
          socket.emit("message", ...args);
          assert.deepEqual(await socket.next("message-back"), args);
        }
        for (let i = 0; i < 30; ++i) assert.deepEqual(await socket.ask("message-with-ack", i, bytes(i)), [i, bytes(i)]);
        socket.on("server-ack", (...args) => args.pop()(...args));
        socket.emit("emit-with-ack", 5_000, "asked");
        assert.deepEqual(await socket.next("server-ack-result"), ["ok", "asked"]);
        for (let i = 0; i < 200; ++i) socket.emit("message", i);
        for (let i = 0; i < 200; ++i) assert.deepEqual(await socket.next("message-back"), [i]);
        if (round % 2 === 0) {
          socket.disconnect();
        } else {
          const ended = once(socket, "disconnect");
          socket.emit("disconnect-all");
          assert.equal((await ended)[0], "io server disconnect");
        }
      }
      const sums = await forwardedBy(nodes);
      if (transport === "polling") assert.ok(sums.answered > 20 * count, JSON.stringify(sums));
      if (transport === "websocket") assert.deepEqual(Object.values(sums).filter(Boolean), [], "no session was another's");
      if (transport === "upgrade") assert.ok(sums.answered + sums.upgraded > 0, JSON.stringify(sums));
      assert.equal(sums.lost + sums.unreachable + sums.timeout + sums.busy + sums["unknown node"], 0, JSON.stringify(sums));
    });
  }
}

/** A session on node b, of which only requests to node a are made. */
async function elsewhere(t, nodes, options) {
  const peer = await PollingPeer.open(t, nodes[1], { start: false, ...options });
  assert.ok(peer.sid.endsWith("b"));
  peer.server = nodes[0];
  return peer;
}

test("a forwarded poll has its CORS fields and its compression, and its connection goes on", async (t) => {
  const nodes = await startNodes(t, 2);
  const peer = await elsewhere(t, nodes, { headers: { Origin: "https://app.example", "Accept-Encoding": "gzip" }, path: "/engine.io/" });
  const tcp = await RawTcp.connect(t, nodes[0].port);
  const headers = { Origin: "https://app.example", "Accept-Encoding": "gzip" };
  for (let round = 0; round < 3; ++round) {
    tcp.write(requestText({ method: "POST", path: peer.url, headers, body: "4" + "z".repeat(5_000) }));
    assert.equal((await readResponse(tcp)).text, "ok");
    tcp.write(requestText({ path: peer.url, headers }));
    const answer = await readResponse(tcp);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["access-control-allow-origin"], "https://app.example");
    assert.equal(answer.headers["content-encoding"], "gzip");
    assert.equal(answer.headers.connection, undefined);
  }
  tcp.write(requestText({ path: peer.url, headers: { Connection: "close" } }));
  await request(nodes[1], peer.url, { method: "POST", body: "4last" });
  assert.equal((await readResponse(tcp)).headers.connection, "close");
  await tcp.closed();
  tcp.destroy();
  const old = await RawTcp.connect(t, nodes[0].port);
  old.write(requestText({ method: "POST", path: peer.url, version: "1.0", body: "4old" }));
  assert.equal((await readResponse(old)).text, "ok");
  await old.closed();
});

test("chunked, slow and pipelined requests are forwarded whole; too large ones are not at all", async (t) => {
  const nodes = await startNodes(t, 2, { args: [...kQuiet, "--max-payload", 10_000] });
  const peer = await elsewhere(t, nodes, { path: "/engine.io/" });
  const tcp = await RawTcp.connect(t, nodes[0].port);
  const chunked = { "Transfer-Encoding": "chunked" };
  await tcp.writeInPieces(requestText({ method: "POST", path: peer.url, headers: chunked, body: "3\r\n4ch\r\n4\r\nunks\r\n0\r\n\r\n" }), 7);
  assert.equal((await readResponse(tcp)).text, "ok");
  const more = requestText({ method: "POST", path: peer.url, body: "4more" });
  tcp.write(Buffer.concat([more, more, requestText({ path: peer.url })]));
  assert.equal((await readResponse(tcp)).text, "ok");
  assert.equal((await readResponse(tcp)).text, "ok");
  assert.deepEqual(decodePayload((await readResponse(tcp)).text), ["4chunks", "4more", "4more"]);
  const before = await nodes[0].forwarded();
  tcp.write(requestText({ method: "POST", path: peer.url, body: "4" + "x".repeat(20_000) }));
  assert.equal((await readResponse(tcp)).status, 413);
  assert.deepEqual(await nodes[0].forwarded(), before);
});

test("an upgrade passes through with what the client has sent already, and both ends learn of the end", async (t) => {
  const nodes = await startNodes(t, 2);
  for (const who of ["client", "server"]) {
    const peer = await PollingPeer.open(t, nodes[1], { path: "/engine.io/" });
    const websocket = await upgrade(t, nodes[0], peer);
    for (const message of ["4text", bytes(70_000), "4" + "y".repeat(500_000)]) {
      websocket.send(message);
      assert.deepEqual(await websocket.next(), message);
    }
    if (who === "client") websocket.destroy();
    else await nodes[1].kill();
    await websocket.closed();
  }
  assert.equal((await nodes[0].forwarded()).upgraded, 2);
});

test("a node that dies during a forwarded poll: 502, and the client begins anew on another", async (t) => {
  const nodes = await startNodes(t, 2);
  const peer = await elsewhere(t, nodes);
  const poll = peer.get();
  await poll.sent;
  const busy = () => nodes[0].forwarded().then(({ answered }) => answered);
  await request(nodes[0], peer.url, { method: "POST", body: "40" });
  await until(async () => (await busy()) >= 1, "the post to be forwarded");
  await poll;
  const pending = peer.get();
  await pending.sent;
  await request(nodes[0], peer.url, { method: "POST", body: '42["message"]' });
  await pending;
  const last = peer.get();
  await last.sent;
  await request(nodes[0], peer.url, { method: "POST", body: "3" });
  await nodes[1].kill();
  assert.equal((await last).status, 502);
  assert.equal((await peer.get()).status, 502);
  const { lost, unreachable } = await nodes[0].forwarded();
  assert.deepEqual([lost, unreachable], [1, 1]);

  const proxy = await startRoundRobin(nodes);
  t.after(() => proxy.close());
  const socket = await connect(t, proxy, "polling", eachAnew());
  assert.ok(socket.io.engine.id.endsWith("a"));
});

test("a stock client comes back by itself when its node has died", async (t) => {
  const nodes = await startNodes(t, 2);
  const proxy = await startRoundRobin(nodes);
  t.after(() => proxy.close());
  const sockets = [];
  for (const transport of kTransportNames) {
    for (let i = 0; i < 2; ++i) {
      sockets.push(await connect(t, proxy, transport, { ...eachAnew(), reconnection: true, reconnectionDelay: 30, reconnectionDelayMax: 60 }));
    }
  }
  await nodes[1].kill();
  const back = () => sockets.every((socket) => socket.connected && socket.io.engine.id.endsWith("a"));
  await until(back, "all to be on the other node", 15_000);
  for (const socket of sockets) assert.deepEqual(await socket.ask("message-with-ack", "back"), ["back"]);
});

test("a client that goes away during a forwarded poll ends its session", async (t) => {
  const nodes = await startNodes(t, 2);
  const socket = await connect(t, nodes[1], "websocket");
  const peer = await elsewhere(t, nodes);
  await peer.post("40");
  await peer.get();
  const poll = peer.get();
  await poll.sent;
  assert.equal((await socket.ask("stats"))[0].clients, 2);
  await peer.post("3");
  poll.abort();
  await until(async () => (await socket.ask("stats"))[0].clients === 1, "the session to end");
  assert.equal((await nodes[0].forwarded())["client left"], 1);
});

const unknown = { code: 1, message: "Session ID unknown" };

test("sessions of nobody are unknown, wherever they are asked for", async (t) => {
  const nodes = await startNodes(t, 2);
  const peer = await PollingPeer.open(t, nodes[1], { start: false });
  for (const sid of ["A".repeat(20) + "z", "A".repeat(20) + "b", "A".repeat(20), "A".repeat(20) + "b%0d%0aX:%20y", "z", peer.sid + "b", `${peer.sid}\u00e9`]) {
    const answer = await request(nodes[0], target("/socket.io/", { EIO: 4, transport: "polling", sid }));
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [400, unknown], sid);
  }
  const { answered, ...others } = await nodes[0].forwarded();
  assert.equal(others["unknown node"], 2);
  assert.equal(answered, 1, "only what may be b's was asked there");
});

/** What one node writes for another. */
function seal(method, path, { secret = kClusterSecret, address = "192.0.2.7" } = {}) {
  const who = `${address} http`;
  return `${who} ${createHmac("sha256", secret).update(`${method}\n${path}\n${who}`).digest("hex")}`;
}

test("the port for peers takes nothing but what a peer has signed", async (t) => {
  const [a, b] = await startNodes(t, 2);
  const peer = await PollingPeer.open(t, b, { start: false });
  const port = { port: b.peerPort };
  const ask = (path, headers) => request(port, path, { headers }).then(({ status }) => status);
  const path = peer.url;
  assert.equal(await ask(path), 403);
  for (const field of ["", "x", "192.0.2.7 http", seal("POST", path), seal("GET", path + "x"), seal("GET", path, { secret: "another secret of others" })]) {
    assert.equal(await ask(path, { "X-Belfry-Forward": field }), 403, field);
  }
  assert.equal(await ask("/forwarded", { "X-Belfry-Forward": seal("GET", "/forwarded") }), 403, "nothing but Engine.IO");
  await peer.post("40");
  assert.equal(await ask(path, { "X-Belfry-Forward": seal("GET", path) }), 200);
  // What a client writes itself is dropped on the way.
  await peer.post('42["message"]');
  assert.equal((await request(a, path, { headers: { "X-Belfry-Forward": "192.0.2.9 http 00", Connection: "x-belfry-forward" } })).status, 200);
  // Signed, and of a third node: it is not sent on.
  const wrong = target("/socket.io/", { EIO: 4, transport: "polling", sid: "A".repeat(20) + "a" });
  const answer = await request(port, wrong, { headers: { "X-Belfry-Forward": seal("GET", wrong) } });
  assert.deepEqual(JSON.parse(answer.text), unknown);
  assert.equal((await forwardedBy([b])).answered, 0);
});

test("nodes that take each other for a third one do not send in circles", async (t) => {
  const port = await freePort();
  const [a] = await startNodes(t, 1, { more: [`x=127.0.0.1:${port}`] });
  // x is a itself, by a way round.
  const around = net.createServer((socket) => {
    const back = net.connect(a.peerPort, "127.0.0.1");
    socket.pipe(back).pipe(socket);
    socket.on("error", () => back.destroy());
    back.on("error", () => socket.destroy());
  });
  await new Promise((resolve) => around.listen(port, "127.0.0.1", resolve));
  t.after(() => around.close());
  const answer = await request(a, target("/socket.io/", { EIO: 4, transport: "polling", sid: "A".repeat(20) + "x" }));
  assert.deepEqual(JSON.parse(answer.text), unknown);
  assert.equal((await a.forwarded()).answered, 1);
});

test("a peer that is none, or answers what is no answer, costs its client a 502 and nothing else", async (t) => {
  const port = await freePort();
  let says;
  const odd = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => says(socket));
  });
  await new Promise((resolve) => odd.listen(port, "127.0.0.1", resolve));
  t.after(() => odd.close());
  const [a] = await startNodes(t, 1, { more: [`x=127.0.0.1:${port}`, `y=127.0.0.1:${await freePort()}`, "z=no.such.host.invalid:80"] });
  const path = (node) => target("/socket.io/", { EIO: 4, transport: "polling", sid: "A".repeat(20) + node });
  for (const text of ["", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nX: " + "y".repeat(40_000)]) {
    says = (socket) => socket.end(text);
    assert.equal((await request(a, path("x"))).status, 502, text.slice(0, 40));
  }
  says = (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  await assert.rejects(request(a, path("x")), /aborted|hang up|ECONNRESET/, "half an answer is none");
  says = (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\n2 and more");
  assert.equal((await request(a, path("x"))).text, "2 ", "and what is too much is dropped");
  assert.equal((await request(a, path("y"))).status, 502);
  assert.equal((await request(a, path("z"))).status, 502);
  const counts = await a.forwarded();
  assert.deepEqual([counts.lost, counts.unreachable, counts.answered], [7, 2, 1]);

  // A WebSocket that is refused: what the client has sent behind its request is nobody's.
  says = (socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const tcp = await RawTcp.connect(t, a.port);
  const socketPath = target("/socket.io/", { EIO: 4, transport: "websocket", sid: "A".repeat(20) + "x" });
  tcp.write(Buffer.concat([requestText({ path: socketPath, headers: handshakeHeaders() }), requestText({ path: "/forwarded" })]));
  assert.equal((await readResponse(tcp)).status, 400);
  assert.equal((await tcp.closed()).length, 0);
});

test("a client that does not read leaves its answer at its node", async (t) => {
  const nodes = await startNodes(t, 2, { args: [...kQuiet, "--max-buffered", 50_000_000] });
  const peer = await elsewhere(t, nodes);
  await peer.post("40");
  for (let all = ""; !all.includes('42["auth"'); all += (await peer.get()).text);
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${nodes[0].pid}/status`, "utf8"))[1]) * 1_024;
  const before = memory();
  const size = 20_000_000;
  const call = http.get({ port: nodes[0].port, host: "127.0.0.1", path: peer.url, agent: false });
  const answer = within(new Promise((resolve, reject) => call.once("response", resolve).once("error", reject)), "the answer to begin");
  await peer.post(`42["burst",1,${size}]`);
  const response = await answer; // which nobody reads yet
  await pause(500);
  assert.ok(memory() - before < size / 4, `the node in between takes a little and no more: ${memory() - before} bytes`);
  let received = 0;
  response.on("data", (part) => (received += part.length));
  await within(new Promise((resolve) => response.once("end", resolve)), "the whole answer");
  assert.ok(received >= size, `${received}`);
});

test("a node that stops lets go of what it forwards", async (t) => {
  const nodes = await startNodes(t, 2);
  const peer = await PollingPeer.open(t, nodes[1], { path: "/engine.io/" });
  const websocket = await upgrade(t, nodes[0], peer);
  const poll = (await elsewhere(t, nodes, { path: "/engine.io/" })).get();
  await poll.sent;
  await until(async () => (await nodes[0].forwarded()).upgraded === 1, "the upgrade");
  const begin = performance.now();
  await nodes[0].stop();
  assert.equal((await poll).status, 503);
  await websocket.closed();
  assert.ok(performance.now() - begin < 5_000);
  await within(nodes[1].stop(), "the other one to stop as well");
});
