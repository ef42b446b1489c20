// Several nodes on one PostgreSQL: what is stored on one is told by all to their own clients, once and in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, restOf } from "../support/app.mjs";
import { kApiKey } from "../support/belfry.mjs";
import { query, startCluster } from "../support/database.mjs";
import { Client, settle, wholeHistory } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { until, within } from "../support/wait.mjs";

const kSenders = 4;
const kMessages = 40; // of each sender

test("health: a message reaches the devices of both people on every node, but not the one that knows it already", async (t) => {
  const { nodes: [a, b] } = await startCluster(t, 2);
  const visit = await a.visit("ada", "dr");
  const [adaA, adaB] = [await Client.open(t, a, "ada"), await Client.open(t, b, "ada")];
  const [drA, drB] = [await Client.open(t, a, "dr", "provider"), await Client.open(t, b, "dr", "provider")];
  const sent = await adaA.say(visit, "hello");
  for (const device of [drA, drB]) assert.deepEqual(await device.next("message:new"), sent);
  assert.deepEqual(await adaB.next("message:sent"), sent);
  await drB.must("message:received", { messageId: sent.id });
  for (const device of [adaA, adaB]) assert.equal((await device.next("message:delivered")).messageId, sent.id);
  await drB.must("message:read", { visitId: visit.id, messageIds: [sent.id] });
  for (const device of [adaA, adaB]) assert.deepEqual((await device.next("message:read")).messageIds, [sent.id]);
  await settle(visit, drB, [adaA, adaB, drA]);
  assert.deepEqual([adaA, adaB, drA, drB].map((device) => device.inbox.items.filter(({ event }) => event.startsWith("message"))), [[], [], [], []]);
});

test("health: two nodes write the same conversation, and everybody gets all of it in order and once", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const visit = await nodes[0].visit("ada", "dr");
  const watchers = await Promise.all(nodes.map((node) => Client.open(t, node, "dr", "provider")));
  const senders = await Promise.all(Array.from({ length: kSenders }, (_, i) => Client.open(t, nodes[i % 2], "ada")));
  await Promise.all(senders.map(async (sender, index) => {
    for (let i = 0; i < kMessages; ++i) await sender.say(visit, `${index} ${i}`);
  }));
  const stored = (await wholeHistory(watchers[0], visit)).map(({ seq, message }) => ({ seq, message }));
  assert.deepEqual(stored.map(({ seq }) => seq), Array.from({ length: kSenders * kMessages }, (_, i) => i + 1));
  for (const watcher of watchers) {
    await watcher.next("message:new", ({ seq }) => seq === stored.length);
    const got = watcher.waiting("message:new").map(({ seq, message }) => ({ seq, message }));
    assert.deepEqual(got, stored.slice(0, -1));
  }
});

test("three nodes: sign-out and blocking end what a user has connected anywhere", async (t) => {
  const { nodes } = await startCluster(t, 3);
  const body = { email: "ann@example.org", password: "correct horse battery" };
  const registered = await nodes[0].call("POST", "/auth/register", { body });
  assert.equal(registered.status, 201, registered.text);
  const { token } = registered.json;
  const ended = (client) => within(new Promise((resolve) => client.socket.once("disconnect", resolve)), "a disconnect");
  const join = async (node, auth) => {
    const client = new AppClient(node, "care", { auth });
    t.after(() => client.close());
    await client.open();
    return client;
  };
  const mine = await Promise.all(nodes.map((node) => join(node, { token })));
  const others = await Promise.all(nodes.map((node) => join(node, { token: sign({ sub: "ben", role: "user" }) })));
  const all = mine.map(ended);
  assert.equal((await nodes[1].call("POST", "/auth/logout", { as: token })).status, 200);
  for (const client of mine) assert.deepEqual(await client.next("auth:revoked"), { reason: "session revoked" });
  assert.deepEqual(await Promise.all(all), mine.map(() => "io server disconnect"));
  const gone = others.map(ended);
  assert.equal((await nodes[2].call("PUT", "/v1/users/ben", { as: kApiKey, body: { blocked: true } })).status, 200);
  for (const client of others) assert.deepEqual(await client.next("auth:revoked"), { reason: "user blocked" });
  await Promise.all(gone);
});

test("an operator on one node disconnects a user from all", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const clients = await Promise.all(nodes.map((node) => AppClient.join(t, node, "care", "ann")));
  const gone = clients.map((client) => within(new Promise((resolve) => client.socket.once("disconnect", resolve)), "a disconnect"));
  assert.equal((await nodes[0].call("POST", "/v1/users/ann/disconnect", { as: kApiKey })).status, 200);
  await Promise.all(gone);
});

test("notifications come to every device once, whichever node made and read them", async (t) => {
  const { nodes: [a, b] } = await startCluster(t, 2);
  const devices = [await Client.open(t, a, "ann"), await Client.open(t, b, "ann")];
  const made = await a.call("POST", "/v1/health/notifications", { as: kApiKey, body: { userId: "ann", type: "info", title: "T", message: "M" } });
  assert.equal(made.status, 201, made.text);
  for (const device of devices) assert.equal((await device.next("notification:new")).message, "M");
  const { items: [{ id }] } = await devices[1].must("notification:list", {});
  await devices[1].must("notification:read", { notificationId: id });
  assert.deepEqual(await devices[0].next("notification:read"), { notificationId: id });
  await b.call("POST", "/v1/health/notifications", { as: kApiKey, body: { userId: "ann", type: "info", title: "T", message: "end" } });
  for (const device of devices) {
    assert.equal((await device.next("notification:new")).message, "end");
    assert.deepEqual(device.waiting("notification:new"), []);
  }
});

test("groups: rooms follow who belongs, on every node", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const [ra, rb] = nodes.map((node) => restOf(node, "/v1/groups"));
  const { id: groupId } = await ra.must("ann")("POST", "", { name: "Walks" });
  const anns = await Promise.all(nodes.map((node) => AppClient.join(t, node, "groups", "ann")));
  const bens = await Promise.all(nodes.map((node) => AppClient.join(t, node, "groups", "ben")));
  for (const ben of bens) assert.equal(await ben.fails("sendMessage", { groupId, text: "?" }), "Not a group member");
  for (let round = 0; round < 5; ++round) {
    await anns[0].must("sendMessage", { groupId, text: `secret ${round}` });
    await rb.must("ann")("POST", `/${groupId}/members`, { userId: "ben" });
    await bens[round % 2].must("sendMessage", { groupId, text: `round ${round}` });
    for (const client of [...anns, ...bens]) await client.next("newMessage", ({ text }) => text === `round ${round}`);
    await ra.must("ann")("DELETE", `/${groupId}/members/ben`);
  }
  for (const ben of bens) assert.deepEqual(ben.waiting("newMessage"), [], "nothing from when they did not belong");
  for (const ann of anns) assert.equal(ann.waiting("newMessage").length, 5);
});

test("care: alerts and medications reach the family on every node", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const [{ must }] = nodes.map((node) => restOf(node, "/v1/care"));
  const family = await must("ada")("POST", "/families", { name: "Miller" });
  const recipient = await must("ada")("POST", "/recipients", { familyId: family.id, name: "Grandma" });
  const clients = await Promise.all(nodes.map((node) => AppClient.join(t, node, "care", "ada")));
  const alert = await must("ada")("POST", "/alerts", { careRecipientId: recipient.id, type: "FALL", severity: "HIGH" });
  for (const client of clients) assert.equal((await client.next("emergency.alert.created")).id, alert.id);
  await restOf(nodes[1], "/v1/care").must("ada")("POST", `/alerts/${alert.id}/acknowledge`);
  for (const client of clients) {
    assert.equal((await client.next("emergency.alert.acknowledged")).alertId, alert.id);
    assert.deepEqual(client.waiting("emergency.alert.created"), []);
  }
});

test("household: tasks and chats, with whoever is connected where", async (t) => {
  const { nodes } = await startCluster(t, 2);
  const [first, second] = nodes.map((node) => restOf(node, "/v1/household"));
  const { id: familyId } = await first.must("pa")("POST", "/families", { name: "F" });
  await second.must("pa")("POST", `/families/${familyId}/members`, { userId: "kid", role: "child" });
  const kid = await AppClient.join(t, nodes[1], "household", "kid");
  const task = await first.must("pa")("POST", "/tasks", { familyId, name: "Dishes", assignment: { type: "member", memberId: "kid" } });
  assert.equal((await kid.next("task.created")).taskId, task.id);
  const { id: chatId } = await first.must("pa")("POST", "/chats", { memberIds: ["kid"] });
  const pa = await AppClient.join(t, nodes[0], "household", "pa");
  for (const one of [pa, kid]) await one.must("room:join", { chatId });
  for (let i = 0; i < 10; ++i) await (i % 2 ? pa : kid).must("message:send", { chatId, text: `${i}` });
  for (const one of [pa, kid]) {
    for (let i = 0; i < 10; ++i) assert.equal((await one.next("message.new")).message.text, `${i}`);
  }
});

test("inbox: a job for many users is done once, by whichever node", async (t) => {
  const { nodes, database } = await startCluster(t, 3);
  await query("INSERT INTO users (id, role, created_at) SELECT 'user-' || lpad(n::text, 5, '0'), 'user', 0 FROM generate_series(1, 1500) n", database);
  const made = await nodes[0].call("POST", "/v1/inbox/notifications", { as: kApiKey, body: { message: "all", type: "info", allUsers: true } });
  assert.equal(made.status, 202, made.text);
  const state = async () => (await nodes[1].call("GET", `/v1/inbox/jobs/${made.json.job.id}`, { as: kApiKey })).json;
  await until(async () => (await state()).state === "done", "the job to be done");
  assert.equal((await state()).done, 1_500);
  assert.equal(await query("SELECT count(*), count(DISTINCT user_id) FROM notifications", database), "1500|1500");
});
