// Socket.IO: rooms, whom the emitting events reach, broadcasts with acknowledgements.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { SocketIoPeer } from "../support/socketio.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
let namespaces = 0;

/** `count` peers in a namespace of their own, over both transports in turn. */
async function meet(t, count) {
  const nsp = `/dynamic-${++namespaces}`;
  const join = (i) => SocketIoPeer.join(t, server, kTransports[i % 2], nsp);
  const peers = await Promise.all(Array.from({ length: count }, (_, i) => join(i)));
  return { nsp, peers };
}

/** Waits until all that the server has sent so far has come, and gives each peer's events. */
async function gather(peers, nsp) {
  for (const peer of peers) await peer.sync(nsp);
  return peers.map((peer) => peer.inbox.items.splice(0).map((one) => one.data));
}

test("a socket is in the room of its id, joins and leaves others", async (t) => {
  const { nsp, peers } = await meet(t, 2);
  for (const peer of peers) {
    assert.deepEqual(await peer.request(nsp, "rooms"), [[peer.id]]);
    for (const room of ["a", "b", "a", "", "ü\u0000"]) assert.deepEqual(await peer.request(nsp, "join", room), []);
    const [rooms] = await peer.request(nsp, "rooms");
    assert.deepEqual(rooms.sort(), [peer.id, "a", "b", "", "ü\u0000"].sort());
    for (const room of ["a", "never joined", "ü\u0000", ""]) assert.deepEqual(await peer.request(nsp, "leave", room), []);
    assert.deepEqual((await peer.request(nsp, "rooms"))[0].sort(), [peer.id, "b"].sort());
  }
});

test("to-room reaches the members except the sender", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  for (const peer of peers.slice(0, 3)) await peer.request(nsp, "join", "r");
  peers[0].emit(nsp, "to-room", "r", 1, { a: Buffer.from([1]) });
  await peers[0].sync(nsp);
  const message = [["room-message", "r", 1, { a: Buffer.from([1]) }]];
  assert.deepEqual(await gather(peers, nsp), [[], message, message, []]);
  peers[3].emit(nsp, "to-room", "r");
  await peers[3].sync(nsp);
  const empty = [["room-message", "r"]];
  assert.deepEqual(await gather(peers, nsp), [empty, empty, empty, []]);
});

test("in-room reaches all members, the sender if it is one", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  for (const peer of peers.slice(0, 2)) await peer.request(nsp, "join", "r");
  for (const sender of [peers[0], peers[3]]) {
    sender.emit(nsp, "in-room", "r", "x");
    await sender.sync(nsp);
    const message = [["room-message", "r", "x"]];
    assert.deepEqual(await gather(peers, nsp), [message, message, [], []]);
  }
});

test("except-room reaches the namespace except the members", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  for (const peer of peers.slice(0, 2)) await peer.request(nsp, "join", "r");
  for (const sender of [peers[0], peers[3]]) {
    sender.emit(nsp, "except-room", "r", "x", 2);
    await sender.sync(nsp);
    const message = [["except-message", "x", 2]];
    assert.deepEqual(await gather(peers, nsp), [[], [], message, message]);
  }
  peers[1].emit(nsp, "except-room", "nobody");
  await peers[1].sync(nsp);
  assert.deepEqual(await gather(peers, nsp), Array(4).fill([["except-message"]]));
});

test("broadcast reaches the namespace except the sender", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  peers[2].emit(nsp, "broadcast", 1, [2]);
  await peers[2].sync(nsp);
  const message = [["broadcast-message", 1, [2]]];
  assert.deepEqual(await gather(peers, nsp), [message, message, [], message]);
});

test("an id is a room like any other", async (t) => {
  const { nsp, peers } = await meet(t, 3);
  peers[0].emit(nsp, "to-room", peers[1].id, "whisper");
  peers[0].emit(nsp, "to-room", peers[0].id, "to myself");
  await peers[0].sync(nsp);
  assert.deepEqual(await gather(peers, nsp), [[], [["room-message", peers[1].id, "whisper"]], []]);
  await peers[2].request(nsp, "join", peers[0].id);
  peers[1].emit(nsp, "in-room", peers[0].id, "both");
  await peers[1].sync(nsp);
  const message = [["room-message", peers[0].id, "both"]];
  assert.deepEqual(await gather(peers, nsp), [message, [], message]);
});

test("rooms of the same name in two namespaces are separate", async (t) => {
  const one = await meet(t, 2);
  const other = await meet(t, 2);
  for (const { nsp, peers } of [one, other]) for (const peer of peers) await peer.request(nsp, "join", "same");
  one.peers[0].emit(one.nsp, "in-room", "same", 1);
  one.peers[0].emit(one.nsp, "broadcast", 2);
  await one.peers[0].sync(one.nsp);
  assert.deepEqual(await gather(other.peers, other.nsp), [[], []]);
  const [, second] = await gather(one.peers, one.nsp);
  assert.deepEqual(second, [["room-message", "same", 1], ["broadcast-message", 2]]);
});

test("rooms without members, and a room that was left", async (t) => {
  const { nsp, peers } = await meet(t, 2);
  await peers[1].request(nsp, "join", "r");
  await peers[1].request(nsp, "leave", "r");
  for (const event of ["to-room", "in-room"]) peers[0].emit(nsp, event, "r", 1);
  await peers[0].sync(nsp);
  assert.deepEqual(await gather(peers, nsp), [[], []]);
});

test("a socket that has gone is in no room", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  for (const peer of peers) await peer.request(nsp, "join", "r");
  peers[2].raw(`41${nsp},`);
  await peers[3].lose();
  await until(async () => (await peers[0].stats(nsp)).sockets === 2, "two have gone");
  const answer = peers[0].request(nsp, "room-ack", "r", 20_000);
  for (const peer of peers.slice(0, 2)) {
    const request = await peer.take("the request", (one) => one.data?.[0] === "room-ack-request");
    peer.answer(nsp, request.id, peer.id);
  }
  const [outcome, values] = await answer;
  assert.equal(outcome, "ok");
  assert.deepEqual(values.sort(), [peers[0].id, peers[1].id].sort());
});

test("joining and leaving a thousand rooms", async (t) => {
  const { nsp, peers } = await meet(t, 2);
  for (let i = 0; i < 1000; i++) peers[0].emit(nsp, "join", `room ${i}`);
  assert.equal((await peers[0].request(nsp, "rooms"))[0].length, 1001);
  peers[1].emit(nsp, "to-room", "room 999", "x");
  assert.deepEqual(await peers[0].event("room-message", nsp), ["room 999", "x"]);
  for (let i = 0; i < 1000; i++) peers[0].emit(nsp, "leave", `room ${i}`);
  assert.deepEqual(await peers[0].request(nsp, "rooms"), [[peers[0].id]]);
});

/** Answers the next `room-ack-request` with `values`. */
async function answerRequest(peer, nsp, expected, ...values) {
  const request = await peer.take("the request", (one) => one.data?.[0] === "room-ack-request");
  assert.deepEqual(request.data.slice(1), expected);
  peer.answer(nsp, request.id, ...values);
}

test("room-ack gathers the first value of each answer", async (t) => {
  const { nsp, peers } = await meet(t, 4);
  for (const peer of peers.slice(0, 3)) await peer.request(nsp, "join", "r");
  for (const asker of [peers[0], peers[3]]) {
    const answer = asker.request(nsp, "room-ack", "r", 20_000, "q", Buffer.from([1]));
    for (const [i, peer] of peers.slice(0, 3).entries()) {
      await answerRequest(peer, nsp, ["q", Buffer.from([1])], { i, b: Buffer.from([i]) }, "second");
    }
    const [outcome, values] = await answer;
    assert.equal(outcome, "ok");
    values.sort((a, b) => a.i - b.i);
    assert.deepEqual(values, [0, 1, 2].map((i) => ({ i, b: Buffer.from([i]) })));
  }
  assert.deepEqual(await gather([peers[3]], nsp), [[]]);
});

test("room-ack tells a time-out and what came", async (t) => {
  const { nsp, peers } = await meet(t, 3);
  for (const peer of peers) await peer.request(nsp, "join", "r");
  const start = Date.now();
  const answer = peers[0].request(nsp, "room-ack", "r", 500, 7);
  await answerRequest(peers[1], nsp, [7], "one");
  assert.deepEqual(await answer, ["timeout", ["one"]]);
  const elapsed_ms = Date.now() - start;
  assert.ok(elapsed_ms >= 490 && elapsed_ms < 6000, `${elapsed_ms} ms`);
});

test("room-ack of an empty room is answered with nothing", async (t) => {
  const { nsp, peers } = await meet(t, 1);
  const [outcome, values] = await peers[0].request(nsp, "room-ack", "nobody", 300);
  assert.ok(["ok", "timeout"].includes(outcome));
  assert.deepEqual(values, []);
});

test("room-ack: answers of those who were not asked do not count", async (t) => {
  const { nsp, peers } = await meet(t, 3);
  for (const peer of peers.slice(0, 2)) await peer.request(nsp, "join", "r");
  const answer = peers[2].request(nsp, "room-ack", "r", 700);
  const request = await peers[0].take("the request", (one) => one.data?.[0] === "room-ack-request");
  peers[2].answer(nsp, request.id, "not asked");
  peers[0].answer(nsp, request.id, "asked");
  peers[0].answer(nsp, request.id, "asked, again");
  assert.deepEqual(await answer, ["timeout", ["asked"]]);
});

test("several room-acks at once do not mix", async (t) => {
  const { nsp, peers } = await meet(t, 3);
  for (const peer of peers) await peer.request(nsp, "join", "r");
  const answers = peers.map((peer, i) => peer.request(nsp, "room-ack", "r", 20_000, i));
  for (const peer of peers) {
    for (let n = 0; n < peers.length; n++) {
      const request = await peer.take("the request", (one) => one.data?.[0] === "room-ack-request");
      peer.answer(nsp, request.id, request.data[1]);
    }
  }
  for (const [i, answer] of answers.entries()) assert.deepEqual(await answer, ["ok", [i, i, i]]);
});

test("a hundred members: counts are exact", async (t) => {
  const { nsp, peers } = await meet(t, 100);
  await Promise.all(peers.map((peer, i) => peer.request(nsp, "join", `r${i % 3}`)));
  peers[0].emit(nsp, "to-room", "r0", "x");
  peers[0].emit(nsp, "in-room", "r1", "y");
  peers[0].emit(nsp, "except-room", "r2", "z");
  peers[0].emit(nsp, "broadcast", "w");
  await peers[0].sync(nsp);
  for (const [i, events] of (await gather(peers, nsp)).entries()) {
    const expected = [];
    if (i % 3 === 0 && i !== 0) expected.push(["room-message", "r0", "x"]);
    if (i % 3 === 1) expected.push(["room-message", "r1", "y"]);
    if (i % 3 !== 2) expected.push(["except-message", "z"]);
    if (i !== 0) expected.push(["broadcast-message", "w"]);
    assert.deepEqual(events, expected, `peer ${i}`);
  }
});
