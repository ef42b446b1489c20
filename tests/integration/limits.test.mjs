// What clients may do, and what those who do more are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { kApiKey, run, startBelfry } from "../support/belfry.mjs";
import { nowSeconds, sign } from "../support/tokens.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { readResponse, requestText } from "../support/http.mjs";

const server = await startBelfry(null, {
  env: {
    BELFRY_LIMITS_EXEMPT: "192.0.2.1",
    BELFRY_LIMITS_USER_MESSAGES_PER_SECOND: "40",
    BELFRY_LIMITS_USER_MESSAGES_BURST: "40",
    BELFRY_LIMITS_EVENT_RATES: "typing:stop=20/20",
    BELFRY_LIMITS_HANDSHAKES_PER_SECOND: "1",
    BELFRY_LIMITS_HANDSHAKES_BURST: "3",
    BELFRY_SERVER_TRUSTED_PROXIES: "127.0.0.1",
  },
});
// Each client comes from an address of its own, through a proxy.
let addresses = 0;
const somewhere = () => ({ extraHeaders: { "X-Forwarded-For": `203.0.113.${++addresses}` } });
const join = (t, sub, options) => AppClient.join(t, server, "health", sub, { role: "patient", ...somewhere(), ...options });

async function refusalOf(app, auth) {
  const client = new AppClient(server, app, { auth, ...somewhere() });
  const error = await client.refused();
  client.close();
  return error;
}

test("a client that is not let in gets a code, and whether to come back", async () => {
  for (const app of ["health", "care", "household"]) {
    assert.deepEqual((await refusalOf(app, {})).data, { code: "no_token", retry: "credentials" }, app);
    assert.deepEqual((await refusalOf(app, { token: "none" })).data, { code: "invalid_token", retry: "credentials" });
    const token = sign({ sub: "ann", exp: nowSeconds() - 60 });
    const { message, data } = await refusalOf(app, { token });
    assert.deepEqual(data, { code: "token_expired", retry: "credentials" });
    assert.notEqual(message, "", "for people");
  }
});

test("an address that connects too often is told so by a code, and when to come back", async (t) => {
  const strict = await startBelfry(t, { env: { BELFRY_HEALTH_CONNECTIONS_PER_MINUTE: "1" } });
  await AppClient.join(t, strict, "health", "ann", { role: "patient" });
  const { data } = await new AppClient(strict, "health", { auth: { token: sign({ sub: "ann" }) } }).refused();
  assert.deepEqual({ ...data, retryAfterMs: 0 }, { code: "rate_limited", retry: "backoff", retryAfterMs: 0 });
  assert.ok(data.retryAfterMs > 0 && data.retryAfterMs <= 60_000);
});

test("a user has one bound over all devices: nothing is lost, each device is told", async (t) => {
  const devices = [await join(t, "bea"), await join(t, "bea", { transports: ["polling"] })];
  const begin = performance.now();
  const all = devices.flatMap((device) => Array.from({ length: 60 }, () => device.ask("typing:start", { roomId: "topic:x" })));
  assert.equal((await Promise.all(all)).length, 120);
  const took = performance.now() - begin;
  assert.ok(took >= 1_500, `120 events, 40 at once and 40 a second, took ${took.toFixed(0)} ms`);
  for (const device of devices) {
    const { limit, retryAfterMs } = await device.next("rate:warning");
    assert.equal(limit, "user");
    assert.ok(retryAfterMs > 0);
  }
});

test("an event may have its own bound", async (t) => {
  const client = await join(t, "cleo");
  const begin = performance.now();
  await Promise.all(Array.from({ length: 35 }, () => client.ask("typing:stop", { roomId: "topic:x" })));
  const took = performance.now() - begin;
  assert.ok(took >= 600, `35 events, 20 at once and 20 a second, took ${took.toFixed(0)} ms`);
  assert.equal((await client.next("rate:warning")).limit, "event");
});

test("handshakes are counted by the address that a trusted proxy forwards", async (t) => {
  const handshake = async (address) => {
    const tcp = await RawTcp.connect(t, server.port);
    tcp.write(requestText({ path: "/socket.io/?EIO=4&transport=polling", headers: { "X-Forwarded-For": address } }));
    return readResponse(tcp);
  };
  for (let i = 0; i < 3; ++i) assert.equal((await handshake("198.51.100.1")).status, 200);
  const refused = await handshake("198.51.100.1");
  assert.equal(refused.status, 429);
  assert.equal(refused.headers["retry-after"], "1");
  assert.equal((await handshake("198.51.100.2")).status, 200);
  const { text } = await server.call("GET", "/metrics", { as: kApiKey });
  assert.match(text, /^belfry_handshakes_refused_total\{reason="handshakes too often"\} 1$/m);
});

test("check-config says what is wrong with a bound", async () => {
  const env = { BELFRY_LIMITS_EVENT_RATES: "a=1/2,b=fast", BELFRY_LIMITS_EXEMPT: "10.0.0.0/99" };
  const { code, err } = await run(["check-config"], { env });
  assert.equal(code, 2);
  assert.match(err, /limits\.event_rates holds 'b=fast', which is not `event=per second\/at once`/);
  assert.match(err, /limits\.exempt holds '10\.0\.0\.0\/99', which is no address or network/);
});
