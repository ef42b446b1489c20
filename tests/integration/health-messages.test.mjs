// App health: sending messages, who gets them, how often, and in which order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7, settle, wholeHistory } from "../support/health.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null);
const kDenied = "Access denied to this conversation";

const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

/** A new visit with ada (two devices) and dr-okafor (one in the room, one not). */
async function scene(t) {
  const visit = await server.visit("ada", "dr-okafor");
  const [phone, laptop] = [await open(t, "ada"), await open(t, "ada")];
  const [inside, outside] = [await open(t, "dr-okafor", "provider"), await open(t, "dr-okafor", "provider", { transports: ["polling"] })];
  const stranger = await open(t, "bob");
  await phone.joinVisit(visit);
  await inside.joinVisit(visit);
  await phone.next("room:userJoined");
  return { visit, phone, laptop, inside, outside, stranger };
}

test("with an acknowledgement: the others get message:new, the sender's other devices message:sent, once each", async (t) => {
  const { visit, phone, laptop, inside, outside, stranger } = await scene(t);
  const { timestamp, id, ...rest } = await phone.say(visit, "Hello, doctor!");
  assert.match(id, kUuid7);
  assert.match(timestamp, kIsoTime);
  assert.deepEqual(rest, { visitId: visit.id, seq: 1, senderId: "ada", message: "Hello, doctor!", attachments: [], replyTo: null });
  const whole = { id, timestamp, ...rest };
  assert.deepEqual(await laptop.next("message:sent"), whole);
  for (const device of [inside, outside]) assert.deepEqual(await device.next("message:new"), whole);
  await settle(visit, inside, [phone, laptop, outside]);
  for (const device of [phone, laptop, inside, outside, stranger]) assert.deepEqual(device.inbox.items, []);
});

test("without one: the sending socket gets message:sent too", async (t) => {
  const { visit, phone, laptop, inside, outside, stranger } = await scene(t);
  phone.emit("message:send", { visitId: visit.id, message: "nobody answers" });
  const message = await phone.next("message:sent");
  assert.equal(message.message, "nobody answers");
  assert.deepEqual(await laptop.next("message:sent"), message);
  for (const device of [inside, outside]) assert.deepEqual(await device.next("message:new"), message);
  await settle(visit, inside, [phone, laptop, outside]);
  for (const device of [phone, laptop, inside, outside, stranger]) assert.deepEqual(device.inbox.items, []);
});

test("a visit with several providers: each of them gets it", async (t) => {
  const visit = await server.visit("ada", "dr-okafor", "dr-weiss");
  const ada = await open(t, "ada");
  const doctors = [await open(t, "dr-okafor", "provider"), await open(t, "dr-weiss", "provider")];
  const first = await ada.say(visit, "to both");
  for (const doctor of doctors) assert.deepEqual(await doctor.next("message:new"), first);
  const second = await doctors[0].say(visit, "from one");
  assert.deepEqual(await ada.next("message:new"), second);
  assert.deepEqual(await doctors[1].next("message:new"), second);
});

test("who is no part of the visit may neither write nor read", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await open(t, "ada");
  await ada.say(visit, "between us");
  for (const [sub, role] of [["bob", "patient"], ["dr-no", "provider"]]) {
    const stranger = await open(t, sub, role);
    assert.equal(await stranger.fails("message:send", { visitId: visit.id, message: "me too" }), kDenied);
    assert.equal(await stranger.fails("message:history", { visitId: visit.id }), kDenied);
  }
  assert.equal((await wholeHistory(ada, visit)).length, 1);
});

test("a visit that does not exist is denied", async (t) => {
  const ada = await open(t, "ada");
  for (const visitId of ["01890a5d-ac96-774b-bcce-b302099a8057", "visit-123", ""]) {
    assert.equal(await ada.fails("message:send", { visitId, message: "x" }), kDenied);
    assert.equal(await ada.fails("message:history", { visitId }), kDenied);
  }
});

for (const [what, more, error] of [
  ["no text", {}, /^Message content is required$/],
  ["an empty text", { message: "" }, /^Message content is required$/],
  ["an empty text and no attachment", { message: "", attachments: [] }, /^Message content is required$/],
  ["4,001 characters", { message: "é".repeat(4001) }, /^message: longer than 4000 characters$/],
  ["eleven attachments", { message: "x", attachments: Array(11).fill({ id: "1" }) }, /^attachments: more than 10$/],
  ["a number as text", { message: 5 }, /^message: ./],
  ["a list as text", { message: ["x"] }, /^message: ./],
  ["binary text", { message: Buffer.from("x") }, /^message: ./],
  ["an object as attachments", { message: "x", attachments: { 0: "x" } }, /^attachments: ./],
  ["a number as replyTo", { message: "x", replyTo: 7 }, /^replyTo: ./],
  ["an unknown replyTo", { message: "x", replyTo: "01890a5d-ac96-774b-bcce-b302099a8057" }, /^Message not found$/],
  ["an object as clientMessageId", { message: "x", clientMessageId: {} }, /^clientMessageId: ./],
  ["a list as visit", { visitId: [], message: "x" }, /^visitId: ./],
]) {
  test(`${what} is refused and changes nothing`, async (t) => {
    const visit = await server.visit("ada", "dr-okafor");
    const ada = await open(t, "ada");
    assert.match(await ada.fails("message:send", { visitId: visit.id, ...more }), error);
    assert.equal((await ada.say(visit, "after it")).seq, 1);
  });

  test(`${what} without an acknowledgement gets an error event`, async (t) => {
    const visit = await server.visit("ada", "dr-okafor");
    const ada = await open(t, "ada");
    ada.emit("message:send", { visitId: visit.id, ...more });
    const { event, message } = await ada.next("error");
    assert.equal(event, "message:send");
    assert.match(message, error);
  });
}

test("no visit id names the field", async (t) => {
  const ada = await open(t, "ada");
  assert.match(await ada.fails("message:send", { message: "x" }), /^visitId: ./);
});

test("4,000 characters, any letter, attachments alone, and a reply are taken as they are", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await open(t, "ada");
  const doctor = await open(t, "dr-okafor", "provider");
  const attachments = Array.from({ length: 10 }, (_, i) => ({ id: `file-${i}`, name: `ä ${i}.png`, size: 2 ** 40 + i, ratio: 0.1 }));
  for (const [message, more] of [
    ["é".repeat(4000), {}],
    ["𝄞 👩‍⚕️ \u202e\u0007 <script>alert(1)</script> \"quoted\" \\ \n\t end", {}],
    ["'; DROP TABLE messages; --", {}],
    ["with attachments", { attachments }],
  ]) {
    const sent = await ada.say(visit, message, more);
    assert.equal(sent.message, message);
    assert.deepEqual(sent.attachments, more.attachments ?? []);
    assert.deepEqual(await doctor.next("message:new"), sent);
  }
  const { message: bare } = await ada.must("message:send", { visitId: visit.id, attachments });
  assert.deepEqual(bare.attachments, attachments);
  const reply = await doctor.say(visit, "thanks", { replyTo: bare.id });
  assert.equal(reply.replyTo, bare.id);
  const stored = await wholeHistory(ada, visit);
  assert.equal(stored.length, 6);
  assert.deepEqual(stored[3].attachments, attachments);
  assert.equal(stored[5].replyTo, bare.id);
});

test("a reply to a message of another visit is refused", async (t) => {
  const [visit, other] = [await server.visit("ada", "dr-okafor"), await server.visit("ada", "dr-okafor")];
  const ada = await open(t, "ada");
  const foreign = await ada.say(other, "elsewhere");
  assert.equal(await ada.fails("message:send", { visitId: visit.id, message: "x", replyTo: foreign.id }), "Message not found");
});

test("200 messages at once of several users are numbered without a gap, and come in order, once each", async (t) => {
  const visit = await server.visit("ada", "dr-okafor", "dr-weiss");
  const ada = await open(t, "ada");
  const adaToo = await open(t, "ada", "patient", { namespace: "/", transports: ["polling"] });
  const okafor = await open(t, "dr-okafor", "provider");
  const weiss = await open(t, "dr-weiss", "provider");
  const senders = [ada, adaToo, okafor, weiss];
  const sent = await Promise.all(Array.from({ length: 200 }, (_, i) => senders[i % 4].say(visit, `message ${i}`)));
  assert.deepEqual(sent.map(({ seq }) => seq).sort((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i + 1));
  assert.equal(new Set(sent.map(({ id }) => id)).size, 200);
  for (const sender of senders) {
    const own = sent.filter((_, i) => senders[i % 4] === sender).map(({ seq }) => seq);
    assert.deepEqual(own, [...own].sort((a, b) => a - b), "one socket's messages keep their order");
  }

  await settle(visit, ada, senders);
  const bySeq = [...sent].sort((a, b) => a.seq - b.seq);
  for (const [client, sub] of [[okafor, "dr-okafor"], [weiss, "dr-weiss"]]) {
    assert.deepEqual(client.waiting("message:new"), bySeq.filter(({ senderId }) => senderId !== sub));
  }
  const ofOther = (index) => new Set(sent.filter((_, i) => i % 4 === index).map(({ id }) => id));
  assert.deepEqual(ada.waiting("message:sent"), bySeq.filter(({ id }) => ofOther(1).has(id)));
  assert.deepEqual(adaToo.waiting("message:sent"), bySeq.filter(({ id }) => ofOther(0).has(id)));

  const strip = ({ deliveredTo, readBy, ...message }) => message;
  assert.deepEqual((await wholeHistory(ada, visit)).map(strip).slice(0, 200), bySeq);
});

test("visits count each for itself", async (t) => {
  const visits = [await server.visit("ada", "dr-okafor"), await server.visit("ada", "dr-okafor")];
  const ada = await open(t, "ada");
  const sent = await Promise.all(Array.from({ length: 40 }, (_, i) => ada.say(visits[i % 2], `${i}`)));
  for (const visit of visits) {
    const seqs = sent.filter(({ visitId }) => visitId === visit.id).map(({ seq }) => seq);
    assert.deepEqual(seqs, Array.from({ length: 20 }, (_, i) => i + 1));
  }
});

test("the same clientMessageId is stored once and answered alike, at once and again, from any device", async (t) => {
  const { visit, phone, laptop, inside, outside } = await scene(t);
  const payload = { visitId: visit.id, message: "only once", clientMessageId: "mine-1" };
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => [phone, laptop][i % 2].must("message:send", payload)));
  answers.push(await phone.must("message:send", payload));
  answers.push(await laptop.must("message:send", { ...payload, message: "another text" }));
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  await settle(visit, outside, [phone, laptop, inside]);
  assert.deepEqual(inside.waiting("message:new"), [answers[0].message]);
  assert.deepEqual(outside.waiting("message:new"), [answers[0].message]);
  assert.equal(phone.waiting("message:sent").length + laptop.waiting("message:sent").length, 1);
  assert.equal((await wholeHistory(phone, visit)).length, 2);
});

test("the same clientMessageId without an acknowledgement: each sending socket is told, as often as it sends, the others once", async (t) => {
  const { visit, phone, laptop, inside, outside } = await scene(t);
  const payload = { visitId: visit.id, message: "only once", clientMessageId: "mine-2" };
  phone.emit("message:send", payload);
  const message = await phone.next("message:sent");
  assert.deepEqual(await laptop.next("message:sent"), message);
  for (let i = 0; i < 5; ++i) phone.emit("message:send", { ...payload, message: `another text ${i}` });
  for (let i = 0; i < 5; ++i) assert.deepEqual(await phone.next("message:sent"), message);
  await settle(visit, outside, [phone, laptop, inside]);
  for (const device of [phone, laptop]) assert.deepEqual(device.waiting("message:sent"), []);
  assert.deepEqual(inside.waiting("message:new"), [message]);
  assert.deepEqual(outside.waiting("message:new"), [message]);
  assert.equal((await wholeHistory(phone, visit)).length, 2);
});

test("the same clientMessageId from two devices at once, without an acknowledgement: one message, fifty times", async (t) => {
  const { visit, phone, laptop, inside, outside } = await scene(t);
  const kRounds = 50;
  for (let i = 0; i < kRounds; ++i) {
    for (const device of [phone, laptop]) device.emit("message:send", { visitId: visit.id, message: `by ${device.socket.id}`, clientMessageId: `both-${i}` });
  }
  const stored = [];
  for (let i = 0; i < kRounds; ++i) stored.push(await inside.next("message:new"));
  assert.deepEqual(stored.map(({ seq }) => seq), Array.from({ length: kRounds }, (_, i) => i + 1));
  // The first of the two is told to both devices, the repetition to its own: three in all.
  for (const { id } of stored) {
    await phone.next("message:sent", (one) => one.id === id);
    await laptop.next("message:sent", (one) => one.id === id);
  }
  const repeated = () => [...phone.waiting("message:sent"), ...laptop.waiting("message:sent")];
  await until(() => repeated().length >= kRounds, "every repetition is told");
  await settle(visit, outside, [phone, laptop, inside]);
  assert.deepEqual(repeated().map(({ id }) => id).sort(), stored.map(({ id }) => id).sort());
  assert.deepEqual(inside.waiting("message:new"), []);
  assert.equal((await wholeHistory(phone, visit)).length, kRounds + 1);
});

test("the same clientMessageId of another sender, or in another visit, is another message", async (t) => {
  const [visit, other] = [await server.visit("ada", "dr-okafor"), await server.visit("ada", "dr-okafor")];
  const ada = await open(t, "ada");
  const doctor = await open(t, "dr-okafor", "provider");
  const sent = [
    await ada.say(visit, "a", { clientMessageId: "x" }),
    await doctor.say(visit, "b", { clientMessageId: "x" }),
    await ada.say(other, "c", { clientMessageId: "x" }),
  ];
  assert.deepEqual(sent.map(({ seq }) => seq), [1, 2, 1]);
  assert.equal(new Set(sent.map(({ id }) => id)).size, 3);
});

test("60 messages a minute and user: the 61st of any device waits", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_MESSAGES_PER_MINUTE: "" } });
  const visit = await limited.visit("ada", "dr-okafor");
  const devices = [await Client.open(t, limited, "ada"), await Client.open(t, limited, "ada")];
  for (let i = 0; i < 60; ++i) await devices[i % 2].say(visit, `${i}`);
  for (const device of devices) {
    const { retryAfterMs, ...rest } = await device.ask("message:send", { visitId: visit.id, message: "61" });
    assert.deepEqual(rest, { success: false, error: "Rate limit exceeded" });
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 60_000, `${retryAfterMs}`);
  }
  const doctor = await Client.open(t, limited, "dr-okafor", "provider");
  assert.equal((await doctor.say(visit, "another user may")).seq, 61);
});

test("limits are settings", async (t) => {
  const env = { BELFRY_HEALTH_MESSAGE_MAX_CHARS: "5", BELFRY_HEALTH_ATTACHMENTS_MAX: "1" };
  const small = await startBelfry(t, { env });
  const visit = await small.visit("ada", "dr-okafor");
  const ada = await Client.open(t, small, "ada");
  assert.equal(await ada.fails("message:send", { visitId: visit.id, message: "123456" }), "message: longer than 5 characters");
  const two = { visitId: visit.id, message: "x", attachments: [{ id: "1" }, { id: "2" }] };
  assert.equal(await ada.fails("message:send", two), "attachments: more than 1");
});

test("a stored message is logged by its id, never by its text", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await open(t, "ada");
  const { id } = await ada.say(visit, "a very private matter");
  await until(() => server.output.includes(id), "the log names the message");
  assert.ok(!server.output.includes("private matter"));
});
