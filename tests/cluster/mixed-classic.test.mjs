// Beside Node.js servers with `@socket.io/redis-adapter`, and with `@socket.io/redis-emitter`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";
import { connect, once } from "../support/clients.mjs";
import { until } from "../support/wait.mjs";
import { clusterTests, sharedCluster, untilJoined } from "./mixed.mjs";

const cluster = sharedCluster("classic");
clusterTests(cluster, { knowsAllRooms: true });

test("an emitter reaches our clients", async (t) => {
  await untilJoined(t, cluster.servers.belfry);
  const redis = createClient({ url: cluster.redis.url });
  await redis.connect();
  t.after(() => redis.quit());
  const emitter = new Emitter(redis);
  const socket = await connect(t, cluster.servers.belfry, "websocket", { nsp: "/custom" });
  await socket.ask("join", "mine");
  const bytes = Buffer.from("bytes");
  emitter.of("/custom").to("mine").emit("hello", { bytes }, 5);
  assert.deepEqual(await socket.next("hello"), [{ bytes }, 5]);
  emitter.of("custom").except("other").volatile.emit("volatile");
  assert.deepEqual(await socket.next("volatile"), []);
  emitter.of("/custom").in("mine").socketsJoin(["a", "b"]);
  await until(async () => (await socket.ask("rooms"))[0].includes("b"), "the socket to be in the room");
  emitter.of("/custom").in("mine").socketsLeave("a");
  await until(async () => !(await socket.ask("rooms"))[0].includes("a"), "the socket to have left the room");
  emitter.of("/custom").serverSideEmit("cluster-event", "from an emitter");
  assert.deepEqual(await socket.next("server-event"), ["from an emitter"]);
  const gone = once(socket, "disconnect");
  emitter.of("/custom").in("b").disconnectSockets();
  assert.equal((await gone)[0], "io server disconnect");
});
