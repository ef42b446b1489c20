// What the server is to keep for a client: namespaces, rooms, what it does not read, and what becomes of its tokens.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { nowSeconds, sign } from "../support/tokens.mjs";
import { kApiKey, startTarget, withstand } from "./support.mjs";

const server = await startTarget({ BELFRY_LIMITS_ROOMS_MAX: "100" });
const kDisconnects = "belfry_disconnects_total";

test("thousands of namespaces that there are not", async (t) => {
  const options = { token: sign({ sub: "mallory", role: "patient" }) };
  await withstand(t, server, "namespaces", { options, counted: [["belfry_limited_total", "unknown namespace", 1_000]] });
});

test("one client that joins thousands of rooms is in a hundred", async (t) => {
  const token = sign({ sub: "nora", role: "patient" });
  const counted = [["belfry_limited_total", "rooms", 50]];
  const during = async () => {
    const { json } = await server.call("GET", "/v1/sockets?app=health&userId=nora", { as: kApiKey });
    assert.ok(json.items[0].rooms.length <= 101, `${json.items[0].rooms.length} rooms`);
  };
  await withstand(t, server, "rooms", { options: { token }, counted, during });
});

test("tokens by the thousand that are no good leave nothing behind", async (t) => {
  const expired = sign({ sub: "mallory", exp: nowSeconds() - 3_600 });
  const counted = [
    ["belfry_credentials_refused_total", "Invalid token", 200],
    ["belfry_credentials_refused_total", "Token expired", 60],
    ["belfry_tokens_refused_total", undefined, 150],
  ];
  const first = await withstand(t, server, "tokens", { options: { expired }, counted });
  // Whatever grew the first time has its size by now: a cache by token would go on.
  const second = await withstand(t, server, "tokens", { options: { expired }, counted, growth_mb: 16 });
  t.diagnostic(`${first.tokens} and ${second.tokens} tokens`);
});

test("tokens of keys that nobody knows have the key set read once a second at most, however many they are", async (t) => {
  let reads = 0;
  const keys = http.createServer((_, response) => {
    ++reads;
    response.end('{"keys":[]}');
  });
  t.after(() => keys.close());
  await new Promise((resolve) => keys.listen(0, "127.0.0.1", resolve));
  const own = await startTarget({ BELFRY_AUTH_JWKS_URL: `http://127.0.0.1:${keys.address().port}/` });
  const begin = performance.now();
  const { tokens } = await withstand(t, own, "tokens", { options: { unknown_keys: true, at_once: 100 } });
  const seconds = (performance.now() - begin) / 1_000;
  assert.ok(reads <= seconds + 2, `${reads} reads in ${seconds.toFixed(1)} s for ${tokens} tokens`);
});

test("clients that never read while their room is busy are closed as slow consumers", async (t) => {
  const names = Array.from({ length: 5 }, (_, i) => `deaf-${i}`);
  const tokens = names.map((sub) => sign({ sub, role: "patient" }));
  const during = async () => {
    for (let i = 0; i < 50; ++i) {
      const body = { app: "health", event: "news", payload: { text: "x".repeat(500_000) }, userIds: names };
      assert.equal((await server.call("POST", "/v1/emit", { as: kApiKey, body })).status, 202);
    }
  };
  const counted = [[kDisconnects, "slow consumer", names.length]];
  await withstand(t, server, "deaf", { options: { count: names.length, tokens }, counted, during, growth_mb: 200 });
});
