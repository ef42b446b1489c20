// The example that was built against the installed library, as a stock client sees it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";

const limit = { timeout: 20_000 };
let server;
let url;
const clients = [];

async function connect(transports) {
  const socket = io(url, { transports, forceNew: true, reconnection: false });
  clients.push(socket);
  const [id] = await new Promise((resolve, reject) => {
    socket.on("hello", (...args) => resolve(args));
    socket.on("connect_error", reject);
  });
  assert.equal(id, socket.id);
  return socket;
}

before(async () => {
  server = spawn(process.env.HELLO, ["0"], { stdio: ["ignore", "pipe", "inherit"] });
  [url] = await once(createInterface({ input: server.stdout }), "line");
}, limit);

after(() => {
  for (const socket of clients) socket.disconnect();
  server.kill("SIGKILL");
});

test("two clients talk", limit, async () => {
  const a = await connect(["polling"]);
  const b = await connect(["websocket"]);
  await b.emitWithAck("join", "kitchen");
  const said = once(b, "said");
  assert.deepEqual(await a.emitWithAck("say", { room: "kitchen", text: "tea", loud: true }), { success: true });
  assert.deepEqual(await said, ["tea!"]);
});

test("the stock client is served, as it was installed", limit, async () => {
  const response = await fetch(`${url}/socket.io/socket.io.esm.min.js`, { headers: { "Accept-Encoding": "br" } });
  assert.equal(response.status, 200);
  assert.match(await response.text(), /Socket\.IO v4\./);
  assert.equal(response.headers.get("content-encoding"), "br");
});

test("a payload of another shape is answered with the field", limit, async () => {
  const a = await connect(["websocket"]);
  const answer = await a.emitWithAck("say", { room: "kitchen" });
  assert.deepEqual(answer, { success: false, error: "text: is required" });
});

test("SIGTERM ends it", limit, async () => {
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
});
