// Connections and handshakes by the thousand: those that say nothing, little, or the same again and again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sign } from "../support/tokens.mjs";
import { counter, descriptorLimit, startTarget, withstand } from "./support.mjs";

const kHalfOpen = 10_000;
const kHalfOpenMax = 2_000; // of a shard
const server = await startTarget({ BELFRY_SERVER_THREADS: "2", BELFRY_LIMITS_HALF_OPEN_MAX: String(kHalfOpenMax) });
const impatient = await startTarget({ BELFRY_HTTP_HEADER_TIMEOUT_MS: "1500", BELFRY_HTTP_BODY_GRACE_MS: "1000" });
const kRefused = "belfry_handshakes_refused_total";

const few = descriptorLimit() < kHalfOpen + 500 && `needs ${kHalfOpen + 500} descriptors, and there are ${descriptorLimit()}: raise \`ulimit -Hn\``;
test(`${kHalfOpen} connections that say nothing: the oldest are closed`, { skip: few }, async (t) => {
  const most = kHalfOpen - 2 * kHalfOpenMax;
  await withstand(t, server, "halfOpen", { options: { count: kHalfOpen }, counted: [[kRefused, "half open", most]] });
});

test("1,000 heads that come a byte a second", async (t) => {
  await withstand(t, impatient, "slowHeaders", { options: { count: 1_000 }, counted: [[kRefused, "slow head", 1_000]] });
});

test("500 bodies that come a byte a second", async (t) => {
  const { statuses } = await withstand(t, impatient, "slowBodies", { options: { count: 500 }, counted: [[kRefused, "slow body", 500]] });
  assert.equal(statuses[200], 500, "each has its session");
});

test("upgrades of sessions that there are not, and of one that has its probe already", async (t) => {
  await withstand(t, server, "probes", { counted: [[kRefused, "unknown sid", 200]] });
});

test("clients that come and go", async (t) => {
  const token = sign({ sub: "mallory", role: "patient" });
  await withstand(t, server, "comeAndGo", { options: { token }, counted: [["belfry_connections_opened_total", undefined, 100]] });
});

test("one address that opens more than it may", async (t) => {
  const strict = await startTarget({ BELFRY_LIMITS_CONNECTIONS_PER_ADDRESS: "100" });
  const options = { count: 1_000, from: "127.1.0.1" };
  const { closed } = await withstand(t, strict, "slowHeaders", { options, counted: [[kRefused, "too many connections", 900]] });
  assert.ok(closed >= 900, `${closed} of 1000 are closed`);
});

test("one address that shakes hands faster than it may gets 429", async (t) => {
  const strict = await startTarget({ BELFRY_LIMITS_HANDSHAKES_PER_SECOND: "10", BELFRY_LIMITS_HANDSHAKES_BURST: "50", BELFRY_LIMITS_CONNECTS_PER_SECOND: "0" });
  const options = { from: "127.1.0.1" };
  const { statuses } = await withstand(t, strict, "handshakes", { options, counted: [[kRefused, "handshakes too often", 100]] });
  assert.ok(statuses[200] >= 50 && statuses[200] <= 200, `${statuses[200]} are let in`);
  assert.equal(await counter(strict, kRefused, "handshakes too often"), statuses[429]);
});

test("one address that connects faster than it may is closed at once", async (t) => {
  const strict = await startTarget({ BELFRY_LIMITS_CONNECTS_PER_SECOND: "10", BELFRY_LIMITS_CONNECTS_BURST: "50" });
  const options = { from: "127.1.0.1" };
  const { statuses } = await withstand(t, strict, "handshakes", { options, counted: [[kRefused, "connections too often", 100]] });
  assert.ok(statuses[200] >= 50 && statuses[200] <= 200, `${statuses[200]} are let in`);
});
