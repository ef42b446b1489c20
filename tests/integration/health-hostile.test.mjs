// App health: whatever a client sends, it is answered, changes nothing, and nobody else notices.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { startBelfry } from "../support/belfry.mjs";
import { Client, wholeHistory } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { pause, within } from "../support/wait.mjs";

const server = await startBelfry(null);

/** What each event takes, from the reference: `{field: type}`; optional types end with a question mark. */
const kReference = JSON.parse(await readFile(new URL("../../web/docs/events.json", import.meta.url), "utf8"));
const kEvents = [...kReference.apps.find((app) => app.app === "health").clientEvents, ...kReference.everyApp.clientEvents].map(({ event, payload }) => ({
  event, types: payload ?? {}, fields: Object.keys(payload ?? {}), demanding: Object.values(payload ?? {}).some((type) => !type.endsWith("?")),
}));
const kNowhere = "01890a5d-ac96-774b-bcce-b302099a8057";
const kGood = {
  recipientId: "dr-okafor", callType: "video", callId: kNowhere, messageId: kNowhere, notificationId: kNowhere, userIds: ["ada"], topics: ["news"],
  status: "online", signal: {}, signalType: "offer", metrics: {}, token: "x", upTo: 1,
};

function nested(depth, leaf = 1) {
  let value = leaf;
  for (let i = 0; i < depth; ++i) value = i % 2 ? { a: value } : [value];
  return value;
}

const kValues = [
  ["null", null],
  ["true", true],
  ["zero", 0],
  ["a negative number", -1],
  ["a huge number", 1e308],
  ["a number past 64 bits", 2 ** 70],
  ["an empty text", ""],
  ["text", "hostile"],
  ["zeros", "visit:\u0000\u0000"],
  ["half a pair", "\ud800"],
  ["an SQL quote", "' OR 1=1 --"],
  ["a path", "../../../etc/passwd"],
  ["an empty list", []],
  ["a list", [[["x"]]]],
  ["an empty object", {}],
  ["an operator", { $ne: null }],
  ["a prototype", JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}')],
  ["binary", Buffer.from([0, 255, 1])],
  ["binary within", { a: [Buffer.alloc(10), { b: Buffer.alloc(0) }] }],
  ["a placeholder", { _placeholder: true, num: 0 }],
  ["a long text", "y".repeat(200_000)],
  ["many", Array.from({ length: 5_000 }, (_, i) => i)],
  ["depth 200", nested(200)],
  ["depth 250", nested(250)],
];

/** An answer of the agreed shape; never silence. */
function checkAnswer(answer, what) {
  assert.equal(typeof answer?.success, "boolean", `${what}: ${JSON.stringify(answer)?.slice(0, 200)}`);
  if (!answer.success) assert.ok(typeof answer.error === "string" && answer.error.length < 1_000, `${what}: the error`);
  assert.notEqual(answer.error, "Internal error", what);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const kIs = { string: (value) => typeof value === "string", integer: Number.isInteger, number: Number.isFinite, boolean: (value) => typeof value === "boolean", object: isObject, any: () => true };

/** Whether a value is none of a type of the reference. */
function isWrong(type, value) {
  if (type.endsWith("?")) return value !== null && isWrong(type.slice(0, -1), value);
  if (type.endsWith("[]")) return !Array.isArray(value) || value.some((one) => isWrong(type.slice(0, -2), one));
  return value === null || !kIs[type](value);
}

async function scene(t) {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await Client.open(t, server, "ada");
  const doctor = await Client.open(t, server, "dr-okafor", "provider");
  await ada.joinVisit(visit);
  await doctor.joinVisit(visit);
  await ada.next("room:userJoined");
  return { visit, ada, doctor, good: { ...kGood, roomId: `visit:${visit.id}`, roomType: "visit", visitId: visit.id } };
}

/** Nothing has changed, and both are served as before. */
async function checkUnharmed({ visit, ada, doctor }, seq) {
  const message = await ada.say(visit, "still here");
  assert.equal(message.seq, seq);
  assert.deepEqual(await doctor.next("message:new", ({ id }) => id === message.id), message);
  server.check();
}

for (const { event, types, fields, demanding } of kEvents) {
  const field = new RegExp(`^(payload|(${fields.join("|")})(\\.[^:]+)?): .`);

  test(`${event} answers any payload`, async (t) => {
    const all = await scene(t);
    for (const [what, value] of kValues) {
      const answer = await all.ada.ask(event, value);
      checkAnswer(answer, `${event} ${what}`);
      if (demanding) assert.match(answer.error ?? "taken", field, `${event} ${what}`);
    }
    const answer = await all.ada.ask(event);
    checkAnswer(answer, `${event} nothing`);
    if (demanding) assert.match(answer.error ?? "taken", field, `${event} nothing`);
    await checkUnharmed(all, 1);
  });

  test(`${event} answers any field of any payload`, async (t) => {
    const all = await scene(t);
    for (const field of fields) {
      for (const [what, value] of kValues) {
        const visit = field === "visitId" ? value : kNowhere;
        const payload = { ...all.good, visitId: visit, [field]: value };
        if (event === "message:send" && field !== "message") payload.message ??= "x";
        const answer = await all.ada.ask(event, payload);
        checkAnswer(answer, `${event} ${field} ${what}`);
        if (isWrong(types[field], value)) assert.match(answer.error ?? "taken", new RegExp(`^${field}(\\.[^:]+)?: .`), `${event} ${field} ${what}`);
      }
    }
    await all.ada.joinVisit(all.visit);
    await checkUnharmed(all, 1);
  });

  test(`${event} without a callback is survived${demanding ? ", and told by an error" : ""}`, async (t) => {
    const all = await scene(t);
    if (!demanding) {
      for (const [, value] of kValues) all.ada.emit(event, value);
      return checkUnharmed(all, 1);
    }
    for (const [what, value] of kValues) {
      all.ada.emit(event, value);
      const { event: name, message } = await all.ada.next("error");
      assert.equal(name, event, what);
      assert.equal(typeof message, "string", what);
    }
    all.ada.emit(event);
    assert.equal((await all.ada.next("error")).event, event);
    await checkUnharmed(all, 1);
  });

  test(`${event} with more arguments than it takes is answered`, async (t) => {
    const all = await scene(t);
    checkAnswer(await all.ada.ask(event, {}, {}, 1, "x", Buffer.from("y")), event);
    await checkUnharmed(all, 1);
  });
}

for (const [app, options] of [["health", {}], ["health", { namespace: "/" }], ["health", { transports: ["polling"] }], ["care", {}], ["inbox", { extraHeaders: { Cookie: `token=${sign({ sub: "ada" })}` } }]]) {
  test(`app ${app}${Object.keys(options).join()}: unknown events are answered, or told by an error, reserved names too, and the socket lives on`, async (t) => {
    const client = await AppClient.join(t, server, app, "ada", options);
    const known = ["auth:refresh", { token: 1 }];
    for (const name of ["", "constructor", "__proto__", "toString", "message", "connected", "server:shutdown", "auth:expired", "room:userJoined", "error", "x".repeat(10_000), "é\u0000"]) {
      const what = name.slice(0, 40);
      for (const args of [[], [{ a: 1 }], [null, Buffer.from("x"), nested(50)]]) {
        assert.deepEqual(await within(client.socket.emitWithAck(name, ...args), `an answer to ${what}`), { success: false, error: "Unknown event" }, what);
        client.emit(name, ...args);
        assert.deepEqual(await client.next("error"), { event: name, message: "Unknown event" }, what);
      }
      assert.equal(await client.fails(...known), "token: must be a string");
    }
    assert.deepEqual(client.waiting("error"), [], "told once");
    assert.ok(client.socket.connected);
  });
}

test("unknown events, a thousand at once, are answered each, and known ones between them in order", async (t) => {
  const all = await scene(t);
  const unknown = Array.from({ length: 1_000 }, (_, i) => within(all.ada.socket.emitWithAck(`unknown ${i % 7}`, i), "an answer"));
  await checkUnharmed(all, 1);
  for (const answer of await Promise.all(unknown)) assert.deepEqual(answer, { success: false, error: "Unknown event" });
  assert.deepEqual(all.ada.waiting("error"), []);
  assert.deepEqual(all.doctor.inbox.items, []);
});

test("a payload past max_payload_bytes ends that connection, not the others", async (t) => {
  const all = await scene(t);
  const rude = await Client.open(t, server, "ada");
  const gone = new Promise((resolve) => rude.socket.once("disconnect", resolve));
  rude.emit("message:send", { visitId: all.visit.id, message: "z".repeat(1_100_000) });
  await within(gone, "the end of the connection");
  await checkUnharmed(all, 1);
});

test("a flood from one connection leaves the others served", async (t) => {
  const all = await scene(t);
  const rude = await Client.open(t, server, "bob");
  for (let i = 0; i < 20_000; ++i) rude.emit("message:send", { visitId: all.visit.id, message: i });
  const begin = performance.now();
  await checkUnharmed(all, 1);
  assert.ok(performance.now() - begin < 5_000);
  assert.equal((await wholeHistory(all.ada, all.visit)).length, 1);
});

test("clients that vanish in the middle of their requests leave nothing behind", async (t) => {
  const all = await scene(t);
  for (let i = 0; i < 50; ++i) {
    const client = await Client.open(null, server, "ada");
    client.emit("room:join", all.good);
    client.emit("typing:start", { roomId: all.good.roomId });
    client.socket.emit("message:history", { visitId: all.visit.id }, () => {});
    client.drop();
  }
  await pause(100);
  const { participants } = await all.doctor.must("room:participants", { roomId: all.good.roomId });
  assert.deepEqual(participants.map(({ userId }) => userId).sort(), ["ada", "dr-okafor"]);
  await checkUnharmed(all, 1);
  all.ada.close();
  assert.equal((await all.doctor.next("room:userLeft")).userId, "ada");
});
