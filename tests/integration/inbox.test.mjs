// App `inbox`: notifications over the cookie of the REST interface.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, kIsoTime, kUuid7 } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const kAllowed = "https://app.example.org";
const server = await startBelfry(null, { env: { CORS_ORIGINS: kAllowed } });
let made = 0;
const person = (name) => `${name}-${++made}`;

/** A client with what a browser would send along. */
async function connect(t, { cookie, origin, transports = ["websocket"] } = {}) {
  const extraHeaders = { ...(cookie === undefined ? {} : { Cookie: cookie }), ...(origin === undefined ? {} : { Origin: origin }) };
  const client = new AppClient(server, "inbox", { extraHeaders, transports });
  t.after(() => client.close());
  await client.open();
  return client;
}
const tab = (t, user, more = {}) => connect(t, { cookie: `theme=dark; token=${sign({ sub: user })}`, ...more });
const notify = (body, as = kApiKey, more = {}) => server.call("POST", "/v1/inbox/notifications", { as, body, ...more });
const as = (user) => (method, path) => server.call(method, `/v1/inbox${path}`, { as: sign({ sub: user }) });

test("a notification comes to every tab and device of its user, and to nobody else", async (t) => {
  const user = person("ann");
  const tabs = [await tab(t, user), await tab(t, user, { transports: ["polling"] }), await tab(t, user, { origin: kAllowed })];
  const others = [await tab(t, person("ben")), await connect(t), await connect(t, { cookie: "token=x.y.z" })];
  const { status, json } = await notify({ message: "Hello", type: "info", userId: user });
  assert.equal(status, 201);
  assert.match(json.id, kUuid7);
  assert.match(json.createdAt, kIsoTime);
  assert.deepEqual({ ...json, id: 0, createdAt: 0 }, { id: 0, message: "Hello", type: "info", createdAt: 0 });
  for (const one of tabs) assert.deepEqual(await one.next("notification"), json);
  const end = (await notify({ message: "end", type: "success", userId: user })).json;
  for (const one of tabs) assert.deepEqual(await one.next("notification"), end);
  for (const one of [...tabs, ...others]) assert.deepEqual(one.waiting("notification"), []);
});

test("a page of another origin gets nothing from the cookie", async (t) => {
  const user = person("ann");
  const good = await tab(t, user);
  const own = await tab(t, user, { origin: server.url });
  const evil = [await tab(t, user, { origin: "https://evil.example" }), await tab(t, user, { origin: "null" }), await tab(t, user, { origin: "http://app.example.org" })];
  await notify({ message: "secret", type: "info", userId: user });
  for (const one of [good, own]) assert.equal((await one.next("notification")).message, "secret");
  for (const one of evil) assert.deepEqual(one.seen, []);
  for (const one of evil) assert.match(await one.fails("auth:refresh", { token: sign({ sub: user }) }), /another user/);
});

test("a token in the auth payload is not looked at", async (t) => {
  const user = person("ann");
  const client = new AppClient(server, "inbox", { auth: { token: sign({ sub: user }) } });
  t.after(() => client.close());
  await client.open();
  const good = await tab(t, user);
  await notify({ message: "x", type: "info", userId: user });
  await good.next("notification");
  assert.deepEqual(client.seen, []);
});

test("who may notify, and what is wrong", async () => {
  const body = { message: "x", type: "info", userId: "u" };
  assert.equal((await notify(body, sign({ sub: "u" }))).status, 403);
  assert.equal((await notify(body, sign({ sub: "u", role: "admin" }))).status, 201);
  for (const [wrong, field] of [
    [{ ...body, type: "shout" }, "type"],
    [{ ...body, message: " " }, "message"],
    [{ ...body, message: undefined }, "message"],
    [{ ...body, allUsers: true }, "userId"],
    [{ message: "x", type: "info" }, "userId"],
    [{ ...body, userId: "" }, "userId"],
    [{ message: "x", type: "info", allUsers: "yes" }, "allUsers"],
  ]) {
    const refused = await notify(wrong);
    assert.deepEqual([refused.status, refused.json.errors?.[0].field], [422, field], JSON.stringify(wrong));
  }
});

test("listed, counted and read by their owner, over the cookie too", async () => {
  const user = person("ann");
  const mine = as(user);
  for (const message of ["one", "two", "three"]) await notify({ message, type: "warning", userId: user });
  assert.deepEqual((await mine("GET", "/notifications/unread-count")).json, { unreadCount: 3 });
  const page = (await mine("GET", "/notifications?limit=2")).json;
  assert.deepEqual(page.items.map((one) => [one.message, one.read]), [["three", false], ["two", false]]);
  const rest = (await mine("GET", `/notifications?limit=2&before=${page.nextCursor}`)).json;
  assert.deepEqual([rest.items.map((one) => one.message), rest.nextCursor], [["one"], null]);
  const path = `/v1/inbox/notifications/${page.items[0].id}/read`;
  const cookie = { Cookie: `token=${sign({ sub: user })}` };
  assert.equal((await server.call("POST", path, { headers: { ...cookie, Origin: "https://evil.example" } })).status, 403);
  assert.equal((await server.call("POST", path, { headers: cookie })).status, 403, "a change by cookie needs an origin");
  assert.equal((await server.call("POST", path, { headers: { ...cookie, Origin: kAllowed } })).status, 200);
  assert.equal((await as(person("ben"))("POST", `/notifications/${page.items[1].id}/read`)).status, 404);
  assert.deepEqual((await mine("GET", "/notifications?unread=true")).json.items.map((one) => one.message), ["two", "one"]);
  assert.equal((await mine("POST", "/notifications/read-all")).json.count, 2);
  assert.deepEqual((await mine("GET", "/notifications/unread-count")).json, { unreadCount: 0 });
});

test("all users: each once, and once under one Idempotency-Key", async (t) => {
  const users = [person("ann"), person("ben")];
  const tabs = [];
  for (const user of users) tabs.push(await tab(t, user));
  const headers = { "Idempotency-Key": person("key") };
  const first = await notify({ message: "to all", type: "info", allUsers: true }, kApiKey, { headers });
  assert.equal(first.status, 201);
  assert.ok(first.json.created >= 2);
  assert.deepEqual((await notify({ message: "to all", type: "info", allUsers: true }, kApiKey, { headers })).json, first.json);
  for (const user of users) await notify({ message: "end", type: "info", userId: user });
  for (const one of tabs) {
    await one.next("notification", ({ message }) => message === "end");
    assert.deepEqual(one.waiting("notification").map(({ message }) => message), ["to all"]);
  }
});

test("all users of a large system: a job in the background that survives a kill, each user once", async (t) => {
  const big = await startBelfry(t, { alone: true });
  const users = Array.from({ length: 2_500 }, (_, i) => `user-${i}`);
  await Promise.all(Array.from({ length: 20 }, async (_, lane) => {
    for (let i = lane; i < users.length; i += 20) await big.call("PUT", `/v1/users/${users[i]}`, { as: kApiKey, body: { name: "N" } });
  }));
  const begun = await big.call("POST", "/v1/inbox/notifications", { as: kApiKey, body: { message: "to all", type: "info", allUsers: true } });
  assert.equal(begun.status, 202);
  const { job } = begun.json;
  assert.deepEqual({ ...job, id: 0, createdAt: 0 }, { id: 0, state: "running", done: 0, total: 2_500, createdAt: 0 });
  await big.kill();
  await big.start();
  const done = await until(async () => {
    const { json } = await big.call("GET", `/v1/inbox/jobs/${job.id}`, { as: kApiKey });
    return json.state === "done" && json;
  }, "the job is done");
  assert.equal(done.done, 2_500);
  for (const user of [users[0], users[999], users.at(-1)]) {
    const { json } = await big.call("GET", "/v1/inbox/notifications", { as: sign({ sub: user }) });
    assert.deepEqual(json.items.map((one) => one.message), ["to all"], user);
  }
  assert.equal((await big.call("GET", "/v1/inbox/jobs/none", { as: kApiKey })).status, 404);
  assert.equal((await big.call("GET", `/v1/inbox/jobs/${job.id}`, { as: sign({ sub: "u" }) })).status, 403);
});
