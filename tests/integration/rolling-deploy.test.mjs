// A server that is replaced while clients talk: it says so first, moves them away one after the other, and nothing that was
// acknowledged or stored is lost to those who come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { request } from "../support/http.mjs";
import { Traffic } from "../support/senders.mjs";
import { until, within } from "../support/wait.mjs";

/** The status of `/readyz`, or why there is none. */
const readiness = (server) => server.call("GET", "/readyz").then(({ status }) => status, (error) => error.code);

/** Tells it to stop, and goes on at once. */
function terminate(server) {
  server.asked = true;
  process.kill(server.pid, "SIGTERM");
}

test("/readyz is off first; until ready_off_ms is over, whoever comes is served", async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_SERVER_READY_OFF_MS: "1500" } });
  const visit = await server.visit("ada", "dr-okafor");
  const begin = performance.now();
  terminate(server);
  await until(async () => (await readiness(server)) === 503, "/readyz to be off", 1_000);
  const { json } = await server.call("GET", "/readyz");
  assert.equal(json.detail, "The server stops");
  assert.equal((await server.call("GET", "/healthz")).status, 200);
  const ada = await Client.open(t, server, "ada");
  assert.equal((await ada.say(visit, "still here")).seq, 1);
  assert.deepEqual(ada.waiting("server:shutdown"), []);
  await within(server.exit, "the server to end");
  assert.deepEqual(server.ended, { code: 0, signal: null });
  assert.ok(performance.now() - begin >= 1_500);
});

test("clients are told at once when to come back, and leave one after the other", async (t) => {
  const count = 60;
  const server = await startBelfry(t, { env: { BELFRY_SERVER_DRAIN_SPREAD_MS: "1000", BELFRY_SERVER_THREADS: "1" } });
  const clients = await Promise.all(
    Array.from({ length: count }, (_, i) => Client.open(t, server, `user-${i}`, "patient", { transports: [i % 2 ? "websocket" : "polling"] })),
  );
  const ends = Promise.all(
    clients.map(({ socket }) => new Promise((resolve) => socket.once("disconnect", (reason) => resolve({ reason, at: performance.now() })))),
  );
  const begin = performance.now();
  terminate(server);
  const told = await Promise.all(clients.map((client) => client.next("server:shutdown")));
  assert.ok(performance.now() - begin < 700, "before most have gone");
  assert.equal(await readiness(server), 503);
  assert.equal((await request(server, "/socket.io/?EIO=4&transport=polling")).status, 503);

  const gone = await within(ends, "all to be gone");
  const hints = told.map(({ reconnectInMs }) => reconnectInMs);
  assert.ok(new Set(hints).size > count / 2, `hints are spread: ${hints}`);
  gone.forEach(({ reason, at }, i) => {
    assert.equal(reason, "transport close", "which stock clients come back after");
    assert.ok(hints[i] <= 2_200, `${hints[i]}`);
    assert.ok(at - begin <= hints[i] + 500, `gone after ${at - begin} ms, told ${hints[i]}`);
  });
  const times = gone.map(({ at }) => at - begin).sort((a, b) => a - b);
  assert.ok(times[Math.floor(count * 0.9)] - times[Math.floor(count * 0.1)] > 400, `spread over the time: ${times.map(Math.round)}`);
  await within(server.exit, "the server to end");
  assert.deepEqual(server.ended, { code: 0, signal: null });
});

test("a server is replaced three times under load: what was acknowledged is shown to everybody, once, in order", { timeout: 90_000 }, async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_SERVER_DRAIN_SPREAD_MS: "300" } });
  const visits = [await server.visit("ada", "dr-okafor"), await server.visit("tomas", "dr-okafor")];
  const traffic = await Traffic.start(t, visits, [server]);
  for (let round = 1; round <= 3; ++round) {
    await traffic.goOn(200);
    await server.stop();
    await server.start();
  }
  await traffic.finish(server);
});
