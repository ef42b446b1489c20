// HTTP/1.1 where a lenient reader would take one request for two, and the details of bodies and upgrades.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer } from "../support/engineio.mjs";
import { readResponse, requestText } from "../support/http.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { frame, handshakeHeaders } from "../support/websocket.mjs";

const server = await sharedServer([...kQuiet, "--max-payload", 10_000]);
const kHandshake = "/engine.io/?EIO=4&transport=polling";
const kSmuggled = `GET ${kHandshake} HTTP/1.1\r\nHost: smuggled\r\n\r\n`;
const connect = (t) => RawTcp.connect(t, server.port);
const open = (t) => PollingPeer.open(t, server, { path: "/engine.io/", start: false });

// Each is a request that two readers could end at different places, with another one where the second would begin.
const kHead = "POST /nowhere HTTP/1.1\r\nHost: a\r\n";
const kChunked = "Transfer-Encoding: chunked\r\n";
const kNothing = "0\r\n\r\n";
const shapes = [
  ["a length and chunks", `${kHead}Content-Length: 5\r\n${kChunked}\r\n${kNothing}`],
  ["chunks and a length", `${kHead}${kChunked}Content-Length: 5\r\n\r\n${kNothing}`],
  ["two lengths", `${kHead}Content-Length: 0\r\nContent-Length: ${kSmuggled.length}\r\n\r\n`],
  ["a list of lengths", `${kHead}Content-Length: 0, ${kSmuggled.length}\r\n\r\n`],
  ["a length in hexadecimal", `${kHead}Content-Length: 0x0\r\n\r\n`],
  ["two numbers in a length", `${kHead}Content-Length: 0 1\r\n\r\n`],
  ["an empty length", `${kHead}Content-Length:\r\n\r\n`],
  ["a space before the colon of a length", `${kHead}Content-Length : 0\r\n\r\n`],
  ["a tab before the colon of a coding", `${kHead}Transfer-Encoding\t: chunked\r\n\r\n${kNothing}`],
  ["a length on a folded line", `${kHead}X: y\r\n Content-Length: 0\r\n\r\n`],
  ["a folded coding", `${kHead}Transfer-Encoding:\r\n chunked\r\n\r\n${kNothing}`],
  ["a first header that is folded", `POST /nowhere HTTP/1.1\r\n Host: a\r\n\r\n`],
  ["a length behind a bare line feed", `${kHead}X: y\nContent-Length: 0\r\n\r\n`],
  ["a length behind a bare carriage return", `${kHead}X: y\rContent-Length: 0\r\n\r\n`],
  ["a head that ends in line feeds", `${kHead.replaceAll("\r\n", "\n")}\n`],
  ["two codings", `${kHead}${kChunked}Transfer-Encoding: identity\r\n\r\n${kNothing}`],
  ["chunked before another coding", `${kHead}Transfer-Encoding: chunked, identity\r\n\r\n${kNothing}`],
  ["another coding before chunked", `${kHead}Transfer-Encoding: identity, chunked\r\n\r\n${kNothing}`],
  ["chunked twice", `${kHead}Transfer-Encoding: chunked, chunked\r\n\r\n${kNothing}`],
  ["nearly chunked", `${kHead}Transfer-Encoding: xchunked\r\n\r\n${kNothing}`],
  ["chunked in quotes", `${kHead}Transfer-Encoding: "chunked"\r\n\r\n${kNothing}`],
  ["chunked with a vertical tab", `${kHead}Transfer-Encoding: \x0bchunked\r\n\r\n${kNothing}`],
  ["an empty coding", `${kHead}Transfer-Encoding:\r\n\r\n`],
  ["chunks in HTTP/1.0", `${kHead.replace("1.1", "1.0")}${kChunked}\r\n${kNothing}`],
  ["a chunk size in hexadecimal notation", `${kHead}${kChunked}\r\n0x0\r\n\r\n`],
  ["a chunk size with a sign", `${kHead}${kChunked}\r\n+0\r\n\r\n`],
  ["a chunk size line that ends in a line feed", `${kHead}${kChunked}\r\n1\nx\r\n${kNothing}`],
  ["a chunk without its line end", `${kHead}${kChunked}\r\n1\r\nxx${kNothing}`],
  ["a chunk extension with a line feed", `${kHead}${kChunked}\r\n1;a\nb\r\nx\r\n${kNothing}`],
  ["a length among the trailers", `${kHead}${kChunked}\r\n0\r\nContent-Length: 5\r\n\r\n`],
  ["two hosts", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
  ["a host that is two", `GET ${kHandshake} HTTP/1.1\r\nHost: a, b\r\n\r\n`],
  ["a host with a path", `GET ${kHandshake} HTTP/1.1\r\nHost: a/b\r\n\r\n`],
  ["a host with a user", `GET ${kHandshake} HTTP/1.1\r\nHost: a@b\r\n\r\n`],
  ["two spaces behind the method", `GET  ${kHandshake} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a tab behind the method", `GET\t${kHandshake} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a space in the target", `GET ${kHandshake} x HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a space behind the version", `GET ${kHandshake} HTTP/1.1 \r\nHost: a\r\n\r\n`],
];
for (const [name, text] of shapes) {
  test(`${name}: refused, and nothing behind it is read`, stricter("node's parser takes some of them"), async (t) => {
    const tcp = await connect(t);
    tcp.write(text + kSmuggled);
    const all = (await tcp.closed()).toString("latin1");
    assert.match(all, /^HTTP\/1\.1 (400|501|505) /);
    assert.equal(all.match(/HTTP\/1\.1 \d/g).length, 1, all);
    assert.ok(!all.includes('"sid"'), all);
  });
}

test("a GET may have a body, which is not the next request", async (t) => {
  const tcp = await connect(t);
  const headers = { "Content-Length": kSmuggled.length };
  tcp.write(Buffer.concat([requestText({ path: "/nowhere", headers, body: kSmuggled }), requestText({ path: "/no" })]));
  assert.equal((await readResponse(tcp)).status, 404);
  assert.equal((await readResponse(tcp)).status, 404);
  tcp.write(requestText({ path: kHandshake }));
  assert.equal((await readResponse(tcp)).status, 200);
});

test("chunks with extensions and trailers", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const body = '3;name=value\r\n4on\r\n1;quoted="a;b"\r\ne\r\n0\r\nX-Trailer: 1\r\nX-Trailer: 2\r\n\r\n';
  tcp.write(requestText({ method: "POST", path: peer.url, headers: { "Transfer-Encoding": "Chunked" }, body }));
  assert.equal((await readResponse(tcp)).text, "ok");
  tcp.write(requestText({ path: peer.url }));
  assert.equal((await readResponse(tcp)).text, "4one");
});

test("endless trailers are refused", async (t) => {
  const tcp = await connect(t);
  tcp.write(requestText({ method: "POST", path: "/nowhere", headers: { "Transfer-Encoding": "chunked" }, body: "0\r\n" }));
  for (let i = 0; i < 100 && !tcp.ended; i++) tcp.write(`X-Trailer-${i}: ${"x".repeat(1000)}\r\n`);
  assert.match((await tcp.closed()).toString(), /^HTTP\/1\.1 4|^$/);
});

test("who expects 100-continue for too much is told so instead", stricter("says 100 first"), async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const headers = { "Content-Length": 10_001, Expect: "100-continue" };
  tcp.write(requestText({ method: "POST", path: peer.url, headers }));
  assert.equal((await readResponse(tcp)).status, 413);
});

test("HTTP/1.0 gets no 100 Continue", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const headers = { "Content-Length": 6, Expect: "100-continue" };
  tcp.write(requestText({ method: "POST", path: peer.url, version: "1.0", headers }));
  tcp.write("4hello");
  assert.equal((await readResponse(tcp)).status, 200);
});

test("HTTP/1.0 with keep-alive goes on, and says so", async (t) => {
  const tcp = await connect(t);
  for (let i = 0; i < 3; i++) {
    tcp.write(requestText({ path: kHandshake, version: "1.0", headers: { Connection: "Keep-Alive" } }));
    const response = await readResponse(tcp);
    assert.equal(response.status, 200);
    assert.match(response.headers.connection, /keep-alive/i);
  }
});

for (const origin of ["http://localhost", "http://other.example:81", "HTTPS://x"]) {
  test(`a target with ${origin} in front`, stricter("takes the target for a path"), async (t) => {
    const tcp = await connect(t);
    tcp.write(requestText({ path: origin + kHandshake }));
    const response = await readResponse(tcp);
    assert.equal(response.status, 200);
    const { sid } = JSON.parse(response.text.slice(1));
    tcp.write(requestText({ method: "POST", path: `${origin}${kHandshake}&sid=${sid}`, body: "4x" }));
    assert.equal((await readResponse(tcp)).text, "ok");
  });
}

test("OPTIONS * and CONNECT are no requests for us", async (t) => {
  for (const line of ["OPTIONS *", "CONNECT localhost:1"]) {
    const tcp = await connect(t);
    tcp.write(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const response = await readResponse(tcp).catch(() => null);
    if (response) assert.ok(response.status >= 400, `${line}: ${response.status}`);
  }
});

const kWebSocket = "/engine.io/?EIO=4&transport=websocket";
const upgrade = (more) => requestText({ path: kWebSocket, headers: handshakeHeaders(more) });

for (const [name, headers, options] of [
  ["Connection is a list", { Connection: "keep-alive,\tupgrade , x" }, {}],
  ["Upgrade is a list", { Upgrade: "h2c, WebSocket" }, stricter("takes no list")],
  ["its version comes along", { "Sec-WebSocket-Extensions": "unknown; a=b" }, {}],
]) {
  test(`a WebSocket handshake where ${name}`, options, async (t) => {
    const tcp = await connect(t);
    tcp.write(upgrade(headers));
    const response = await readResponse(tcp);
    assert.equal(response.status, 101);
    assert.equal(response.headers["sec-websocket-protocol"], undefined);
    assert.equal(response.headers["sec-websocket-extensions"], undefined);
  });
}

test("a frame right behind a WebSocket handshake is read", stricter("loses it"), async (t) => {
  const tcp = await connect(t);
  tcp.write(Buffer.concat([upgrade({}), frame({ payload: "4early" })]));
  assert.equal((await readResponse(tcp)).status, 101);
  await tcp.take((data) => data.includes("4early") && { used: data.length }, "the echo");
});

test("the first subprotocol that is offered is agreed on", async (t) => {
  const tcp = await connect(t);
  tcp.write(upgrade({ "Sec-WebSocket-Protocol": "one, two" }));
  assert.equal((await readResponse(tcp)).headers["sec-websocket-protocol"], "one");
});

for (const offered of ["", "a b", "one, one", ",one", '"one"']) {
  test(`the subprotocols ${JSON.stringify(offered)} are refused`, stricter("takes an empty list"), async (t) => {
    const tcp = await connect(t);
    tcp.write(upgrade({ "Sec-WebSocket-Protocol": offered }));
    assert.equal((await readResponse(tcp)).status, 400);
  });
}

for (const version of ["12", "99", "13, 8", "x"]) {
  test(`version ${version} of WebSocket is answered with the one that is spoken`, stricter("answers 400"), async (t) => {
    const tcp = await connect(t);
    tcp.write(upgrade({ "Sec-WebSocket-Version": version }));
    const response = await readResponse(tcp);
    assert.equal(response.status, 426);
    assert.equal(response.headers["sec-websocket-version"], "13");
    assert.match(response.headers.upgrade, /websocket/);
    await tcp.closed();
  });
}

test("HTTP/1.0 has no WebSocket", stricter("node takes it"), async (t) => {
  const tcp = await connect(t);
  tcp.write(requestText({ path: kWebSocket, version: "1.0", headers: handshakeHeaders() }));
  assert.equal((await readResponse(tcp)).status, 400);
});
