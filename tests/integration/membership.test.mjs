// Who belongs gets what happens and nobody else does: whatever sockets do meanwhile, and however busy the server is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, restOf } from "../support/app.mjs";
import { kApiKey, kNodes, startBelfry } from "../support/belfry.mjs";

const server = await startBelfry(null, { args: ["--threads", "4"], env: { BELFRY_HOUSEHOLD_TYPING_TIMEOUT_MS: 60_000 } });
const groups = restOf(server, "/v1/groups");
const household = restOf(server, "/v1/household");
let made = 0;
const person = (name) => `${name}-${++made}`;
const join = (t, app, user, options) => AppClient.join(t, server, app, user, options);
async function makeGroup(...users) {
  const { id } = await groups.must(users[0])("POST", "", { name: "Walks" });
  for (const userId of users.slice(1)) await groups.must(users[0])("POST", `/${id}/members`, { userId });
  return id;
}

test("adding somebody who belongs already changes nothing, unless a role is named", async () => {
  const [ann, ben] = [person("ann"), person("ben")];
  const id = await makeGroup(ann, ben);
  for (const userId of [ann, ben]) await groups.must(ann)("POST", `/${id}/members`, { userId });
  const { items } = await groups.must(ben)("GET", `/${id}/members`);
  assert.deepEqual(Object.fromEntries(items.map((one) => [one.userId, one.role])), { [ann]: "admin", [ben]: "member" });
  assert.equal((await groups.must(ann)("POST", `/${id}/members`, { userId: ben, role: "admin" })).role, "admin");
});

test("leaveGroup is for members, and for groups only", async (t) => {
  const [ann, eve] = [person("ann"), person("eve")];
  const id = await makeGroup(ann, eve);
  const [a, e, sam] = [await join(t, "groups", ann), await join(t, "groups", eve), await join(t, "groups", person("sam"))];
  for (const groupId of [`user:${eve}`, e.socket.id, "", "x"]) assert.equal(await e.fails("leaveGroup", { groupId }), "Not a group member");
  assert.equal(await sam.fails("leaveGroup", { groupId: id }), "Not a group member");
  await groups.must(ann)("DELETE", `/${id}/members/${eve}`);
  await a.must("sendMessage", { groupId: id, text: "not for eve" });
  const gone = new Promise((resolve) => e.socket.once("disconnect", resolve));
  assert.equal((await server.call("POST", `/v1/users/${eve}/disconnect`, { as: kApiKey })).status, 200);
  await gone;
  assert.deepEqual(e.waiting("newMessage"), []);
});

test("userOnline is for members, whatever rooms their sockets have left", async (t) => {
  const [ann, ben] = [person("ann"), person("ben")];
  const groupId = await makeGroup(ann, ben);
  const b = await join(t, "groups", ben);
  await b.must("leaveGroup", { groupId });
  await join(t, "groups", ann);
  assert.deepEqual(await b.next("userOnline"), { userId: ann, isOnline: true });
});

test("who has left a family is told nothing more of it", async (t) => {
  const [pa, kid] = [person("pa"), person("kid")];
  const { must } = household;
  const { id: familyId } = await must(pa)("POST", "/families", { name: "F" });
  await must(pa)("POST", `/families/${familyId}/members`, { userId: kid, role: "child" });
  await must(pa)("POST", "/karma", { familyId, userId: kid, amount: 10, reason: "r" });
  const reward = await must(pa)("POST", "/rewards", { familyId, name: "R", cost: 10 });
  const claim = await must(kid)("POST", "/claims", { rewardId: reward.id });
  const own = await must(kid)("POST", "/tasks", { familyId, name: "T", assignment: { type: "unassigned" } });
  const given = await must(pa)("POST", "/tasks", { familyId, name: "T", assignment: { type: "member", memberId: kid } });
  const k = await join(t, "household", kid);
  await must(pa)("DELETE", `/families/${familyId}/members/${kid}`);
  await must(pa)("POST", `/tasks/${own.id}/complete`);
  await must(pa)("DELETE", `/tasks/${given.id}`);
  await must(pa)("POST", `/claims/${claim.id}/complete`);
  const marker = await must(pa)("POST", "/chats", { memberIds: [kid] });
  assert.equal((await k.next("chat.created")).chatId, marker.id);
  assert.deepEqual(k.seen, ["chat.created"]);
});

// Other nodes are not told of what was over before they could be.
const alone = { skip: kNodes > 1 && "a matter of one node" };
test("leaving a chat's room ends typing, also one that has just begun", alone, async (t) => {
  const [ann, ben] = [person("ann"), person("ben")];
  const { id: chatId } = await household.must(ann)("POST", "/chats", { memberIds: [ben] });
  const [a, b] = [await join(t, "household", ann, { transports: ["polling"] }), await join(t, "household", ben)];
  for (const device of [a, b]) await device.must("room:join", { chatId });
  for (let i = 0; i < 20; ++i) {
    a.emit("typing:stop", { chatId }); // goes alone; the next two in one request
    const [started] = await Promise.all([a.ask("typing:start", { chatId }), a.must("room:leave", { chatId })]);
    if (started.success) {
      await b.next("typing.start");
      await b.next("typing.stop");
    }
    await a.must("room:join", { chatId });
  }
});

// Its removals keep a chat's home busy, so that what takes another way overtakes.
const kCrowd = Array.from({ length: 998 }, (_, i) => `m${String(i).padStart(4, "0")}`);

/** A chat that many have just left, and devices of one who comes back while that is told. */
async function crowdedChat(t) {
  const [ann, zoe] = [person("ann"), person("zoe")];
  const { id: chatId } = await household.must(ann)("POST", "/chats", { memberIds: [zoe] });
  const a = await join(t, "household", ann);
  const zoes = await Promise.all([0, 1, 2, 3].map(() => join(t, "household", zoe)));
  return { ann, zoe, chatId, a, zoes, put: (memberIds) => household.must(ann)("PATCH", `/chats/${chatId}`, { memberIds }) };
}

test("who was removed, added again and let in stays in, however late the removal is told", async (t) => {
  const { ann, zoe, chatId, a, zoes, put } = await crowdedChat(t);
  for (let round = 0; round < 15; ++round) {
    await put([ann, zoe, ...kCrowd]);
    for (const device of [...zoes, a]) await device.must("room:join", { chatId });
    await put([ann]);
    const back = put([ann, zoe]);
    await Promise.all(zoes.map(async (device) => {
      while (!(await device.ask("room:join", { chatId })).success);
    }));
    await back;
    const { message } = await a.must("message:send", { chatId, text: `round ${round}` });
    for (const device of zoes) await device.next("message.new", (one) => one.message.id === message.id);
  }
});

test("what was said before one belonged does not come, however late it is told", async (t) => {
  const { ann, zoe, chatId, a, zoes, put } = await crowdedChat(t);
  await a.must("room:join", { chatId });
  for (let round = 0; round < 15; ++round) {
    await put([ann, ...kCrowd]);
    await put([ann]);
    const { message: secret } = await a.must("message:send", { chatId, text: "secret" });
    const back = put([ann, zoe]);
    await Promise.all(zoes.map(async (device) => {
      while (!(await device.ask("room:join", { chatId })).success);
    }));
    await back;
    const { message: marker } = await a.must("message:send", { chatId, text: "marker" });
    for (const device of zoes) {
      await device.next("message.new", (one) => one.message.id === marker.id);
      assert.ok(!device.waiting("message.new").some((one) => one.message.id === secret.id));
    }
  }
});
