// HTTP/1.1 by hand: connections, bodies, segmentation, invalid requests, paths.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer } from "../support/engineio.mjs";
import { readResponse, request, requestText } from "../support/http.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { handshakeHeaders } from "../support/websocket.mjs";

const server = await sharedServer(kQuiet);
const kHandshake = "/engine.io/?EIO=4&transport=polling";
const connect = (t) => RawTcp.connect(t, server.port);
const open = (t) => PollingPeer.open(t, server, { path: "/engine.io/", start: false });

async function assertServes() {
  assert.equal((await request(server, kHandshake)).status, 200);
}

test("a connection is kept alive", async (t) => {
  const tcp = await connect(t);
  for (let i = 0; i < 10; i++) {
    tcp.write(requestText({ path: kHandshake }));
    assert.equal((await readResponse(tcp)).status, 200);
  }
});

test("a connection outlives a refusal, a 404 and a POST", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  for (const [one, status] of [
    [{ path: "/engine.io/?transport=abc" }, 400],
    [{ path: "/nowhere" }, 404],
    [{ method: "POST", path: "/nowhere", body: "some body" }, 404],
    [{ method: "POST", path: peer.url, body: "4hello" }, 200],
    [{ path: peer.url }, 200],
    [{ method: "HEAD", path: "/nowhere" }, 404],
    [{ path: kHandshake }, 200],
  ]) {
    tcp.write(requestText(one));
    const response = await readResponse(tcp, { bodiless: one.method === "HEAD" });
    assert.equal(response.status, status, one.path);
  }
});

test("Connection: close closes", async (t) => {
  const tcp = await connect(t);
  tcp.write(requestText({ path: kHandshake, headers: { Connection: "close" } }));
  assert.equal((await readResponse(tcp)).status, 200);
  await tcp.closed();
});

test("HTTP/1.0 is served and closed", async (t) => {
  const tcp = await connect(t);
  tcp.write(requestText({ path: kHandshake, version: "1.0" }));
  const response = await readResponse(tcp);
  assert.equal(response.status, 200);
  assert.equal(response.text[0], "0");
  assert.equal(response.headers["transfer-encoding"], undefined);
  await tcp.closed();
});

test("HTTP/1.0 without a Host", async (t) => {
  const tcp = await connect(t);
  tcp.write(`GET ${kHandshake} HTTP/1.0\r\n\r\n`);
  assert.equal((await readResponse(tcp)).status, 200);
});

test("HTTP/1.0 with Connection: keep-alive is answered", async (t) => {
  const tcp = await connect(t);
  tcp.write(requestText({ path: kHandshake, version: "1.0", headers: { Connection: "keep-alive" } }));
  assert.equal((await readResponse(tcp)).status, 200);
});

test("pipelined requests are answered in order", async (t) => {
  const tcp = await connect(t);
  const paths = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? kHandshake : i % 3 === 1 ? "/no" : "/engine.io/"));
  tcp.write(Buffer.concat(paths.map((path) => requestText({ path }))));
  for (const path of paths) {
    const expected = { [kHandshake]: 200, "/no": 404, "/engine.io/": 400 }[path];
    assert.equal((await readResponse(tcp)).status, expected);
  }
});

test("pipelined POST and GET of a session", stricter("takes pipelined requests as concurrent ones"), async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const post = (body) => requestText({ method: "POST", path: peer.url, body });
  tcp.write(Buffer.concat([post("4one"), post("4two"), requestText({ path: peer.url })]));
  assert.equal((await readResponse(tcp)).text, "ok");
  assert.equal((await readResponse(tcp)).text, "ok");
  const texts = [(await readResponse(tcp)).text];
  if (texts[0] === "4one") {
    tcp.write(requestText({ path: peer.url }));
    texts.push((await readResponse(tcp)).text);
  }
  assert.equal(texts.join("\x1e"), "4one\x1e4two");
});

for (const size of [1, 2, 3, 7, 50]) {
  test(`a request in pieces of ${size} bytes`, async (t) => {
    const peer = await open(t);
    const tcp = await connect(t);
    const chunked = { "Transfer-Encoding": "chunked" };
    for (const [one, expected] of [
      [{ method: "POST", body: "4hello" }, "ok"],
      [{}, "4hello"],
      [{ method: "POST", headers: chunked, body: "2\r\n4c\r\n5\r\nhunks\r\n0\r\n\r\n" }, "ok"],
      [{}, "4chunks"],
    ]) {
      const written = tcp.writeInPieces(requestText({ path: peer.url, ...one }), size);
      assert.equal((await readResponse(tcp)).text, expected);
      await written;
    }
  });
}

test("Expect: 100-continue", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const headers = { "Content-Length": 6, Expect: "100-continue" };
  tcp.write(requestText({ method: "POST", path: peer.url, headers }));
  assert.equal((await readResponse(tcp)).status, 100);
  tcp.write("4hello");
  const response = await readResponse(tcp);
  assert.equal(response.status, 200);
  assert.equal(response.text, "ok");
});

test("Expect: 100-continue with the body at once", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  const headers = { "Content-Length": 6, Expect: "100-Continue" };
  tcp.write(requestText({ method: "POST", path: peer.url, headers, body: "4hello" }));
  let response = await readResponse(tcp);
  if (response.status === 100) response = await readResponse(tcp);
  assert.equal(response.text, "ok");
});

test("header names in any case, spaces around values", async (t) => {
  const peer = await open(t);
  const tcp = await connect(t);
  tcp.write(`POST ${peer.url} HTTP/1.1\r\nhOST:localhost\r\ncontent-LENGTH:  \t6  \r\nX-Empty:\r\n\r\n4hello`);
  assert.equal((await readResponse(tcp)).text, "ok");
});

test("a query of 4000 bytes and 50 headers", async (t) => {
  const tcp = await connect(t);
  const headers = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`X-Header-${i}`, "v".repeat(100)]));
  tcp.write(requestText({ path: `${kHandshake}&filler=${"f".repeat(4000)}`, headers }));
  assert.equal((await readResponse(tcp)).status, 200);
});

test("empty lines before a request are ignored", async (t) => {
  const tcp = await connect(t);
  tcp.write("\r\n");
  tcp.write(requestText({ path: kHandshake }));
  assert.equal((await readResponse(tcp)).status, 200);
});

const kHead = `POST ${kHandshake} HTTP/1.1\r\nHost: a\r\n`;
const invalid = [
  ["no HTTP", "hello world\r\n\r\n"],
  ["no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["an unknown version", `GET ${kHandshake} HTTP/9.9\r\nHost: a\r\n\r\n`],
  ["another protocol", `GET ${kHandshake} ICAP/1.0\r\nHost: a\r\n\r\n`],
  ["a lower-case version", `GET ${kHandshake} http/1.1\r\nHost: a\r\n\r\n`],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a control character in the method", `G\x01T ${kHandshake} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a NUL in a header", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n`],
  ["a header without a colon", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n`],
  ["a header without a name", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\n: value\r\n\r\n`],
  ["a space in a header's name", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n`],
  ["a space before the colon", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nX : z\r\n\r\n`],
  ["a length that is no number", `${kHead}Content-Length: abc\r\n\r\nabc`],
  ["a negative length", `${kHead}Content-Length: -1\r\n\r\n`],
  ["a length with a sign", `${kHead}Content-Length: +3\r\n\r\nabc`],
  ["a length beyond 64 bits", `${kHead}Content-Length: 99999999999999999999999\r\n\r\nabc`],
  ["two different lengths", `${kHead}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ["a length and chunks", `${kHead}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a chunk size that is no number", `${kHead}Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n`],
  ["a negative chunk size", `${kHead}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n`],
  ["a chunk size beyond 64 bits", `${kHead}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n`],
  ["a chunk that is longer than it says", `${kHead}Transfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n0\r\n\r\n`],
  ["a header of a megabyte", `GET ${kHandshake} HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(1_000_000)}\r\n\r\n`],
  ["a target of a megabyte", `GET /${"x".repeat(1_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a hundred thousand headers", `GET ${kHandshake} HTTP/1.1\r\n${"A: b\r\n".repeat(100_000)}\r\n`],
  ["a TLS client hello", Buffer.from("16030100c8010000c40303000102030405060708090a0b0c0d0e0f0d0a0d0a", "hex")],
  ["binary rubbish", Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37 + 128) & 255))],
];
for (const [name, text] of invalid) {
  test(`${name} is answered with an error or closed`, async (t) => {
    const tcp = await connect(t);
    tcp.write(text);
    const response = await readResponse(tcp, { limit_ms: 5000 }).catch((error) => {
      if (/waited/.test(error.message)) throw error;
      return null;
    });
    if (response) assert.ok(response.status >= 400, `${response.status}`);
    await assertServes();
  });
}

test("HTTP/1.1 without a Host is refused", stricter("node 18 takes it"), async (t) => {
  const tcp = await connect(t);
  tcp.write(`GET ${kHandshake} HTTP/1.1\r\n\r\n`);
  assert.equal((await readResponse(tcp)).status, 400);
});

test("what follows an invalid request is not handled", async (t) => {
  const tcp = await connect(t);
  tcp.write("nonsense\r\n\r\n" + requestText({ path: kHandshake }));
  const all = (await tcp.closed()).toString();
  assert.ok(!all.includes('"sid"'), all);
});

for (const path of ["/", "/foo", "/socket.io", "/engine.io", "/socket.iox/", "/SOCKET.IO/", "/socket.io.js", "/favicon.ico", "/x/socket.io/"]) {
  test(`${path} is answered 404`, async () => {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const response = await request(server, `${path}?EIO=4&transport=polling`, { method });
      assert.equal(response.status, 404, method);
    }
  });

  test(`an upgrade at ${path} is not accepted`, async (t) => {
    const tcp = await connect(t);
    tcp.write(requestText({ path: `${path}?EIO=4&transport=websocket`, headers: handshakeHeaders() }));
    const response = await readResponse(tcp).catch((error) => {
      if (/waited/.test(error.message)) throw error;
      return null;
    });
    if (response) assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
  });
}

const handshakes = [
  ["no key", { "Sec-WebSocket-Key": null }],
  ["an empty key", { "Sec-WebSocket-Key": "" }],
  ["a short key", { "Sec-WebSocket-Key": "YWJj" }],
  ["a key that is not base64", { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }],
  ["no version", { "Sec-WebSocket-Version": null }],
  ["version 12", { "Sec-WebSocket-Version": "12" }],
  ["version 99", { "Sec-WebSocket-Version": "99" }],
  ["another upgrade", { Upgrade: "h2c" }],
  ["no upgrade", { Upgrade: null }],
];
for (const [name, headers] of handshakes) {
  test(`a WebSocket handshake with ${name} is refused`, async (t) => {
    const tcp = await connect(t);
    tcp.write(requestText({ path: "/engine.io/?EIO=4&transport=websocket", headers: handshakeHeaders(headers) }));
    const response = await readResponse(tcp).catch((error) => {
      if (/waited/.test(error.message)) throw error;
      return null;
    });
    if (response) assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
  });
}

test("a WebSocket handshake with POST is refused", async (t) => {
  const tcp = await connect(t);
  const headers = handshakeHeaders({ "Content-Length": 0 });
  tcp.write(requestText({ method: "POST", path: "/engine.io/?EIO=4&transport=websocket", headers }));
  const response = await readResponse(tcp).catch(() => null);
  if (response) assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
});

for (const size of [1, 3, 10]) {
  test(`a WebSocket handshake in pieces of ${size} bytes, tokens in odd cases`, async (t) => {
    const tcp = await connect(t);
    const headers = handshakeHeaders({ Connection: "keep-alive, UPGRADE", Upgrade: "WebSocket" });
    const text = requestText({ path: "/engine.io/?EIO=4&transport=websocket", headers });
    const written = tcp.writeInPieces(text, size);
    assert.equal((await readResponse(tcp)).status, 101);
    await written;
  });
}

test("hundreds of idle connections and half requests bother nobody", async (t) => {
  const idle = await Promise.all(Array.from({ length: 300 }, () => connect(t)));
  idle.forEach((tcp, i) => i % 2 && tcp.write("GET /engine.io/?EIO=4 HTT"));
  for (let i = 0; i < 20; i++) await assertServes();
  for (const tcp of idle) tcp.reset();
  await assertServes();
});
