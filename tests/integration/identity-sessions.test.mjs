// Who one is: registering, signing in and out, and sessions of other systems.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7 } from "../support/health.mjs";
import { claimsOf, sign } from "../support/tokens.mjs";

const kManyTries = { BELFRY_AUTH_LOGINS_PER_MINUTE: "100000" };
const server = await startBelfry(null, { env: { ...kManyTries, BELFRY_SERVER_TRUSTED_PROXIES: "127.0.0.1" } });
const kPassword = "correct horse";

let people = 0;
const email = () => `ann${++people}@example.org`;
const post = (path, body, more = {}) => server.call("POST", path, { body, ...more });
const me = (as) => server.call("GET", "/auth/me", { as });

async function registered(more = {}) {
  const answer = await post("/auth/register", { email: email(), password: kPassword, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}
const cookieOf = (answer) => [answer.headers["set-cookie"]].flat()[0];

/** How a socket is answered that comes with this token: "connected" or the refusal. */
async function connecting(t, token) {
  const client = new Client(server, { auth: { token } });
  t.after(() => client.close());
  try {
    await client.connected();
    return "connected";
  } catch (error) {
    return error.message;
  }
}

test("register: a token, a session token, the user and the cookie", async (t) => {
  const answer = await post("/auth/register", { email: "Ann@Example.org", password: kPassword, name: "Ann" });
  assert.equal(answer.status, 201);
  const { token, sessionToken, user } = answer.json;
  const { id, createdAt, ...rest } = user;
  assert.match(id, kUuid7);
  assert.match(createdAt, kIsoTime);
  assert.deepEqual(rest, { email: "Ann@Example.org", name: "Ann", role: "user" });
  assert.equal(claimsOf(token).sub, id);
  assert.ok(sessionToken.length >= 32 && !sessionToken.includes("."));
  const cookie = cookieOf(answer);
  for (const part of [`token=${token}`, "HttpOnly", "SameSite=Lax", "Path=/"]) assert.ok(cookie.includes(part), cookie);
  assert.ok(!cookie.includes("Secure"));
  for (const as of [token, sessionToken]) {
    assert.deepEqual((await me(as)).json, user);
    assert.equal(await connecting(t, as), "connected");
  }
});

test("login: the same, for who knows the password", async () => {
  const { user } = await registered();
  for (const mail of [user.email, user.email.toUpperCase()]) {
    const answer = await post("/auth/login", { email: mail, password: kPassword });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json.user, user);
    assert.ok(cookieOf(answer).includes(answer.json.token));
  }
  for (const [mail, password] of [[user.email, "wrong horse"], ["nobody@example.org", kPassword], [user.email, ""], [user.email, "x".repeat(5000)]]) {
    const refused = await post("/auth/login", { email: mail, password });
    assert.deepEqual([refused.status, refused.json.detail, refused.headers["set-cookie"]], [401, "Invalid email or password", undefined]);
  }
});

test("logout: neither the session nor its token holds any longer", async (t) => {
  for (const which of ["token", "sessionToken"]) {
    const signedIn = await registered();
    const answer = await server.call("POST", "/auth/logout", { as: signedIn[which] });
    assert.equal(answer.status, 200);
    assert.match(cookieOf(answer), /^token=;.*Max-Age=0/);
    for (const as of [signedIn.token, signedIn.sessionToken]) {
      const refused = await me(as);
      assert.deepEqual([refused.status, refused.json.detail], [401, "Invalid token"]);
      assert.equal(await connecting(t, as), "Authentication error: Invalid token");
    }
  }
  assert.equal((await server.call("POST", "/auth/logout", { as: sign({ sub: "elsewhere" }) })).status, 200);
  assert.equal((await server.call("POST", "/auth/logout")).status, 401);
});

test("the cookie signs in pages, and changes something for allowed origins only", async () => {
  const { token, user } = await registered();
  const cookie = { Cookie: `token=${token}` };
  assert.equal((await server.call("GET", "/auth/me", { headers: cookie })).json.id, user.id);
  for (const origin of [undefined, "https://evil.example"]) {
    const headers = origin ? { ...cookie, Origin: origin } : cookie;
    assert.equal((await server.call("POST", "/auth/logout", { headers })).status, 403);
  }
  assert.equal((await server.call("POST", "/auth/logout", { headers: { ...cookie, Origin: server.url } })).status, 200);
  assert.equal((await server.call("GET", "/auth/me", { headers: cookie })).status, 401);
});

test("behind a proxy the origin of public_url is the server's own: for pages, preflights, sockets and the cookie", async (t) => {
  const own = await startBelfry(t, { env: { ...kManyTries, BELFRY_SERVER_PUBLIC_URL: "https://chat.example.org/base/", CORS_ORIGINS: "https://app.example.org" } });
  const kAllowed = ["https://chat.example.org", "https://app.example.org"];
  const kOthers = ["http://chat.example.org", "https://chat.example.org:8443", "https://chat.example.org.evil.example", "https://chat.example.org/base", "https://example.org", "null", "http://localhost:3000"];
  for (const origin of [...kAllowed, ...kOthers]) {
    const allowed = kAllowed.includes(origin);
    const preflight = { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" };
    for (const [method, path, headers] of [["OPTIONS", "/v1/health/visits", preflight], ["OPTIONS", "/auth/login", preflight], ["GET", "/healthz", { Origin: origin }], ["GET", "/socket.io/?EIO=4&transport=polling", { Origin: origin }]]) {
      const answer = await own.call(method, path, { headers });
      assert.equal(answer.headers["access-control-allow-origin"], allowed ? origin : undefined, `${method} ${path} from ${origin}`);
      assert.equal(answer.headers["access-control-allow-credentials"], allowed ? "true" : undefined);
      assert.match(answer.headers.vary, /Origin/);
    }
    const { json } = await own.call("POST", "/auth/register", { body: { email: email(), password: kPassword } });
    const cookie = { Cookie: `token=${json.token}`, Origin: origin };
    assert.equal((await own.call("POST", "/auth/logout", { headers: cookie })).status, allowed ? 200 : 403, origin);
    assert.equal((await own.call("GET", "/auth/me", { as: json.token })).status, allowed ? 401 : 200, "signed out, or not");
    // App inbox knows its user by the cookie alone; a page of another origin is let in as nobody.
    const user = `tab of ${origin}`;
    const tab = new AppClient(own, "inbox", { extraHeaders: { Cookie: `token=${sign({ sub: user })}`, Origin: origin } });
    t.after(() => tab.close());
    await tab.open();
    const { json: there } = await own.call("GET", `/v1/users/${encodeURIComponent(user)}/connected`, { as: kApiKey });
    assert.equal(there.connected, allowed, `a socket from ${origin}`);
  }
});

test("what may not be registered", async () => {
  const good = { email: email(), password: kPassword };
  for (const [body, field, message] of [
    [{ ...good, email: "nobody" }, "email", "must be an email address"],
    [{ ...good, email: "a@b@c" }, "email", "must be an email address"],
    [{ ...good, email: undefined }, "email", "is required"],
    [{ ...good, password: "short" }, "password", "shorter than 8 characters"],
    [{ ...good, password: "x".repeat(1025) }, "password", "longer than 1024 bytes"],
    [{ ...good, password: 12345678 }, "password", "must be a string"],
    [{ ...good, name: "x".repeat(201) }, "name", "longer than 200 characters"],
  ]) {
    const refused = await post("/auth/register", body);
    assert.deepEqual([refused.status, refused.json.errors], [422, [{ field, message }]]);
  }
  for (const role of ["admin", "provider"]) {
    assert.equal((await post("/auth/register", { ...good, role })).status, 403);
  }
  assert.equal((await registered({ role: "user" })).user.role, "user");
  assert.equal((await post("/auth/register", "{")).status, 400);
  assert.equal((await server.call("GET", "/auth/register")).status, 405);
  assert.equal((await server.call("GET", "/auth/nothing")).status, 404);
});

test("two register one email at once: one wins, twenty times", async () => {
  for (let i = 0; i < 20; ++i) {
    const body = { email: email(), password: kPassword };
    const answers = await Promise.all([post("/auth/register", body), post("/auth/register", { ...body, email: body.email.toUpperCase() })]);
    assert.deepEqual(answers.map((one) => one.status).sort(), [201, 409]);
    assert.equal(answers.find((one) => one.status === 409).json.detail, "Email is already registered");
  }
});

test("roles are granted by an admin or a server; with a session the stored role decides, with a JWT its own", async () => {
  const { user, sessionToken, token } = await registered();
  const path = `/v1/users/${user.id}`;
  assert.equal((await server.call("PUT", path, { as: token, body: { role: "admin" } })).status, 403);
  const changed = await server.call("PUT", path, { as: kApiKey, body: { role: "provider", name: "Dr. Ann" } });
  assert.deepEqual([changed.status, changed.json], [200, { ...user, role: "provider", name: "Dr. Ann", blocked: false }]);
  assert.equal((await me(sessionToken)).json.role, "provider");
  assert.equal((await me(token)).json.role, "user");
  const admin = sign({ sub: "root", role: "admin" });
  assert.equal((await server.call("PUT", path, { as: admin, body: { role: "patient" } })).json.role, "patient");
  const wrong = await server.call("PUT", path, { as: admin, body: { email: "nothing" } });
  assert.deepEqual(wrong.json.errors, [{ field: "email", message: "must be an email address" }]);
  assert.equal((await server.call("PUT", "/v1/users/unseen", { as: kApiKey, body: { name: "New" } })).json.name, "New");
});

test("sessions that another system made", async (t) => {
  const session = (n, ms) => ({ userId: `their-${people}-${n}`, token: `their own token ${people} ${n}`, expiresAt: new Date(Date.now() + ms).toISOString() });
  ++people;
  const [good, expired] = [session(1, 60_000), session(2, -1_000)];
  for (const one of [good, expired]) {
    const made = await post("/v1/sessions", one, { as: kApiKey });
    assert.deepEqual([made.status, made.json.userId, made.json.expiresAt], [201, one.userId, one.expiresAt]);
  }
  assert.equal((await me(good.token)).json.id, good.userId);
  assert.equal(await connecting(t, good.token), "connected");
  assert.equal(await connecting(t, expired.token), "Authentication error: Token expired");
  assert.equal(await connecting(t, "nobody's token at all"), "Authentication error: Invalid token");
  assert.equal((await post("/v1/sessions", good, { as: kApiKey })).status, 409);
  const revoke = () => server.call("DELETE", "/v1/sessions", { as: kApiKey, body: { token: good.token } });
  assert.equal((await revoke()).status, 200);
  assert.equal((await revoke()).status, 404);
  assert.equal(await connecting(t, good.token), "Authentication error: Invalid token");
  for (const [method, body] of [["POST", good], ["DELETE", { token: good.token }]]) {
    assert.equal((await server.call(method, "/v1/sessions", { as: sign({ sub: "root", role: "admin" }), body })).status, 403);
  }
  for (const [body, field] of [[{ ...good, userId: "" }, "userId"], [{ ...good, token: "short" }, "token"], [{ ...good, token: "a long token.with.dots" }, "token"], [{ ...good, expiresAt: "soon" }, "expiresAt"]]) {
    assert.equal((await post("/v1/sessions", body, { as: kApiKey })).json.errors[0].field, field);
  }
});

test("only so many tries a minute, per address and per email", async (t) => {
  const own = await startBelfry(t, { env: { BELFRY_AUTH_LOGINS_PER_MINUTE: "5", BELFRY_SERVER_TRUSTED_PROXIES: "127.0.0.1" } });
  const attempt = (mail, address) => own.call("POST", "/auth/login", { body: { email: mail, password: "wrong" }, headers: { "X-Forwarded-For": address } });
  for (let i = 0; i < 5; ++i) assert.equal((await attempt(`a${i}@x.org`, "192.0.2.1")).status, 401);
  const refused = await attempt("new@x.org", "192.0.2.1");
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers["retry-after"]) > 0);
  for (let i = 0; i < 5; ++i) assert.equal((await attempt("one@x.org", `192.0.2.${10 + i}`)).status, 401);
  assert.equal((await attempt("one@x.org", "192.0.2.99")).status, 429);
  assert.equal((await attempt("two@x.org", "192.0.2.99")).status, 401);
});

test("secure cookies behind https, and no registration where it is off", async (t) => {
  const own = await startBelfry(t, { env: { ...kManyTries, BELFRY_SERVER_PUBLIC_URL: "https://chat.example.org" } });
  const answer = await own.call("POST", "/auth/register", { body: { email: email(), password: kPassword } });
  assert.match(cookieOf(answer), /; Secure$/);
  assert.ok(!own.output.includes(kPassword) && !own.output.includes(answer.json.token) && !own.output.includes(answer.json.sessionToken));
  const closed = await startBelfry(t, { env: { BELFRY_AUTH_REGISTRATION: "false" } });
  assert.equal((await closed.call("POST", "/auth/register", { body: { email: email(), password: kPassword } })).status, 404);
});

test("no password and no token is in the store as it is", async (t) => {
  const own = await startBelfry(t, { alone: true, env: { ...kManyTries, DATABASE_URL: "" } }); // a file, which can be read
  const secrets = [kPassword];
  const { json } = await own.call("POST", "/auth/register", { body: { email: email(), password: kPassword } });
  secrets.push(json.token, json.sessionToken);
  await own.stop();
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(`${own.dataDir}/belfry.db`, "latin1");
  for (const secret of secrets) assert.ok(!bytes.includes(secret));
});
