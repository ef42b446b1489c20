// Clients that lose their connection to one server of a cluster and come back to another: over Redis streams, between
// belfry servers and beside Node.js servers with `@socket.io/redis-streams-adapter`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, once } from "../support/clients.mjs";
import { kQuiet, startServer } from "../support/server.mjs";
import { Redis } from "../support/services.mjs";
import { until } from "../support/wait.mjs";
import { untilJoined } from "./mixed.mjs";

const kTransports = ["polling", "websocket"];
const kBytes = Buffer.from([0, 1, 254, 255]);
const kWays = [["belfry", "other"], ["belfry", "belfry"], ["belfry", "node"], ["node", "belfry"]];

/** `{redis, servers: {belfry, other, node}}`. */
async function startAll() {
  const redis = await Redis.create();
  await redis.start();
  const all = [...kQuiet, "--recovery", "--recovery-ms", 60_000, "--redis", redis.url, "--adapter", "streams"];
  const belfry = await startServer([...all, "--threads", 2], null, null, false);
  const other = await startServer([...all, "--threads", 2], null, null, false);
  const node = await startServer(all, null, null, true);
  return { redis, servers: { belfry, other, node } };
}

async function endAll({ redis, servers }) {
  for (const server of Object.values(servers)) if (!server.ended) await server.stop();
  await redis.remove();
}

let cluster;
before(async () => (cluster = await startAll()));
after(() => endAll(cluster));

/** Servers of the test's own, which it may do harm to. */
async function ownCluster(t) {
  const own = await startAll();
  t.after(() => endAll(own));
  await untilJoined(t, own.servers.belfry, 3);
  return own;
}

/** The connection ends, and the server has kept the session. */
async function lose(socket, { redis }) {
  const gone = once(socket, "disconnect");
  socket.io.engine.close();
  await gone;
  await until(() => redis.ask("EXISTS", `sio:session:${socket._pid}`) === "1", "the session to be kept");
}

async function comeBack(socket, server) {
  socket.io.uri = server.url;
  socket.connect();
  await once(socket, "connect");
}

/** The arguments of the next event of that name, without its offset. */
async function heard(socket, event = "told") {
  const args = await socket.next(event);
  assert.match(args.pop(), /^\d+-\d+$/);
  return args;
}

async function heardInOrder(socket, expected) {
  for (const one of expected) assert.deepEqual(await heard(socket), one);
}

/** Emits, and waits until a socket without rooms on another server has heard all that went to all. */
async function tell(near, far, emits) {
  for (const [to, ...args] of emits) near.emit("emit-to", to, ...args);
  near.emit("emit-to", {}, "end");
  for (const socket of [near, far]) await socket.inbox.take("the end", (one) => one.args[0] === "end");
}

for (const way of kWays) {
  for (const transport of kTransports) {
    test(`id, rooms, data and what was missed come back, ${way.join(" to ")}, ${transport}`, async (t) => {
      const [from, to] = way.map((name) => cluster.servers[name]);
      await untilJoined(t, from, 3);
      const here = await connect(t, from, "websocket");
      const there = await connect(t, to, "websocket");
      const socket = await connect(t, from, transport);
      const { id, _pid: pid } = socket;
      await socket.ask("join", `red-${id}`);
      await socket.ask("set-data", { name: "Ada", list: [1, 2] });
      await tell(here, there, [[{ rooms: [`red-${id}`] }, "before"]]);
      await heardInOrder(socket, [["before"], ["end"]]);
      await lose(socket, cluster);
      await tell(there, here, [
        [{}, "all", 1.5, { list: [null, true] }],
        [{ rooms: [`red-${id}`] }, "red", kBytes, { bytes: kBytes }],
        [{ rooms: [`blue-${id}`] }, "blue"],
        [{ except: [`red-${id}`] }, "all but red"],
        [{ rooms: [`red-${id}`, id] }, "once"],
        [{ local: true }, "local"],
      ]);
      await tell(here, there, [[{ rooms: [id] }, "from there"]]);
      await comeBack(socket, to);
      assert.equal(socket.recovered, true);
      assert.deepEqual([socket.id, socket._pid], [id, pid]);
      await heardInOrder(socket, [["all", 1.5, { list: [null, true] }], ["red", kBytes, { bytes: kBytes }], ["once"], ["end"], ["from there"], ["end"]]);
      await heard(socket, "auth");
      assert.deepEqual(await socket.ask("is-recovered"), [true]);
      assert.deepEqual(new Set((await socket.ask("rooms"))[0]), new Set([id, `red-${id}`]));
      const [[known]] = await there.ask("fetch-sockets", `red-${id}`);
      assert.deepEqual([known.id, known.data], [id, { name: "Ada", list: [1, 2] }]);
      await tell(here, there, [[{ rooms: [`red-${id}`] }, "again"]]);
      await heardInOrder(socket, [["again"], ["end"]]);
      assert.deepEqual(socket.inbox.items, []);
    });
  }
}

test("again and again, while others go on emitting: each event once and in order", async (t) => {
  const { belfry, other } = cluster.servers;
  const senders = [await connect(t, belfry, "websocket"), await connect(t, other, "websocket")];
  const socket = await connect(t, belfry, "websocket");
  await socket.ask("join", `all-${socket.id}`);
  const { id } = socket;
  const got = [[], []];
  socket.on("told", (sender, number) => got[sender].push(number));
  const sent = [0, 0];
  const timer = setInterval(() => {
    for (const i of [0, 1]) senders[i].emit("emit-to", { rooms: [`all-${id}`] }, i, sent[i]++);
  }, 20);
  t.after(() => clearInterval(timer));
  for (let round = 0; round < 10; ++round) {
    const before = got.map((numbers) => numbers.length);
    await until(() => got.every((numbers, i) => numbers.length > before[i] + 5), "events to arrive");
    await lose(socket, cluster);
    await comeBack(socket, round % 2 === 0 ? other : belfry);
    assert.equal(socket.recovered, true, `round ${round}`);
    assert.equal(socket.id, id);
  }
  clearInterval(timer);
  await until(() => got.every((numbers, i) => numbers.length >= sent[i]), "all events to arrive");
  for (const i of [0, 1]) assert.deepEqual(got[i], Array.from({ length: sent[i] }, (_, number) => number));
});

test("what was on its way when the connection was lost comes again", async (t) => {
  const { belfry, other } = cluster.servers;
  const socket = await connect(t, belfry, "websocket");
  const offset = socket._lastOffset;
  socket.emit("burst", 20);
  await heard(socket, "burst-end");
  socket.inbox.items = [];
  for (const server of [other, belfry]) {
    socket._lastOffset = offset; // as if nothing of it had come
    await lose(socket, cluster);
    await comeBack(socket, server);
    assert.equal(socket.recovered, true);
    for (let i = 0; i < 20; ++i) assert.deepEqual(await heard(socket, "burst-item"), [i, ""]);
    assert.deepEqual(await heard(socket, "burst-end"), [20]);
  }
});

test("events of a room only from the time in it", async (t) => {
  const { belfry, other } = cluster.servers;
  const here = await connect(t, belfry, "websocket");
  const there = await connect(t, other, "websocket");
  const socket = await connect(t, belfry, "websocket");
  const offset = socket._lastOffset;
  const room = `late-${socket.id}`;
  await tell(here, there, [[{ rooms: [room] }, "before it came"]]);
  await socket.ask("join", room);
  await tell(here, there, [[{ rooms: [room] }, "in it"]]);
  await socket.ask("leave", room);
  await tell(here, there, [[{ rooms: [room] }, "after it left"]]);
  socket._lastOffset = offset;
  await lose(socket, cluster);
  socket.inbox.items = [];
  await comeBack(socket, other);
  assert.equal(socket.recovered, true);
  await heardInOrder(socket, [["end"], ["in it"], ["end"], ["end"]]);
  await heard(socket, "auth");
  assert.deepEqual(socket.inbox.items, []);
});

test("what is done to a socket while its client is away", async (t) => {
  const { belfry, other } = cluster.servers;
  const here = await connect(t, belfry, "websocket");
  const there = await connect(t, other, "websocket");
  const socket = await connect(t, belfry, "websocket");
  const { id } = socket;
  await socket.ask("join", `left-${id}`);
  await lose(socket, cluster);
  await there.ask("sockets-join", id, `joined-${id}`);
  await here.ask("sockets-leave", id, `left-${id}`);
  await tell(here, there, []);
  await tell(there, here, [[{ rooms: [`joined-${id}`] }, "joined"], [{ rooms: [`left-${id}`] }, "left"]]);
  await comeBack(socket, other);
  assert.equal(socket.recovered, true);
  assert.deepEqual(new Set((await socket.ask("rooms"))[0]), new Set([id, `joined-${id}`]));
  await heard(socket, "auth");
  assert.deepEqual(await heard(socket), ["end"]);
  await lose(socket, cluster);
  await here.ask("disconnect-sockets", id, false);
  await tell(here, there, []);
  await comeBack(socket, belfry);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

test("the older connection to the same server ends when its session goes on over another", async (t) => {
  const { belfry, other } = cluster.servers;
  const older = await connect(t, belfry, "websocket");
  const { id, _pid: pid, _lastOffset: offset } = older;
  const gone = once(older, "disconnect");
  const newer = await connect(t, belfry, "websocket", { auth: { pid, offset } });
  await gone;
  assert.equal(newer.id, id);
  const observer = await connect(t, other, "websocket");
  observer.emit("emit-to", { rooms: [id] }, "once");
  assert.deepEqual(await heard(newer), ["once"]);
});

test("a session is gone on with once", async (t) => {
  const { belfry, other } = cluster.servers;
  const socket = await connect(t, belfry, "websocket");
  const { id, _pid: pid, _lastOffset: offset } = socket;
  await lose(socket, cluster);
  const twins = await Promise.all([belfry, other].map((server) => connect(t, server, "websocket", { auth: { pid, offset } })));
  assert.equal(twins.filter((twin) => twin.id === id).length, 1);
});

test("not recovered: an unknown session, an offset that is none or gone", async (t) => {
  const own = await ownCluster(t);
  const { belfry, other } = own.servers;
  const changes = [
    (socket) => (socket._pid = "x".repeat(40)),
    (socket) => (socket._pid = "x".repeat(400)),
    (socket) => (socket._lastOffset = "o:7"),
    (socket) => (socket._lastOffset = "99999999999999-0"),
    (socket) => own.redis.ask("DEL", `sio:session:${socket._pid}`),
    (socket) => own.redis.ask("SET", `sio:session:${socket._pid}`, "nothing of ours"),
    () => own.redis.ask("XTRIM", "socket.io", "MAXLEN", "0"),
  ];
  for (const change of changes) {
    const socket = await connect(t, belfry, "websocket");
    const { id } = socket;
    await lose(socket, own);
    change(socket);
    await comeBack(socket, other);
    assert.equal(socket.recovered, false, String(change));
    assert.notEqual(socket.id, id);
    await heard(socket, "auth");
  }
});

test("a server that is stopped keeps its sessions", async (t) => {
  const own = await ownCluster(t);
  const { belfry, other } = own.servers;
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(t, belfry, "websocket")));
  const observer = await connect(t, other, "websocket");
  const ids = sockets.map(({ id }) => id);
  const gone = sockets.map((socket) => once(socket, "disconnect"));
  await belfry.stop();
  await Promise.all(gone);
  for (const id of ids) observer.emit("emit-to", { rooms: [id] }, "missed", id);
  await observer.ask("get-id");
  for (const [i, socket] of sockets.entries()) {
    await comeBack(socket, other);
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, ids[i]);
    assert.deepEqual(await heard(socket), ["missed", ids[i]]);
  }
});

test("not recovered where the server is killed before it can keep the session", async (t) => {
  const own = await ownCluster(t);
  const { belfry, other } = own.servers;
  const socket = await connect(t, belfry, "websocket");
  const { id } = socket;
  const gone = once(socket, "disconnect");
  await belfry.kill();
  await gone;
  await comeBack(socket, other);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

test("while Redis is away clients are let in and told, and nobody is recovered", async (t) => {
  const own = await ownCluster(t);
  const { belfry, other } = own.servers;
  const socket = await connect(t, belfry, "websocket");
  const stays = await connect(t, other, "websocket");
  const { id } = socket;
  await lose(socket, own);
  await own.redis.kill();
  await comeBack(socket, other);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
  stays.emit("emit-to", {}, "alone");
  assert.deepEqual((await socket.next("told"))[0], "alone");
  await own.redis.start();
  const far = await connect(t, belfry, "websocket");
  const again = () => far.inbox.items.some(({ event, args }) => event === "told" && args[0] === "again");
  await until(() => (stays.emit("emit-to", {}, "again"), again()), "broadcasts to arrive again", 30_000);
  await until(() => /^\d+-\d+$/.test(far._lastOffset), "events to have offsets again");
  await lose(far, own);
  await comeBack(far, other);
  assert.equal(far.recovered, true);
});
