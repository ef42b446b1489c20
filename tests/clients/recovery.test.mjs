// Connection state recovery with stock clients, over a line that is cut at random moments.
import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { io } from "socket.io-client";
import { kClientTransports, kTransportNames, once, withInbox } from "../support/clients.mjs";
import { randomNumbers } from "../support/random.mjs";
import { isReference, sharedServer, stricter } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const kRun_ms = Number(process.env.RECOVERY_MS || 6_000);
const kSeed = Number(process.env.RECOVERY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kThreads = Number(process.env.RECOVERY_THREADS ?? 4);
const kClientsPerTransport = 3;
// A stock client whose poll is cut while it upgrades waits for ever, but for a heartbeat that does not come.
const kHeartbeat = ["--ping-interval", 500, "--ping-timeout", 500];
const server = await sharedServer([...kHeartbeat, "--recovery", ...(isReference ? [] : ["--threads", kThreads])]);

/** A TCP proxy in front of the server; `cut` ends some of its connections at once, `hold` lets nothing through. */
async function makeProxy(t) {
  const lines = new Set();
  const proxy = net.createServer((client) => {
    const upstream = net.connect(server.port, "127.0.0.1");
    const line = { client, upstream };
    lines.add(line);
    const end = () => {
      lines.delete(line);
      client.destroy();
      upstream.destroy();
    };
    for (const one of [client, upstream]) one.on("error", end).on("close", end);
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    proxy.close();
    for (const { client } of lines) client.destroy();
  });
  return {
    url: `${server.url.split(":")[0]}://127.0.0.1:${proxy.address().port}`,
    /** Returns how many it has cut. */
    cut(random, share) {
      const chosen = [...lines].filter(() => random() < share);
      // Either half may see the end first.
      for (const { client, upstream } of chosen) (random() < 0.5 ? client : upstream).destroy();
      return chosen.length;
    },
  };
}

function openClient(t, url, transport) {
  const socket = io(url, { transports: kClientTransports[transport], forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50 });
  t.after(() => socket.disconnect());
  const client = { socket, transport, received: [], resumed: 0, restarted: 0, joined: false, known: undefined };
  socket.on("connect", () => {
    if (client.known === socket.id) client.resumed += 1;
    else if (client.known !== undefined) client.restarted += 1;
    if (client.known !== socket.id) client.received.push("new");
    if (client.known !== socket.id) client.joined = false;
    client.known = socket.id;
    // It may be cut before it is answered.
    if (!client.joined) socket.emit("join", "everybody", () => (client.joined = true));
  });
  socket.on("room-message", (_, number) => client.received.push(number));
  return client;
}

test("every event once and in order, or an honest restart", stricter("it loses and repeats some"), async (t) => {
  t.diagnostic(`RECOVERY_SEED=${kSeed}`);
  const random = randomNumbers(kSeed);
  const proxy = await makeProxy(t);
  const clients = kTransportNames.flatMap((transport) =>
    Array.from({ length: kClientsPerTransport }, () => openClient(t, proxy.url, transport)),
  );
  await until(() => clients.every((client) => client.joined), "everybody is in the room");
  const sender = withInbox(io(server.url, { transports: ["websocket"], forceNew: true }));
  t.after(() => sender.disconnect());
  await once(sender, "connect");

  let sent = 0;
  const end = Date.now() + kRun_ms;
  while (Date.now() < end) {
    for (let i = Math.floor(random() * 6); i > 0; --i) sender.emit("to-room", "everybody", sent++);
    if (random() < 0.05) proxy.cut(random, random());
    await pause(Math.floor(random() * 8));
  }
  await sender.ask("get-id");
  const last = sent;
  sender.emit("to-room", "everybody", last);
  const isBehind = (client) => client.received.at(-1) !== last;
  await until(() => !clients.some(isBehind), "everybody has the last event").catch((error) => {
    const describe = ({ transport, socket, received }) => `${transport}: ${socket.connected}, at ${received.slice(-3)} of ${last}`;
    throw new Error(`${error.message}; ${clients.filter(isBehind).map(describe).join("; ")}`);
  });

  let resumed = 0;
  let restarted = 0;
  for (const { received, transport, ...client } of clients) {
    resumed += client.resumed;
    restarted += client.restarted;
    let expected = null;
    for (const item of received) {
      if (item === "new") {
        expected = null; // a new session: what was sent before it is not missed
        continue;
      }
      if (expected !== null) assert.equal(item, expected, `${transport}: ${item} where ${expected} was due`);
      expected = item + 1;
    }
    const numbers = received.filter((item) => item !== "new");
    assert.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]), `${transport}: an event came twice`);
  }
  t.diagnostic(`${sent} events to ${clients.length} clients; ${resumed} sessions resumed, ${restarted} begun anew`);
  assert.ok(resumed > 10, `only ${resumed} resumed`);
  assert.ok(restarted <= resumed / 20, `${restarted} begun anew, ${resumed} resumed`);
});

test("what is sent with retries over a line that is cut arrives, in order, and is acknowledged", async (t) => {
  t.diagnostic(`RECOVERY_SEED=${kSeed}`);
  const random = randomNumbers(kSeed);
  const observer = withInbox(io(server.url, { transports: ["websocket"], forceNew: true }));
  t.after(() => observer.disconnect());
  await observer.ask("join", "observers");
  const proxy = await makeProxy(t);
  const options = { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, retries: 1_000, ackTimeout: 10_000 };
  const clients = kTransportNames.map((transport) => {
    const socket = io(proxy.url, { ...options, transports: kClientTransports[transport] });
    t.after(() => socket.disconnect());
    return { transport, socket, sent: 0, answered: [], seen: [] };
  });
  observer.on("room-ack-request", (transport, number, answer) => {
    clients.find((client) => client.transport === transport).seen.push(number);
    answer(number);
  });
  let cuts = 0;
  const end = Date.now() + kRun_ms;
  while (Date.now() < end) {
    for (const client of clients.filter(({ answered, sent }) => sent - answered.length < 5)) {
      const number = client.sent++;
      client.socket.emit("room-ack", "observers", 9_000, client.transport, number, (error, state) => client.answered.push([number, error ?? state]));
    }
    if (random() < 0.05) cuts += proxy.cut(random, random());
    await pause(Math.floor(random() * 8));
  }
  await until(() => clients.every(({ answered, sent }) => answered.length === sent), "all is acknowledged");
  let repeated = 0;
  for (const { transport, sent, answered, seen } of clients) {
    const all = Array.from({ length: sent }, (_, i) => i);
    assert.deepEqual(answered, all.map((i) => [i, "ok"]), transport);
    // Each try is another event to the server: what was sent again may come again, at its own place.
    assert.deepEqual(seen.filter((number, i) => number !== seen[i - 1]), all, transport);
    repeated += seen.length - sent;
  }
  t.diagnostic(`${clients.map(({ sent }) => sent)} events over ${cuts} cuts, ${repeated} of them twice`);
  assert.ok(repeated <= cuts, `${repeated} came again, of ${cuts} lines that were cut`);
});

for (const transport of kTransportNames) {
  test(`a client that is told nothing before it is cut goes on all the same (${transport})`, stricter("it wants an offset"), async (t) => {
    const proxy = await makeProxy(t);
    const { socket } = openClient(t, proxy.url, transport);
    await once(socket, "connect");
    const { id } = socket;
    let back = false;
    socket.once("connect", () => (back = true));
    // Over polling there is nothing to be cut between two polls.
    await until(() => (socket.connected && !back && proxy.cut(() => 0, 1), back), "a new connection");
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
  });
}
