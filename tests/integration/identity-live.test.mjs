// Credentials that end before their time: signing out, on one device or another, and being blocked, end what is connected at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { within } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_AUTH_LOGINS_PER_MINUTE: "100000" } });
const kPassword = "correct horse";
let people = 0;

/** Somebody with as many sessions as there are devices: `{id, signIns: [{token, sessionToken}]}`. */
async function somebody(devices) {
  const body = { email: `ann${++people}@example.org`, password: kPassword };
  const first = (await server.call("POST", "/auth/register", { body })).json;
  const signIns = [first];
  while (signIns.length < devices) signIns.push((await server.call("POST", "/auth/login", { body })).json);
  return { id: first.user.id, signIns };
}
async function connect(t, token, app = "health") {
  const client = new AppClient(server, app, { auth: { token } });
  t.after(() => client.close());
  client.gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
  await client.open();
  if (app === "health") await client.next("connected");
  return client;
}
async function turnedOut(client, reason) {
  assert.deepEqual(await client.next("auth:revoked"), { reason });
  await within(client.gone, "a disconnect");
}
const stays = async (client) => assert.ok((await client.must("notification:getUnreadCount")).success);

test("signing out ends what that session connected, in every app, and nothing else", async (t) => {
  const ann = await somebody(2);
  const [phone, laptop] = ann.signIns;
  const gone = [await connect(t, phone.token), await connect(t, phone.sessionToken), await connect(t, phone.token, "care")];
  const left = [await connect(t, laptop.token), await connect(t, sign({ sub: ann.id, role: "user" }))];
  assert.equal((await server.call("POST", "/auth/logout", { as: phone.token })).status, 200);
  for (const client of gone) await turnedOut(client, "session revoked");
  for (const client of left) await stays(client);
  await assert.rejects(connect(t, phone.token), { message: "Authentication error: Invalid token" });
});

test("one's devices: listed, and signed out one by one, by oneself only", async (t) => {
  const ann = await somebody(3);
  const ben = await somebody(1);
  const as = ann.signIns[0].token;
  const list = (path = "/auth/sessions", by = as) => server.call("GET", path, { as: by });
  const { items } = (await list()).json;
  assert.deepEqual(items.map((one) => one.current), [false, false, true], "newest first");
  for (const one of items) assert.match(one.createdAt, kIsoTime);
  const latest = await connect(t, ann.signIns[2].token);
  const [bens] = (await list("/auth/sessions", ben.signIns[0].token)).json.items;
  const end = (id, by = as, path = "/auth/sessions") => server.call("DELETE", `${path}/${id}`, { as: by });
  for (const id of [bens.id, "x"]) assert.equal((await end(id)).status, 404);
  assert.equal((await end(items[0].id)).status, 200);
  await turnedOut(latest, "session revoked");
  assert.equal((await end(items[0].id)).status, 404);
  assert.deepEqual((await list()).json.items, items.slice(1));
  assert.equal((await server.call("GET", "/auth/me", { as: ann.signIns[2].token })).status, 401);

  const path = `/v1/users/${ann.id}/sessions`;
  for (const by of [as, ben.signIns[0].token]) assert.equal((await list(path, by)).status, 403);
  assert.deepEqual((await list(path, kApiKey)).json.items.map((one) => one.id), items.slice(1).map((one) => one.id));
  assert.equal((await end(items[1].id, kApiKey, path)).status, 200);
  assert.equal((await end(bens.id, kApiKey, path)).status, 404, "of somebody else");
  assert.equal((await list("/auth/sessions", kApiKey)).status, 403);
});

test("a session of another system, revoked by it", async (t) => {
  const token = "an opaque token of theirs";
  const body = { userId: "zed", token, expiresAt: "2100-01-01T00:00:00.000Z" };
  assert.equal((await server.call("POST", "/v1/sessions", { as: kApiKey, body })).status, 201);
  const client = await connect(t, token);
  assert.equal((await server.call("DELETE", "/v1/sessions", { as: kApiKey, body: { token } })).status, 200);
  await turnedOut(client, "session revoked");
});

test("a socket that refreshed with another session belongs to that one", async (t) => {
  const ann = await somebody(2);
  const client = await connect(t, ann.signIns[0].token);
  await client.must("auth:refresh", { token: ann.signIns[1].token });
  assert.equal((await server.call("POST", "/auth/logout", { as: ann.signIns[0].token })).status, 200);
  await stays(client);
  assert.equal((await server.call("POST", "/auth/logout", { as: ann.signIns[1].token })).status, 200);
  await turnedOut(client, "session revoked");
});

test("who is blocked goes from every app, whatever they were let in with, and comes in no more until they may", async (t) => {
  const ann = await somebody(1);
  const own = sign({ sub: ann.id, role: "user" });
  const clients = [await connect(t, ann.signIns[0].token), await connect(t, own), await connect(t, own, "household")];
  const other = await connect(t, sign({ sub: "ben", role: "user" }));
  const put = (blocked, as = kApiKey) => server.call("PUT", `/v1/users/${ann.id}`, { as, body: { blocked } });
  assert.equal((await put(true, own)).status, 403);
  assert.equal((await put(true)).json.blocked, true);
  for (const client of clients) await turnedOut(client, "user blocked");
  await stays(other);
  for (const token of [own, ann.signIns[0].token, ann.signIns[0].sessionToken]) {
    await assert.rejects(connect(t, token), { message: "Authentication error: User is blocked" });
    const refused = await server.call("GET", "/auth/me", { as: token });
    assert.deepEqual([refused.status, refused.json.detail], [401, "User is blocked"]);
  }
  const groups = new AppClient(server, "groups", { auth: { token: own } });
  t.after(() => groups.close());
  assert.equal(await within(new Promise((resolve) => groups.socket.once("disconnect", resolve)), "a disconnect"), "io server disconnect");
  assert.equal((await put(false)).json.blocked, false);
  await stays(await connect(t, own));
});

test("signing out while one connects: nobody stays, a hundred times", async (t) => {
  for (let i = 0; i < 100; ++i) {
    const token = `a token of round ${i}, opaque`;
    const body = { userId: `race-${i}`, token, expiresAt: "2100-01-01T00:00:00.000Z" };
    assert.equal((await server.call("POST", "/v1/sessions", { as: kApiKey, body })).status, 201);
    const client = new Client(server, { auth: { token } });
    t.after(() => client.close());
    const ended = new Promise((resolve) => {
      for (const event of ["disconnect", "connect_error"]) client.socket.once(event, resolve);
    });
    assert.equal((await server.call("DELETE", "/v1/sessions", { as: kApiKey, body: { token } })).status, 200);
    await within(ended, "an end");
  }
});
