// App health: who got a message and who read it, and who hears of that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, settle, wholeHistory } from "../support/health.mjs";

const server = await startBelfry(null);
const kDenied = "Access denied to this conversation";

const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

/** A visit of ada (two devices) with two doctors (one device, two devices), and what ada said. */
async function scene(t, texts = ["one"]) {
  const visit = await server.visit("ada", "dr-okafor", "dr-weiss");
  const ada = [await open(t, "ada"), await open(t, "ada", "patient", { transports: ["polling"] })];
  const okafor = [await open(t, "dr-okafor", "provider")];
  const weiss = [await open(t, "dr-weiss", "provider"), await open(t, "dr-weiss", "provider")];
  const said = [];
  for (const text of texts) {
    said.push(await ada[0].say(visit, text));
    await ada[1].next("message:sent");
    for (const device of [...okafor, ...weiss]) await device.next("message:new");
  }
  const all = [...ada, ...okafor, ...weiss];
  const quiet = async () => {
    await settle(visit, okafor[0], [...ada, ...weiss]);
    for (const device of all) assert.deepEqual(device.inbox.items, []);
  };
  return { visit, ada, okafor, weiss, said, quiet };
}

test("message:received: the sender's devices get message:delivered, once for each recipient", async (t) => {
  const { ada, okafor, weiss, said, quiet } = await scene(t);
  const messageId = said[0].id;
  for (let i = 0; i < 3; ++i) await okafor[0].must("message:received", { messageId });
  for (const device of ada) {
    const { timestamp, ...rest } = await device.next("message:delivered");
    assert.deepEqual(rest, { messageId, userId: "dr-okafor" });
    assert.match(timestamp, kIsoTime);
  }
  for (const device of weiss) await device.must("message:received", { messageId });
  for (const device of ada) assert.equal((await device.next("message:delivered")).userId, "dr-weiss");
  await ada[1].must("message:received", { messageId });
  await quiet();
});

test("message:received without a callback tells the sender, too", async (t) => {
  const { ada, okafor, said, quiet } = await scene(t);
  okafor[0].emit("message:received", { messageId: said[0].id });
  for (const device of ada) await device.next("message:delivered");
  await quiet();
});

test("a message that is not one's to see is not found", async (t) => {
  const { said, ada } = await scene(t);
  const stranger = await open(t, "bob");
  for (const messageId of [said[0].id, "nothing", ""]) {
    assert.equal(await stranger.fails("message:received", { messageId }), "Message not found");
  }
  assert.equal(await ada[1].fails("message:received", {}), "messageId: is required");
});

test("message:read up to a seq: the others hear of it, the reader's own devices do not", async (t) => {
  const { visit, ada, okafor, weiss, said, quiet } = await scene(t, ["one", "two", "three"]);
  const answer = await weiss[0].must("message:read", { visitId: visit.id, upTo: 2 });
  assert.deepEqual(answer, { success: true, markedCount: 2 });
  for (const device of [...ada, ...okafor]) {
    const { timestamp, ...rest } = await device.next("message:read");
    assert.deepEqual(rest, { visitId: visit.id, messageIds: [said[0].id, said[1].id], readBy: "dr-weiss" });
    assert.match(timestamp, kIsoTime);
  }
  assert.equal((await weiss[1].must("message:read", { visitId: visit.id, upTo: 2 })).markedCount, 0);
  await quiet();
});

test("message:read by ids", async (t) => {
  const { visit, ada, okafor, weiss, said, quiet } = await scene(t, ["one", "two"]);
  const messageIds = [said[1].id, said[1].id];
  assert.equal((await okafor[0].must("message:read", { visitId: visit.id, messageIds })).markedCount, 1);
  for (const device of [...ada, ...weiss]) assert.deepEqual((await device.next("message:read")).messageIds, [said[1].id]);
  await quiet();
});

test("history has who got and who read each message", async (t) => {
  const { visit, ada, okafor, weiss, said } = await scene(t, ["one", "two"]);
  await okafor[0].must("message:received", { messageId: said[0].id });
  await weiss[0].must("message:read", { visitId: visit.id, upTo: 1 });
  const [first, second] = await wholeHistory(ada[0], visit);
  assert.deepEqual([first.deliveredTo, first.readBy], [["dr-okafor", "dr-weiss"], ["dr-weiss"]]);
  assert.deepEqual([second.deliveredTo, second.readBy], [[], []]);
});

test("wrong marks change nothing", async (t) => {
  const { visit, said, weiss, quiet } = await scene(t);
  const device = weiss[0];
  const visitId = visit.id;
  for (const [payload, error] of [
    [{ visitId }, "messageIds: or upTo is required"],
    [{ visitId, upTo: 1, messageIds: [said[0].id] }, "messageIds: must not be given with upTo"],
    [{ visitId, upTo: "1" }, "upTo: must be an integer"],
    [{ visitId, upTo: -1 }, "upTo: must be a seq"],
    [{ visitId, messageIds: [7] }, "messageIds.0: must be a string"],
    [{ visitId, messageIds: [said[0].id, "nothing"] }, "Message not found"],
    [{ visitId, messageIds: Array(1001).fill("x") }, "messageIds: more than 1000"],
    [{ upTo: 1 }, "visitId: is required"],
  ]) {
    assert.equal(await device.fails("message:read", payload), error);
  }
  const stranger = await open(t, "bob");
  assert.equal(await stranger.fails("message:read", { visitId, upTo: 1 }), kDenied);
  await quiet();
});

test("two devices of a reader mark at once: the others hear of each message once, a hundred times", async (t) => {
  const { visit, ada, okafor, weiss, said, quiet } = await scene(t);
  const visitId = visit.id;
  await weiss[0].must("message:read", { visitId, upTo: said[0].seq });
  for (const device of [...ada, ...okafor]) await device.next("message:read");
  for (let i = 0; i < 100; ++i) {
    const { id, seq } = await ada[0].say(visit, `race ${i}`);
    for (const device of [...okafor, ...weiss]) await device.next("message:new");
    await ada[1].next("message:sent");
    const marks = [weiss[0].must("message:read", { visitId, upTo: seq }), weiss[1].must("message:read", { visitId, messageIds: [id] })];
    const counts = (await Promise.all(marks)).map((answer) => answer.markedCount);
    assert.equal(counts[0] + counts[1], 1);
    for (const device of [...ada, ...okafor]) assert.deepEqual((await device.next("message:read")).messageIds, [id]);
  }
  await quiet();
});
