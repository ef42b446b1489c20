// App `household`: families with their tasks, karma, rewards and chats.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, kIsoTime, kUuid7, restOf } from "../support/app.mjs";
import { startBelfry } from "../support/belfry.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_HOUSEHOLD_TYPING_TIMEOUT_MS: 1_000 } });
let made = 0;
const person = (name) => `${name}-${++made}`;
const { rest, must, refused } = restOf(server, "/v1/household");
const join = (t, user, options) => AppClient.join(t, server, "household", user, options);

/** A family of two parents and two children. */
async function makeFamily() {
  const [mum, dad, kim, lee] = ["mum", "dad", "kim", "lee"].map(person);
  const family = await must(mum)("POST", "/families", { name: "Miller" });
  for (const [userId, role] of [[dad, "parent"], [kim, "child"], [lee, "child"]]) {
    await must(mum)("POST", `/families/${family.id}/members`, { userId, role });
  }
  return { mum, dad, kim, lee, family, familyId: family.id };
}
const task = (f, user, more) => must(user)("POST", "/tasks", { familyId: f.familyId, name: "Dishes", assignment: { type: "unassigned" }, ...more });
const balance = (f, user) => must(f.mum)("GET", `/karma?familyId=${f.familyId}&userId=${user}`);
const give = (f, user, amount) => must(f.mum)("POST", "/karma", { familyId: f.familyId, userId: user, amount, reason: "given" });

/** Every client has had all that was told before now, and nothing of it is left. */
async function quiet(f, clients) {
  const { id } = await must(f.mum)("POST", "/chats", { name: "marker", memberIds: clients.map((one) => one.userId) });
  for (const client of clients) await client.next("chat.created", (one) => one.chatId === id);
  for (const client of clients) assert.deepEqual(client.inbox.items, [], client.userId);
}

test("connecting: no token, a bad one, one of a session", async (t) => {
  for (const auth of [undefined, { token: "" }, { token: "x.y.z" }, { token: sign({ sub: "a", exp: 1 }) }]) {
    const client = new AppClient(server, "household", { auth });
    t.after(() => client.close());
    assert.equal((await client.refused()).message, "Authentication failed");
  }
  const email = `${person("mum")}@example.org`;
  const { json } = await server.call("POST", "/auth/register", { body: { email, password: "correct horse battery" } });
  for (const token of [json.token, json.sessionToken]) {
    const client = new AppClient(server, "household", { auth: { token } });
    t.after(() => client.close());
    await client.open();
  }
});

test("a family: the founder is a parent; strangers find nothing", async () => {
  const f = await makeFamily();
  const stranger = person("sam");
  assert.match(f.family.id, kUuid7);
  assert.equal(f.family._id, f.family.id);
  const { items } = await must(f.kim)("GET", `/families/${f.familyId}/members`);
  assert.deepEqual(Object.fromEntries(items.map((one) => [one.userId, one.role])), { [f.mum]: "parent", [f.dad]: "parent", [f.kim]: "child", [f.lee]: "child" });
  const one = await task(f, f.mum);
  const reward = await must(f.mum)("POST", "/rewards", { familyId: f.familyId, name: "Cinema", cost: 5 });
  await give(f, f.kim, 5);
  const claim = await must(f.kim)("POST", "/claims", { rewardId: reward.id });
  const gone = (what) => [404, `${what} not found`];
  for (const id of [f.familyId, "x"]) {
    for (const path of ["/tasks", "/rewards", "/claims"]) assert.deepEqual(await refused(stranger, "GET", `${path}?familyId=${id}`), gone("Family"));
    assert.deepEqual(await refused(stranger, "GET", `/karma?familyId=${id}&userId=${f.kim}`), gone("Family"));
    assert.deepEqual(await refused(stranger, "POST", "/tasks", { familyId: id, name: "x", assignment: { type: "unassigned" } }), gone("Family"));
    assert.deepEqual(await refused(stranger, "POST", "/karma", { familyId: id, userId: f.kim, amount: 1, reason: "x" }), gone("Family"));
    assert.deepEqual(await refused(stranger, "POST", "/rewards", { familyId: id, name: "x", cost: 1 }), gone("Family"));
    assert.deepEqual(await refused(stranger, "POST", "/chats", { familyId: id, memberIds: [] }), gone("Family"));
  }
  for (const id of [one.id, "x"]) {
    assert.deepEqual(await refused(stranger, "POST", `/tasks/${id}/complete`), gone("Task"));
    assert.deepEqual(await refused(stranger, "POST", `/tasks/${id}/assign`, { memberId: stranger }), gone("Task"));
    assert.deepEqual(await refused(stranger, "DELETE", `/tasks/${id}`), gone("Task"));
  }
  for (const id of [claim.id, "x"]) {
    assert.deepEqual(await refused(stranger, "POST", `/claims/${id}/complete`), gone("Claim"));
    assert.deepEqual(await refused(stranger, "POST", `/claims/${id}/cancel`), gone("Claim"));
  }
  for (const id of [reward.id, "x"]) assert.deepEqual(await refused(stranger, "POST", "/claims", { rewardId: id }), gone("Reward"));
});

test("tasks: who is told when they are made, given, done and deleted, on all devices", async (t) => {
  const f = await makeFamily();
  const [mum, dad, kim, kim2, lee] = await Promise.all([f.mum, f.dad, f.kim, f.kim, f.lee].map((user) => join(t, user)));
  const all = [mum, dad, kim, kim2, lee];
  const made = await task(f, f.mum, { description: "All of them", assignment: { type: "member", memberId: f.kim }, karma: 7 });
  assert.deepEqual({ ...made, id: 0, _id: made._id === made.id, createdAt: 0 }, {
    id: 0, _id: true, familyId: f.familyId, name: "Dishes", description: "All of them", assignment: { type: "member", memberId: f.kim },
    karma: 7, claimId: null, createdBy: f.mum, createdAt: 0, completedBy: null, completedAt: null,
  });
  for (const device of [kim, kim2]) {
    assert.deepEqual(await device.next("task.created"), { taskId: made.id, familyId: f.familyId, userId: f.kim, task: made });
  }
  const given = await must(f.mum)("POST", `/tasks/${made.id}/assign`, { memberId: f.lee });
  assert.deepEqual(await lee.next("task.assigned"), { taskId: made.id, familyId: f.familyId, userId: f.lee, task: given });
  const done = await must(f.lee)("POST", `/tasks/${made.id}/complete`);
  assert.equal(done.completedBy, f.lee);
  assert.match(done.completedAt, kIsoTime);
  for (const device of [lee, mum]) {
    assert.deepEqual(await device.next("task.completed"), { taskId: made.id, familyId: f.familyId, userId: f.lee, completedBy: f.lee, task: done });
  }
  const awarded = await lee.next("karma.awarded");
  assert.deepEqual({ ...awarded, karmaId: 0, karma: 0 }, { karmaId: 0, familyId: f.familyId, userId: f.lee, amount: 7, reason: "Task: Dishes", balance: 7, karma: 0 });
  assert.deepEqual({ ...awarded.karma, createdAt: 0 }, { id: awarded.karmaId, _id: awarded.karmaId, familyId: f.familyId, userId: f.lee, amount: 7, reason: "Task: Dishes", createdBy: f.lee, createdAt: 0 });

  const roles = await task(f, f.kim, { assignment: { type: "role", role: "parent" } });
  for (const device of [mum, dad]) assert.deepEqual(await device.next("task.created"), { taskId: roles.id, familyId: f.familyId, userId: f.kim, task: roles });
  await must(f.dad)("DELETE", `/tasks/${roles.id}`);
  for (const device of [mum, dad]) assert.deepEqual(await device.next("task.deleted"), { taskId: roles.id, familyId: f.familyId, userId: f.dad, task: roles });

  const open = await task(f, f.mum);
  await must(f.kim)("POST", `/tasks/${open.id}/complete`);
  assert.equal((await mum.next("task.completed")).userId, f.kim);
  const unseen = await task(f, f.dad);
  await must(f.dad)("DELETE", `/tasks/${unseen.id}`);
  await quiet(f, all);
  const { items } = await must(f.lee)("GET", `/tasks?familyId=${f.familyId}`);
  assert.deepEqual(items.map((one) => one.id), [open.id, made.id]);
});

test("tasks: who may do what, and what is wrong", async () => {
  const f = await makeFamily();
  const kims = await task(f, f.mum, { assignment: { type: "member", memberId: f.kim } });
  const parents = await task(f, f.mum, { assignment: { type: "role", role: "parent" } });
  const open = await task(f, f.mum);
  assert.deepEqual(await refused(f.lee, "POST", `/tasks/${kims.id}/complete`), [403, "This task is somebody else's"]);
  assert.deepEqual(await refused(f.lee, "POST", `/tasks/${parents.id}/complete`), [403, "This task is somebody else's"]);
  assert.deepEqual(await refused(f.lee, "DELETE", `/tasks/${kims.id}`), [403, "This needs role parent"]);
  assert.deepEqual(await refused(f.lee, "POST", `/tasks/${kims.id}/assign`, { memberId: f.lee }), [403, "This needs role parent"]);
  assert.equal((await must(f.lee)("POST", `/tasks/${open.id}/assign`, { memberId: f.lee })).assignment.memberId, f.lee, "nobody's may be taken");
  await must(f.dad)("POST", `/tasks/${kims.id}/complete`);
  assert.deepEqual(await refused(f.kim, "POST", `/tasks/${kims.id}/complete`), [409, "This task is completed already"]);
  assert.deepEqual(await refused(f.mum, "POST", `/tasks/${kims.id}/assign`, { memberId: f.lee }), [409, "This task is completed already"]);
  assert.deepEqual(await refused("server", "POST", `/tasks/${parents.id}/complete`), [403, "An API key is no user"]);
  for (const [more, error] of [
    [{ name: " " }, "name must not be empty"],
    [{ name: 5 }, "name must be a string"],
    [{ karma: -1 }, "karma must be a whole number from 0 to 1000000"],
    [{ karma: 1.5 }, "karma must be an integer"],
    [{ assignment: undefined }, "assignment is required"],
    [{ assignment: { type: "all" } }, "assignment.type must be one of unassigned, member, role"],
    [{ assignment: { type: "member" } }, "assignment.memberId is required"],
    [{ assignment: { type: "role", role: "boss" } }, "assignment.role must be one of parent, child"],
    [{ assignment: { type: "role", role: "child", memberId: f.kim } }, "assignment.memberId is for type member only"],
    [{ assignment: { type: "member", memberId: "nobody" } }, "assignment.memberId must be a member of the family"],
  ]) {
    assert.deepEqual(await refused(f.mum, "POST", "/tasks", { familyId: f.familyId, name: "x", assignment: { type: "unassigned" }, ...more }), [422, error]);
  }
});

test("a task completed by several at once is completed once, and its karma awarded once", async (t) => {
  const f = await makeFamily();
  const [kim, lee] = await Promise.all([join(t, f.kim), join(t, f.lee)]);
  for (let i = 0; i < 50; ++i) {
    const one = await task(f, f.mum, { karma: 1 });
    const answers = await Promise.all([f.kim, f.lee, f.kim].map((user) => rest(user)("POST", `/tasks/${one.id}/complete`)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409]);
  }
  const [kims, lees] = [await balance(f, f.kim), await balance(f, f.lee)];
  assert.equal(kims.balance + lees.balance, 50);
  await quiet(f, []);
  await until(() => kim.waiting("karma.awarded").length === kims.balance, "each award is told");
  await until(() => lee.waiting("karma.awarded").length === lees.balance, "each award is told");
});

test("karma: parents give and take; each change is told with the balance, and listed", async (t) => {
  const f = await makeFamily();
  const [kim, mum] = [await join(t, f.kim), await join(t, f.mum)];
  await give(f, f.kim, 10);
  const taken = await must(f.dad)("POST", "/karma", { familyId: f.familyId, userId: f.kim, amount: -4, reason: "Shouting" });
  assert.deepEqual([taken.amount, taken.createdBy], [-4, f.dad]);
  assert.deepEqual([(await kim.next("karma.awarded")).balance, kim.inbox.items.length <= 1], [10, true]);
  const deducted = await kim.next("karma.deducted");
  assert.deepEqual(deducted, { karmaId: taken.id, familyId: f.familyId, userId: f.kim, amount: 4, reason: "Shouting", balance: 6, karma: taken });
  await quiet(f, [kim, mum]);
  const page = await must(f.lee)("GET", `/karma?familyId=${f.familyId}&userId=${f.kim}&limit=1`);
  assert.deepEqual([page.balance, page.reserved, page.items], [6, 0, [taken]]);
  const rest1 = await must(f.lee)("GET", `/karma?familyId=${f.familyId}&userId=${f.kim}&before=${page.nextCursor}`);
  assert.deepEqual([rest1.items.map((one) => one.amount), rest1.nextCursor], [[10], null]);
  const post = (user, more) => refused(user, "POST", "/karma", { familyId: f.familyId, userId: f.kim, amount: 1, reason: "x", ...more });
  assert.deepEqual(await post(f.kim), [403, "This needs role parent"]);
  assert.deepEqual(await post(f.mum, { amount: 0 }), [422, "amount must not be 0"]);
  assert.deepEqual(await post(f.mum, { amount: 1_000_001 }), [422, "amount must be a whole number from -1000000 to 1000000"]);
  assert.deepEqual(await post(f.mum, { userId: "nobody" }), [422, "userId must be a member of the family"]);
  assert.deepEqual(await post(f.mum, { reason: "" }), [422, "reason must not be empty"]);
  assert.deepEqual(await refused(f.mum, "GET", `/karma?familyId=${f.familyId}`), [422, "userId is required"]);
});

test("a claim: reserved, approved by the parents' task or directly, paid; or cancelled, and free", async (t) => {
  const f = await makeFamily();
  const [mum, dad, kim, lee] = await Promise.all([f.mum, f.dad, f.kim, f.lee].map((user) => join(t, user)));
  const reward = await must(f.mum)("POST", "/rewards", { familyId: f.familyId, name: "Cinema", cost: 10 });
  assert.deepEqual((await must(f.kim)("GET", `/rewards?familyId=${f.familyId}`)).items, [reward]);
  assert.deepEqual(await refused(f.kim, "POST", "/claims", { rewardId: reward.id }), [409, "Not enough karma"]);
  await give(f, f.kim, 25);
  await kim.next("karma.awarded");

  const claim = async () => {
    const one = await must(f.kim)("POST", "/claims", { rewardId: reward.id });
    for (const device of [kim, mum, dad]) assert.deepEqual(await device.next("claim.created"), { claimId: one.id, familyId: f.familyId, userId: f.kim, claim: one });
    for (const device of [mum, dad]) {
      const asked = await device.next("approval_task.created");
      assert.deepEqual({ ...asked, task: asked.task.assignment }, { taskId: one.taskId, claimId: one.id, familyId: f.familyId, userId: f.kim, task: { type: "role", role: "parent" } });
    }
    return one;
  };
  const paid = async (id, left) => {
    for (const device of [kim, mum, dad]) {
      const { claim: closed, ...event } = await device.next("claim.completed");
      assert.deepEqual([event, closed.status, closed.closedBy], [{ claimId: id, familyId: f.familyId, userId: f.kim }, "completed", f.dad]);
      await device.next("task.completed");
    }
    const { amount, balance: now } = await kim.next("karma.deducted");
    assert.deepEqual([amount, now], [10, left]);
    const names = kim.seen.filter((name) => name === "claim.completed" || name === "karma.deducted");
    assert.deepEqual(names.slice(-2), ["claim.completed", "karma.deducted"]);
  };

  const first = await claim();
  assert.deepEqual({ ...first, id: 0, _id: 0, taskId: 0, createdAt: 0 }, { id: 0, _id: 0, familyId: f.familyId, rewardId: reward.id, userId: f.kim, cost: 10, status: "pending", taskId: 0, createdAt: 0, closedBy: null, closedAt: null });
  const second = await claim();
  assert.deepEqual((({ balance, reserved }) => [balance, reserved])(await balance(f, f.kim)), [25, 20]);
  assert.deepEqual(await refused(f.kim, "POST", "/claims", { rewardId: reward.id }), [409, "Not enough karma"], "5 are free");
  assert.deepEqual(await refused(f.kim, "POST", `/claims/${first.id}/complete`), [403, "This needs role parent"]);
  assert.deepEqual(await refused(f.kim, "POST", `/tasks/${first.taskId}/complete`), [403, "This task is somebody else's"]);
  assert.deepEqual(await refused(f.mum, "DELETE", `/tasks/${first.taskId}`), [409, "This task lives as long as its claim"]);
  await must(f.dad)("POST", `/tasks/${first.taskId}/complete`);
  await paid(first.id, 15);
  await must(f.dad)("POST", `/claims/${second.id}/complete`);
  await paid(second.id, 5);
  for (const path of [`/claims/${first.id}/complete`, `/claims/${first.id}/cancel`]) assert.deepEqual(await refused(f.mum, "POST", path), [409, "This claim is closed already"]);
  assert.deepEqual(await refused(f.mum, "POST", `/tasks/${first.taskId}/complete`), [409, "This claim is closed already"]);

  await give(f, f.kim, 5);
  await kim.next("karma.awarded");
  const third = await claim();
  assert.deepEqual(await refused(f.lee, "POST", `/claims/${third.id}/cancel`), [403, "This needs role parent"]);
  await must(f.kim)("POST", `/claims/${third.id}/cancel`);
  for (const device of [kim, mum, dad]) assert.equal((await device.next("claim.cancelled")).claim.status, "cancelled");
  for (const device of [mum, dad]) assert.equal((await device.next("task.deleted")).taskId, third.taskId);
  assert.deepEqual((({ balance, reserved }) => [balance, reserved])(await balance(f, f.kim)), [10, 0]);
  const fourth = await claim();
  await give(f, f.kim, -3);
  await kim.next("karma.deducted");
  assert.deepEqual(await refused(f.mum, "POST", `/claims/${fourth.id}/complete`), [409, "Not enough karma"], "never below zero by a claim");
  assert.deepEqual((await must(f.lee)("GET", `/claims?familyId=${f.familyId}`)).items.map((one) => one.status), ["pending", "cancelled", "completed", "completed"]);
  await quiet(f, [mum, dad, kim, lee]);
});

test("two claims for the same karma: one wins, a hundred times", async () => {
  const f = await makeFamily();
  const rewards = await Promise.all(["a", "b"].map((name) => must(f.mum)("POST", "/rewards", { familyId: f.familyId, name, cost: 10 })));
  await give(f, f.kim, 10);
  for (let i = 0; i < 100; ++i) {
    const answers = await Promise.all(rewards.map(({ id }) => rest(f.kim)("POST", "/claims", { rewardId: id })));
    assert.deepEqual(answers.map((one) => one.status).sort(), [201, 409]);
    const { id } = answers.find((one) => one.status === 201).json;
    const closed = await Promise.all([rest(f.kim)("POST", `/claims/${id}/cancel`), rest(f.lee)("POST", `/claims/${id}/cancel`), rest(f.dad)("POST", `/claims/${id}/cancel`)]);
    assert.deepEqual(closed.map((one) => one.status).sort(), [200, 403, 409]);
  }
  assert.deepEqual((({ balance, reserved }) => [balance, reserved])(await balance(f, f.kim)), [10, 0]);
});

test("chats: made, changed and listed; told to their members", async (t) => {
  const f = await makeFamily();
  const [mum, dad, kim, lee] = await Promise.all([f.mum, f.dad, f.kim, f.lee].map((user) => join(t, user)));
  const chat = await must(f.mum)("POST", "/chats", { familyId: f.familyId, name: "Dinner", memberIds: [f.kim, f.mum] });
  assert.deepEqual({ ...chat, id: 0, _id: 0, createdAt: 0, memberIds: [...chat.memberIds].sort() }, { id: 0, _id: 0, familyId: f.familyId, name: "Dinner", createdBy: f.mum, createdAt: 0, memberIds: [f.kim, f.mum].sort() });
  for (const device of [mum, kim]) assert.deepEqual(await device.next("chat.created"), { chatId: chat.id, familyId: f.familyId, userId: f.mum, chat });
  const changed = await must(f.kim)("PATCH", `/chats/${chat.id}`, { name: "Lunch", memberIds: [f.kim, f.dad] });
  for (const device of [dad, kim]) assert.deepEqual(await device.next("chat.updated"), { chatId: chat.id, familyId: f.familyId, userId: f.kim, chat: changed });
  assert.deepEqual((await must(f.dad)("GET", "/chats")).items, [changed]);
  assert.deepEqual((await must(f.mum)("GET", "/chats")).items, []);
  assert.deepEqual(await refused(f.mum, "PATCH", `/chats/${chat.id}`, { name: "x" }), [404, "Chat not found"]);
  assert.deepEqual(await refused(f.kim, "PATCH", `/chats/${chat.id}`, { memberIds: [f.kim, "nobody"] }), [422, "memberIds.1 must be a member of the family"]);
  assert.deepEqual(await refused(f.mum, "POST", "/chats", { memberIds: "all" }), [422, "memberIds must be an array"]);
  await must(f.mum)("DELETE", `/families/${f.familyId}/members/${f.dad}`);
  assert.deepEqual((await kim.next("chat.updated")).chat.memberIds, [f.kim], "who leaves the family leaves its chats");
  assert.deepEqual((await must(f.dad)("GET", "/chats")).items, []);
  await quiet(f, [mum, kim, lee]);
});

test("messages: to the room, stored once, numbered, in history with receipts", async (t) => {
  const f = await makeFamily();
  const [mum, mum2, kim, lee] = await Promise.all([f.mum, f.mum, f.kim, f.lee].map((user) => join(t, user)));
  const chat = await must(f.mum)("POST", "/chats", { familyId: f.familyId, memberIds: [f.kim, f.lee] });
  for (const device of [mum, mum2, kim, lee]) await device.next("chat.created");
  const chatId = chat.id;
  for (const device of [mum, mum2, kim]) assert.deepEqual(await device.ask("room:join", { chatId }), { success: true });
  const stranger = await join(t, person("sam"));
  for (const id of [chatId, "x"]) {
    assert.equal(await stranger.fails("room:join", { chatId: id }), "Not a chat member");
    assert.equal(await stranger.fails("message:send", { chatId: id, text: "x" }), "Not a chat member");
    assert.equal(await stranger.fails("message:history", { chatId: id }), "Not a chat member");
    assert.equal(await stranger.fails("message:read", { chatId: id, upTo: 1 }), "Not a chat member");
    assert.equal(await stranger.fails("typing:start", { chatId: id }), "Not a chat member");
  }
  const { message } = await mum.must("message:send", { chatId, text: "Dinner!", clientMessageId: "c1" });
  assert.deepEqual({ ...message, id: 0, _id: message._id === message.id }, { id: 0, _id: true, seq: 1, chatId, senderId: f.mum, text: "Dinner!", timestamp: message.timestamp });
  for (const device of [mum, mum2, kim]) assert.deepEqual(await device.next("message.new"), { chatId, familyId: f.familyId, userId: f.mum, message });
  assert.deepEqual((await mum.must("message:send", { chatId, text: "Dinner!", clientMessageId: "c1" })).message, message);
  const fromLee = (await lee.must("message:send", { chatId, text: "Coming" })).message;
  for (const device of [mum, mum2, kim]) assert.equal((await device.next("message.new")).message.seq, 2);
  assert.equal((await kim.must("message:read", { chatId, messageIds: [message.id] })).markedCount, 1);
  for (const device of [mum, mum2]) assert.deepEqual(await device.next("message.read"), { chatId, familyId: f.familyId, userId: f.kim, messageIds: [message.id] });
  assert.equal((await kim.must("message:read", { chatId, upTo: 2 })).markedCount, 1);
  for (const device of [mum, mum2]) assert.deepEqual((await device.next("message.read")).messageIds, [fromLee.id]);
  const history = await lee.must("message:history", { chatId, limit: 1 });
  assert.deepEqual(history, { success: true, messages: [{ ...fromLee, deliveredTo: [f.kim], readBy: [f.kim] }], hasMore: true, nextCursor: history.nextCursor });
  assert.deepEqual((await lee.must("message:history", { chatId, before: history.nextCursor })).messages, [{ ...message, deliveredTo: [f.kim], readBy: [f.kim] }]);
  for (const [event, payload, error] of [
    ["message:send", { chatId, text: " " }, "text: must not be empty"],
    ["message:send", { chatId, text: "x".repeat(4_001) }, "text: longer than 4000 characters"],
    ["message:send", { chatId }, "text: is required"],
    ["message:read", { chatId }, "messageIds: or upTo is required"],
    ["message:history", { chatId, limit: 0 }, "limit: must be a whole number from 1 to 200"],
    ["room:join", {}, "chatId: is required"],
  ]) assert.equal(await mum.fails(event, payload), error);
  assert.deepEqual(await mum.ask("room:leave", { chatId }), { success: true });
  await kim.must("message:send", { chatId, text: "Bye" });
  for (const device of [mum2, kim]) await device.next("message.new");
  await quiet(f, [mum, mum2, kim, lee]);
});

test("typing: told to the others once, stopped by a stop, by silence, by leaving and by going", async (t) => {
  const f = await makeFamily();
  const [mum, kim, kim2] = await Promise.all([f.mum, f.kim, f.kim].map((user) => join(t, user)));
  const chat = await must(f.mum)("POST", "/chats", { memberIds: [f.kim] });
  const chatId = chat.id;
  for (const device of [mum, kim, kim2]) await device.must("room:join", { chatId });
  const told = { chatId, familyId: null, userId: f.kim };
  const both = async (event) => assert.deepEqual(await mum.next(event), told);
  kim.must("typing:start", { chatId });
  kim.must("typing:start", { chatId });
  await both("typing.start");
  kim.must("typing:stop", { chatId });
  await both("typing.stop");
  kim.must("typing:start", { chatId });
  await both("typing.start");
  await both("typing.stop"); // by itself
  kim.must("typing:start", { chatId });
  await both("typing.start");
  kim.must("room:leave", { chatId });
  await both("typing.stop");
  assert.equal(await kim.fails("typing:start", { chatId }), "Not a chat member");
  await kim2.must("typing:start", { chatId });
  await both("typing.start");
  kim2.close();
  await both("typing.stop");
  await kim.must("room:join", { chatId });
  kim.must("typing:start", { chatId });
  await both("typing.start");
  await must(f.mum)("PATCH", `/chats/${chatId}`, { memberIds: [f.mum] });
  await both("typing.stop");
  assert.equal(await kim.fails("typing:start", { chatId }), "Not a chat member");
  assert.deepEqual([mum.waiting("typing.start"), mum.waiting("typing.stop"), kim.waiting("typing.start")], [[], [], []]);
});

test("who is removed from a chat gets nothing that was said after", async (t) => {
  const f = await makeFamily();
  const [mum, kim] = [await join(t, f.mum), await join(t, f.kim)];
  const chat = await must(f.mum)("POST", "/chats", { memberIds: [f.kim] });
  const chatId = chat.id;
  for (const device of [mum, kim]) await device.must("room:join", { chatId });
  for (let i = 0; i < 50; ++i) {
    const sent = mum.must("message:send", { chatId, text: `before ${i}` });
    const removed = must(f.mum)("PATCH", `/chats/${chatId}`, { memberIds: [f.mum] });
    await sent;
    await removed;
    const after = await mum.must("message:send", { chatId, text: `after ${i}` });
    await must(f.mum)("PATCH", `/chats/${chatId}`, { memberIds: [f.mum, f.kim] });
    await kim.next("chat.updated", (one) => one.chat.memberIds.includes(f.kim));
    assert.ok(!kim.waiting("message.new").some((one) => one.message.id === after.message.id));
    await kim.must("room:join", { chatId });
    const back = await mum.must("message:send", { chatId, text: `back ${i}` });
    await kim.next("message.new", (one) => one.message.id === back.message.id);
  }
});
