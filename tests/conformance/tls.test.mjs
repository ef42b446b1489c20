// TLS: what clients see of it, and what becomes of those that do it wrong.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { Duplex } from "node:stream";
import test from "node:test";
import tls from "node:tls";
import { connect, kTransportNames, once } from "../support/clients.mjs";
import { PollingPeer, target } from "../support/engineio.mjs";
import { readResponse, request, requestText } from "../support/http.mjs";
import { isReference, kQuiet, startServer } from "../support/server.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { keepAliveAgent, makeCertificate, temporaryFolder, trustOf } from "../support/tls.mjs";
import { pause, until, within } from "../support/wait.mjs";
import { WebSocketConnection } from "../support/websocket.mjs";

const options = isReference ? { skip: "of the program only" } : {};
const kTimeout = ["--handshake-timeout", 300];
const certificate = makeCertificate(temporaryFolder());

async function secureServer(t, args = [], own = certificate) {
  const server = await startServer([...kQuiet, ...args], null, own);
  t.after(() => server.stop());
  return server;
}

/** A TLS socket of node's own, connected. */
async function secureSocket(t, server, more = {}) {
  const socket = tls.connect({ port: server.port, host: "127.0.0.1", servername: "localhost", ...trustOf(server.port), ...more });
  t.after(() => socket.destroy());
  socket.ticket = new Promise((resolve) => socket.once("session", resolve));
  await within(new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject)), "a TLS handshake");
  return socket;
}

/** One request and its whole answer on a socket. */
async function exchange(socket, text) {
  let all = "";
  const answered = new Promise((resolve, reject) => {
    const onData = (data) => {
      all += data.toString("latin1");
      const length = /Content-Length: (\d+)/i.exec(all);
      if (length && all.length >= all.indexOf("\r\n\r\n") + 4 + Number(length[1])) resolve(all);
    };
    socket.on("data", onData).once("error", reject).once("close", () => reject(new Error(`closed after ${all}`)));
  });
  socket.write(text);
  return within(answered, "an answer");
}

const kHandshake = requestText({ path: "/socket.io/?EIO=4&transport=polling" });

for (const transport of kTransportNames) {
  test(`stock clients talk, both ways and large (${transport})`, options, async (t) => {
    const server = await secureServer(t, ["--threads", 4]);
    assert.match(server.url, /^https:/);
    const socket = await connect(t, server, transport);
    const large = "x".repeat(700_000);
    for (const args of [["one", { two: [3] }], [Buffer.from([1, 2, 3]), { a: Buffer.alloc(50_000, 7) }], [large], [Buffer.alloc(700_000, 9)]]) {
      socket.emit("message", ...args);
      assert.deepEqual(await socket.next("message-back"), args);
      assert.deepEqual(await socket.ask("message-with-ack", ...args), args);
    }
    socket.emit("burst", 500, 2_000);
    for (let i = 0; i < 500; i++) assert.equal((await socket.next("burst-item"))[0], i);
    socket.emit("drop");
    await once(socket, "disconnect");
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  test(`${version}, with ALPN, and resumed on any shard`, options, async (t) => {
    const server = await secureServer(t, ["--threads", 4]);
    const only = { minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] };
    const first = await secureSocket(t, server, only);
    assert.equal(first.getProtocol(), version);
    assert.equal(first.alpnProtocol, "http/1.1");
    assert.match(await exchange(first, kHandshake), /^HTTP\/1.1 200/);
    const session = await within(first.ticket, "a ticket");
    for (let i = 0; i < 12; i++) {
      const again = await secureSocket(t, server, { ...only, session });
      assert.equal(again.isSessionReused(), true);
      assert.match(await exchange(again, kHandshake), /^HTTP\/1.1 200/);
    }
  });
}

test("a handshake and requests may come byte by byte", options, async (t) => {
  const server = await secureServer(t);
  const wire = net.connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  t.after(() => wire.destroy());
  const slow = new Duplex({
    read() {},
    async write(data, _, done) {
      for (const byte of data) {
        wire.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      done();
    },
  });
  wire.on("data", (data) => slow.push(data));
  const socket = await secureSocket(t, server, { socket: slow });
  assert.match(await exchange(socket, kHandshake), /^HTTP\/1.1 200/);
});

test("plain HTTP is told what is missing; garbage is closed; the server goes on", options, async (t) => {
  const server = await secureServer(t);
  const bare = async (data) => {
    const socket = net.connect({ port: server.port, host: "127.0.0.1" });
    t.after(() => socket.destroy());
    const parts = [];
    socket.on("data", (part) => parts.push(part));
    const ended = new Promise((resolve, reject) => socket.once("end", resolve).once("error", reject));
    socket.write(data);
    await within(ended, "the end of the connection");
    return Buffer.concat(parts);
  };
  assert.match((await bare(kHandshake)).toString(), /^HTTP\/1.1 400 .*This port speaks HTTPS only/s);
  for (const data of [Buffer.alloc(300, 0xff), Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), Buffer.alloc(100_000, 0x16)]) {
    const answer = await bare(data);
    assert.ok(answer.length === 0 || answer[0] === 0x15, `an alert, or nothing: ${answer}`);
  }
  assert.equal((await request(server, "/socket.io/?EIO=4&transport=polling")).status, 200);
});

test("what breaks after the handshake ends that connection only", options, async (t) => {
  const server = await secureServer(t);
  const wire = net.connect({ port: server.port, host: "127.0.0.1" });
  const socket = await secureSocket(t, server, { socket: wire });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => wire.once("close", resolve));
  wire.write(Buffer.from([0x17, 3, 3, 0, 32, ...Buffer.alloc(32, 1)]));
  await within(closed, "the end of the connection");
  assert.equal((await request(server, "/socket.io/?EIO=4&transport=polling")).status, 200);
});

test("a handshake that is not finished in time is closed", options, async (t) => {
  const server = await secureServer(t, kTimeout);
  for (const start of [Buffer.alloc(0), Buffer.from([0x16, 3, 1, 2, 0, 1, 0])]) {
    const socket = net.connect({ port: server.port, host: "127.0.0.1" });
    t.after(() => socket.destroy());
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().write(start);
    await within(closed, "the end of the connection", 5_000);
  }
  const patient = await secureSocket(t, server);
  await pause(500); // the time-out is for the handshake only
  assert.match(await exchange(patient, kHandshake), /^HTTP\/1.1 200/);
});

test("a client that ends its half gets its answer, and a proper end", options, async (t) => {
  const server = await secureServer(t);
  const socket = await secureSocket(t, server, { allowHalfOpen: true });
  const ended = new Promise((resolve) => socket.once("end", resolve));
  const answer = exchange(socket, kHandshake);
  assert.match(await answer, /^HTTP\/1.1 200/);
  socket.end();
  await within(ended, "the server's end");
});

test("a slow reader gets everything in order, and holds up nobody", options, async (t) => {
  const server = await secureServer(t, ["--threads", 2]);
  const connection = await WebSocketConnection.open(t, server, "/socket.io/?EIO=4&transport=websocket");
  assert.match(await connection.message(), /^0/);
  connection.send("40");
  assert.match(await connection.message(), /^40/);
  assert.match(await connection.message(), /^42\["auth"/);
  connection.tcp.socket.pause();
  connection.tcp.bare.pause();
  connection.send('42["burst",1000,12000]');
  const other = await connect(t, server, "websocket");
  for (let i = 0; i < 20; i++) assert.deepEqual(await other.ask("message-with-ack", i), [i]);
  connection.tcp.bare.resume();
  connection.tcp.socket.resume();
  for (let i = 0; i < 1_000; i++) {
    const [, at, text] = JSON.parse((await connection.message()).slice(2));
    assert.deepEqual([at, text.length], [i, 12_000]);
  }
  assert.equal(await connection.message(), '42["burst-end",1000]');
});

for (const secure of [true, false]) {
  const own = secure ? certificate : null;
  test(`polls move between shards with their connection (${secure ? "TLS" : "plain"})`, options, async (t) => {
    const server = await secureServer(t, ["--threads", 4], own);
    const agent = keepAliveAgent(server.port);
    agent.maxSockets = 1;
    t.after(() => agent.destroy());
    const peers = [];
    for (let i = 0; i < 12; i++) peers.push(await PollingPeer.open(t, server, { path: "/engine.io/", start: false }));
    for (let round = 0; round < 3; round++) {
      for (const peer of peers) {
        const text = `4${"é".repeat(40_000)}${round}`;
        assert.equal((await peer.post(text, { agent })).text, "ok");
        assert.equal((await peer.get({ agent })).text, text);
      }
    }
  });

  test(`requests behind each other are answered in order on all shards (${secure ? "TLS" : "plain"})`, options, async (t) => {
    const server = await secureServer(t, ["--threads", 4], own);
    const peers = [];
    for (let i = 0; i < 8; i++) peers.push(await PollingPeer.open(t, server, { path: "/engine.io/", start: false }));
    const tcp = await RawTcp.connect(t, server.port);
    const poll = (peer) => target("/engine.io/", { EIO: 4, transport: "polling", sid: peer.sid });
    const texts = peers.flatMap((peer) => [
      requestText({ path: "/nowhere" }),
      requestText({ method: "POST", path: poll(peer), body: `4${peer.sid}` }),
      requestText({ path: poll(peer) }),
    ]);
    tcp.write(Buffer.concat(texts));
    for (const peer of peers) {
      assert.equal((await readResponse(tcp)).status, 404);
      assert.equal((await readResponse(tcp)).text, "ok");
      assert.equal((await readResponse(tcp)).text, `4${peer.sid}`);
    }
  });
}

test("a certificate is reloaded while clients talk", options, async (t) => {
  const folder = temporaryFolder();
  const before = makeCertificate(folder, { name: "before" });
  const next = makeCertificate(temporaryFolder(), { name: "after" });
  const server = await secureServer(t, ["--threads", 4], before);
  const both = { ca: [before.cert, next.cert] }; // polling clients make new connections all the time
  const talking = await Promise.all(kTransportNames.map((transport) => connect(t, server, transport, both)));
  const nameOf = async () => (await secureSocket(t, server, { rejectUnauthorized: false })).getPeerCertificate().subject.CN;
  let stop = false;
  const talk = Promise.all(
    talking.map(async (socket) => {
      let count = 0;
      for (; !stop; count++) assert.deepEqual(await socket.ask("message-with-ack", count), [count]);
      return count;
    }),
  );
  assert.equal(await nameOf(), "before");
  const good = fs.readFileSync(before.keyFile);
  fs.writeFileSync(before.keyFile, "no key");
  process.kill(server.pid, "SIGHUP");
  assert.equal(await nameOf(), "before");
  fs.writeFileSync(before.keyFile, good);

  fs.renameSync(next.certFile, before.certFile);
  fs.renameSync(next.keyFile, before.keyFile);
  process.kill(server.pid, "SIGHUP");
  await until(async () => (await nameOf()) === "after", "the new certificate");
  const [, websocket] = talking;
  for (let i = 0; i < 20; i++) assert.deepEqual(await websocket.ask("message-with-ack", "after", i), ["after", i]);
  stop = true;
  for (const count of await talk) assert.ok(count > 0);
  assert.deepEqual(talking.map((socket) => socket.connected), [true, true, true]);
});
