// A server at a Unix socket beside its port.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import test from "node:test";
import { io } from "socket.io-client";
import { connect, kClientTransports, kTransportNames, once, withInbox } from "../support/clients.mjs";
import { PollingPeer } from "../support/engineio.mjs";
import { request } from "../support/http.mjs";
import { isReference, kQuiet, startServer } from "../support/server.mjs";
import { keepAliveAgent, temporaryFolder } from "../support/tls.mjs";
import { until } from "../support/wait.mjs";

const options = isReference ? { skip: "of the program only" } : {};
const kHandshake = "/socket.io/?EIO=4&transport=polling";

/** A server at `file`, and what the helpers take for it. */
async function unixServer(t, { file = path.join(temporaryFolder(), "socket"), args = [] } = {}) {
  const server = await startServer([...kQuiet, "--unix", file, ...args]);
  t.after(() => server.ended ?? server.stop());
  const there = { port: file, url: "http://localhost" };
  await until(() => fs.existsSync(file), "the socket's file");
  return { server, file, there };
}

function socketAgent(file) {
  const agent = new http.Agent({ keepAlive: true });
  agent.createConnection = () => net.connect(file);
  return agent;
}

for (const transport of kTransportNames) {
  test(`stock clients talk over it, and meet those of the port (${transport})`, options, async (t) => {
    const { server, file } = await unixServer(t, { args: ["--threads", 4] });
    const agent = socketAgent(file);
    const socket = withInbox(io("http://localhost", { transports: kClientTransports[transport], forceNew: true, reconnection: false, agent }));
    t.after(() => socket.disconnect());
    await socket.next("auth");
    const text = "é".repeat(300_000);
    assert.deepEqual(await socket.ask("message-with-ack", text), [text]);
    const other = await connect(t, server, "websocket");
    other.emit("broadcast", "to all");
    assert.deepEqual(await socket.next("broadcast-message"), ["to all"]);
    socket.emit("disconnect-all");
    await once(socket, "disconnect");
  });
}

test("all shards share it", options, async (t) => {
  const { there } = await unixServer(t, { args: ["--threads", 4] });
  const agent = keepAliveAgent(there.port);
  agent.maxSockets = 1;
  t.after(() => agent.destroy());
  const peers = await Promise.all(Array.from({ length: 24 }, () => PollingPeer.open(t, there, { path: "/engine.io/", start: false })));
  for (const peer of peers) {
    assert.equal((await peer.post(`4${peer.sid}`, { agent })).text, "ok");
    assert.equal((await peer.get({ agent })).text, `4${peer.sid}`);
  }
});

test("the file has its mode, and goes with the server", options, async (t) => {
  const { server, file } = await unixServer(t);
  assert.equal(fs.statSync(file).mode & 0o777, 0o660);
  await server.stop();
  assert.equal(fs.existsSync(file), false);
});

test("one that is in use is refused, that of a killed server is replaced", options, async (t) => {
  const { server, file, there } = await unixServer(t);
  await assert.rejects(startServer([...kQuiet, "--unix", file]), /another server listens there/);
  assert.equal((await request(there, kHandshake)).status, 200);
  await server.kill();
  assert.equal(fs.existsSync(file), true);
  const again = await unixServer(t, { file });
  assert.equal((await request(again.there, kHandshake)).status, 200);
});

test("a file that is no socket stays", options, async () => {
  const file = path.join(temporaryFolder(), "socket");
  fs.writeFileSync(file, "mine");
  await assert.rejects(startServer([...kQuiet, "--unix", file]), /no socket/);
  assert.equal(fs.readFileSync(file, "utf8"), "mine");
});
