// App health: notifications, made by servers, read on any device, kept for whoever is away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7 } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_HEALTH_TOPIC_ROLES: "staff=provider+nurse,board=admin,rounds=provider" } });
const kPath = "/v1/health/notifications";
const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);
const kContent = { type: "appointment_reminder", title: "Upcoming Appointment", message: "In 30 minutes" };

let people = 0;
const somebody = (name = "ada") => `${name}-${++people}`;

async function notify(target, more = {}, as = kApiKey) {
  const answer = await server.call("POST", kPath, { as, body: { ...kContent, ...target, ...more } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

test("a notification comes to all devices of its user, once each, and to nobody else", async (t) => {
  const user = somebody();
  const devices = [await open(t, user), await open(t, user, "patient", { transports: ["polling"] })];
  const other = await open(t, somebody());
  const made = await notify({ userId: user }, { data: { visitId: "v" }, priority: "urgent" });
  const { id, createdAt, timestamp, ...rest } = made;
  assert.match(id, kUuid7);
  assert.match(createdAt, kIsoTime);
  assert.equal(timestamp, createdAt);
  assert.deepEqual(rest, { ...kContent, data: { visitId: "v" }, priority: "urgent", read: false });
  const marker = await notify({ userIds: [user, other.userId] });
  assert.deepEqual(marker, { created: 2 });
  for (const device of devices) assert.deepEqual(await device.next("notification:new"), made);
  for (const device of [...devices, other]) {
    assert.equal((await device.next("notification:new")).priority, "normal");
    assert.deepEqual(device.inbox.items, []);
  }
});

test("reading one: the user's other devices hear of it, once", async (t) => {
  const user = somebody();
  const [phone, laptop] = [await open(t, user), await open(t, user)];
  const { id: notificationId } = await notify({ userId: user });
  for (const device of [phone, laptop]) await device.next("notification:new");
  for (let i = 0; i < 2; ++i) await phone.must("notification:read", { notificationId });
  assert.deepEqual(await laptop.next("notification:read"), { notificationId });
  const stranger = await open(t, somebody());
  for (const [device, id] of [[stranger, notificationId], [phone, "nothing"]]) {
    assert.equal(await device.fails("notification:read", { notificationId: id }), "Notification not found");
  }
  await notify({ userId: user });
  for (const device of [phone, laptop]) {
    await device.next("notification:new");
    assert.deepEqual(device.inbox.items, []);
  }
});

test("readAll and getUnreadCount take a callback alone", async (t) => {
  const user = somebody();
  const [phone, laptop] = [await open(t, user), await open(t, user)];
  for (let i = 0; i < 3; ++i) await notify({ userId: user });
  assert.deepEqual(await phone.must("notification:getUnreadCount"), { success: true, unreadCount: 3 });
  assert.deepEqual(await phone.must("notification:readAll"), { success: true, markedCount: 3 });
  assert.deepEqual(await laptop.next("notification:readAll"), { markedCount: 3 });
  assert.deepEqual(await phone.must("notification:readAll"), { success: true, markedCount: 0 });
  assert.equal((await laptop.must("notification:getUnreadCount")).unreadCount, 0);
  assert.deepEqual(phone.waiting("notification:readAll"), []);
});

test("what came while the user was away is there on the next connect", async (t) => {
  const user = somebody();
  const made = [];
  for (let i = 0; i < 22; ++i) made.push(await notify({ userId: user }, { title: `number ${i}` }));
  const phone = await open(t, user);
  const pending = await phone.next("notification:pending");
  assert.equal(pending.unreadCount, 22);
  assert.deepEqual(pending.items, made.reverse().slice(0, 20));
  await phone.must("notification:readAll");
  const again = await open(t, user);
  await again.must("notification:getUnreadCount");
  assert.deepEqual(again.waiting("notification:pending"), []);
});

test("notification:list in pages, and the unread alone", async (t) => {
  const user = somebody();
  for (let i = 0; i < 5; ++i) await notify({ userId: user }, { title: `${i}` });
  const phone = await open(t, user);
  const titles = (page) => page.items.map((one) => one.title);
  const first = await phone.must("notification:list", { limit: 2 });
  assert.deepEqual(titles(first), ["4", "3"]);
  const second = await phone.must("notification:list", { limit: 2, before: first.nextCursor });
  assert.deepEqual(titles(second), ["2", "1"]);
  assert.equal((await phone.must("notification:list", { limit: 2, before: second.nextCursor })).nextCursor, null);
  await phone.must("notification:read", { notificationId: first.items[0].id });
  assert.deepEqual(titles(await phone.must("notification:list", { unreadOnly: true })), ["3", "2", "1", "0"]);
  const rest = await server.call("GET", `${kPath}?limit=1&unreadOnly=true`, { as: sign({ sub: user }) });
  assert.deepEqual(titles(rest.json), ["3"]);
  const page = await server.call("GET", `${kPath}?userId=${user}&before=${rest.json.nextCursor}`, { as: kApiKey });
  assert.deepEqual(titles(page.json), ["2", "1", "0"]);
});

test("topics: who follows gets it, also later, until they leave", async (t) => {
  const [ann, ben] = [somebody("ann"), somebody("ben")];
  const topic = `news-${people}`;
  const devices = [await open(t, ann), await open(t, ben)];
  for (const device of devices) {
    await device.must("notification:subscribe", { topics: [topic, "other"] });
    assert.deepEqual(await device.next("notification:subscribed"), { topics: [topic, "other"] });
  }
  assert.deepEqual(await notify({ topic }), { created: 2 });
  for (const device of devices) assert.equal((await device.next("notification:new")).topic, topic);
  await devices[0].must("notification:unsubscribe", { topics: [topic] });
  assert.deepEqual(await devices[0].next("notification:unsubscribed"), { topics: [topic] });
  devices[1].close();
  assert.deepEqual(await notify({ topic }), { created: 1 });
  const back = await open(t, ben);
  assert.equal((await back.next("notification:pending")).unreadCount, 2);
  assert.deepEqual(devices[0].inbox.items, []);
});

test("a topic may be for some roles only, its room too", async (t) => {
  const ask = async (role, topic) => {
    const device = await open(t, somebody(), role);
    const room = await device.ask("room:join", { roomId: `topic:${topic}`, roomType: "topic" });
    const followed = await device.ask("notification:subscribe", { topics: [topic] });
    return [room.error ?? true, followed.error ?? true];
  };
  const kDenied = ["Access denied to this room", "Access denied to this topic"];
  assert.deepEqual(await ask("provider", "staff"), [true, true]);
  assert.deepEqual(await ask("patient", "staff"), kDenied);
  assert.deepEqual(await ask("provider", "board"), kDenied);
  assert.deepEqual(await ask("admin", "staff"), [true, true]);
  assert.deepEqual(await ask("patient", "anything"), [true, true]);
});

test("who comes with a role that a topic is not for follows it no longer, and may still leave it", async (t) => {
  const user = somebody();
  const device = await open(t, user, "provider");
  await device.must("notification:subscribe", { topics: ["rounds", "for-all-rounds"] });
  assert.deepEqual(await notify({ topic: "rounds" }), { created: 1 });
  const again = await open(t, user, "patient");
  await until(async () => (await notify({ topic: "rounds" })).created === 0, "the topic is left");
  assert.deepEqual(await notify({ topic: "for-all-rounds" }), { created: 1 });
  assert.equal(await again.fails("notification:subscribe", { topics: ["rounds"] }), "Access denied to this topic");
  await again.must("notification:unsubscribe", { topics: ["rounds"] });
});

test("REST: who may, and what is wrong", async () => {
  const body = { ...kContent, userId: "ada" };
  assert.equal((await server.call("POST", kPath, { body })).status, 401);
  for (const role of ["patient", "provider", undefined]) {
    assert.equal((await server.call("POST", kPath, { as: sign({ sub: "x", role }), body })).status, 403);
  }
  await notify({ userId: somebody() }, {}, sign({ sub: "root", role: "admin" }));
  const without = ({ [Object.keys(kContent)[0]]: _, ...rest }) => rest;
  for (const [wrong, field, message] of [
    [{ ...kContent }, "userId", "or userIds or topic is required, and one of them only"],
    [{ ...body, topic: "x" }, "userId", "or userIds or topic is required, and one of them only"],
    [{ ...body, userId: "" }, "userId", "must be a user id"],
    [{ ...kContent, userIds: [] }, "userIds", "must name at least one"],
    [{ ...kContent, userIds: ["a", ""] }, "userIds.1", "must be a user id"],
    [{ ...kContent, userIds: Array(1001).fill("a") }, "userIds", "more than 1000"],
    [{ ...kContent, topic: "a b" }, "topic", "must hold no spaces"],
    [without(body), "type", "is required"],
    [{ ...body, title: " " }, "title", "must not be empty"],
    [{ ...body, title: "x".repeat(201) }, "title", "longer than 200 characters"],
    [{ ...body, priority: "huge" }, "priority", "must be low, normal, high or urgent"],
    [{ ...body, data: "x".repeat(16_384) }, "data", "larger than 16384 bytes"],
  ]) {
    const answer = await server.call("POST", kPath, { as: kApiKey, body: wrong });
    assert.deepEqual([answer.status, answer.json.errors], [422, [{ field, message }]]);
  }
  const list = await server.call("GET", `${kPath}?unreadOnly=maybe`, { as: sign({ sub: "x" }) });
  assert.deepEqual(list.json.errors, [{ field: "unreadOnly", message: "must be true or false" }]);
  assert.equal((await server.call("GET", kPath, { as: kApiKey })).json.errors[0].field, "userId");
});

test("the same Idempotency-Key makes it once", async (t) => {
  const user = somebody();
  const phone = await open(t, user);
  const call = () => server.call("POST", kPath, { as: kApiKey, body: { ...kContent, userId: user }, headers: { "Idempotency-Key": user } });
  const answers = await Promise.all(Array.from({ length: 10 }, call));
  assert.equal(new Set(answers.map((one) => one.text)).size, 1);
  assert.equal((await phone.must("notification:getUnreadCount")).unreadCount, 1);
});

test("wrong payloads of events name the field", async (t) => {
  const phone = await open(t, somebody());
  for (const [event, payload, error] of [
    ["notification:read", {}, "notificationId: is required"],
    ["notification:read", { notificationId: 1 }, "notificationId: must be a string"],
    ["notification:subscribe", { topics: "news" }, "topics: must be an array"],
    ["notification:subscribe", { topics: ["a b"] }, "topics.0: must hold no spaces"],
    ["notification:subscribe", { topics: ["x".repeat(101)] }, "topics.0: longer than 100 characters"],
    ["notification:unsubscribe", null, "payload: must be an object"],
    ["notification:list", { limit: 0 }, "limit: must be a whole number from 1 to 200"],
    ["notification:list", { unreadOnly: "yes" }, "unreadOnly: must be a boolean"],
  ]) {
    assert.equal(await phone.fails(event, payload), error, event);
  }
  const topics = Array.from({ length: 150 }, (_, i) => `t${i}`);
  await phone.must("notification:subscribe", { topics });
  assert.equal(await phone.fails("notification:subscribe", { topics: topics.map((one) => `${one}x`) }), "topics: more than 200");
});

test("one that is made while its user connects comes once: as pending, or by itself", async (t) => {
  for (let i = 0; i < 60; ++i) {
    const user = somebody("race");
    const [made, device] = await Promise.all([Promise.all([notify({ userId: user }), notify({ userId: user })]), open(t, user)]);
    const last = await notify({ userId: user });
    await device.next("notification:new", (one) => one.id === last.id);
    const pending = device.waiting("notification:pending").flatMap((one) => one.items);
    const ids = [...pending, ...device.waiting("notification:new")].map((one) => one.id);
    assert.deepEqual(ids.sort(), made.map((one) => one.id).sort());
    device.close();
  }
});
