// A role that changes under open sockets: what it may no longer watch and follow ends at once.
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

test("a role that an admin changes is the role of all sockets of those whose token names none", async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_HEALTH_TOPIC_ROLES: "staff=provider" } });
  const change = (role) => server.call("PUT", "/v1/users/ann", { as: kApiKey, body: { role } });
  const notify = async () => (await server.call("POST", "/v1/health/notifications", { as: kApiKey, body: { topic: "staff", type: "x", title: "x", message: "x" } })).json;
  await change("provider");
  const open = (claims) => Client.open(t, server, "ann", undefined, { auth: { token: sign({ sub: "ann", ...claims }) } });
  const [one, other, named] = [await open({}), await open({}), await open({ role: "provider" })];
  const may = async (device) => (await device.ask("notification:subscribe", { topics: ["staff"] })).success;
  assert.deepEqual([await may(one), await may(other), await may(named)], [true, true, true]);
  await change("patient");
  await until(async () => !(await may(one)) && !(await may(other)), "both devices lose the role");
  assert.equal((await notify()).created, 0, "the topic is left");
  assert.equal(await may(named), true, "a token's own role holds");
  await change("provider");
  await until(async () => (await may(one)) && (await may(other)), "both devices get the role");
});
