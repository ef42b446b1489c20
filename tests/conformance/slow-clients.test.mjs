// Clients that read slowly or not at all: what waits for them is bounded, the others notice nothing, and of states only the
// newest waits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { PollingPeer, decodePayload } from "../support/engineio.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { decodePacket, SocketIoPeer } from "../support/socketio.mjs";
import { until, within } from "../support/wait.mjs";

const ours = stricter("the reference has no bound, no keys and no drain");
const kBound = 2_000_000;
const start = (...args) => (ours.skip ? null : sharedServer([...kQuiet, "--threads", 2, ...args]));
const bounded = await start("--max-buffered", kBound, "--drain-mark", 100_000);
const stalling = await start("--max-buffered", 100_000_000, "--write-timeout", 500);
const patient = await start("--max-buffered", 100_000_000, "--drain-mark", 100_000);

const tcpOf = (peer) => peer.engine.connection.tcp.socket;
const slowStats = async (peer) => (await peer.request("/", "slow-stats"))[0];

/** A client that has stopped to read, with more waiting for it than the kernel takes. */
async function stalled(t, server, watcher) {
  const peer = await SocketIoPeer.join(t, server);
  await peer.request("/", "join", "room");
  tcpOf(peer).pause();
  peer.emit("/", "burst", 200, 50_000);
  // Its other events are handled after that one; their answers stay unread.
  peer.emit("/", "in-room", "watch", "burst is over");
  await watcher.event("room-message");
  return peer;
}

async function watch(t, server) {
  const watcher = await SocketIoPeer.join(t, server);
  await watcher.request("/", "join", "watch");
  await watcher.request("/", "join", "drains");
  return watcher;
}

async function takeBurst(peer) {
  for (let i = 0; i < 200; i++) assert.equal((await peer.event("burst-item"))[0], i);
  assert.deepEqual(await peer.event("burst-end"), [200]);
}

const residentBytes = (pid) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

test("a reader that never reads: the others get everything in order, and the server's memory is bounded", ours, async (t) => {
  const watcher = await watch(t, bounded);
  const readers = [];
  for (let i = 0; i < 4; i++) {
    readers.push(await SocketIoPeer.join(t, bounded, i % 2 === 0 ? "websocket" : "polling"));
    await readers[i].request("/", "join", "room");
  }
  const slow = await SocketIoPeer.join(t, bounded);
  await slow.request("/", "join", "room");
  const before = await slowStats(watcher);
  const memory = residentBytes(bounded.pid);
  tcpOf(slow).pause();

  const text = "x".repeat(50_000);
  const trips = [];
  let largest = 0;
  for (let i = 0; i < 300; i++) {
    watcher.emit("/", "in-room", "room", i, text);
    const begun = performance.now();
    await Promise.all([watcher.sync(), ...readers.map(async (reader) => assert.equal((await reader.event("room-message"))[1], i))]);
    trips.push(performance.now() - begun);
    largest = Math.max(largest, residentBytes(bounded.pid) - memory);
  }
  trips.sort((a, b) => a - b);
  t.diagnostic(`p50 ${trips[150].toFixed(1)} ms, p99 ${trips[297].toFixed(1)} ms, memory +${(largest / 1e6).toFixed(1)} MB`);
  assert.ok(trips[297] < 1_000, `p99 of the others: ${trips[297]} ms`);
  // A sanitizer keeps what was freed.
  const sanitized = /lib[at]san/.test(readFileSync(`/proc/${bounded.pid}/maps`, "utf8"));
  assert.ok(sanitized || largest < 40_000_000, `${largest} bytes more`);

  assert.deepEqual(await watcher.disconnectLog(slow.id), ["slow consumer"]);
  const after = await slowStats(watcher);
  assert.equal(after.closedSlow - before.closedSlow, 1);
  const discarded = after.discardedBytes - before.discardedBytes;
  assert.ok(discarded > kBound / 2 && discarded < 2 * kBound, `${discarded} bytes`);

  // What the kernel had taken comes, whole, and then the reason.
  tcpOf(slow).resume();
  await slow.closed();
  const got = slow.inbox.items.filter((one) => one.data?.[0] === "room-message").map((one) => one.data[2]);
  assert.deepEqual(got, got.map((_, i) => i));
  assert.ok(got.length < 300);
  assert.equal(slow.engine.connection.closeCode, 1008);
});

test("a connection that takes nothing is closed although little waits for it", ours, async (t) => {
  const watcher = await watch(t, stalling);
  const slow = await stalled(t, stalling, watcher);
  const begun = performance.now();
  await until(async () => (await watcher.disconnectLog(slow.id)).length > 0, "the stalled one is closed");
  assert.deepEqual(await watcher.disconnectLog(slow.id), ["slow consumer"]);
  assert.ok(performance.now() - begun > 100);
  const { closedSlow, discardedBytes } = await slowStats(watcher);
  assert.equal(closedSlow, 1);
  assert.ok(discardedBytes > 0);
});

test("one that reads slowly, but reads, is not closed", ours, async (t) => {
  const watcher = await watch(t, stalling);
  const slow = await stalled(t, stalling, watcher);
  const socket = tcpOf(slow);
  // A little at a time, for longer than a connection may take nothing.
  const begun = performance.now();
  while (performance.now() - begun < 2_000) {
    socket.resume();
    await within(new Promise((resolve) => socket.once("data", resolve)), "more of what waits");
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.resume();
  await takeBurst(slow);
  assert.deepEqual(await watcher.disconnectLog(slow.id), []);
});

test("a client that stalls and goes on gets everything, and the application is told that it has caught up", ours, async (t) => {
  const watcher = await watch(t, patient);
  const slow = await stalled(t, patient, watcher);
  assert.ok(!watcher.queuedEvents().includes("drained"));
  tcpOf(slow).resume();
  await takeBurst(slow);
  const [id, left] = await watcher.event("drained");
  assert.equal(id, slow.id);
  assert.ok(left <= 50_000, `${left} bytes`);
  assert.deepEqual(await slow.request("/", "buffered"), [0]);
});

test("of states that wait only the newest stays; volatile events are dropped, and both are counted", ours, async (t) => {
  const watcher = await watch(t, patient);
  const slow = await stalled(t, patient, watcher);
  const before = await slowStats(watcher);
  for (let i = 0; i < 1_000; i++) {
    watcher.emit("/", "room-latest", "room", "a", i);
    watcher.emit("/", "room-latest", "room", "b", i);
    if (i === 500) watcher.emit("/", "in-room", "room", "between");
  }
  await watcher.sync();
  slow.emit("/", "volatile-burst", 100);
  slow.emit("/", "in-room", "watch", "volatile burst is over");
  await watcher.event("room-message");
  const after = await slowStats(watcher);
  assert.equal(after.coalesced - before.coalesced, 1_998);
  assert.equal(after.droppedVolatile - before.droppedVolatile, 100);

  tcpOf(slow).resume();
  await takeBurst(slow);
  const rest = [];
  while (rest.at(-1)?.[0] !== "volatile-end") rest.push((await slow.next()).data);
  assert.deepEqual(rest, [
    ["room-message", "room", "between"],
    ["room-state", "a", 999],
    ["room-state", "b", 999],
    ["volatile-end", 100],
  ]);
});

test("of states that are told in one turn only the newest leaves, in its own place", ours, async (t) => {
  for (const transport of ["websocket", "polling"]) {
    const peer = await SocketIoPeer.join(t, patient, transport);
    for (const count of [2, 5, 100]) {
      peer.emit("/", "latest-burst", count);
      const all = [];
      while (all.at(-1)?.[0] !== "latest-end") all.push((await peer.next()).data);
      const others = Array.from({ length: count }, (_, i) => ["latest-other", i]);
      const last = count - 1;
      assert.deepEqual(all, [
        ...others.slice(0, -1),
        ["latest-item", 2 * last],
        others.at(-1),
        ["latest-item", 2 * last + 1],
        ["latest-end", count],
      ]);
    }
  }
});

test("of states that wait for a poll only the newest stays", ours, async (t) => {
  const watcher = await watch(t, patient);
  const peer = await PollingPeer.open(t, patient, { start: false });
  await peer.post("40");
  await peer.get();
  await peer.post('420["join","room"]');
  for (let i = 0; i < 100; i++) watcher.emit("/", "room-latest", "room", "a", i);
  watcher.emit("/", "in-room", "room", "after");
  await watcher.sync();
  const states = [];
  while (!states.some((one) => one[0] === "room-message")) {
    for (const packet of decodePayload((await peer.get()).text)) {
      const { data } = decodePacket(packet.slice(1));
      if (data?.[0]?.startsWith("room-")) states.push(data);
    }
  }
  assert.deepEqual(states, [["room-state", "a", 99], ["room-message", "room", "after"]]);
});
