// The configurations of packaging/ with the real programs: two belfry nodes behind nginx and HAProxy.
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";
import { environment } from "../../testkit/js/src/belfry.js";
import { Program } from "../../testkit/js/src/program.js";
import { startHaproxy, startNginx, startPair } from "../support/balancers.mjs";
import { freshFolder, kProgram } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { request } from "../support/http.mjs";
import { freePort } from "../support/tcp.mjs";
import { kSecret } from "../support/tokens.mjs";
import { makeCertificate, temporaryFolder, trust, trustOf } from "../support/tls.mjs";
import { until } from "../support/wait.mjs";

const kTransports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const kBalancers = { nginx: startNginx, haproxy: startHaproxy };

/** A node whose port is ready for PROXY headers only, so that its output has to say that it is ready. */
async function startForProxyHeaders(t, env) {
  const folder = await freshFolder(t);
  const port = await freePort();
  const all = { JWT_SECRET: kSecret, ...env };
  const args = ["serve", "--port", port, "--host", "127.0.0.1", "--data-dir", path.join(folder, "data")];
  const node = new Program({ name: "belfry", command: kProgram, args, cwd: folder, env: environment(all) });
  await node.begin(() => node.output.includes("ready at"), "belfry is ready");
  t.after(() => node.ended ?? node.end());
  return Object.assign(node, { port });
}

/** What a node has counted of a metric, over all labels. */
async function counted(node, name) {
  const { text } = await request(node, "/metrics");
  const values = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return values.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
const forwarded = async (nodes) => (await counted(nodes[0], "belfry_forwarded_total")) + (await counted(nodes[1], "belfry_forwarded_total"));

/** A stock client through a balancer's server of that name; each request over a connection of its own. */
function openThrough(t, balancer, name, { secure = false, localAddress, sub = "ada", transports, ...options } = {}) {
  const place = balancer.at(name, { secure });
  const Agent = secure ? https.Agent : http.Agent;
  const trusted = trustOf(place.port) ?? {};
  const agent = new Agent({ keepAlive: false, localAddress, ...(secure ? { ...trusted, servername: "localhost" } : {}) });
  return Client.open(t, place, sub, "patient", { transports, agent, ...trusted, ...options });
}

/** Some questions and answers, whatever they are. */
async function talk(client) {
  for (let i = 0; i < 12; ++i) assert.equal(typeof (await client.ask("room:leave", { roomId: "visit:none" })).success, "boolean");
}

const kSticky = { nginx: ["by-node", "by-address"], haproxy: ["by-node", "by-address"] };

for (const [program, start] of Object.entries(kBalancers)) {
  test(`${program}: each of its servers, each transport, plain and over TLS; nothing is forwarded where it is sticky`, { timeout: 120_000 }, async (t) => {
    const nodes = await startPair(t);
    const balancer = await start(t, nodes);
    for (const name of [...kSticky[program], "in-turn"]) {
      const before = await forwarded(nodes);
      for (const secure of [false, true]) {
        for (const transports of Object.values(kTransports)) {
          const client = await openThrough(t, balancer, name, { transports, secure });
          if (transports.length === 2) await until(() => client.socket.io.engine.transport.name === "websocket", "the upgrade");
          await talk(client);
          await client.close();
        }
      }
      const count = (await forwarded(nodes)) - before;
      if (name === "in-turn") assert.ok(count > 10, `${name}: ${count}`);
      else assert.equal(count, 0, name);
    }
    const used = await Promise.all(nodes.map((node) => counted(node, "belfry_connections_opened_total")));
    assert.ok(used.every((count) => count > 0), `both nodes are used: ${used}`);
  });

  test(`${program}: the nodes know the client's address, whatever that claims`, async (t) => {
    const nodes = await startPair(t, { BELFRY_SERVER_CONNECTIONS_PER_MINUTE: "1" });
    const balancer = await start(t, nodes);
    let claims = 0;
    for (const [index, name] of [...kSticky[program], "in-turn"].entries()) {
      const come = (localAddress) => {
        const extraHeaders = { "X-Forwarded-For": `192.0.2.${++claims}` };
        return openThrough(t, balancer, name, { transports: ["polling"], localAddress, extraHeaders }).then(() => "in", (error) => error.message);
      };
      // Each node lets an address in once a minute: of three times, one was the second.
      const outcomes = [];
      for (let i = 0; i < 3; ++i) outcomes.push(await come(`127.0.1.${index}`));
      assert.ok(outcomes.includes("in") && outcomes.includes("Rate limit exceeded"), `${name}: ${outcomes}`);
      assert.equal(await come(`127.0.2.${index}`), "in", `${name}: another address`);
    }
  });

  test(`${program}: a node that stops moves its clients to the other one`, { timeout: 60_000 }, async (t) => {
    const nodes = await startPair(t, { BELFRY_SERVER_READY_OFF_MS: program === "haproxy" ? "2500" : "0" });
    const balancer = await start(t, nodes);
    const clients = [];
    for (const name of [...kSticky[program], "in-turn"]) {
      for (const transports of Object.values(kTransports)) {
        for (let i = 0; i < 2; ++i) {
          const reconnecting = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };
          const client = await openThrough(t, balancer, name, { transports, ...reconnecting, sub: `user-${clients.length}` });
          clients.push(Object.assign(client, { name }));
        }
      }
    }
    const before = clients.map((client) => client.socket.io.engine.id.slice(20));
    assert.ok(before.includes("a"), `${before}`);
    await nodes[0].stop();
    assert.deepEqual(nodes[0].ended, { code: 0, signal: null });
    const moved = () => clients.every((client) => client.socket.connected && client.socket.io.engine.id.endsWith("b"));
    await until(moved, "all to be on the other node", 20_000).catch((error) => {
      error.message += clients.map((one) => `\n${one.name} ${one.socket.connected} ${one.socket.io.engine?.id}`).join("");
      throw error;
    });
    for (const [i, client] of clients.entries()) {
      if (before[i] === "a") assert.ok(client.seen.includes("server:shutdown"), `${client.name} was told`);
      await talk(client);
    }
  });
}

test("haproxy: sticky by a cookie of its own, for clients that keep it", async (t) => {
  const nodes = await startPair(t);
  const balancer = await startHaproxy(t, nodes);
  for (let i = 0; i < 4; ++i) {
    const answer = await request(balancer, "/healthz", { headers: { Host: new URL(balancer.at("by-cookie").url).host } });
    const cookie = answer.headers["set-cookie"][0].split(";")[0];
    assert.match(cookie, /^belfry_node=[ab]$/);
    const extraHeaders = { Cookie: cookie };
    const client = await openThrough(t, balancer, "by-cookie", { transports: ["polling"], extraHeaders });
    await talk(client);
    assert.ok(client.socket.io.engine.id.endsWith(cookie.at(-1)));
  }
  assert.equal(await forwarded(nodes), 0);
});

test("haproxy: TLS passes through, and a PROXY header says who the client is", async (t) => {
  const certificate = makeCertificate(temporaryFolder());
  const plain = await startPair(t);
  const secureEnv = { BELFRY_TLS_CERT_FILE: certificate.certFile, BELFRY_TLS_KEY_FILE: certificate.keyFile, BELFRY_SERVER_PROXY_PROTOCOL: "true" };
  const through = [await startForProxyHeaders(t, secureEnv), await startForProxyHeaders(t, secureEnv)];
  const balancer = await startHaproxy(t, plain, through);
  trust(balancer.throughPort, certificate);
  const place = { port: balancer.throughPort, url: `https://127.0.0.1:${balancer.throughPort}` };
  for (const transports of Object.values(kTransports)) {
    const agent = new https.Agent({ keepAlive: false, localAddress: "127.0.0.78", ca: certificate.cert, servername: "localhost" });
    const client = await Client.open(t, place, "ada", "patient", { transports, agent, ca: certificate.cert });
    await talk(client);
    await client.close();
  }
  assert.equal((await request(place, "/healthz")).status, 200);
});
