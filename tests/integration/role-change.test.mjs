// A role that auth:refresh changes: what it may no longer watch and follow ends at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

test("topics that the new role may not follow are left", async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_HEALTH_TOPIC_ROLES: "staff=provider" } });
  const device = await Client.open(t, server, "ann", "provider");
  await device.must("notification:subscribe", { topics: ["staff", "all"] });
  await device.must("auth:refresh", { token: sign({ sub: "ann", role: "patient" }) });
  const notify = async (topic) => (await server.call("POST", "/v1/health/notifications", { as: kApiKey, body: { topic, type: "x", title: "x", message: "x" } })).json;
  await until(async () => (await notify("staff")).created === 0, "the topic is left");
  assert.equal((await notify("all")).created, 1);
});

test("presence of those whom the new role may not see is watched no longer", async (t) => {
  const server = await startBelfry(t);
  await server.visit("ann", "dr");
  const watcher = await Client.open(t, server, "ann", "admin");
  await watcher.must("presence:subscribe", { userIds: ["stranger", "dr"] });
  await watcher.next("presence:initial");
  await watcher.must("auth:refresh", { token: sign({ sub: "ann", role: "patient" }) });
  assert.deepEqual((await watcher.must("presence:get", { userIds: ["stranger"] })).presences, []);
  const stranger = await Client.open(t, server, "stranger");
  await stranger.must("presence:setStatus", { status: "busy", customStatus: "private" });
  const doctor = await Client.open(t, server, "dr", "provider");
  await doctor.must("presence:subscribe", { userIds: ["dr"] });
  await doctor.next("presence:changed", (one) => one.userId === "dr" && one.status === "online"); // told after the stranger
  await watcher.must("presence:get", { userIds: ["dr"] });
  assert.deepEqual(watcher.waiting("presence:changed").filter((one) => one.userId === "stranger"), []);
});
