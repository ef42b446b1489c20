// App health: who may connect, and what a connection begins with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { PollingPeer } from "../support/engineio.mjs";
import { Client, kIsoTime, settle } from "../support/health.mjs";
import { kSecret, nowSeconds, sign } from "../support/tokens.mjs";
import { within } from "../support/wait.mjs";

const server = await startBelfry(null);
const kNamespaces = ["/", "/health"];
const kInvalid = "Authentication error: Invalid token";

async function refusalOf(t, auth, options = {}) {
  const client = new Client(server, { auth, ...options });
  t.after(() => client.close());
  return (await client.refused()).message;
}

const good = (claims = {}, how = {}) => sign({ sub: "ada", role: "patient", ...claims }, how);

const kRefused = [
  ["no auth at all", undefined, "Authentication error: No token provided"],
  ["an auth without a token", { name: "ada" }, "Authentication error: No token provided"],
  ["an empty token", { token: "" }, "Authentication error: No token provided"],
  ["null as a token", { token: null }, "Authentication error: No token provided"],
  ["no token but words", { token: "let me in" }, kInvalid],
  ["three parts of nothing", { token: ".." }, kInvalid],
  ["another secret", { token: good({}, { secret: "another secret" }) }, kInvalid],
  ["an empty secret", { token: good({}, { secret: "" }) }, kInvalid],
  ["alg none", { token: good({}, { alg: "none" }) }, kInvalid],
  ["alg None with a signature", { token: good({}, { header: { alg: "None" } }) }, kInvalid],
  ["an algorithm that is not configured", { token: good({}, { header: { alg: "RS256" } }) }, kInvalid],
  ["the algorithm of another hash", { token: good({}, { header: { alg: "HS512" } }) }, kInvalid],
  ["changed claims", { token: good().replace(/\.[^.]+\./, `.${good({ role: "admin" }).split(".")[1]}.`) }, kInvalid],
  ["a signature cut short", { token: good().slice(0, -3) }, kInvalid],
  ["more behind the signature", { token: `${good()}.x` }, kInvalid],
  ["no user id", { token: sign({ role: "patient" }) }, kInvalid],
  ["an object as user id", { token: sign({ sub: { id: "ada" } }) }, kInvalid],
  ["an empty user id", { token: sign({ sub: "" }) }, kInvalid],
  ["an expiry that is no number", { token: good({ exp: "never" }) }, kInvalid],
  ["a time before which it does not hold", { token: good({ nbf: nowSeconds() + 60 }) }, kInvalid],
  ["an expiry in the past", { token: good({ exp: nowSeconds() - 60 }) }, "Authentication error: Token expired"],
  ["an expired token with another secret", { token: good({ exp: nowSeconds() - 60 }, { secret: "another" }) }, kInvalid],
  ["a token of 100,000 characters", { token: "x".repeat(100_000) }, kInvalid],
];

for (const namespace of kNamespaces) {
  for (const [what, auth, error] of kRefused) {
    test(`${namespace} refuses ${what}`, async (t) => {
      assert.equal(await refusalOf(t, auth, { namespace }), error);
    });
  }

  for (const token of [5, true, ["x"], { a: 1 }]) {
    test(`${namespace} refuses the token ${JSON.stringify(token)}`, async (t) => {
      const error = await refusalOf(t, { token }, { namespace });
      assert.match(error, /^Authentication error: (Invalid token|No token provided)$/);
    });
  }

  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    test(`${namespace} welcomes over ${transports}`, async (t) => {
      const before = Date.now();
      const client = await Client.open(t, server, "ada", "patient", { namespace, transports });
      const { timestamp, ...rest } = client.hello;
      assert.deepEqual(rest, { userId: "ada", socketId: client.socket.id, role: "patient" });
      assert.match(timestamp, kIsoTime);
      assert.ok(Math.abs(Date.parse(timestamp) - before) < 10_000);
    });
  }
}

for (const alg of ["HS256", "HS384", "HS512"]) {
  test(`a token signed with ${alg} is accepted`, async (t) => {
    const client = new Client(server, { auth: { token: good({}, { alg }) } });
    t.after(() => client.close());
    assert.equal((await client.connected()).userId, "ada");
  });
}

for (const [what, claims, userId] of [
  ["sub", { sub: "a", userId: "b", id: "c" }, "a"],
  ["userId", { userId: "b", id: "c" }, "b"],
  ["id", { id: "c" }, "c"],
  ["a number", { id: 42 }, "42"],
  ["letters of any script", { sub: "Ünïcode 患者" }, "Ünïcode 患者"],
]) {
  test(`the user id is ${what}`, async (t) => {
    const client = new Client(server, { auth: { token: sign({ role: "patient", ...claims }) } });
    t.after(() => client.close());
    assert.equal((await client.connected()).userId, userId);
  });
}

test("clocks may differ by five seconds", async (t) => {
  for (const claims of [{ exp: nowSeconds() - 2 }, { nbf: nowSeconds() + 2 }]) {
    const client = new Client(server, { auth: { token: good(claims) } });
    t.after(() => client.close());
    await client.connected();
  }
});

test("a refused namespace leaves the others of the connection alone", async (t) => {
  const client = await Client.open(t, server, "ada");
  const other = client.socket.io.socket("/", { auth: { token: "wrong" } });
  const error = await within(new Promise((resolve) => other.once("connect_error", resolve).connect()), "a refusal");
  assert.equal(error.message, kInvalid);
  assert.equal(await client.fails("room:participants", { roomId: "nothing" }), "Access denied to this room");
});

test("a second CONNECT while the first is being checked is answered with it", async (t) => {
  const engine = await PollingPeer.open(t, server);
  const connect = `40${JSON.stringify({ token: sign({ sub: "twice", role: "patient" }) })}`;
  await engine.send(connect, connect); // the store is asked, as the user is new
  assert.match(await engine.next(), /^40\{"sid":/);
  assert.match(await engine.next(), /^42\["connected",/);
  await engine.send('420["typing:stop",{"roomId":"visit:none"}]');
  assert.match(await engine.next(), /^430\[\{.*"Access denied to this room"/);
});

test("an unknown namespace is refused", async (t) => {
  assert.equal(await refusalOf(t, { token: good() }, { namespace: "/nowhere" }), "Invalid namespace");
});

test("a user's devices on both namespaces all get what is theirs", async (t) => {
  const visit = await server.visit("ada", "dr-okafor");
  const devices = [];
  for (const namespace of [...kNamespaces, ...kNamespaces]) {
    devices.push(await Client.open(t, server, "ada", "patient", { namespace }));
  }
  assert.equal(new Set(devices.map((device) => device.socket.id)).size, devices.length);
  const doctor = await Client.open(t, server, "dr-okafor", "provider");
  const message = await doctor.say(visit, "to all of you");
  for (const device of devices) assert.deepEqual(await device.next("message:new"), message);

  const own = await devices[0].say(visit, "from one of us");
  for (const device of devices.slice(1)) assert.deepEqual(await device.next("message:sent"), own);
  assert.deepEqual(await doctor.next("message:new"), own);
  await settle(visit, doctor, devices);
  for (const device of devices) assert.deepEqual(device.inbox.items, []);
});

test("of 30 connections a minute the 30th passes, the 31st does not, on either namespace", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "" } });
  for (let i = 0; i < 30; ++i) {
    const client = await Client.open(null, limited, "ada", "patient", { namespace: kNamespaces[i % 2] });
    client.close();
  }
  for (const namespace of kNamespaces) {
    const client = new Client(limited, { namespace, auth: { token: good() } });
    t.after(() => client.close());
    assert.equal((await client.refused()).message, "Rate limit exceeded");
  }
});

test("a limit over all apps together holds beside the app's own", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_SERVER_CONNECTIONS_PER_MINUTE: "2" } });
  for (let i = 0; i < 2; ++i) await Client.open(t, limited, "ada");
  const client = new Client(limited, { auth: { token: good() } });
  t.after(() => client.close());
  assert.equal((await client.refused()).message, "Rate limit exceeded");
});

test("wrong tokens count as attempts", async (t) => {
  const limited = await startBelfry(t, { env: { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "3" } });
  const errors = [];
  for (let i = 0; i < 5; ++i) {
    const client = new Client(limited, { auth: { token: "wrong" } });
    errors.push((await client.refused()).message);
    client.close();
  }
  assert.deepEqual(errors, [kInvalid, kInvalid, kInvalid, "Rate limit exceeded", "Rate limit exceeded"]);
});

test("behind a trusted proxy the address counts that it names, else its own", async (t) => {
  const attempt = async (one, address) => {
    const client = new Client(one, { auth: { token: good() }, extraHeaders: { "X-Forwarded-For": address } });
    try {
      return await client.connected().then(() => "connected", (error) => error.message);
    } finally {
      client.close();
    }
  };
  const limit = { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "1" };
  const trusting = await startBelfry(t, { env: { ...limit, BELFRY_SERVER_TRUSTED_PROXIES: "127.0.0.0/8" } });
  assert.equal(await attempt(trusting, "192.0.2.1"), "connected");
  assert.equal(await attempt(trusting, "192.0.2.2"), "connected");
  assert.equal(await attempt(trusting, "192.0.2.1"), "Rate limit exceeded");

  const wary = await startBelfry(t, { env: limit });
  assert.equal(await attempt(wary, "192.0.2.1"), "connected");
  assert.equal(await attempt(wary, "192.0.2.2"), "Rate limit exceeded");
});

test("neither tokens nor the secret are in the log", async (t) => {
  const client = await Client.open(t, server, "ada");
  await refusalOf(t, { token: good({}, { secret: "another secret" }) });
  assert.ok(!server.output.includes("eyJ"), "a token");
  assert.ok(!server.output.includes(kSecret), "the secret");
  assert.ok(server.output.includes(client.socket.id), "the connection is logged");
});
