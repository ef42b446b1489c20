// Engine.IO over polling: payloads, who may ask what and when, limits, compression.
import assert from "node:assert/strict";
import test from "node:test";
import zlib from "node:zlib";
import { PollingPeer, decodePayload, encodePayload } from "../support/engineio.mjs";
import { request, requestText, readResponse } from "../support/http.mjs";
import { kQuiet, sharedServer, startServer } from "../support/server.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { pause, until, within } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const echo = { path: "/engine.io/", start: false };
const open = (t, options = {}) => PollingPeer.open(t, server, { ...echo, ...options });

/** Polls until `count` packets have come back. */
async function collect(peer, count) {
  const packets = [];
  while (packets.length < count) {
    const response = await peer.get({ limit_ms: 10_000 });
    assert.equal(response.status, 200, response.text);
    packets.push(...decodePayload(response.text));
  }
  return packets;
}

async function assertUnknown(peer) {
  await until(async () => {
    const response = await peer.get({ limit_ms: 10_000 }).catch(() => null);
    return response?.status === 400 && JSON.parse(response.text).code === 1;
  }, "the session is unknown");
}

test("a POST is answered ok", async (t) => {
  const peer = await open(t);
  const response = await peer.post("4hello");
  assert.equal(response.status, 200);
  assert.equal(response.text, "ok");
  assert.match(response.headers["content-type"], /^text\//);
});

test("text comes back as text", async (t) => {
  const peer = await open(t);
  const texts = ["hello", "", "€ äöü 𝄞 日本語", "\u0000\u0001\n\r\t\"\\", "b4AAE=", "x".repeat(1000)];
  for (const text of texts) {
    assert.equal((await peer.post("4" + text)).text, "ok");
    const response = await peer.get();
    assert.equal(response.text, "4" + text);
    assert.match(response.headers["content-type"], /^text\/plain; *charset=utf-8$/i);
    assert.equal(Number(response.headers["content-length"] ?? response.body.length), response.body.length);
  }
});

test("binary data comes back as base64 with b in front", async (t) => {
  const peer = await open(t);
  for (const size of [1, 2, 3, 4, 255, 256, 1000]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + 250) & 255));
    await peer.post(encodePayload([bytes]));
    assert.equal((await peer.get()).text, "b" + bytes.toString("base64"));
  }
});

test("many packets in a payload keep their order", async (t) => {
  const peer = await open(t);
  const packets = Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? Buffer.from([i & 255, i >> 8]) : `4text ${i}`));
  await peer.post(encodePayload(packets));
  assert.deepEqual(await collect(peer, packets.length), packets);
});

test("a pending GET is answered when something comes", async (t) => {
  const peer = await open(t);
  const get = peer.get();
  await get.sent;
  assert.equal((await peer.post("4one")).text, "ok");
  assert.equal((await get).text, "4one");
});

test("what comes without a GET waits for the next one", async (t) => {
  const peer = await open(t);
  await peer.post("4one");
  await peer.post("4two");
  await peer.post("4three");
  assert.equal((await peer.get()).text, "4one\x1e4two\x1e4three");
});

test("several POSTs while one GET is pending", async (t) => {
  const peer = await open(t, { start: true });
  for (let i = 0; i < 20; i++) assert.equal((await peer.post(`4${i}`)).text, "ok");
  for (let i = 0; i < 20; i++) assert.equal(await peer.next(), `4${i}`);
});

test("polls are not to be cached", async (t) => {
  const peer = await open(t);
  const post = await peer.post("4one");
  const get = await peer.get();
  for (const response of [post, get]) assert.match(response.headers["cache-control"], /no-store/);
});

test("the content type of a POST does not matter", async (t) => {
  const peer = await open(t);
  for (const type of ["text/plain;charset=UTF-8", "text/plain", "application/x-www-form-urlencoded", "text/html", undefined]) {
    const headers = type === undefined ? {} : { "Content-Type": type };
    assert.equal((await peer.post("4hello", { headers })).text, "ok");
    assert.equal((await peer.get()).text, "4hello");
  }
});

test("a second GET closes the session: the first gets 1, the second 400 or 500", async (t) => {
  const peer = await open(t);
  const first = peer.get();
  await first.sent;
  await pause(50);
  const second = await peer.get();
  assert.ok(second.status === 400 || second.status === 500, `${second.status}`);
  const answer = await first;
  assert.equal(answer.status, 200);
  assert.equal(answer.text, "1");
  await assertUnknown(peer);
});

test("a second POST while one is under way closes the session with 400", async (t) => {
  const peer = await open(t);
  const slow = await RawTcp.connect(t, server.port);
  const head = requestText({ method: "POST", path: peer.url, headers: { "Content-Length": 10 } });
  slow.write(head).write("4half");
  await pause(100);
  const second = await peer.post("4hello");
  assert.equal(second.status, 400);
  await assertUnknown(peer);
});

test("a GET that the client gives up closes the session", async (t) => {
  const peer = await open(t);
  const get = peer.get();
  await get.sent;
  await pause(50);
  get.abort();
  await assertUnknown(peer);
});

test("a POST that the client gives up delivers nothing", async (t) => {
  const peer = await open(t);
  const slow = await RawTcp.connect(t, server.port);
  slow.write(requestText({ method: "POST", path: peer.url, headers: { "Content-Length": 100 } })).write("4half");
  await pause(50);
  slow.destroy();
  const response = await peer.get({ limit_ms: 500 }).catch(() => null);
  assert.ok(response === null || response.status === 400 || response.text === "1", response?.text);
});

const closing = [
  ["an unknown packet type", "abc"],
  ["a type beyond 6", "7"],
  ["a letter", "x"],
  ["an empty body", ""],
  ["an empty packet", "4a\x1e\x1e4b"],
  ["an empty packet at the end", "4a\x1e"],
  ["a ping from the client", "2"],
  ["a probe from the client", "2probe"],
  ["a space in front", " 4a"],
  ["a line feed in front", "\n4a"],
];
for (const [name, body] of closing) {
  test(`${name} closes the session`, async (t) => {
    const peer = await open(t);
    await peer.post(body).catch(() => {});
    await assertUnknown(peer);
  });

  test(`${name} releases the pending GET`, async (t) => {
    const peer = await open(t);
    const get = peer.get({ limit_ms: 10_000 });
    await get.sent;
    await pause(20);
    await peer.post(body).catch(() => {});
    await get.catch(() => {});
    await assertUnknown(peer);
  });
}

test("base64 that is none closes the session or gives what can be decoded", async (t) => {
  for (const body of ["b!!!!", "bAA=A", "bA", "b====", "b"]) {
    const peer = await open(t);
    await peer.post(body).catch(() => {});
    const after = await peer.get({ limit_ms: 500 }).catch(() => null);
    assert.ok(after === null || after.status === 400 || /^[b16]/.test(after.text), `${body} gave ${after?.text}`);
  }
});

test("a close packet releases the pending GET with 6", async (t) => {
  const peer = await open(t);
  const get = peer.get();
  await get.sent;
  await pause(50);
  assert.equal((await peer.post("1")).text, "ok");
  const response = await get;
  assert.equal(response.status, 200);
  assert.equal(response.text, "6");
  await assertUnknown(peer);
});

test("a close packet closes the session without a pending GET", async (t) => {
  const peer = await open(t);
  await peer.post("1");
  await assertUnknown(peer);
});

test("packets behind a close packet are not handled", async (t) => {
  const peer = await open(t);
  const get = peer.get();
  await get.sent;
  await pause(50);
  await peer.post("1\x1e4late").catch(() => {});
  assert.ok(!(await get).text.includes("late"));
});

for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]) {
  test(`${method} on a session`, async (t) => {
    const peer = await open(t);
    const response = await peer.get({ method });
    if (method === "OPTIONS") assert.ok([200, 204].includes(response.status));
    else assert.ok(response.status >= 400, `${response.status}`);
  });
}

const kMax = 1_000_000;

test("a body of exactly maxPayload bytes is delivered", async (t) => {
  const peer = await open(t);
  const body = "4" + "x".repeat(kMax - 1);
  assert.equal((await peer.post(body)).text, "ok");
  assert.equal((await peer.get()).text, body);
});

test("maxPayload counts bytes, not characters", async (t) => {
  const peer = await open(t);
  const response = await peer.post("4" + "€".repeat(kMax / 2)).catch(() => ({ status: 413 }));
  assert.equal(response.status, 413);
});

/** Posts by hand, so that an answer in the middle of the body is seen. */
async function postRaw(t, port, path, headers, pieces) {
  const tcp = await RawTcp.connect(t, port);
  tcp.write(requestText({ method: "POST", path, headers }));
  for (const piece of pieces) tcp.write(piece);
  const answer = readResponse(tcp).then((response) => response.status);
  return answer.catch((error) => (/ended/.test(error.message) ? "cut" : Promise.reject(error)));
}

for (const [name, headers, pieces] of [
  ["one byte more", { "Content-Length": kMax + 1 }, ["4" + "x".repeat(kMax)]],
  ["ten times as much", { "Content-Length": 10 * kMax }, Array(10).fill("4" + "x".repeat(kMax - 1))],
  ["more, chunked", { "Transfer-Encoding": "chunked" }, [`${(kMax + 1).toString(16)}\r\n4${"x".repeat(kMax)}\r\n0\r\n\r\n`]],
  [
    "more, in many chunks",
    { "Transfer-Encoding": "chunked" },
    [...Array(1100).fill(`3e8\r\n${"4".repeat(1000)}\r\n`), "0\r\n\r\n"],
  ],
]) {
  test(`a body above maxPayload is refused: ${name}`, async (t) => {
    const peer = await open(t);
    const status = await postRaw(t, server.port, peer.url, headers, pieces);
    assert.ok(status === 413 || status === "cut", `${status}`);
    const after = await peer.get({ limit_ms: 400 }).catch(() => null);
    assert.ok(after === null || after.status === 400 || after.text === "1", "not delivered");
  });
}

test("413 is answered when the whole body has been sent", async (t) => {
  const small = await startServer([...kQuiet, "--max-payload", 1000]);
  t.after(() => small.stop());
  for (const chunked of [false, true]) {
    const peer = await PollingPeer.open(t, small, echo);
    const headers = chunked ? { "Transfer-Encoding": "chunked" } : {};
    assert.equal((await peer.post("4" + "x".repeat(1000), { headers })).status, 413);
    const healthy = await PollingPeer.open(t, small, echo);
    assert.equal((await healthy.post("4" + "x".repeat(999), { headers })).text, "ok");
    assert.equal((await healthy.get()).text.length, 1000);
  }
});

test("a body is chunked at will", async (t) => {
  const peer = await open(t);
  const body = "6\r\n4hello\r\n1;ext=1\r\n \r\n05\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  assert.equal(await postRaw(t, server.port, peer.url, { "Transfer-Encoding": "chunked" }, [body]), 200);
  assert.equal((await peer.get()).text, "4hello world");
});

test("text split inside characters arrives whole", async (t) => {
  const peer = await open(t);
  const body = Buffer.from("4" + "€𝄞ä".repeat(200));
  const tcp = await RawTcp.connect(t, server.port);
  tcp.write(requestText({ method: "POST", path: peer.url, headers: { "Content-Length": body.length } }));
  await tcp.writeInPieces(body, 1);
  assert.equal((await readResponse(tcp)).text, "ok");
  assert.equal((await peer.get()).text, body.toString());
});

const big = "4" + "abcdefgh".repeat(200);
for (const [accept, encoding] of [
  ["gzip, deflate, br", "gzip"],
  ["deflate, gzip;q=0.5", "deflate"],
  ["deflate", "deflate"],
  ["gzip;q=0, deflate", "deflate"],
  ["*", "gzip"],
  ["br", undefined],
  ["identity", undefined],
  ["gzip;q=0", undefined],
]) {
  test(`polls are compressed for "${accept}": ${encoding ?? "not"}`, async (t) => {
    const peer = await open(t);
    await peer.post(big);
    const response = await peer.get({ headers: { "Accept-Encoding": accept } });
    assert.equal(response.headers["content-encoding"], encoding);
    const decode = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync };
    const body = encoding ? decode[encoding](response.body) : response.body;
    assert.equal(body.toString(), big);
    if (encoding) assert.ok(response.body.length < 200);
  });
}

for (const [size, compressed] of [
  [1023, false],
  [1024, true],
]) {
  test(`a poll of ${size} bytes is ${compressed ? "" : "not "}compressed`, async (t) => {
    const peer = await open(t);
    await peer.post("4" + "x".repeat(size - 1));
    const response = await peer.get({ headers: { "Accept-Encoding": "gzip" } });
    assert.equal(response.headers["content-encoding"], compressed ? "gzip" : undefined);
    const body = compressed ? zlib.gunzipSync(response.body) : response.body;
    assert.equal(body.length, size);
  });
}

test("polls are not compressed unasked", async (t) => {
  const peer = await open(t);
  await peer.post(big);
  const response = await peer.get();
  assert.equal(response.headers["content-encoding"], undefined);
  assert.equal(response.text, big);
});

test("a thousand sessions side by side", async (t) => {
  const peers = [];
  for (let i = 0; i < 1000; i += 50) {
    peers.push(...(await Promise.all(Array.from({ length: 50 }, () => open(t)))));
  }
  const roundTrips = async (some) => {
    for (const peer of some) {
      await peer.post(`4${peer.sid}`);
      assert.equal((await peer.get()).text, `4${peer.sid}`);
      peer.agent.destroy();
    }
  };
  const lanes = Array.from({ length: 20 }, (_, lane) => peers.filter((_, i) => i % 20 === lane));
  await within(Promise.all(lanes.map(roundTrips)), "a thousand round trips", 60_000);
});

test("a GET without anything to say stays pending", async (t) => {
  const peer = await open(t);
  const get = peer.get();
  await get.sent;
  const first = await Promise.race([get.then(() => "answered"), pause(400).then(() => "pending")]);
  assert.equal(first, "pending");
  await peer.post("4now");
  assert.equal((await get).text, "4now");
});

test("requests of a closed session get code 1", async (t) => {
  const peer = await open(t);
  await peer.post("1");
  await assertUnknown(peer);
  const response = await request(server, peer.url, { method: "POST", body: "4hello" });
  assert.equal(response.status, 400);
  assert.deepEqual(JSON.parse(response.text), { code: 1, message: "Session ID unknown" });
});
