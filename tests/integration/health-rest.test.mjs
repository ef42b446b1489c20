// App health: visits and their messages over REST.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7, settle } from "../support/health.mjs";
import { nowSeconds, sign } from "../support/tokens.mjs";

const server = await startBelfry(null);
const kVisits = "/v1/health/visits";
const messagesOf = (visit) => `${kVisits}/${visit.id}/messages`;
const patient = (sub) => sign({ sub, role: "patient" });
const provider = (sub) => sign({ sub, role: "provider" });
const admin = sign({ sub: "root", role: "admin" });
const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);

/** A refusal as RFC 9457 has it. */
function checkProblem(answer, status) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"], /^application\/problem\+json/);
  assert.equal(answer.json.status, status);
  for (const key of ["type", "title", "detail"]) assert.equal(typeof answer.json[key], "string", key);
  return answer.json;
}

function checkInvalid(answer, field) {
  const { errors } = checkProblem(answer, 422);
  assert.ok(errors.some((one) => one.field === field && typeof one.message === "string"), JSON.stringify(errors));
}

for (const [who, as] of [["a provider", provider("dr-okafor")], ["an admin", admin], ["an API key", kApiKey]]) {
  test(`${who} opens a visit`, async () => {
    const body = { patientId: "ada", providerIds: ["dr-okafor", "dr-weiss"], scheduledAt: "2027-03-04T05:06:07.000Z" };
    const { status, json } = await server.call("POST", kVisits, { as, body });
    assert.equal(status, 201);
    assert.match(json.id, kUuid7);
    assert.equal(json.patientId, "ada");
    assert.deepEqual([...json.providerIds].sort(), ["dr-okafor", "dr-weiss"]);
    assert.equal(json.scheduledAt, "2027-03-04T05:06:07.000Z");
    assert.match(json.createdAt, kIsoTime);
  });
}

test("a patient does not", async () => {
  checkProblem(await server.call("POST", kVisits, { as: patient("ada"), body: { patientId: "ada", providerIds: ["x"] } }), 403);
});

for (const [what, as] of [
  ["no credentials", undefined],
  ["a wrong API key", "not a key"],
  ["an expired token", sign({ sub: "dr-okafor", role: "provider", exp: nowSeconds() - 60 })],
  ["a token of another secret", sign({ sub: "dr-okafor", role: "provider" }, { secret: "other" })],
]) {
  test(`${what}: 401 everywhere`, async () => {
    const visit = await server.visit("ada", "dr-okafor");
    const body = { patientId: "ada", providerIds: ["dr-okafor"] };
    checkProblem(await server.call("POST", kVisits, { as, body }), 401);
    checkProblem(await server.call("GET", kVisits, { as }), 401);
    checkProblem(await server.call("GET", messagesOf(visit), { as }), 401);
    checkProblem(await server.call("POST", messagesOf(visit), { as, body: { message: "x" } }), 401);
  });
}

for (const [what, body, field] of [
  ["no patient", { providerIds: ["dr-okafor"] }, "patientId"],
  ["a number as patient", { patientId: 5, providerIds: ["dr-okafor"] }, "patientId"],
  ["an empty patient", { patientId: "", providerIds: ["dr-okafor"] }, "patientId"],
  ["no providers", { patientId: "ada" }, "providerIds"],
  ["an empty list of providers", { patientId: "ada", providerIds: [] }, "providerIds"],
  ["words as time", { patientId: "ada", providerIds: ["dr-okafor"], scheduledAt: "tomorrow" }, "scheduledAt"],
]) {
  test(`a visit with ${what} is refused: 422 names the field`, async () => {
    checkInvalid(await server.call("POST", kVisits, { as: admin, body }), field);
  });
}

for (const body of ["", "{", "[1", "\u0000", "{\"patientId\":\"ada\"}}"]) {
  test(`the body ${JSON.stringify(body)} is malformed: 400`, async () => {
    checkProblem(await server.call("POST", kVisits, { as: admin, body }), 400);
  });
}

test("a body past max_payload_bytes: 413", async () => {
  const body = JSON.stringify({ patientId: "a".repeat(1_100_000), providerIds: ["x"] });
  const answer = await server.call("POST", kVisits, { as: admin, body });
  assert.equal(answer.status, 413);
});

test("an unknown route: 404, a wrong method: 405", async () => {
  checkProblem(await server.call("GET", "/v1/health/nothing", { as: admin }), 404);
  checkProblem(await server.call("DELETE", kVisits, { as: admin }), 405);
});

test("everybody lists the own visits, newest first, in pages", async () => {
  const visits = [];
  for (let i = 0; i < 7; ++i) visits.push(await server.visit("lister", i % 2 ? "dr-even" : "dr-odd"));
  const all = async (as, limit) => {
    const items = [];
    for (let cursor = ""; cursor !== null; ) {
      const { status, json } = await server.call("GET", `${kVisits}?limit=${limit}${cursor && `&before=${cursor}`}`, { as });
      assert.equal(status, 200);
      assert.ok(json.items.length <= limit);
      items.push(...json.items);
      cursor = json.nextCursor;
    }
    return items.map(({ id }) => id);
  };
  const newestFirst = visits.map(({ id }) => id).reverse();
  for (const limit of [1, 2, 7, 50]) assert.deepEqual(await all(patient("lister"), limit), newestFirst);
  assert.deepEqual(await all(provider("dr-even"), 2), newestFirst.filter((_, i) => i % 2));
  assert.deepEqual(await all(patient("nobody"), 10), []);
  const { json } = await server.call("GET", kVisits, { as: patient("lister") });
  assert.deepEqual(json.items[0], visits.at(-1));
  assert.equal(json.nextCursor, null);
});

test("messages over REST: told to the sockets, listed newest first, the same as over sockets", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await open(t, "ada");
  const doctor = await open(t, "dr-okafor", "provider");
  const attachments = [{ id: "1", name: "x.png" }];
  const answer = await server.call("POST", messagesOf(visit), { as: patient("ada"), body: { message: "by post", attachments } });
  assert.equal(answer.status, 201);
  const { id, timestamp, ...rest } = answer.json;
  assert.match(id, kUuid7);
  assert.match(timestamp, kIsoTime);
  assert.deepEqual(rest, { visitId: visit.id, seq: 1, senderId: "ada", message: "by post", attachments, replyTo: null });
  assert.deepEqual(await doctor.next("message:new"), answer.json);
  assert.deepEqual(await ada.next("message:sent"), answer.json);

  for (let i = 2; i <= 5; ++i) await doctor.say(visit, `${i}`);
  await settle(visit, ada, [doctor]);
  const first = await server.call("GET", `${messagesOf(visit)}?limit=4`, { as: patient("ada") });
  assert.equal(first.status, 200);
  assert.deepEqual(first.json.items.map(({ seq }) => seq), [6, 5, 4, 3]);
  const second = await server.call("GET", `${messagesOf(visit)}?limit=4&before=${first.json.nextCursor}`, { as: patient("ada") });
  assert.deepEqual(second.json.items.map(({ seq }) => seq), [2, 1]);
  assert.equal(second.json.nextCursor, null);
  const { deliveredTo, readBy, ...listed } = second.json.items[1];
  assert.deepEqual(listed, answer.json);
});

test("strangers neither read nor write: 403; nobody does where there is no visit", async () => {
  const visit = await server.visit("ada", "dr-okafor");
  for (const as of [patient("bob"), provider("dr-no")]) {
    checkProblem(await server.call("GET", messagesOf(visit), { as }), 403);
    checkProblem(await server.call("POST", messagesOf(visit), { as, body: { message: "x" } }), 403);
    const unknown = await server.call("GET", messagesOf({ id: "01890a5d-ac96-774b-bcce-b302099a8057" }), { as });
    assert.ok([403, 404].includes(unknown.status), `${unknown.status}`);
  }
});

test("a message must have content within the limits: 422", async () => {
  const visit = await server.visit("ada", "dr-okafor");
  const post = (body) => server.call("POST", messagesOf(visit), { as: patient("ada"), body });
  checkProblem(await post({}), 422);
  checkProblem(await post({ message: "x".repeat(4001) }), 422);
  checkInvalid(await post({ message: 5 }), "message");
  checkInvalid(await post({ message: "x", attachments: "y" }), "attachments");
  assert.equal((await post({ message: "good" })).json.seq, 1);
});

for (const [what, query] of [["limit", "limit=0"], ["limit", "limit=ten"], ["before", "before=yesterday"]]) {
  test(`a list with ${query} names ${what}`, async () => {
    const visit = await server.visit("ada", "dr-okafor");
    const answer = await server.call("GET", `${messagesOf(visit)}?${query}`, { as: patient("ada") });
    assert.ok([400, 422].includes(answer.status), `${answer.status}`);
    assert.ok(answer.text.includes(what));
  });
}

test("limits past 200 give 200", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await open(t, "ada");
  await Promise.all(Array.from({ length: 210 }, (_, i) => ada.say(visit, `${i}`)));
  const { json } = await server.call("GET", `${messagesOf(visit)}?limit=1000`, { as: patient("ada") });
  assert.equal(json.items.length, 200);
});

test("Idempotency-Key: the same again gives the first result and does nothing twice; another body is 422", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const doctor = await open(t, "dr-okafor", "provider");
  const post = (body, key = "key-1", as = patient("ada")) => server.call("POST", messagesOf(visit), { as, body, headers: { "Idempotency-Key": key } });
  const answers = await Promise.all(Array.from({ length: 8 }, () => post({ message: "once" })));
  answers.push(await post({ message: "once" }));
  for (const answer of answers) {
    assert.equal(answer.status, 201);
    assert.deepEqual(answer.json, answers[0].json);
  }
  checkProblem(await post({ message: "something else" }), 422);
  const other = await post({ message: "once" }, "key-1", provider("dr-okafor"));
  assert.notEqual(other.json.id, answers[0].json.id, "keys are each user's own");
  const ada = await open(t, "ada");
  await settle(visit, ada, [doctor]);
  assert.equal(doctor.waiting("message:new").length, 1);

  const body = { patientId: "ada", providerIds: ["dr-okafor"] };
  const make = () => server.call("POST", kVisits, { as: kApiKey, body, headers: { "Idempotency-Key": "visit-1" } });
  const made = [await make(), await make()];
  assert.equal(made[0].json.id, made[1].json.id);
});

test("an Idempotency-Key holds across a crash", async (t) => {
  const own = await startBelfry(t, { alone: true });
  const visit = await own.visit("ada", "dr-okafor");
  const post = () => own.call("POST", messagesOf(visit), { as: patient("ada"), body: { message: "once" }, headers: { "Idempotency-Key": "k" } });
  const first = await post();
  await own.kill();
  await own.start();
  assert.deepEqual((await post()).json, first.json);
});

test("messages a minute are limited over REST too: 429 with Retry-After", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_MESSAGES_PER_MINUTE: "2" } });
  const visit = await limited.visit("ada", "dr-okafor");
  const post = () => limited.call("POST", messagesOf(visit), { as: patient("ada"), body: { message: "x" } });
  assert.equal((await post()).status, 201);
  assert.equal((await post()).status, 201);
  const answer = await post();
  checkProblem(answer, 429);
  const seconds = Number(answer.headers["retry-after"]);
  assert.ok(seconds >= 1 && seconds <= 60, answer.headers["retry-after"]);
});

test("a repetition under an Idempotency-Key is no further message: it is not counted, and answered when the limit is reached", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_MESSAGES_PER_MINUTE: "2" } });
  const visit = await limited.visit("ada", "dr-okafor");
  const post = (message, key) => limited.call("POST", messagesOf(visit), { as: patient("ada"), body: { message }, headers: { "Idempotency-Key": key } });
  const first = await post("one", "k1");
  for (let i = 0; i < 5; ++i) assert.deepEqual((await post("one", "k1")).json, first.json);
  assert.equal((await post("two", "k2")).status, 201);
  checkProblem(await post("three", "k3"), 429);
  const again = await post("one", "k1");
  assert.deepEqual([again.status, again.json], [201, first.json]);
  checkInvalid(await post("another", "k1"), "Idempotency-Key");
  const { items } = (await limited.call("GET", messagesOf(visit), { as: patient("ada") })).json;
  assert.deepEqual(items.map(({ message }) => message), ["two", "one"]);
});

test("the cookie token signs in; what changes something then needs an allowed origin", async () => {
  const cookie = { Cookie: `a=b; token=${provider("dr-okafor")}` };
  assert.equal((await server.call("GET", kVisits, { headers: cookie })).status, 200);
  const body = { patientId: "ada", providerIds: ["dr-okafor"] };
  checkProblem(await server.call("POST", kVisits, { headers: cookie, body }), 403);
  checkProblem(await server.call("POST", kVisits, { headers: { ...cookie, Origin: "https://evil.example" }, body }), 403);
  for (const origin of [server.url, "http://localhost:3000"]) {
    assert.equal((await server.call("POST", kVisits, { headers: { ...cookie, Origin: origin }, body })).status, 201);
  }
});

test("other origins are answered by the list: the default allows http://localhost:3000", async () => {
  const preflight = (origin) =>
    server.call("OPTIONS", kVisits, {
      headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type" },
    });
  const allowed = await preflight("http://localhost:3000");
  assert.ok(allowed.status < 300, `${allowed.status}`);
  assert.equal(allowed.headers["access-control-allow-origin"], "http://localhost:3000");
  assert.equal(allowed.headers["access-control-allow-credentials"], "true");
  assert.match(allowed.headers.vary, /Origin/);
  assert.equal((await preflight("https://evil.example")).headers["access-control-allow-origin"], undefined);
  const read = await server.call("GET", kVisits, { as: admin, headers: { Origin: "http://localhost:3000" } });
  assert.equal(read.headers["access-control-allow-origin"], "http://localhost:3000");
});

test("/healthz and /readyz", async () => {
  assert.equal((await server.call("GET", "/healthz")).status, 200);
  assert.equal((await server.call("GET", "/readyz")).status, 200);
});
