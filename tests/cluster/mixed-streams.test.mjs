// Beside Node.js servers with `@socket.io/redis-streams-adapter`, and with what its emitter writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "redis";
import { connect } from "../support/clients.mjs";
import { clusterTests, sharedCluster, untilJoined } from "./mixed.mjs";

const cluster = sharedCluster("streams");
clusterTests(cluster, { knowsAllRooms: false });

test("an entry of an emitter reaches our clients", async (t) => {
  await untilJoined(t, cluster.servers.belfry);
  const redis = createClient({ url: cluster.redis.url });
  await redis.connect();
  t.after(() => redis.quit());
  const socket = await connect(t, cluster.servers.belfry, "websocket", { nsp: "/custom" });
  const data = { packet: { type: 2, data: ["hello", 5] }, opts: { rooms: [], except: [], flags: {} } };
  await redis.xAdd("socket.io", "*", { uid: "emitter", nsp: "/custom", type: "3", data: JSON.stringify(data) });
  assert.deepEqual(await socket.next("hello"), [5]);
});
