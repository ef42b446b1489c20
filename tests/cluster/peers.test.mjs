// Nodes that share a Redis find each other by themselves: no sticky balancer, and no list of peers.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { startRoundRobin } from "../support/cluster.mjs";
import { Client } from "../support/health.mjs";
import { startCluster, together } from "../support/nodes.mjs";
import { until } from "../support/wait.mjs";

const answered = async (nodes) => {
  const counts = await Promise.all(nodes.map((node) => node.metric("belfry_forwarded_total", '{outcome="answered"}')));
  return counts.reduce((sum, count) => sum + count, 0);
};

/** A stock client whose requests take a connection each, and so meet the nodes in turn. */
function openThrough(t, proxy, sub, options = {}) {
  return Client.open(t, proxy, sub, "patient", { transports: ["polling"], agent: new http.Agent({ keepAlive: false }), ...options });
}

test("a client over polling meets the nodes in turn, a new one among them", async (t) => {
  const { nodes, add } = await startCluster(t, 2, { shared: true });
  const proxy = await startRoundRobin(nodes);
  t.after(() => proxy.close());
  const visit = await nodes[0].visit("ada", "dr");
  for (const count of [2, 3]) {
    if (nodes.length < count) {
      await add();
      await together(nodes);
    }
    const before = await answered(nodes);
    const clients = await Promise.all(nodes.map(() => openThrough(t, proxy, "ada")));
    for (const [i, client] of clients.entries()) {
      assert.match(client.socket.io.engine.id, /^[\w-]{28}$/);
      for (let k = 0; k < 10; ++k) await client.say(visit, `${count} ${i} ${k}`);
    }
    assert.ok((await answered(nodes)) - before >= 10 * count);
    for (const client of clients) client.close();
  }
});

test("a node that was killed and is back is found at its new place; its old sessions are gone", async (t) => {
  const { nodes } = await startCluster(t, 2, { shared: true });
  const proxy = await startRoundRobin(nodes);
  t.after(() => proxy.close());
  const visit = await nodes[0].visit("ada", "dr");
  const client = await openThrough(t, proxy, "ada", { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
  await client.say(visit, "before");
  for (const node of nodes) {
    await node.kill();
    await node.start();
  }
  await together(nodes);
  await until(() => client.socket.connected, "the client to be back");
  const before = await answered(nodes);
  for (let k = 0; k < 10; ++k) await client.say(visit, `after ${k}`);
  assert.ok((await answered(nodes)) > before);
});

test("nodes without a port for the others neither forward nor are forwarded to", async (t) => {
  const { nodes } = await startCluster(t, 2, { env: { BELFRY_CLUSTER_LISTEN: "off" } });
  const client = await Client.open(t, nodes[0], "ada", "patient", { transports: ["polling"] });
  const { id } = client.socket.io.engine;
  assert.match(id, /^[\w-]{20}$/);
  const answer = await fetch(`${nodes[1].url}/socket.io/?EIO=4&transport=polling&sid=${id}`);
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).code, 1);
});
