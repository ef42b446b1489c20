// Several conformance servers that forward to each other, and what stands in front of them.
import { request } from "./http.mjs";
import { startProxy } from "./proxy.mjs";
import { kClusterSecret, kQuiet, startServer } from "./server.mjs";
import { freePort } from "./tcp.mjs";

const kTags = ["a", "b", "c"];

/**
 * Starts `count` servers, with tags `a`, `b`, `c`, that know each other; `more` are further peers, `tag=host:port`. Each has a
 * `peerPort` and `forwarded()`, what it has counted. They end with the test `t`.
 */
export async function startNodes(t, count, { args = kQuiet, more = [] } = {}) {
  const tags = kTags.slice(0, count);
  const peerPorts = await Promise.all(tags.map(() => freePort()));
  const nodes = [];
  for (const [i, tag] of tags.entries()) {
    const peers = [...tags.map((other, j) => `${other}=127.0.0.1:${peerPorts[j]}`).filter((_, j) => j !== i), ...more];
    const own = ["--node", tag, "--peer-port", peerPorts[i], "--cluster-secret", kClusterSecret, ...(peers.length > 0 ? ["--peers", peers.join(",")] : [])];
    const node = await startServer([...args, ...own], null, null);
    t?.after(() => node.ended || node.stop());
    node.tag = tag;
    node.peerPort = peerPorts[i];
    node.forwarded = async () => JSON.parse((await request(node, "/forwarded")).text);
    nodes.push(node);
  }
  return nodes;
}

/** All that the nodes have forwarded, by outcome. */
export async function forwardedBy(nodes) {
  const sums = {};
  for (const node of nodes) {
    if (node.ended) continue;
    for (const [outcome, count] of Object.entries(await node.forwarded())) sums[outcome] = (sums[outcome] ?? 0) + count;
  }
  return sums;
}

/** One after the other, for as long as they live. */
export function startRoundRobin(nodes) {
  return startProxy((_, index) => {
    const alive = nodes.filter((node) => !node.ended);
    return alive[index % alive.length]?.port ?? 1;
  });
}
