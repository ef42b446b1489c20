// App `groups`: group chat, whose users may have numbers for ids.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, kIsoTime, kUuid7, restOf } from "../support/app.mjs";
import { startBelfry } from "../support/belfry.mjs";
import { DatabaseLock } from "../support/lock.mjs";
import { sign } from "../support/tokens.mjs";
import { until, within } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_GROUPS_MESSAGES_PER_MINUTE: 100 } });
let made = 1_000;
const person = () => ++made;
const { rest, must, refused } = restOf(server, "/v1/groups");
const join = async (t, user, on = server) => AppClient.join(t, on, "groups", user);

/** A group of `size` members, the first of whom made it. */
async function makeGroup(size = 3) {
  const users = Array.from({ length: size }, person);
  const group = await must(users[0])("POST", "", { name: "Walks" });
  for (const userId of users.slice(1)) await must(users[0])("POST", `/${group.id}/members`, { userId });
  return { users, group, groupId: group.id };
}
/** Clients of its first members, after all that their coming told. */
async function enter(t, g, count = g.users.length) {
  const clients = [];
  for (const user of g.users.slice(0, count)) {
    clients.push(await join(t, user));
    for (const one of clients.slice(0, -1)) await one.next("userOnline", (told) => told.userId === user);
  }
  return clients;
}
/** The error of an event: as event `error` and, where it was asked for, in the answer. */
async function fails(client, event, payload) {
  const error = await client.fails(event, payload);
  assert.deepEqual(await client.next("error"), { message: error });
  client.emit(event, payload);
  assert.deepEqual(await client.next("error"), { message: error });
  return error;
}

test("connecting without a good token: disconnected by the server", async (t) => {
  for (const auth of [undefined, {}, { token: "x.y.z" }, { token: sign({ sub: 1, exp: 1 }) }]) {
    const client = new AppClient(server, "groups", { auth });
    t.after(() => client.close());
    const reason = await within(new Promise((resolve) => client.socket.once("disconnect", resolve)), "a disconnect");
    assert.equal(reason, "io server disconnect");
    assert.deepEqual(client.waiting("error"), [{ message: "User not authenticated" }]);
  }
});

test("groups and members: numbers as numbers, other ids as text", async () => {
  const [one, two] = [person(), person()];
  const group = await must(one)("POST", "", { name: "Walks" });
  assert.match(group.id, kUuid7);
  assert.deepEqual({ ...group, id: 0, createdAt: 0 }, { id: 0, name: "Walks", createdBy: one, createdAt: 0 });
  const path = `/${group.id}/members`;
  const kLargest = 2 ** 53 - 1;
  for (const [given, seen] of [[two, two], [String(two), two], ["007", "007"], ["anna", "anna"], ["-5", "-5"], [kLargest, kLargest], ["9007199254740992", "9007199254740992"], [0, 0]]) {
    assert.deepEqual((({ groupId, userId, role }) => [groupId, userId, role])(await must(one)("POST", path, { userId: given })), [group.id, seen, "member"]);
  }
  const { items } = await must(two)("GET", path);
  assert.deepEqual(items.map((member) => member.userId).sort(), [0, one, two, kLargest, "007", "-5", "9007199254740992", "anna"].sort());
  assert.deepEqual(await must(two)("GET", ""), { items: [group], nextCursor: null });
  for (const [userId, error] of [[undefined, "userId is required"], [-1, "userId must be from 0 to 9007199254740991"], [2 ** 53, "userId must be from 0 to 9007199254740991"], [1.5, "userId must be a string or a whole number"], [[], "userId must be a string or a whole number"], ["", "userId must be a user id"]]) {
    assert.deepEqual(await refused(one, "POST", path, { userId }), [422, error]);
  }
  assert.deepEqual(await refused(two, "DELETE", `${path}/${one}`), [403, "This needs role admin"]);
  assert.deepEqual(await refused(two, "POST", path, { userId: 5, role: "admin" }), [403, "This needs role admin"]);
  assert.equal((await rest(one)("DELETE", `${path}/${two}`)).status, 200);
  for (const [method, where, body] of [["GET", path], ["POST", path, { userId: 1 }], ["GET", `/${group.id}/messages`], ["POST", `/${group.id}/messages`, { text: "x" }], ["GET", `/${group.id}/online`]]) {
    assert.deepEqual(await refused(two, method, where, body), [404, "Group not found"]);
  }
});

test("messages: to the whole group, the sender too, on all devices, once", async (t) => {
  const g = await makeGroup();
  const [ann, ben] = await enter(t, g, 2);
  const ben2 = await join(t, g.users[1]);
  const attachments = [{ url: "https://example.org/a.png", type: "image/png" }, { url: "https://example.org/a.pdf", type: "application/pdf" }];
  const { message } = await ann.must("sendMessage", { groupId: g.groupId, text: "Hi", attachments });
  assert.deepEqual({ ...message, id: 0, timestamp: 0 }, { id: 0, seq: 1, senderId: g.users[0], groupId: g.groupId, text: "Hi", attachments, timestamp: 0, readBy: [g.users[0]] });
  assert.match(message.id, kUuid7);
  assert.match(message.timestamp, kIsoTime);
  for (const device of [ann, ben, ben2]) assert.deepEqual(await device.next("newMessage"), message);
  ben.emit("sendMessage", { groupId: g.groupId, text: "", attachments: [attachments[0]] });
  for (const device of [ann, ben, ben2]) assert.equal((await device.next("newMessage")).seq, 2);
  const third = await must(g.users[2])("POST", `/${g.groupId}/messages`, { text: "From afar" });
  for (const device of [ann, ben, ben2]) assert.deepEqual(await device.next("newMessage"), third);
  for (const device of [ann, ben, ben2]) assert.deepEqual(device.inbox.items, []);
});

test("read: the reader is added, and the group told, once", async (t) => {
  const g = await makeGroup();
  const [ann, ben, carl] = await enter(t, g);
  const { message } = await ann.must("sendMessage", { groupId: g.groupId, text: "Hi" });
  const seen = { groupId: g.groupId, messageId: message.id };
  await ann.must("markAsRead", seen);
  await Promise.all([ben.must("markAsRead", seen), carl.must("markAsRead", seen), ben.must("markAsRead", seen)]);
  await ben.must("markAsRead", seen);
  for (const device of [ann, ben, carl]) {
    assert.equal((await device.next("newMessage")).id, message.id);
    const told = [await device.next("messageRead"), await device.next("messageRead")];
    assert.deepEqual(told.sort((a, b) => a.userId - b.userId), [ben, carl].map(({ userId }) => ({ messageId: message.id, userId })));
  }
  const [kept] = (await must(g.users[1])("GET", `/${g.groupId}/messages`)).items;
  assert.deepEqual(kept, { ...message, readBy: g.users });
  const other = await makeGroup(1);
  await must(other.users[0])("POST", `/${other.groupId}/members`, { userId: g.users[0] });
  assert.equal(await fails(ann, "markAsRead", { groupId: other.groupId, messageId: message.id }), "Message not found");
  for (const device of [ann, ben, carl]) assert.deepEqual(device.inbox.items, []);
});

test("errors: as event and in the answer, and nothing is stored", async (t) => {
  const g = await makeGroup(1);
  const [ann] = await enter(t, g);
  const other = await makeGroup(1);
  for (const groupId of [other.groupId, "x"]) {
    assert.equal(await fails(ann, "sendMessage", { groupId, text: "x" }), "Not a group member");
    assert.equal(await fails(ann, "joinGroup", { groupId }), "Not a group member");
    assert.equal(await fails(ann, "markAsRead", { groupId, messageId: "x" }), "Not a group member");
  }
  const { groupId } = g;
  const one = (url, type) => ({ groupId, text: "x", attachments: [{ url, type }] });
  for (const [payload, error] of [
    [{ groupId }, "text: is required"],
    [{ groupId, text: "" }, "text: must not be empty"],
    [{ groupId, text: 5 }, "text: must be a string"],
    [{ groupId: 5, text: "x" }, "groupId: must be a string"],
    [{ groupId, text: "x".repeat(4_001) }, "text: longer than 4000 characters"],
    [{ groupId, text: "x", attachments: {} }, "attachments: must be an array"],
    [one("", "image/png"), "attachments.0.url: must not be empty"],
    [one("x".repeat(2_001), "image/png"), "attachments.0.url: longer than 2000 characters"],
    [one("https://example.org", "text/html"), "attachments.0.type: is not allowed"],
    [one("https://example.org", "image/"), "attachments.0.type: must be a MIME type"],
    [one("https://example.org", "image/png\r\nX: y"), "attachments.0.type: must be a MIME type"],
    [one("https://example.org", `image/${"x".repeat(250)}`), "attachments.0.type: must be a MIME type"],
    [one("https://example.org", "imagex/png"), "attachments.0.type: is not allowed"],
    [{ groupId, text: "x", attachments: Array(11).fill({ url: "u", type: "image/png" }) }, "attachments: more than 10"],
  ]) assert.equal(await fails(ann, "sendMessage", payload), error);
  for (const payload of [null, 5, "x", []]) await fails(ann, "sendMessage", payload);
  await ann.must("sendMessage", one("https://example.org", "IMAGE/PNG; x=y"));
  assert.equal((await must(g.users[0])("GET", `/${groupId}/messages`)).items.length, 1);
});

test("who comes and goes: told to the members of their groups, for the first device and the last", async (t) => {
  const g = await makeGroup();
  const [ann, ben] = await enter(t, g, 2);
  const both = await must(g.users[0])("POST", "", { name: "Also" });
  await must(g.users[0])("POST", `/${both.id}/members`, { userId: g.users[2] });
  const stranger = await join(t, person());
  const carl = g.users[2];
  const phones = [await join(t, carl), await join(t, carl), await join(t, carl)];
  for (const device of [ann, ben]) assert.deepEqual(await device.next("userOnline"), { userId: carl, isOnline: true });
  assert.deepEqual((await must(g.users[0])("GET", `/${g.groupId}/online`)).items, g.users);
  phones[1].close();
  await within(new Promise((resolve) => phones[0].socket.emit("joinGroup", { groupId: g.groupId }, resolve)), "an answer");
  phones[0].close();
  phones[2].drop();
  for (const device of [ann, ben]) assert.deepEqual(await device.next("userOnline"), { userId: carl, isOnline: false });
  assert.deepEqual((await must(g.users[0])("GET", `/${g.groupId}/online`)).items, g.users.slice(0, 2));
  for (const device of [ann, ben, stranger, ...phones]) assert.deepEqual(device.inbox.items, []);
});

test("coming and going a hundred times: told in turns, and right at the end", async (t) => {
  const g = await makeGroup(2);
  const [ann] = await enter(t, g, 1);
  for (let i = 0; i < 100; ++i) {
    const ben = await join(t, g.users[1]);
    i % 2 ? ben.close() : ben.drop();
  }
  const last = await join(t, g.users[1]);
  let online = false;
  const { groupId } = g;
  await last.must("sendMessage", { groupId, text: "here" });
  await ann.next("newMessage");
  await until(() => ann.waiting("userOnline").at(-1).isOnline, "the last is online");
  for (const told of ann.waiting("userOnline")) {
    assert.equal(told.isOnline, !online);
    online = told.isOnline;
  }
  assert.deepEqual((await must(g.users[0])("GET", `/${groupId}/online`)).items, g.users);
});

test("members who come and go: their sockets at once, and nothing under way leaks", async (t) => {
  const g = await makeGroup(2);
  const { groupId } = g;
  const ann = await join(t, g.users[0]);
  const carlId = person();
  const carl = await join(t, carlId);
  for (let i = 0; i < 25; ++i) {
    await must(g.users[0])("POST", `/${groupId}/members`, { userId: carlId });
    const { message } = await ann.must("sendMessage", { groupId, text: `in ${i}` });
    assert.equal((await carl.next("newMessage")).id, message.id);
    const underWay = ann.must("sendMessage", { groupId, text: `out ${i}` });
    const { status } = await rest(g.users[0])("DELETE", `/${groupId}/members/${carlId}`);
    assert.equal(status, 200);
    const { message: out } = await underWay;
    const after = await must(g.users[0])("POST", `/${groupId}/messages`, { text: "after" });
    await ann.next("newMessage", (one) => one.id === after.id);
    assert.ok(!carl.waiting("newMessage").some((one) => one.id === after.id));
    carl.inbox.items = carl.inbox.items.filter((one) => one.args[0].id !== out.id);
    assert.deepEqual(carl.inbox.items, []);
  }
  assert.equal(await fails(carl, "joinGroup", { groupId }), "Not a group member");
});

test("leaving a room and joining it again: one socket's matter", async (t) => {
  const g = await makeGroup(2);
  const { groupId } = g;
  const [ann] = await enter(t, g, 1);
  const ann2 = await join(t, g.users[0]);
  assert.deepEqual(await ann.ask("leaveGroup", { groupId }), { success: true });
  await ann.must("sendMessage", { groupId, text: "away" });
  assert.equal((await ann2.next("newMessage")).text, "away");
  assert.deepEqual(await ann.ask("joinGroup", { groupId }), { success: true });
  await ann.must("sendMessage", { groupId, text: "back" });
  for (const device of [ann, ann2]) assert.equal((await device.next("newMessage")).text, "back");
  assert.deepEqual(ann.inbox.items, []);
});

test("history over REST: pages, and what followed a message", async () => {
  const g = await makeGroup(1);
  const say = async (text) => (await must(g.users[0])("POST", `/${g.groupId}/messages`, { text })).seq;
  for (let i = 1; i <= 5; ++i) assert.equal(await say(`${i}`), i);
  const page = (query) => must(g.users[0])("GET", `/${g.groupId}/messages?${query}`);
  const first = await page("limit=2");
  assert.deepEqual(first.items.map((one) => one.seq), [5, 4]);
  assert.deepEqual((await page(`limit=2&before=${first.nextCursor}`)).items.map((one) => one.seq), [3, 2]);
  assert.deepEqual((await page("after=3")).items.map((one) => one.seq).sort(), [4, 5]);
  assert.deepEqual(await refused(g.users[0], "GET", `/${g.groupId}/messages?after=x`), [422, "after must be a seq or a cursor"]);
  const again = async () => (await rest(g.users[0])("POST", `/${g.groupId}/messages`, { text: "once" }, { headers: { "Idempotency-Key": "k" } })).json.seq;
  assert.deepEqual([await again(), await again()], [6, 6]);
  assert.deepEqual(await refused("server", "POST", `/${g.groupId}/messages`, { text: "x" }), [403, "An API key is no user"]);
});

test("the limit of messages a minute, per user, over all ways", async (t) => {
  const strict = await startBelfry(t, { env: { BELFRY_GROUPS_MESSAGES_PER_MINUTE: 3 } });
  const user = person();
  const call = (path, body) => strict.call("POST", `/v1/groups${path}`, { as: sign({ sub: user }), body });
  const { id: groupId } = (await call("", { name: "x" })).json;
  const [one, two] = [await join(t, user, strict), await join(t, user, strict)];
  await one.must("sendMessage", { groupId, text: "1" });
  await two.must("sendMessage", { groupId, text: "2" });
  assert.equal((await call(`/${groupId}/messages`, { text: "3" })).status, 201);
  assert.equal(await fails(one, "sendMessage", { groupId, text: "4" }), "Rate limit exceeded");
  assert.equal((await call(`/${groupId}/messages`, { text: "4" })).status, 429);
});

test("who was online when the server died is not online after it", async (t) => {
  const first = await startBelfry(t, { alone: true });
  const user = person();
  const call = (on, method, path, body) => on.call(method, `/v1/groups${path}`, { as: sign({ sub: user }), body });
  const { id } = (await call(first, "POST", "", { name: "x" })).json;
  await join(t, user, first);
  const online = async (on) => (await call(on, "GET", `/${id}/online`)).json.items;
  await until(async () => (await online(first)).includes(user), "the user is online");
  await first.kill();
  await first.start();
  assert.deepEqual(await online(first), []);
});

test("who goes while the store is away is told to be gone once it is back", async (t) => {
  const away = await startBelfry(t, { alone: true, env: { DATABASE_URL: "" } }); // a file, which can be locked
  const [one, two] = [person(), person()];
  const call = (method, path, body) => away.call(method, `/v1/groups${path}`, { as: sign({ sub: one }), body });
  const { id } = (await call("POST", "", { name: "x" })).json;
  await call("POST", `/${id}/members`, { userId: two });
  const ann = await join(t, one, away);
  const ben = await join(t, two, away);
  await ann.next("userOnline");
  const lock = new DatabaseLock(away.dataDir);
  t.after(() => lock.release());
  await lock.held;
  await ben.close();
  await until(() => away.output.includes("presence not stored yet"), "the store has refused it");
  await lock.release();
  assert.deepEqual(await ann.next("userOnline"), { userId: two, isOnline: false });
  assert.deepEqual((await call("GET", `/${id}/online`)).json.items, [one]);
});
