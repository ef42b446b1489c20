// The stock client that the server has for browsers, the cookie for load balancers, and what is counted of HTTP.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startBelfry } from "../support/belfry.mjs";
import { readResponse } from "../support/http.mjs";
import { RawTcp } from "../support/tcp.mjs";

const server = await startBelfry(null);
const kHandshake = "/socket.io/?EIO=4&transport=polling";
const dist = new URL("../node_modules/socket.io-client/dist/", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("../package.json", dist), "utf8"));
const get = (name, headers) => server.call("GET", `/socket.io/${name}`, { headers });

/** A body's bytes, however it came. */
async function bytesOf(path, acceptEncoding) {
  const tcp = await RawTcp.connect(null, server.port);
  tcp.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: ${acceptEncoding}\r\n\r\n`);
  return readResponse(tcp);
}

test("the bundles that npm's package has, byte for byte, plain and compressed", async () => {
  const names = await readdir(dist);
  assert.equal(names.length, 8);
  for (const name of names) {
    const original = await readFile(new URL(name, dist));
    for (const [accepted, encoding, decode] of [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip, deflate", "gzip", gunzipSync],
      ["identity", undefined, (bytes) => bytes],
    ]) {
      const { status, headers, body } = await bytesOf(`/socket.io/${name}?v=1`, accepted);
      assert.equal(status, 200, name);
      assert.equal(headers["content-encoding"], encoding);
      assert.ok(decode(body).equals(original), `${name} ${encoding}`);
      assert.equal(headers["content-type"], `application/${name.endsWith(".map") ? "json" : "javascript"}; charset=utf-8`);
      assert.equal(headers.etag, `"${version}"`);
      assert.equal(headers["cache-control"], "public, max-age=0");
      assert.match(headers.vary, /Accept-Encoding/);
    }
  }
});

test("who has the version gets 304; HEAD gets no body; other methods 405, other names the protocol's answer", async () => {
  for (const known of [`"${version}"`, `W/"${version}"`]) {
    const again = await get("socket.io.js", { "If-None-Match": known });
    assert.equal(again.status, 304);
    assert.equal(again.text, "");
  }
  assert.equal((await get("socket.io.js", { "If-None-Match": '"4.0.0"' })).status, 200);
  const head = await server.call("HEAD", "/socket.io/socket.io.js");
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  assert.ok(Number(head.headers["content-length"]) > 10_000);
  assert.equal((await server.call("DELETE", "/socket.io/socket.io.js")).status, 405);
  for (const name of ["socket.io.js.br", "socket.io.esm.js", "package.json", "../docs/index.html", "socket.io.js/"]) {
    assert.ok([400, 404].includes((await get(name)).status), name);
  }
});

test("without http.serve_client there is none", async (t) => {
  const without = await startBelfry(t, { env: { BELFRY_HTTP_SERVE_CLIENT: "false" } });
  assert.equal((await without.call("GET", "/socket.io/socket.io.js")).status, 400);
});

test("the cookie is off, and on with a name", async (t) => {
  assert.equal((await server.call("GET", kHandshake)).headers["set-cookie"], undefined);
  const env = {
    BELFRY_HTTP_COOKIE: "lb",
    BELFRY_HTTP_COOKIE_PATH: "/socket.io",
    BELFRY_HTTP_COOKIE_SAME_SITE: "none",
    BELFRY_HTTP_COOKIE_SECURE: "true",
    BELFRY_HTTP_COOKIE_MAX_AGE_S: "60",
  };
  const other = await startBelfry(t, { env });
  const { headers, text } = await other.call("GET", kHandshake);
  const { sid } = JSON.parse(text.slice(1));
  assert.deepEqual([headers["set-cookie"]].flat(), [`lb=${sid}; Path=/socket.io; Max-Age=60; HttpOnly; Secure; SameSite=None`]);
});

test("times and sizes are settings, and refusals are counted by why", async (t) => {
  const env = { BELFRY_HTTP_HEADER_TIMEOUT_MS: "50", BELFRY_HTTP_BODY_GRACE_MS: "50", BELFRY_HTTP_MAX_HEADER_BYTES: "300" };
  const strict = await startBelfry(t, { env });
  const post = "POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
  for (const [text, status, reason] of [
    ["GET / HTTP/1.1\r\nHo", 408, "slow head"],
    [post, 408, "slow body"],
    [`GET / HTTP/1.1\r\nX: ${"x".repeat(300)}\r\n\r\n`, 431, "large head"],
    [post.replace("1000", "1000000000"), 413, "large body"],
    ["nonsense\r\n\r\n", 400, "invalid http"],
  ]) {
    const tcp = await RawTcp.connect(t, strict.port);
    tcp.write(text);
    assert.equal((await readResponse(tcp)).status, status, reason);
    const metrics = (await strict.call("GET", "/metrics")).text;
    assert.ok(metrics.includes(`belfry_handshakes_refused_total{reason="${reason}"} 1\n`), reason);
  }
});
