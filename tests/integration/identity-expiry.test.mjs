// Credentials that end during a connection: told, waited for, refreshed, and in time or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { nowSeconds, sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_AUTH_EXPIRY_GRACE_MS: "700" } });
const kSoon = 2;
const ending = (sub = "ann", more = {}) => sign({ sub, role: "patient", exp: nowSeconds() + kSoon, ...more });

test("a token that ends: auth:expired, and after the grace the disconnect", async (t) => {
  const client = new Client(server, { auth: { token: ending() } });
  t.after(() => client.close());
  await client.connected();
  const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
  await client.next("auth:expired");
  assert.equal(await gone, "io server disconnect");
});

test("auth:refresh in time: the socket stays, with the new role", async (t) => {
  const client = new Client(server, { auth: { token: ending("ben") } });
  t.after(() => client.close());
  await client.connected();
  await client.next("auth:expired");
  const exp = nowSeconds() + 100;
  const answer = await client.must("auth:refresh", { token: sign({ sub: "ben", role: "admin", exp }) });
  assert.equal(answer.expiresAt, new Date(exp * 1000).toISOString());
  await client.must("presence:get", { userIds: ["whoever"] });
  const never = await client.must("auth:refresh", { token: sign({ sub: "ben", role: "admin", exp: null }) });
  assert.equal(never.expiresAt, null);
  const other = new Client(server, { auth: { token: ending("cid") } });
  t.after(() => other.close());
  await other.connected();
  await new Promise((resolve) => other.socket.once("disconnect", resolve));
  assert.ok(client.socket.connected, "it outlives one that came later and was not refreshed");
  assert.deepEqual((await client.must("presence:get", { userIds: ["whoever"] })).presences.length, 1, "an admin sees all");
});

test("auth:refresh: what is refused changes nothing", async (t) => {
  const client = new Client(server, { auth: { token: sign({ sub: "dan" }) } });
  t.after(() => client.close());
  await client.connected();
  for (const [payload, error] of [
    [{ token: sign({ sub: "somebody else" }) }, "Token belongs to another user"],
    [{ token: sign({ sub: "dan", exp: nowSeconds() - 100 }) }, "Token expired"],
    [{ token: sign({ sub: "dan" }, { secret: "another" }) }, "Invalid token"],
    [{ token: "" }, "No token provided"],
    [{ token: 7 }, "token: must be a string"],
    [{}, "token: is required"],
  ]) {
    assert.equal(await client.fails("auth:refresh", payload), error);
  }
  await client.must("notification:getUnreadCount");
});

test("a session that ends during a connection", async (t) => {
  const token = "a session that ends";
  const body = { userId: "eve", token, expiresAt: new Date(Date.now() + 1_000).toISOString() };
  await server.call("POST", "/v1/sessions", { as: kApiKey, body });
  const client = new Client(server, { auth: { token } });
  t.after(() => client.close());
  await client.connected();
  await client.next("auth:expired");
  await until(() => !client.socket.connected, "the disconnect");
});

/** How many sockets of a role app health counts. */
async function counted(role) {
  const { text } = await server.call("GET", "/metrics");
  const sample = `belfry_connections{app="health",role="${role}"} `;
  return Number(text.split("\n").find((line) => line.startsWith(sample))?.slice(sample.length) ?? 0);
}
const nobodyLeft = () => until(async () => (await counted("provider")) + (await counted("patient")) === 0, "all sockets are given back");

test("a token that ends before its refresh is handled, at the same time, or after: all stay, and nothing is left of them", async (t) => {
  await nobodyLeft();
  const exp = nowSeconds() + kSoon;
  const clients = await Promise.all(Array.from({ length: 60 }, async (_, n) => {
    const client = new Client(server, { auth: { token: sign({ sub: `racer-${n}`, role: "provider", exp }) } });
    t.after(() => client.close());
    await client.connected();
    return client;
  }));
  assert.equal(await counted("provider"), 60);
  const fresh = (n, soon = 3600) => sign({ sub: `racer-${n}`, role: "provider", exp: nowSeconds() + soon });
  // A third asks until it is told of the end, which so falls between two of its refreshes with the ending token; then all refresh.
  await Promise.all(clients.map(async (client, n) => {
    const expired = client.next("auth:expired");
    let told = false;
    expired.then(() => (told = true), () => (told = true));
    while (n % 3 === 0 && !told) await client.must("auth:refresh", { token: sign({ sub: `racer-${n}`, role: "provider", exp }) });
    await expired;
    const answers = await Promise.all(Array.from({ length: 3 }, () => client.must("auth:refresh", { token: fresh(n) })));
    for (const { expiresAt } of answers) assert.ok(Date.parse(expiresAt) > Date.now());
  }));
  // One that comes later and is not refreshed is gone: had any timer of theirs been left, they were, too.
  const last = new Client(server, { auth: { token: sign({ sub: "last racer", role: "provider", exp: nowSeconds() + 1 }) } });
  t.after(() => last.close());
  await last.connected();
  await new Promise((resolve) => last.socket.once("disconnect", resolve));
  for (const [n, client] of clients.entries()) {
    await client.must("notification:getUnreadCount");
    // An ending token is good for some seconds more, and tells of its end each time.
    if (n % 3 !== 0) assert.deepEqual(client.waiting("auth:expired"), []);
  }
  await until(async () => (await counted("provider")) === 60, "each is counted once");
  for (const client of clients) client.close();
  await nobodyLeft();
});

test("who leaves while the refresh is checked, or just as the token ends, leaves nothing behind", async (t) => {
  await nobodyLeft();
  const exp = nowSeconds() + kSoon;
  const clients = await Promise.all(Array.from({ length: 60 }, async (_, n) => {
    const client = new Client(server, { auth: { token: sign({ sub: `leaver-${n}`, role: "provider", exp }) } });
    t.after(() => client.close());
    await client.connected();
    return client;
  }));
  assert.equal(await counted("provider"), 60);
  await Promise.all(clients.map(async (client, n) => {
    if (n % 2) await client.next("auth:expired");
    // Another role, so that a count given to one that has gone would show.
    client.emit("auth:refresh", { token: sign({ sub: `leaver-${n}`, role: n % 4 < 2 ? "provider" : "patient", exp: nowSeconds() + 1 }) });
    client.drop();
  }));
  await nobodyLeft();
  server.check();
});
