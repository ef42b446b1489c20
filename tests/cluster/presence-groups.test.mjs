// Who is online in groups, over several nodes: told to everybody once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, restOf } from "../support/app.mjs";
import { kLeaseMs, startCluster } from "../support/nodes.mjs";
import { pause } from "../support/wait.mjs";

const kMomentMs = 500; // in which something would come that is not to come

test("userOnline of groups is told once, with the first node and the last, and when a node dies", async (t) => {
  const { nodes } = await startCluster(t, 3, { shared: true });
  const { must } = restOf(nodes[0], "/v1/groups");
  const group = await must("ann")("POST", "", { name: "Choir" });
  await must("ann")("POST", `/${group.id}/members`, { userId: "ben" });
  const ben = await AppClient.join(t, nodes[2], "groups", "ben");
  const online = (isOnline, limit_ms) => ben.next("userOnline", (one) => one.userId === "ann" && one.isOnline === isOnline, limit_ms);
  const first = await AppClient.join(t, nodes[0], "groups", "ann");
  await online(true);
  const second = await AppClient.join(t, nodes[1], "groups", "ann", { reconnection: false });
  await pause(kMomentMs); // until the first node knows of it
  first.close();
  await pause(kMomentMs);
  assert.deepEqual(ben.waiting("userOnline").filter((one) => one.userId === "ann"), []);
  await nodes[1].kill();
  await online(false, kLeaseMs + 2_000);
  await pause(kMomentMs);
  assert.deepEqual(ben.waiting("userOnline").filter((one) => one.userId === "ann"), [], "once");
  second.close();
});
