// nginx and HAProxy, run with the files of packaging/, of which only addresses, ports and paths of files are replaced.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "../../testkit/js/src/program.js";
import { startBelfry } from "./belfry.mjs";
import { request } from "./http.mjs";
import { freePort } from "./tcp.mjs";
import { makeCertificate, temporaryFolder, trust } from "./tls.mjs";
import { until } from "./wait.mjs";

const packaging = fileURLToPath(new URL("../../packaging/", import.meta.url));

/** Replaces every `from` by its `to`, and fails where one is not there. */
function replaceAll(text, pairs) {
  for (const [from, to] of pairs) {
    if (!text.includes(from)) throw new Error(`the configuration has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

// Stock clients do not choose their Host: each name of the files is an address of the loopback.
const kAddresses = { "by-node": "127.0.0.11", "by-address": "127.0.0.12", "by-cookie": "127.0.0.13", "in-turn": "127.0.0.14" };
const addressesOf = (...names) => names.map((name) => [`${name}.example.org`, kAddresses[name]]);

/** Two nodes, `a` and `b`, that know each other, to stand behind one of them. */
export async function startPair(t, env = {}) {
  const peerPorts = [await freePort(), await freePort()];
  const nodeEnv = (i) => ({
    BELFRY_CLUSTER_NODE: "ab"[i],
    BELFRY_CLUSTER_LISTEN: `127.0.0.1:${peerPorts[i]}`,
    BELFRY_CLUSTER_PEERS: `${"ba"[i]}=127.0.0.1:${peerPorts[1 - i]}`,
    BELFRY_SERVER_TRUSTED_PROXIES: "127.0.0.1",
    BELFRY_SERVER_DRAIN_SPREAD_MS: "500",
    BELFRY_HTTP_COOKIE: "io",
    ...env,
  });
  return [await startBelfry(t, { env: nodeEnv(0) }), await startBelfry(t, { env: nodeEnv(1) })];
}

class Balancer extends Program {
  endedWell() {
    return this.ended.code === 0 || this.ended.code === 143 || this.ended.signal === "SIGTERM";
  }

  /** Where its server of that name is reached: `{port, url}`. */
  at(name, { secure = false } = {}) {
    const port = secure ? this.securePort : this.port;
    return { port, url: `${secure ? "https" : "http"}://${kAddresses[name]}:${port}` };
  }
}

async function started(t, name, command, args, ports, folder) {
  const balancer = Object.assign(new Balancer({ name, command, args, cwd: folder }), ports);
  await balancer.begin(() => request(balancer, "/", { limit_ms: 500 }).then(() => true, () => false), `${name} answers`);
  t?.after(() => balancer.end());
  return balancer;
}

/** The ports of two nodes stand for the two nodes of the file. */
const nodesOf = ([a, b]) => [
  ["10.0.0.11:8080", `127.0.0.1:${a.port}`],
  ["10.0.0.12:8080", `127.0.0.1:${b.port}`],
];

export async function startNginx(t, nodes) {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  const certificate = makeCertificate(folder);
  const ports = { port: await freePort(), securePort: await freePort() };
  trust(ports.securePort, certificate);
  const text = replaceAll(fs.readFileSync(path.join(packaging, "nginx.conf"), "utf8"), [
    ...nodesOf(nodes),
    ...addressesOf("by-node", "by-address", "in-turn"),
    ["listen 80;", `listen ${ports.port};`],
    ["listen 443 ssl;", `listen ${ports.securePort} ssl;`],
    ["/etc/ssl/belfry/cert.pem", certificate.certFile],
    ["/etc/ssl/belfry/key.pem", certificate.keyFile],
    ["/run/nginx.pid", path.join(folder, "nginx.pid")],
  ]);
  // Where it keeps what is too large for memory is the machine's business, not the file's.
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${folder}/${one};`).join(" ");
  fs.writeFileSync(path.join(folder, "nginx.conf"), text.replace("http {", `http { ${places}`));
  const args = ["-p", folder, "-e", path.join(folder, "error.log"), "-c", path.join(folder, "nginx.conf"), "-g", "daemon off;"];
  return started(t, "nginx", "nginx", args, ports, folder);
}

export async function startHaproxy(t, nodes, secureNodes = nodes) {
  const folder = temporaryFolder();
  const certificate = makeCertificate(folder);
  fs.writeFileSync(path.join(folder, "both.pem"), fs.readFileSync(certificate.certFile, "utf8") + fs.readFileSync(certificate.keyFile, "utf8"));
  const ports = { port: await freePort(), securePort: await freePort(), throughPort: await freePort() };
  trust(ports.securePort, certificate);
  const text = replaceAll(fs.readFileSync(path.join(packaging, "haproxy.cfg"), "utf8"), [
    ...nodesOf(nodes),
    ["10.0.0.11:8443", `127.0.0.1:${secureNodes[0].port}`],
    ["10.0.0.12:8443", `127.0.0.1:${secureNodes[1].port}`],
    ["bind :8443", `bind 127.0.0.1:${ports.throughPort}`],
    ...addressesOf("by-node", "by-cookie", "by-address"),
    ["bind :80\n", `bind :${ports.port}\n`],
    ["bind :443 ssl", `bind :${ports.securePort} ssl`],
    ["/etc/ssl/belfry/cert-and-key.pem", path.join(folder, "both.pem")],
    ["maxconn 100000", "maxconn 1000"],
  ]);
  fs.writeFileSync(path.join(folder, "haproxy.cfg"), text);
  const haproxy = await started(t, "haproxy", "haproxy", ["-db", "-f", path.join(folder, "haproxy.cfg")], ports, folder);
  await until(async () => (await request(haproxy, "/healthz")).status === 200, "haproxy has found its nodes");
  return haproxy;
}
