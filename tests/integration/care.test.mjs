// App `care`: families, their rooms, medications, emergencies and shifts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, kIsoTime, kUuid7, restOf } from "../support/app.mjs";
import { startBelfry } from "../support/belfry.mjs";
import { sign } from "../support/tokens.mjs";

const server = await startBelfry(null);
let made = 0;
const person = (name) => `${name}-${++made}`;
const { rest, must } = restOf(server, "/v1/care");
const join = (t, user) => AppClient.join(t, server, "care", user);

/** A family of an admin, a caregiver and a member, with a recipient and a medication. */
async function makeFamily() {
  const [ada, cara, max] = ["ada", "cara", "max"].map(person);
  const family = await must(ada)("POST", "/families", { name: "Miller" });
  await must(ada)("POST", `/families/${family.id}/members`, { userId: cara, role: "caregiver" });
  await must(ada)("POST", `/families/${family.id}/members`, { userId: max, role: "member" });
  const recipient = await must(ada)("POST", "/recipients", { familyId: family.id, name: "Grandma" });
  const medication = await must(cara)("POST", "/medications", { careRecipientId: recipient.id, name: "Aspirin", dosage: "100 mg" });
  return { ada, cara, max, family, recipient, medication };
}

/** Waits until everything that was told in the family before now has come. */
async function settle({ ada, medication }, clients) {
  const marker = await must(ada)("POST", `/medications/${medication.id}/logs`, { status: "GIVEN", notes: "marker" });
  for (const client of clients) await client.next("medication.logged", (one) => one.timestamp === marker.createdAt && one.loggedBy === ada);
}

test("connecting: without a token, and with a bad one", async (t) => {
  for (const [auth, text] of [
    [undefined, "Authentication required"],
    [{ token: "" }, "Authentication required"],
    [{ token: "x.y.z" }, "Invalid token"],
    [{ token: sign({ sub: "a", exp: 1 }) }, "Invalid token"],
  ]) {
    const client = new AppClient(server, "care", { auth });
    t.after(() => client.close());
    assert.equal((await client.refused()).message, text);
  }
});

test("a family: its founder is its first admin, and everybody is listed", async () => {
  const { ada, cara, max, family } = await makeFamily();
  assert.match(family.id, kUuid7);
  assert.deepEqual({ ...family, id: 0, createdAt: 0 }, { id: 0, name: "Miller", createdBy: ada, createdAt: 0 });
  const { items } = await must(max)("GET", `/families/${family.id}/members`);
  assert.deepEqual(items.map((one) => [one.userId, one.role]).sort(), [[ada, "admin"], [cara, "caregiver"], [max, "member"]].sort());
  assert.deepEqual((await must(cara)("GET", "/families")).items, [family]);
});

test("members are managed by admins; others are refused, strangers see nothing; anyone may leave", async () => {
  const { ada, cara, max, family } = await makeFamily();
  const stranger = person("sam");
  const members = `/families/${family.id}/members`;
  assert.equal((await rest(cara)("POST", members, { userId: stranger, role: "member" })).status, 403);
  assert.equal((await rest(cara)("DELETE", `${members}/${max}`)).status, 403);
  for (const id of [family.id, "00000000-0000-7000-8000-000000000000", "x"]) {
    for (const [method, path, body] of [
      ["GET", `/families/${id}/members`],
      ["POST", `/families/${id}/members`, { userId: stranger, role: "admin" }],
      ["DELETE", `/families/${id}/members/${max}`],
      ["GET", `/alerts?familyId=${id}`],
      ["GET", `/recipients?familyId=${id}`],
      ["POST", "/recipients", { familyId: id, name: "x" }],
    ]) {
      const refused = await rest(stranger)(method, path, body);
      assert.deepEqual([refused.status, refused.json.detail], [404, "Family not found"], `${method} ${path}`);
    }
  }
  assert.equal((await rest(ada)("POST", members, { userId: stranger, role: "boss" })).status, 422);
  assert.equal((await rest(ada)("POST", members, { userId: stranger })).status, 422);
  assert.equal((await rest(max)("DELETE", `${members}/${max}`)).status, 200);
  assert.equal((await rest(max)("GET", members)).status, 404);
  assert.equal((await rest(ada)("DELETE", `${members}/${max}`)).status, 404);
  assert.equal((await must(ada)("POST", members, { userId: cara, role: "admin" })).role, "admin");
  assert.equal((await rest(cara)("POST", members, { userId: max, role: "member" })).status, 201, "an admin now");
  assert.equal((await rest("server")("POST", members, { userId: stranger, role: "member" })).status, 201);
});

test("what belongs to a family is not there for others", async () => {
  const { ada, cara, family, recipient, medication } = await makeFamily();
  const stranger = person("sam");
  const alert = await must(ada)("POST", "/alerts", { careRecipientId: recipient.id, type: "FALL", severity: "LOW" });
  const shift = await must(ada)("POST", "/shifts", { careRecipientId: recipient.id, caregiverId: cara, startsAt: "2026-01-01T08:00:00Z", endsAt: "2026-01-01T16:00:00Z" });
  for (const [method, path, detail, body] of [
    ["GET", `/recipients/${recipient.id}/medications`, "Care recipient not found"],
    ["POST", "/medications", "Care recipient not found", { careRecipientId: recipient.id, name: "x" }],
    ["GET", `/medications/${medication.id}/logs`, "Medication not found"],
    ["POST", `/medications/${medication.id}/logs`, "Medication not found", { status: "GIVEN" }],
    ["POST", "/alerts", "Care recipient not found", { careRecipientId: recipient.id, type: "x", severity: "LOW" }],
    ["POST", `/alerts/${alert.id}/acknowledge`, "Alert not found"],
    ["POST", `/shifts/${shift.id}/check-in`, "Shift not found"],
    ["POST", `/shifts/${shift.id}/check-out`, "Shift not found"],
    ["GET", `/shifts?familyId=${family.id}`, "Family not found"],
  ]) {
    const refused = await rest(stranger)(method, path, body);
    assert.deepEqual([refused.status, refused.json.detail], [404, detail], `${method} ${path}`);
  }
});

test("medication:log over the socket: acknowledged whole, told to the family on every device, once", async (t) => {
  const them = await makeFamily();
  const { cara, max, medication } = them;
  const outsider = await join(t, person("sam"));
  const [phone, laptop, member] = [await join(t, cara), await join(t, cara), await join(t, max)];
  const { data } = await phone.must("medication:log", { medicationId: medication.id, status: "SKIPPED", notes: "asleep", scheduledTime: "2026-01-02T03:04:05.678Z" });
  assert.match(data.id, kUuid7);
  assert.deepEqual({ ...data, id: 0, createdAt: 0 }, { id: 0, medicationId: medication.id, status: "SKIPPED", notes: "asleep", scheduledTime: "2026-01-02T03:04:05.678Z", loggedBy: cara, createdAt: 0 });
  for (const client of [phone, laptop, member]) {
    assert.deepEqual(await client.next("medication.logged"), { medicationId: medication.id, medicationName: "Aspirin", status: "SKIPPED", loggedBy: cara, timestamp: data.createdAt });
  }
  await settle(them, [phone, laptop, member]);
  for (const client of [phone, laptop, member]) assert.deepEqual(client.waiting("medication.logged"), []);
  assert.deepEqual(outsider.seen, []);
  assert.equal(await outsider.fails("medication:log", { medicationId: medication.id, status: "GIVEN" }), "Medication not found");
  assert.equal(await phone.fails("medication:log", { medicationId: "none", status: "GIVEN" }), "Medication not found");
  assert.match(await phone.fails("medication:log", { medicationId: medication.id, status: "EATEN" }), /^status: must be one of GIVEN/);
  assert.match(await phone.fails("medication:log", { status: "GIVEN" }), /^medicationId: is required/);
  assert.match(await phone.fails("medication:log", { medicationId: medication.id, status: "GIVEN", scheduledTime: "soon" }), /^scheduledTime: /);
  const now = await phone.must("medication:log", { medicationId: medication.id, status: "GIVEN" });
  assert.equal(now.data.scheduledTime, now.data.createdAt);
  const logs = await must(max)("GET", `/medications/${medication.id}/logs?limit=2`);
  assert.equal(logs.items.length, 2);
  assert.deepEqual(logs.items[0], now.data);
  const rest_ = await must(max)("GET", `/medications/${medication.id}/logs?limit=2&before=${logs.nextCursor}`);
  assert.deepEqual(rest_.items, [data]);
  assert.equal(rest_.nextCursor, null);
});

test("an emergency: told to the family, a notification for each member; acknowledged once, in a race", async (t) => {
  const { ada, cara, max, family, recipient } = await makeFamily();
  const clients = [await join(t, ada), await join(t, cara), await join(t, max)];
  const alert = await must(max)("POST", "/alerts", { careRecipientId: recipient.id, type: "FALL", severity: "CRITICAL", message: "in the kitchen" });
  for (const client of clients) {
    assert.deepEqual(await client.next("emergency.alert.created"), { id: alert.id, type: "FALL", severity: "CRITICAL", careRecipientId: recipient.id, createdAt: alert.createdAt });
    const note = await client.next("notification");
    assert.deepEqual({ ...note, id: 0, createdAt: 0 }, { id: 0, message: "Grandma: FALL: in the kitchen", type: "error", createdAt: 0 });
  }
  for (let round = 0; round < 20; ++round) {
    const one = await must(ada)("POST", "/alerts", { careRecipientId: recipient.id, type: `t${round}`, severity: "LOW" });
    const answers = await Promise.all([ada, cara, max].map((user) => rest(user)("POST", `/alerts/${one.id}/acknowledge`)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409]);
    const winner = answers.find((answer) => answer.status === 200).json;
    for (const client of clients) {
      const told = await client.next("emergency.alert.acknowledged", (event) => event.alertId === one.id);
      assert.deepEqual(told, { alertId: one.id, acknowledgedBy: winner.acknowledgedBy, timestamp: winner.acknowledgedAt });
    }
  }
  const { items } = await must(cara)("GET", `/alerts?familyId=${family.id}&limit=200`);
  assert.equal(items.length, 21);
  assert.deepEqual(items.at(-1), alert);
  for (const client of clients) assert.deepEqual(client.waiting("emergency.alert.acknowledged"), []);
});

test("notifications of the app: listed, counted, read", async () => {
  const { ada, cara, recipient } = await makeFamily();
  for (const type of ["a", "b"]) await must(ada)("POST", "/alerts", { careRecipientId: recipient.id, type, severity: "MEDIUM" });
  assert.deepEqual(await must(cara)("GET", "/notifications/unread-count"), { unreadCount: 2 });
  const { items } = await must(cara)("GET", "/notifications");
  assert.deepEqual(items.map((one) => [one.message, one.type, one.read]), [["Grandma: b", "warning", false], ["Grandma: a", "warning", false]]);
  assert.deepEqual(await must(cara)("POST", `/notifications/${items[0].id}/read`), { success: true });
  assert.deepEqual((await must(cara)("GET", "/notifications?unread=true")).items.map((one) => one.id), [items[1].id]);
  assert.equal((await rest(ada)("POST", `/notifications/${items[1].id}/read`)).status, 404, "somebody else's");
  assert.deepEqual(await must(cara)("POST", "/notifications/read-all"), { success: true, count: 1 });
  assert.equal((await rest(cara)("GET", "/notifications?unread=maybe")).status, 422);
});

test("shifts: planned, begun and ended once, by the caregiver or an admin", async (t) => {
  const { ada, cara, max, family, recipient } = await makeFamily();
  const plan = { careRecipientId: recipient.id, caregiverId: cara, startsAt: "2026-01-01T08:00:00Z", endsAt: "2026-01-01T16:00:00Z" };
  for (const [field, wrong] of [["endsAt", plan.startsAt], ["startsAt", "then"], ["caregiverId", "nobody"]]) {
    const refused = await rest(ada)("POST", "/shifts", { ...plan, [field]: wrong });
    assert.deepEqual([refused.status, refused.json.errors[0].field], [422, field]);
  }
  const member = await join(t, max);
  const shift = await must(ada)("POST", "/shifts", plan);
  assert.deepEqual({ ...shift, id: 0, createdAt: 0 }, { id: 0, familyId: family.id, ...plan, startsAt: "2026-01-01T08:00:00.000Z", endsAt: "2026-01-01T16:00:00.000Z", checkedInAt: null, checkedOutAt: null, createdAt: 0 });
  assert.equal((await rest(cara)("POST", `/shifts/${shift.id}/check-out`)).status, 409);
  assert.equal((await rest(max)("POST", `/shifts/${shift.id}/check-in`)).status, 403);
  const begun = await must(cara)("POST", `/shifts/${shift.id}/check-in`);
  const about = { shiftId: shift.id, caregiverId: cara, careRecipientId: recipient.id, checkedInAt: begun.checkedInAt };
  assert.match(begun.checkedInAt, kIsoTime);
  assert.deepEqual(await member.next("shift.checkin"), about);
  assert.equal((await rest(cara)("POST", `/shifts/${shift.id}/check-in`)).status, 409);
  const ended = await must(ada)("POST", `/shifts/${shift.id}/check-out`);
  assert.deepEqual(await member.next("shift.checkout"), { ...about, checkedOutAt: ended.checkedOutAt });
  assert.equal((await rest(cara)("POST", `/shifts/${shift.id}/check-out`)).status, 409);
  assert.deepEqual((await must(max)("GET", `/shifts?familyId=${family.id}`)).items, [ended]);
});

test("joining and leaving: a new member's devices are in at once, a removed one's are out, and nothing leaks", async (t) => {
  const them = await makeFamily();
  const { ada, max, family } = them;
  const nora = person("nora");
  const [phone, laptop, member] = [await join(t, nora), await join(t, nora), await join(t, max)];
  assert.equal(await phone.fails("family:join", { familyId: family.id }), "Not a family member");
  assert.equal(await phone.fails("family:join", { familyId: "none" }), "Not a family member");
  await must(ada)("POST", `/families/${family.id}/members`, { userId: nora, role: "member" });
  for (const client of [phone, laptop, member]) assert.deepEqual(await client.next("family.member.added"), { familyId: family.id, userId: nora });
  await settle(them, [phone, laptop, member]);
  await laptop.must("family:leave", { familyId: family.id });
  await settle(them, [phone, member]);
  assert.deepEqual(laptop.waiting("medication.logged"), []);
  await laptop.must("family:join", { familyId: family.id });
  await settle(them, [phone, laptop, member]);

  await must(ada)("DELETE", `/families/${family.id}/members/${nora}`);
  assert.deepEqual(await member.next("family.member.removed"), { familyId: family.id, userId: nora });
  await settle(them, [member]);
  for (const client of [phone, laptop]) {
    assert.equal(await client.fails("family:join", { familyId: family.id }), "Not a family member");
    assert.deepEqual(client.waiting("medication.logged"), []);
    assert.deepEqual(client.waiting("family.member.removed"), []);
  }
});

test("a hundred times: connecting while one is added or removed leaves one in the room exactly as a member", async (t) => {
  const them = await makeFamily();
  const { ada, family } = them;
  const watcher = await join(t, ada);
  for (let round = 0; round < 100; ++round) {
    const user = person("race");
    const stays = round % 2 === 0;
    if (!stays) await must(ada)("POST", `/families/${family.id}/members`, { userId: user, role: "member" });
    const change = stays
      ? must(ada)("POST", `/families/${family.id}/members`, { userId: user, role: "member" })
      : must(ada)("DELETE", `/families/${family.id}/members/${user}`);
    const [client] = await Promise.all([join(t, user), change]);
    const before = client.inbox.items.length;
    await settle(them, stays ? [watcher, client] : [watcher]);
    if (!stays) {
      await client.fails("family:join", { familyId: family.id });
      assert.ok(client.inbox.items.slice(before).every((one) => one.event !== "medication.logged"), `round ${round}`);
    }
    client.close();
  }
});
