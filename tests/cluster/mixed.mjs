// A belfry server and a Node.js server in one cluster, each in the place of the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, once } from "../support/clients.mjs";
import { kQuiet, startServer } from "../support/server.mjs";
import { Redis } from "../support/services.mjs";
import { until } from "../support/wait.mjs";

const kTransports = ["polling", "websocket"];
const kBytes = Buffer.from([0, 1, 254, 255]);
const kArgs = [1.5, "tëxt", { list: [null, true, 4294967296], bytes: kBytes }, kBytes];
const kJson = [1.5, "tëxt", { list: [null, true, 4294967296] }];

/** The cluster of a test file: `{redis, servers: {belfry, node}}`, started before the first test. */
export function sharedCluster(adapter, args = []) {
  const cluster = { redis: null, servers: {} };
  before(async () => {
    cluster.redis = await Redis.create();
    await cluster.redis.start();
    const all = [...kQuiet, ...args, "--redis", cluster.redis.url, "--adapter", adapter];
    cluster.servers.belfry = await startServer([...all, "--threads", 2], null, null, false);
    cluster.servers.node = await startServer(all, null, null, true);
  });
  after(async () => {
    for (const server of Object.values(cluster.servers)) await server.stop();
    await cluster.redis?.remove();
  });
  return cluster;
}

/** Waits until the server knows that there are so many. */
export async function untilJoined(t, server, count = 2) {
  const asker = await connect(t, server, "websocket");
  await until(async () => (await asker.ask("server-count"))[0] === count, `${server.url} sees ${count} servers`);
}

/** A client on each side, in a namespace of both; `near`'s server is asked, `far`'s has to hear of it. */
async function pair(t, cluster, [from, to], transport, nsp = "/") {
  for (const side of [from, to]) await untilJoined(t, cluster.servers[side]);
  const open = (side) => connect(t, cluster.servers[side], transport, { nsp, auth: { of: side }, query: { side } });
  const [near, far] = [await open(from), await open(to)];
  return { near, far };
}

async function joined(socket, ...rooms) {
  for (const room of rooms) await socket.ask("join", room);
}

// Until a server hears of a room that has its first member there, what is sent to the room may miss it.
async function untilHeard(near, far, rooms) {
  for (const room of rooms) {
    const before = far.inbox.items.length;
    const heard = () => far.inbox.items.slice(before).some(({ args }) => args[0] === "ready");
    await until(() => (near.emit("emit-to", { rooms: [room] }, "ready"), heard()), `${room} to be listened to`);
  }
}

// Each gets what is meant for it, and then a last word: what came before that is all there is. Sorted: some adapters
// of Node.js wait for Redis before they tell their own sockets, but not with what is local.
async function tellAndListen(near, far, emits) {
  for (const [to, ...args] of emits) near.emit("emit-to", to, ...args);
  near.emit("emit-to", {}, "end");
  const heard = async (socket) => {
    const all = [];
    for (;;) {
      const args = await socket.next("told");
      if (args[0] === "end") return all.sort(([a], [b]) => (a < b ? -1 : 1));
      if (args[0] !== "ready") all.push(args);
    }
  };
  return { near: await heard(near), far: await heard(far) };
}

function eachWay(name, run) {
  for (const way of [["belfry", "node"], ["node", "belfry"]]) {
    for (const transport of kTransports) {
      test(`${name}: ${way.join(" to ")}, ${transport}`, (t) => run(t, way, transport));
    }
  }
}

/** What holds for every adapter. `knowsAllRooms`: the adapter of Node.js can be asked for the rooms of others. */
export function clusterTests(cluster, { knowsAllRooms }) {
  eachWay("broadcasts reach the sockets that are meant, with text and binary", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    await joined(near, "red");
    await joined(far, "red", "blue");
    await untilHeard(near, far, ["red", "blue"]);
    const [farId] = await far.ask("get-id");
    const heard = await tellAndListen(near, far, [
      [{}, "all", ...kArgs],
      [{ rooms: ["red"] }, "red", ...kArgs],
      [{ rooms: ["red", "blue"] }, "once"],
      [{ rooms: ["red"], except: ["blue"] }, "but blue"],
      [{ rooms: [farId] }, "by id", kBytes],
      [{ rooms: ["none"] }, "nobody"],
      [{ local: true }, "local"],
    ]);
    assert.deepEqual(heard.near, [["all", ...kArgs], ["but blue"], ["local"], ["once"], ["red", ...kArgs]]);
    assert.deepEqual(heard.far, [["all", ...kArgs], ["by id", kBytes], ["once"], ["red", ...kArgs]]);
    // One that comes while something is being sent is dropped.
    await until(() => {
      near.emit("emit-to", { volatile: true, rooms: ["blue"] }, "volatile");
      return far.inbox.items.some(({ args }) => args[0] === "volatile");
    }, "a volatile event to arrive");
  });

  eachWay("namespaces are apart", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport, "/custom");
    const other = await connect(t, cluster.servers[way[1]], transport);
    near.emit("emit-to", {}, "custom");
    assert.deepEqual(await far.next("told"), ["custom"]);
    other.emit("emit-to", { local: true }, "root");
    assert.deepEqual(await other.next("told"), ["root"]);
  });

  eachWay("sockets are fetched with their handshake, rooms and data", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    await joined(near, "team");
    await joined(far, "team", "blue");
    await far.ask("set-data", { name: "Ada", list: [1, 2] });
    const [sockets] = await near.ask("fetch-sockets", "team");
    assert.deepEqual(sockets.map(({ id }) => id).sort(), [near.id, far.id].sort());
    const one = sockets.find(({ id }) => id === far.id);
    assert.deepEqual([...one.rooms].sort(), [far.id, "blue", "team"].sort());
    assert.deepEqual(one.data, { name: "Ada", list: [1, 2] });
    assert.deepEqual(one.handshake.auth, { of: way[1] });
    assert.equal(one.handshake.query.side, way[1]);
  });

  eachWay("sockets join, leave and are disconnected", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    await joined(far, "a");
    const rooms = async () => (await far.ask("rooms"))[0];
    await near.ask("sockets-join", "a", "b");
    await until(async () => (await rooms()).includes("b"), "the socket to be in the room");
    await near.ask("sockets-leave", "a", "b");
    await until(async () => !(await rooms()).includes("b"), "the socket to have left the room");
    const gone = once(far, "disconnect");
    await near.ask("disconnect-sockets", "a", false);
    assert.deepEqual((await gone)[0], "io server disconnect");
    assert.ok(near.connected);
  });

  eachWay("servers tell each other events, and answer", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    near.emit("server-event", ...kJson);
    assert.deepEqual(await far.next("server-event"), kJson);
    assert.deepEqual(await near.ask("server-ask", { question: 1 }), [[{ question: 1 }]]);
    assert.deepEqual(await far.next("server-event"), [{ question: 1 }]);
  });

  eachWay("every socket acknowledges a broadcast", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    await joined(near, "asked");
    await joined(far, "asked");
    near.once("room-ack-request", (...args) => args.pop()({ near: args[1] }));
    far.once("room-ack-request", (...args) => args.pop()(kBytes));
    const [{ answers, missing }] = await near.ask("ask-all", "asked", 5_000, ...kArgs);
    assert.equal(missing, 0);
    assert.deepEqual(answers.filter(Buffer.isBuffer), [kBytes]);
    assert.deepEqual(answers.filter((one) => !Buffer.isBuffer(one)), [{ near: "tëxt" }]);
    const silent = await near.ask("ask-all", "asked", 300, "silence");
    assert.ok(silent[0].missing > 0);
  });

  eachWay("rooms of all servers are known", async (t, way, transport) => {
    const { near, far } = await pair(t, cluster, way, transport);
    if (!knowsAllRooms && way[0] === "node") return t.skip("the adapter of Node.js does not ask other servers");
    await joined(near, "room of one");
    await joined(far, "room of another");
    const [rooms] = await near.ask("all-rooms");
    for (const room of ["room of one", "room of another"]) assert.ok(rooms.includes(room), `${room} in ${rooms}`);
  });

  for (const transport of kTransports) {
    test(`a Redis that was killed and comes back is used again, ${transport}`, async (t) => {
      const { near, far } = await pair(t, cluster, ["belfry", "node"], transport);
      await joined(near, "red");
      await joined(far, "red");
      await cluster.redis.kill();
      near.emit("emit-to", { rooms: ["red"] }, "alone");
      assert.deepEqual(await near.next("told"), ["alone"]);
      await cluster.redis.start();
      for (const [from, to] of [[near, far], [far, near]]) {
        await until(async () => {
          from.emit("emit-to", { rooms: ["red"], except: [from.id] }, "again");
          return to.inbox.items.some(({ event, args }) => event === "told" && args[0] === "again");
        }, "broadcasts to arrive again", 30_000);
      }
      await untilJoined(t, cluster.servers.belfry);
      assert.equal((await near.ask("fetch-sockets", "red"))[0].length, 2);
    });
  }
}
