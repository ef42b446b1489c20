// What whoever runs the server asks and orders: metrics, statistics, who is there, emitting from elsewhere.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime } from "../support/health.mjs";
import { nowSeconds, sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null);
const open = (t, sub, role, options) => Client.open(t, server, sub, role, options);
const get = (path, as = kApiKey) => server.call("GET", path, { as });
const admin = sign({ sub: "root", role: "admin" });
let people = 0;
const somebody = (name = "ann") => `${name}-${++people}`;

/** The samples of `/metrics` as `name{labels}` and number, and the families' types. */
async function metrics() {
  const answer = await get("/metrics", undefined);
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"], /^text\/plain; version=0\.0\.4/);
  const [samples, types] = [{}, {}];
  for (const line of answer.text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type) types[type[1]] = type[2];
    const sample = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    if (sample) samples[sample[1]] = Number(sample[2]);
  }
  return { samples, types };
}

test("docs/metrics.md and /metrics name the same families, with the same kinds and labels", async (t) => {
  const user = await open(t, somebody());
  await user.fails("message:send", {});
  const { samples, types } = await metrics();
  const page = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(belfry_\w+)` \| (\w+) \|([^|]*)\|/gm)];
  const documented = Object.fromEntries(rows.map(([, name, kind]) => [name, kind]));
  delete types.belfry_rooms;
  // Without rooms, without TLS, without other nodes and what they share there are none of these.
  const sometimes = /^belfry_(rooms$|tls_certificate_expires_seconds$|forwarded_total$|outbox_|redis_)/;
  const always = Object.fromEntries(Object.entries(documented).filter(([name]) => !sometimes.test(name)));
  assert.deepEqual(types, always);
  for (const [, name, , labels] of rows) {
    const wanted = [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label);
    const sample = Object.keys(samples).find((one) => one.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, "") === name);
    if (!(name in always)) continue;
    const given = [...(sample.match(/\{(.*)\}/)?.[1] ?? "").matchAll(/(\w+)=/g)].map(([, label]) => label).filter((one) => one !== "le");
    assert.deepEqual(given, wanted, name);
  }
});

test("metrics follow what happens", async (t) => {
  const name = somebody();
  const doctor = `dr-${name}`;
  const visit = await server.visit(name, doctor);
  const before = (await metrics()).samples;
  const grown = async (sample, amount = 1) => until(async () => ((await metrics()).samples[sample] ?? 0) - (before[sample] ?? 0) >= amount, `${sample} grows`);
  const phone = await open(t, name);
  const desk = await open(t, doctor, "provider", { transports: ["polling"] });
  await phone.joinVisit(visit);
  await phone.say(visit, "hello");
  await phone.fails("message:send", { visitId: visit.id });
  await phone.fails("call:accept", { callId: "none" });
  const refused = new Client(server, { auth: { token: sign({ sub: "x", exp: nowSeconds() - 60 }) } });
  t.after(() => refused.close());
  assert.match((await refused.refused()).message, /Token expired/);
  for (const sample of [
    'belfry_transport_connections{transport="polling"}',
    'belfry_transport_connections{transport="websocket"}',
    'belfry_connections{app="health",role="patient"}',
    'belfry_connections{app="health",role="provider"}',
    'belfry_rooms{app="health",type="visit"}',
    'belfry_messages_total{direction="in"}',
    'belfry_bytes_total{direction="out"}',
    'belfry_store_units_total{outcome="committed"}',
    'belfry_events_failed_total{app="health",event="message:send",reason="invalid"}',
    'belfry_events_failed_total{app="health",event="call:accept",reason="not_found"}',
    'belfry_credentials_refused_total{reason="Token expired"}',
    'belfry_tokens_refused_total{reason="expired"}',
    'belfry_delivery_seconds_count{app="health"}',
    'belfry_users{app="health",status="online"}',
  ]) {
    await grown(sample);
  }
  desk.close();
  await grown('belfry_disconnects_total{reason="transport close"}');
  await until(async () => (await metrics()).samples['belfry_connections{app="health",role="provider"}'] === (before['belfry_connections{app="health",role="provider"}'] ?? 0), "the role is given back");
});

test("every counted refusal has its reason", async (t) => {
  const before = (await metrics()).samples;
  const tokens = {
    malformed: "a.b.c",
    "algorithm not allowed": sign({ sub: "x" }, { alg: "none" }),
    "bad signature": sign({ sub: "x" }, { secret: "another" }),
    expired: sign({ sub: "x", exp: nowSeconds() - 60 }),
    "not yet valid": sign({ sub: "x", nbf: nowSeconds() + 60 }),
  };
  for (const token of Object.values(tokens)) assert.equal((await get("/v1/stats", token)).status, 401);
  const after = (await metrics()).samples;
  for (const reason of Object.keys(tokens)) {
    const sample = `belfry_tokens_refused_total{reason="${reason}"}`;
    assert.equal(after[sample] - before[sample], 1, reason);
  }
});

test("/v1/stats is for admins and servers", async (t) => {
  const user = await open(t, somebody());
  for (const as of [kApiKey, admin]) {
    const { status, json } = await get("/v1/stats", as);
    assert.equal(status, 200);
    assert.ok(json.totalConnections >= 1 && json.connectionsByApp.health >= 1 && json.connectionsByRole.patient >= 1);
    for (const name of ["activeCalls", "messagesPerSecond", "residentBytes", "uptimeSeconds"]) assert.equal(typeof json[name], "number", name);
    assert.equal(typeof json.roomsByType, "object");
  }
  assert.equal((await get("/v1/stats", sign({ sub: user.userId }))).status, 403);
  assert.equal((await server.call("GET", "/v1/stats")).status, 401);
});

test("/v1/users/{id}/connected counts devices on both namespaces", async (t) => {
  const user = somebody();
  const path = `/v1/users/${user}/connected`;
  assert.deepEqual((await get(path)).json, { connected: false, devices: 0 });
  const devices = [await open(t, user), await open(t, user, "patient", { namespace: "/" })];
  assert.deepEqual((await get(path, sign({ sub: user }))).json, { connected: true, devices: 2 });
  assert.equal((await get(path, sign({ sub: "another" }))).status, 403);
  for (const device of devices) device.close();
  await until(async () => !(await get(path, admin)).json.connected, "both are gone");
});

test("/v1/users/{id}/disconnect closes all sockets of that user", async (t) => {
  const user = somebody();
  const devices = [await open(t, user), await open(t, user, "patient", { namespace: "/", transports: ["polling"] })];
  const other = await open(t, somebody());
  const gone = devices.map((device) => new Promise((resolve) => device.socket.once("disconnect", resolve)));
  assert.equal((await server.call("POST", `/v1/users/${user}/disconnect`, { as: sign({ sub: "x" }) })).status, 403);
  assert.equal((await server.call("POST", `/v1/users/${user}/disconnect`, { as: kApiKey })).status, 200);
  for (const reason of await Promise.all(gone)) assert.match(reason, /io server disconnect|transport close/);
  await other.must("notification:getUnreadCount");
});

test("/v1/users/{id}/disconnect: once under one Idempotency-Key", async (t) => {
  const user = somebody();
  const ask = (key, id = user, as = kApiKey) => server.call("POST", `/v1/users/${id}/disconnect`, { as, headers: { "Idempotency-Key": `${key} ${user}` } });
  const first = await open(t, user);
  const gone = new Promise((resolve) => first.socket.once("disconnect", resolve));
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask("a")));
  await gone;
  const back = await open(t, user);
  answers.push(await ask("a"));
  for (const { status, json } of answers) assert.deepEqual([status, json], [200, { success: true }]);
  // What is emitted after it comes after it.
  await emit({ event: "end", payload: 1, userIds: [user] });
  await back.next("end");
  assert.ok(back.socket.connected);
  const goneToo = new Promise((resolve) => back.socket.once("disconnect", resolve));
  assert.equal((await ask("a", user, admin)).status, 200, "keys are each caller's own");
  await goneToo;
});

const emit = (body, more = {}) => server.call("POST", "/v1/emit", { as: kApiKey, body: { app: "health", ...body }, ...more });

test("/v1/emit: to users and rooms, each socket once, but not to the excepted", async (t) => {
  const [ann, ben] = [somebody("ann"), somebody("ben")];
  const visit = await server.visit(ann, ben);
  const devices = [await open(t, ann), await open(t, ann, "patient", { namespace: "/" }), await open(t, ben, "provider")];
  for (const device of devices) await device.joinVisit(visit);
  const other = await open(t, somebody());
  const payload = { text: "é", list: [1, 2.5, null] };
  const answer = await emit({ event: "custom", payload, userIds: [ann, ben], rooms: [`visit:${visit.id}`] });
  assert.deepEqual([answer.status, answer.json], [202, { accepted: true }]);
  for (const device of devices) assert.deepEqual(await device.next("custom"), payload);
  await emit({ event: "custom", payload: 2, rooms: [`visit:${visit.id}`], except: [`user:${ann}`] });
  assert.equal(await devices[2].next("custom"), 2);
  await emit({ event: "custom", payload: 3, userIds: [] });
  await emit({ event: "custom", payload: 4 });
  for (const device of [...devices, other]) {
    assert.equal(await device.next("custom"), 4);
    assert.deepEqual(device.waiting("custom"), []);
  }
});

test("/v1/emit: once under one Idempotency-Key", async (t) => {
  const user = somebody();
  const device = await open(t, user);
  const headers = { "Idempotency-Key": user };
  for (let i = 0; i < 5; ++i) assert.equal((await emit({ event: "once", payload: 1, userIds: [user] }, { headers })).status, 202);
  await emit({ event: "end", payload: 1, userIds: [user] });
  await device.next("end");
  assert.equal(device.waiting("once").length, 1);
});

test("/v1/emit: who may, and what is wrong", async () => {
  const good = { event: "custom", payload: 1, userIds: ["x"] };
  for (const as of [admin, sign({ sub: "x" })]) assert.equal((await emit(good, { as })).status, 403);
  for (const [body, field, message] of [
    [{ ...good, app: "nothing" }, "app", "is no app"],
    [{ ...good, event: "" }, "event", "must not be empty"],
    [{ ...good, event: "disconnect" }, "event", "is reserved"],
    [{ ...good, userIds: "x" }, "userIds", "must be an array"],
    [{ ...good, rooms: Array(1001).fill("r") }, "rooms", "more than 1000"],
  ]) {
    const refused = await emit(body);
    assert.deepEqual([refused.status, refused.json.errors], [422, [{ field, message }]]);
  }
});

test("/v1/sockets and /v1/rooms: who is where, in pages", async (t) => {
  const [ann, ben] = [somebody("ann"), somebody("ben")];
  const visit = await server.visit(ann, ben);
  const devices = [await open(t, ann), await open(t, ann), await open(t, ben, "provider")];
  for (const device of devices) await device.joinVisit(visit);
  const room = `visit:${visit.id}`;
  const all = (await get(`/v1/sockets?app=health&room=${room}`)).json.items;
  assert.deepEqual(all.map((one) => one.userId).sort(), [ann, ann, ben]);
  const [first] = all.filter((one) => one.userId === ben);
  assert.deepEqual({ ...first, connectedAt: 0, rooms: 0 }, { id: devices[2].socket.id, app: "health", userId: ben, role: "provider", address: "127.0.0.1", connectedAt: 0, rooms: 0 });
  assert.match(first.connectedAt, kIsoTime);
  assert.ok(first.rooms.includes(room) && first.rooms.includes(`user:${ben}`));
  assert.equal((await get(`/v1/sockets?userId=${ann}`, admin)).json.items.length, 2);
  assert.equal((await get(`/v1/sockets?userId=${ann}&room=${room}&app=health`)).json.items.length, 2);
  const ids = [];
  for (let cursor = ""; cursor !== null; ) {
    const { json } = await get(`/v1/sockets?room=${room}&limit=1${cursor && `&before=${cursor}`}`);
    ids.push(...json.items.map((one) => one.id));
    cursor = json.nextCursor;
  }
  assert.deepEqual(ids, all.map((one) => one.id));
  assert.deepEqual([...ids].sort(), devices.map((one) => one.socket.id).sort());
  const times = all.map((one) => one.connectedAt);
  assert.deepEqual(times, [...times].sort().reverse(), "newest first");
  const rooms = (await get("/v1/rooms?app=health&limit=200")).json.items;
  assert.deepEqual(rooms.find((one) => one.room === room), { app: "health", room, sockets: 3, userIds: [ann, ben] });
  for (const path of ["/v1/sockets", "/v1/rooms"]) {
    assert.equal((await get(path, sign({ sub: ann }))).status, 403);
    assert.deepEqual((await get(`${path}?app=nothing`)).json.errors, [{ field: "app", message: "is no app" }]);
  }
});

test("/v1/sockets in pages while sockets come and go: newest first, none twice, and all who stay", async (t) => {
  const user = somebody();
  const stay = [];
  for (let i = 0; i < 12; ++i) stay.push(await open(t, user, "patient", i % 3 ? {} : { namespace: "/" }));
  let over = false;
  let churned = 0;
  const churn = async () => {
    for (; !over; ++churned) (await open(null, user)).close();
  };
  const running = [churn(), churn()];
  for (let round = 0; round < 10; ++round) {
    const seen = [];
    for (let cursor = ""; cursor !== null; ) {
      const before = churned;
      const { status, json } = await get(`/v1/sockets?userId=${user}&limit=${1 + (round % 4)}${cursor && `&before=${encodeURIComponent(cursor)}`}`);
      assert.equal(status, 200);
      seen.push(...json.items);
      cursor = json.nextCursor;
      await until(() => churned > before, "others come and go between two pages");
    }
    const ids = seen.map((one) => one.id);
    assert.equal(new Set(ids).size, ids.length, "none twice");
    for (const device of stay) assert.ok(ids.includes(device.socket.id), "who stays is there");
    const times = seen.map((one) => one.connectedAt);
    assert.deepEqual(times, [...times].sort().reverse(), "newest first");
  }
  over = true;
  await Promise.all(running);
});

test("/v1/sockets and /v1/rooms with somebody who was let in as nobody", async (t) => {
  const nobody = new AppClient(server, "inbox");
  t.after(() => nobody.close());
  await nobody.open();
  const { items } = (await get("/v1/sockets?app=inbox")).json;
  const { userId, role } = items.find((one) => one.id === nobody.socket.id);
  assert.deepEqual([userId, role], [null, null]);
  assert.equal((await get("/v1/rooms?app=inbox")).status, 200);
});

test("rooms are counted by type, in every app", async (t) => {
  const person = somebody("roomy");
  const call = async (method, path, body) => (await server.call(method, path, { as: sign({ sub: person }), body })).json;
  await call("POST", "/v1/care/families", { name: "F" });
  await call("POST", "/v1/groups", { name: "G" });
  const chat = await call("POST", "/v1/household/chats", { memberIds: [] });
  for (const app of ["care", "groups"]) await AppClient.join(t, server, app, person);
  const home = await AppClient.join(t, server, "household", person);
  await home.must("room:join", { chatId: chat.id });
  for (const [app, type] of [["care", "family"], ["groups", "group"], ["household", "chat"]]) {
    await until(async () => (await metrics()).samples[`belfry_rooms{app="${app}",type="${type}"}`] === 1, `a room of ${app}`);
  }
  const { roomsByType } = (await get("/v1/stats", admin)).json;
  for (const type of ["family", "group", "chat"]) assert.ok(roomsByType[type] >= 1, type);
});
