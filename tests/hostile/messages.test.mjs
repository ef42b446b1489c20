// What is sent over a connection: too much, too large, too deep, too fast.
import { test } from "node:test";
import { sign } from "../support/tokens.mjs";
import { startTarget, withstand } from "./support.mjs";

const server = await startTarget({
  BELFRY_LIMITS_ATTACHMENTS_MAX_BYTES: "2000000",
  BELFRY_LIMITS_THROTTLED_MAX_MS: "1000",
  BELFRY_LIMITS_USER_MESSAGES_PER_SECOND: "0",
});
const kDisconnects = "belfry_disconnects_total";
const kLimited = "belfry_limited_total";
const token = sign({ sub: "mallory", role: "patient" });

test("frames that announce gigabytes", async (t) => {
  await withstand(t, server, "giantFrames", { counted: [[kDisconnects, "transport error", 50]] });
});

test("messages that are a thousand times as large as they come", async (t) => {
  const bombed = await startTarget({ BELFRY_DEFLATE_ENABLED: "true", BELFRY_LIMITS_THROTTLED_MAX_MS: "1000", BELFRY_LIMITS_USER_MESSAGES_PER_SECOND: "0" });
  const counted = [
    [kDisconnects, "transport error", 10],
    [kDisconnects, "rate limited", 5],
  ];
  await withstand(t, bombed, "bombs", { options: { token, compressed: true }, counted });
});

test("attachments that are more, or larger, than they may be", async (t) => {
  const counted = [
    [kLimited, "attachments", 3],
    [kDisconnects, "parse error", 3],
  ];
  await withstand(t, server, "attachments", { options: { token }, counted });
});

test("JSON that nests without end", async (t) => {
  await withstand(t, server, "deepJson", { options: { token }, counted: [[kDisconnects, "parse error", 20]] });
});

test("WebSocket pings without end, from several", async (t) => {
  const counted = [[kDisconnects, "rate limited", 4]];
  await withstand(t, server, "pings", { options: { count: 4 }, counted });
});

test("events as fast as they can be sent: the client waits, and is closed where it never stops", async (t) => {
  const counted = [
    [kLimited, "throttled", 100],
    [kLimited, "rate warning", 4],
    [kLimited, "throttled too long", 4],
    [kDisconnects, "rate limited", 4],
  ];
  await withstand(t, server, "events", { options: { token, count: 4 }, counted });
});

test("polls larger than they may be, announced and in chunks", async (t) => {
  await withstand(t, server, "oversizedPolls", { counted: [["belfry_handshakes_refused_total", "large body", 50]] });
});
