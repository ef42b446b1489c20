// What REST answers to paths, methods, bodies, ids and times that are unusual or wrong, whatever the app.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { readResponse, requestText } from "../support/http.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { sign } from "../support/tokens.mjs";

const server = await startBelfry(null);
const kVisits = "/v1/health/visits";
const ask = (method, path, more = {}) => server.call(method, path, { as: kApiKey, ...more });

/** RFC 9457, with all that the contract names. */
function checkProblem(answer, status, what) {
  assert.equal(answer.status, status, `${what}: ${answer.text.slice(0, 200)}`);
  assert.match(answer.headers["content-type"], /^application\/problem\+json/, what);
  assert.equal(answer.json.status, status, what);
  for (const key of ["type", "title", "detail"]) assert.ok(typeof answer.json[key] === "string" && answer.json[key] !== "", `${what} has ${key}`);
  assert.equal("errors" in answer.json, status === 422, what);
  return answer.json;
}
const checkField = (answer, field, what) => assert.deepEqual(checkProblem(answer, 422, what).errors.map((one) => one.field), [field], what);

test("nothing there: 404 for every method, with credentials or without", async () => {
  for (const path of ["/v1", "/v1/", "/v1/nothing", `${kVisits}/`, `${kVisits}/x/y/z`, "/v1//users/x/connected", "/v1/users//connected", "/auth/nothing", "/v1/health/visits%2F", "/V1/stats"]) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      for (const as of [kApiKey, undefined]) {
        const answer = await ask(method, path, { as });
        checkProblem(answer, 404, `${method} ${path}`);
      }
    }
  }
});

test("another method: 405 with all that the path allows, before anybody asks who one is", async () => {
  for (const [path, allow, wrong] of [
    [kVisits, "GET, HEAD, POST", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]],
    [`${kVisits}/x/messages`, "GET, HEAD, POST", ["PUT", "DELETE", "OPTIONS"]],
    ["/v1/sessions", "DELETE, POST", ["GET", "HEAD", "PUT", "OPTIONS"]],
    ["/v1/users/x/disconnect", "POST", ["GET", "HEAD", "DELETE"]],
    ["/v1/users/x", "PUT", ["GET", "HEAD", "POST", "DELETE"]],
    ["/v1/emit", "POST", ["GET", "HEAD", "PUT"]],
    ["/auth/login", "POST", ["GET", "HEAD", "DELETE", "OPTIONS"]],
    ["/auth/me", "GET, HEAD", ["POST", "PUT"]],
    ["/v1/care/families/x/members/y", "DELETE", ["GET", "POST", "PUT"]],
  ]) {
    for (const method of wrong) {
      for (const as of [kApiKey, undefined]) {
        const answer = await ask(method, path, { as });
        assert.equal(answer.headers.allow, allow, `${method} ${path}`);
        if (method !== "HEAD") checkProblem(answer, 405, `${method} ${path}`);
        else assert.equal(answer.status, 405, path);
      }
    }
  }
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    const answer = await ask("POST", path);
    assert.deepEqual([answer.status, answer.headers.allow, answer.json.status], [405, "GET, HEAD", 405], path);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/, path);
  }
});

test("HEAD: the head that GET has, and no body behind it", async (t) => {
  await server.visit("ada", "dr-okafor");
  const headers = { Authorization: `Bearer ${kApiKey}` };
  const tcp = await RawTcp.connect(t, server.port);
  for (const path of [kVisits, "/v1/stats", "/healthz", "/v1/nothing", "/v1/users/x/connected", `${kVisits}?limit=0`]) {
    tcp.write(requestText({ method: "HEAD", path, headers }));
    const head = await readResponse(tcp, { bodiless: true });
    tcp.write(requestText({ path, headers }));
    const whole = await readResponse(tcp); // it would begin with what is left of a body
    assert.deepEqual([head.status, head.headers["content-type"]], [whole.status, whole.headers["content-type"]], path);
    if (path !== "/v1/stats") assert.equal(head.headers["content-length"], whole.headers["content-length"], path);
    assert.ok(whole.body.length > 0);
  }
});

test("bodies that are not JSON, or not an object: 400 or 422, and nothing is made", async () => {
  const before = (await ask("GET", kVisits)).json.items.length;
  const good = '{"patientId":"ada","providerIds":["dr"]}';
  for (const [path, method = "POST"] of [[kVisits], ["/v1/health/notifications"], ["/v1/emit"], ["/v1/sessions"], ["/v1/sessions", "DELETE"], ["/v1/users/x", "PUT"], ["/v1/inbox/notifications"], ["/auth/register"], ["/auth/login"]]) {
    for (const body of ["", " ", "{", "}", "[1", '{"a":}', '{"a":1,}', "{'a':1}", "nul", "NaN", `${good} x`, `${good}${good}`, '"\\ud800"', '{"a":"\t"}', "\u0000", "[".repeat(300) + "]".repeat(300), '{"a":'.repeat(300) + "1" + "}".repeat(300), Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from(good, "utf16le")]) {
      checkProblem(await ask(method, path, { body }), 400, `${method} ${path} ${JSON.stringify(body.toString().slice(0, 40))}`);
    }
    for (const body of ["null", "1", "true", '"x"', "[]", "[{}]"]) checkField(await ask(method, path, { body }), "payload", `${method} ${path} ${body}`);
  }
  assert.equal((await ask("GET", kVisits)).json.items.length, before);
});

test("a body past max_payload_bytes: 413 on every route, whatever announces it, and the server goes on", async (t) => {
  const body = "x".repeat(1_000_001);
  for (const path of [kVisits, "/auth/login", "/v1/emit", "/v1/nothing"]) {
    const answer = await ask("POST", path, { body });
    assert.equal(answer.status, 413, path);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
    assert.equal(answer.json.status, 413);
  }
  const tcp = await RawTcp.connect(t, server.port);
  tcp.write(requestText({ method: "POST", path: kVisits, headers: { Authorization: `Bearer ${kApiKey}`, "Content-Length": 2_000_000_000 } }));
  assert.equal((await readResponse(tcp)).status, 413, "before the body has come");
  assert.equal((await ask("GET", "/healthz")).status, 200);
});

const kIds = ["ann smith", " ann ", "Ünïcode 患者 👩‍⚕️", "a/b", "../../etc/passwd", "..", "a%2Fb", "%", "%zz", "a+b", "a?b#c", "a&b=c;d", "chat:a:b", "'; DROP TABLE users; --", "\"quoted\" \\", "x".repeat(255)];

for (const id of kIds) {
  test(`the user ${JSON.stringify(id).slice(0, 40)} is the same in paths, queries, bodies and events`, async (t) => {
    const path = `/v1/users/${encodeURIComponent(id)}`;
    const named = await ask("PUT", path, { body: { name: "N" } });
    assert.deepEqual([named.status, named.json.id], [200, id]);
    const visit = await server.visit(id, "dr");
    assert.equal(visit.patientId, id);
    const [phone, desk] = [await Client.open(t, server, id), await Client.open(t, server, "dr", "provider")];
    assert.equal(phone.hello.userId, id);
    assert.deepEqual((await ask("GET", `${path}/connected`)).json, { connected: true, devices: 1 });
    const sockets = (await ask("GET", `/v1/sockets?userId=${encodeURIComponent(id)}`)).json.items;
    assert.deepEqual(sockets.map((one) => [one.id, one.userId]), [[phone.socket.id, id]]);
    assert.deepEqual((await desk.must("presence:get", { userIds: [id] })).presences.map((one) => [one.userId, one.status]), [[id, "online"]]);
    assert.equal((await ask("GET", `/v1/health/presence?userIds=${encodeURIComponent(id)}`)).json.presences[0].userId, id);
    assert.equal((await phone.say(visit, "hello")).senderId, id);
    assert.equal((await desk.next("message:new", (one) => one.visitId === visit.id)).senderId, id);
    const made = await ask("POST", "/v1/health/notifications", { body: { userId: id, type: "x", title: "t", message: "m" } });
    assert.equal(made.status, 201, made.text);
    assert.equal((await phone.next("notification:new")).id, made.json.id);
    const call = await desk.must("call:initiate", { recipientId: id, visitId: visit.id, callType: "audio" });
    assert.equal((await phone.next("call:incoming")).callId, call.callId);
    const gone = new Promise((resolve) => phone.socket.once("disconnect", resolve));
    assert.equal((await ask("POST", `${path}/disconnect`)).status, 200);
    await gone;
    await desk.must("call:end", { callId: call.callId });
  });
}

test("a chat's room holds ids with spaces and of any script, not those with control characters", async (t) => {
  await server.visit("患者 one", "dr two");
  const phone = await Client.open(t, server, "患者 one");
  await phone.must("room:join", { roomId: "chat:dr two:患者 one", roomType: "chat" });
  for (const roomId of ["chat:dr two\n:患者 one", "chat:dr two:患者 one\u0000", `chat:dr two:${"患".repeat(5_000)}`]) {
    assert.ok(["Room not found", "Access denied to this room"].includes(await phone.fails("room:join", { roomId, roomType: "chat" })), roomId.slice(0, 40));
  }
});

test("what is no id is refused by name, or names nothing: never an error of the server", async () => {
  const odd = ["%00", "%ff", "%C3", "%ed%a0%80", "a%0Ab", "%7f", "x".repeat(256), "x".repeat(6_000), encodeURIComponent("患".repeat(100))];
  for (const id of odd) {
    checkField(await ask("PUT", `/v1/users/${id}`, { body: { name: "N" } }), "id", `PUT ${id.slice(0, 40)}`);
    checkField(await ask("GET", `/v1/health/notifications?userId=${id}`), "userId", id.slice(0, 40));
    for (const [method, path, statuses] of [
      ["GET", `/v1/users/${id}/connected`, [200, 422]], ["POST", `/v1/users/${id}/disconnect`, [200, 422]],
      ["GET", `${kVisits}/${id}/messages`, [403]], ["GET", `/v1/health/calls?visitId=${id}`, [403]], ["GET", `/v1/health/presence?userIds=${id}`, [200, 422]],
      ["GET", `/v1/sockets?userId=${id}`, [200]], ["GET", `/v1/sockets?room=${id}`, [200]], ["GET", `/v1/inbox/jobs/${id}`, [404]],
      ["GET", `/v1/care/families/${id}/members`, [404]], ["GET", `/v1/care/alerts?familyId=${id}`, [404]],
    ]) {
      const answer = await ask(method, path);
      assert.ok(statuses.includes(answer.status), `${method} ${path.slice(0, 60)}: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (answer.status >= 400) checkProblem(answer, answer.status, path.slice(0, 60));
      assert.ok(answer.json !== undefined, "JSON, whatever the id");
    }
  }
  for (const id of ["", "\u0000", "a\nb", "\u007f", "x".repeat(256)]) {
    checkField(await ask("POST", kVisits, { body: { patientId: id, providerIds: ["dr"] } }), "patientId", JSON.stringify(id).slice(0, 40));
    checkField(await ask("POST", "/v1/health/notifications", { body: { userId: id, type: "x", title: "t", message: "m" } }), "userId", JSON.stringify(id).slice(0, 40));
  }
});

const kNoTimes = ["10000-01-01T00:00:00Z", "+010000-01-01T00:00:00.000Z", "275760-09-13T00:00:00.000Z", "-0001-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "2027-02-30T00:00:00Z", "2027-13-01T00:00:00Z", "2027-00-01T00:00:00Z", "2027-01-01T24:00:00Z", "2027-01-01T00:60:00Z", "2027-01-01T00:00:60Z", "2027-01-01", "2027-01-01T00:00:00", "2027-01-01 00:00:00Z", " 2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z ", "2027-01-01T00:00:00.Z", "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00+01", "1700000000", "", 0, -1, 1.5, 1e308, 253402300800000, true, {}, [], ["2027-01-01T00:00:00Z"]];
const kTimes = [["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"], ["1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"], ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"], ["2027-01-01T00:00:00.123999Z", "2027-01-01T00:00:00.123Z"], ["2028-02-29T23:30:00-01:00", "2028-03-01T00:30:00.000Z"], ["2027-01-01T00:00:00+23:59", "2026-12-31T00:01:00.000Z"]];

test("times: what ISO 8601 has no four digits of a year for, numbers, and days that are none are refused by name", async () => {
  const family = (await server.call("POST", "/v1/care/families", { as: sign({ sub: "ada" }), body: { name: "F" } })).json;
  const recipient = (await server.call("POST", "/v1/care/recipients", { as: sign({ sub: "ada" }), body: { familyId: family.id, name: "R" } })).json;
  let made = 0;
  const kPlaces = [
    ["scheduledAt", kVisits, () => ({ patientId: "ada", providerIds: ["dr"] })],
    ["expiresAt", "/v1/sessions", () => ({ userId: "zed", token: `a token long enough ${++made}` })],
    ["endsAt", "/v1/care/shifts", () => ({ careRecipientId: recipient.id, caregiverId: "ada", startsAt: "0001-01-01T00:00:00Z" }), sign({ sub: "ada" })],
    ["startsAt", "/v1/care/shifts", () => ({ careRecipientId: recipient.id, caregiverId: "ada", endsAt: "9999-12-31T23:59:59.999Z" }), sign({ sub: "ada" })],
  ];
  for (const [field, path, rest, as = kApiKey] of kPlaces) {
    for (const wrong of kNoTimes) checkField(await ask("POST", path, { as, body: { ...rest(), [field]: wrong } }), field, `${field} ${JSON.stringify(wrong)}`);
    for (const [given, kept] of kTimes) {
      if (field === "endsAt" && given.startsWith("0001")) continue; // no time at all
      if (field === "startsAt" && given.startsWith("9999")) continue;
      const { status, json, text } = await ask("POST", path, { as, body: { ...rest(), [field]: given } });
      assert.deepEqual([status, json[field]], [201, kept], `${field} ${given}: ${text}`);
    }
  }
  const { items } = (await ask("GET", `${kVisits}?limit=200`)).json;
  for (const [, kept] of kTimes) assert.ok(items.some(({ scheduledAt }) => scheduledAt === kept), `${kept} is listed as it was answered`);
});

test("tokens: an end beyond all years counts as the last moment of 9999, one before all time as past", async (t) => {
  for (const exp of [253402300799, 253402300800, 1e15, 1e300, Number.MAX_SAFE_INTEGER]) {
    const client = await Client.open(t, server, "ada");
    const { expiresAt } = await client.must("auth:refresh", { token: sign({ sub: "ada", exp }) });
    assert.match(expiresAt, /^9999-12-31T23:59:59\.\d{3}Z$/, `${exp}`);
    await client.must("notification:getUnreadCount");
    assert.deepEqual(client.waiting("auth:expired"), [], `${exp}`);
  }
  for (const exp of [0, -1, -1e300, 1.5]) assert.equal((await server.call("GET", "/auth/me", { as: sign({ sub: "ada", exp }) })).status, 401, `${exp}`);
  for (const nbf of [1e300, 253402300800]) assert.equal((await server.call("GET", "/auth/me", { as: sign({ sub: "ada", nbf }) })).status, 401, `${nbf}`);
  assert.equal((await server.call("GET", "/auth/me", { as: sign({ sub: "ada", nbf: -1e300 }) })).status, 200);
  const half = Math.floor(Date.now() / 1000) + 100.25;
  const client = await Client.open(t, server, "ada");
  assert.equal((await client.must("auth:refresh", { token: sign({ sub: "ada", exp: half }) })).expiresAt, new Date(half * 1000).toISOString());
});

test("times that their offset carries out of four digits are refused", async () => {
  for (const time of ["9999-12-31T23:59:59.999-01:00", "0000-01-01T00:00:00+01:00"]) {
    checkField(await ask("POST", kVisits, { body: { patientId: "ada", providerIds: ["dr"], scheduledAt: time } }), "scheduledAt", time);
    checkField(await ask("POST", "/v1/sessions", { body: { userId: "zed", token: "a token that is long enough", expiresAt: time } }), "expiresAt", time);
  }
});

test("problems that no route answers have their detail, too", async () => {
  checkProblem(await ask("GET", "/nothing"), 404, "GET /nothing");
  for (const path of ["/healthz", "/readyz", "/metrics"]) checkProblem(await ask("PUT", path), 405, `PUT ${path}`);
});
