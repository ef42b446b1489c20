// The program over TLS, at a Unix socket and behind a proxy: settings, reload, metrics, addresses.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import test from "node:test";
import tls from "node:tls";
import { io } from "socket.io-client";
import { Program } from "../../testkit/js/src/program.js";
import { environment } from "../../testkit/js/src/belfry.js";
import { freshFolder, kApiKey, kNoLimits, kProgram, run } from "../support/belfry.mjs";
import { once } from "../support/clients.mjs";
import { parseResponse, request, requestText } from "../support/http.mjs";
import { freePort } from "../support/tcp.mjs";
import { makeCertificate, trust, trustOf } from "../support/tls.mjs";
import { kSecret, sign } from "../support/tokens.mjs";
import { until, within } from "../support/wait.mjs";

/** The program with these settings, listening; `port` is where the helpers reach it. */
async function start(t, env, { certificate, place } = {}) {
  const folder = await freshFolder(t);
  const port = await freePort();
  if (certificate) trust(port, certificate);
  const all = { JWT_SECRET: kSecret, BELFRY_AUTH_API_KEYS: kApiKey, ...kNoLimits, ...env };
  const args = ["serve", "--port", port, "--data-dir", path.join(folder, "data"), "--host", "127.0.0.1"];
  const server = new Program({ name: "belfry", command: kProgram, args, cwd: folder, env: environment(all) });
  await server.begin(() => server.output.includes("ready at http") || (place && server.output.includes("ready at unix")), "belfry is ready");
  t.after(() => server.ended ?? server.end());
  return Object.assign(server, { port: place ?? port, tcpPort: port, url: `${certificate ? "https" : "http"}://127.0.0.1:${port}` });
}

const secure = (certificate, more = {}) => ({
  BELFRY_TLS_CERT_FILE: certificate.certFile,
  BELFRY_TLS_KEY_FILE: certificate.keyFile,
  ...more,
});

async function metric(server, name) {
  const { text } = await request(server, "/metrics");
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** The name in the certificate that the server shows to a new client. */
async function shownBy(server) {
  const socket = tls.connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
  await within(new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject)), "a handshake");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

const endOf = (certificate) =>
  Date.parse(execFileSync("openssl", ["x509", "-enddate", "-noout", "-in", certificate.certFile]).toString().split("=")[1]) / 1000;

test("serves HTTPS, counts it, and its own pages are of its own origin", async (t) => {
  const certificate = makeCertificate(await freshFolder(t));
  const server = await start(t, secure(certificate), { certificate });
  assert.match(server.output, /ready at https:/);
  assert.equal((await request(server, "/readyz")).status, 200);
  assert.equal(await metric(server, "belfry_tls_certificate_expires_seconds"), endOf(certificate));
  assert.ok((await metric(server, 'belfry_tls_handshakes_total{kind="full"}')) >= 1);

  const allowed = async (origin) => (await request(server, "/readyz", { headers: { origin } })).headers["access-control-allow-origin"];
  assert.equal(await allowed(`https://127.0.0.1:${server.port}`), `https://127.0.0.1:${server.port}`);
  assert.equal(await allowed(`http://127.0.0.1:${server.port}`), undefined);

  const plain = net.connect({ port: server.port, host: "127.0.0.1" });
  plain.write(requestText({ path: "/readyz" }));
  await within(new Promise((resolve) => plain.resume().once("end", resolve)), "the end of a plain connection");
  assert.equal(await metric(server, 'belfry_tls_failed_total{reason="http"}'), 1);

  const token = sign({ sub: "ann", role: "patient" });
  const socket = io(server.url, { auth: { token }, forceNew: true, reconnection: false, ...trustOf(server.port) });
  t.after(() => socket.disconnect());
  await once(socket, "connected");
});

test("connections that fail are counted by why", async (t) => {
  const certificate = makeCertificate(await freshFolder(t));
  const server = await start(t, secure(certificate, { BELFRY_SERVER_HANDSHAKE_TIMEOUT_MS: "300" }), { certificate });
  const failed = (reason) => metric(server, `belfry_tls_failed_total{reason="${reason}"}`);
  const connected = async (data) => {
    const socket = net.connect({ port: server.port, host: "127.0.0.1" });
    t.after(() => socket.destroy());
    await within(new Promise((resolve) => socket.resume().once("connect", resolve)), "a connection");
    socket.write(data);
    return socket;
  };
  await connected("");
  await connected(Buffer.alloc(100, 0xff));
  (await connected(Buffer.from([0x16, 3, 1]))).end();
  const distrustful = spawn("openssl", ["s_client", "-verify_return_error", "-connect", `127.0.0.1:${server.port}`], { stdio: "ignore" });
  await within(new Promise((resolve) => distrustful.once("close", resolve)), "a client that does not trust the certificate");
  for (const reason of ["timeout", "broken", "closed", "alert"]) {
    await until(async () => (await failed(reason)) === 1, `one ${reason} is counted`);
  }
});

test("files that are replaced are loaded, bad ones are not, and SIGHUP loads at once", async (t) => {
  const folder = await freshFolder(t);
  const first = makeCertificate(folder, { name: "first" });
  const server = await start(t, secure(first, { BELFRY_TLS_WATCH_MS: "50" }), { certificate: first });
  const token = sign({ sub: "ann", role: "patient" });
  const socket = io(server.url, { auth: { token }, transports: ["websocket"], forceNew: true, reconnection: false, ...trustOf(server.port) });
  t.after(() => socket.disconnect());
  await once(socket, "connected");
  assert.equal(await shownBy(server), "first");

  fs.writeFileSync(`${first.certFile}.bad`, "no certificate");
  fs.renameSync(`${first.certFile}.bad`, first.certFile);
  await until(() => server.output.includes("the old one holds"), "the log says so");
  assert.equal(await shownBy(server), "first");

  const second = makeCertificate(folder, { name: "second", days: 30 });
  await until(async () => (await shownBy(server)) === "second", "the second certificate");
  trust(server.port, second);
  assert.equal(await metric(server, "belfry_tls_certificate_expires_seconds"), endOf(second));
  assert.match(server.output, /loaded a certificate/);
  assert.equal(socket.connected, true);

  const patient = await start(t, secure(second, { BELFRY_TLS_WATCH_MS: "0" }), { certificate: second });
  makeCertificate(folder, { name: "third" });
  assert.equal(await shownBy(patient), "second");
  process.kill(patient.pid, "SIGHUP");
  await until(async () => (await shownBy(patient)) === "third", "the third certificate");
});

test("settings that do not fit together, and files of no use, keep it from starting", async (t) => {
  const folder = await freshFolder(t);
  const certificate = makeCertificate(folder);
  const check = async (env) => (await run(["check-config"], { env, cwd: folder })).err;
  assert.match(await check({ BELFRY_TLS_CERT_FILE: certificate.certFile }), /tls.key_file must be set too/);
  assert.match(await check({ BELFRY_SERVER_TCP: "false" }), /server.tcp must be true/);
  assert.match(await check({ BELFRY_SERVER_UNIX_MODE: "rw" }), /server.unix_mode must be permissions/);
  fs.writeFileSync(certificate.keyFile, "");
  const env = secure(certificate, { BELFRY_SERVER_DATA_DIR: path.join(folder, "data"), PORT: String(await freePort()) });
  const { code, err } = await run(["serve"], { env, cwd: folder });
  assert.equal(code, 1);
  assert.ok(err.includes(certificate.keyFile), err);
});


test("a Unix socket alone; its proxy is believed where that is set", async (t) => {
  const place = path.join(await freshFolder(t), "belfry.sock");
  const env = { BELFRY_SERVER_UNIX_SOCKET: place, BELFRY_SERVER_UNIX_MODE: "0600", BELFRY_SERVER_TCP: "false" };
  const limits = { BELFRY_SERVER_TRUSTED_PROXIES: "unix", BELFRY_AUTH_LOGINS_PER_MINUTE: "1" };
  const server = await start(t, { ...env, ...limits }, { place });
  assert.equal(fs.statSync(place).mode & 0o777, 0o600);
  assert.equal((await request(server, "/readyz")).status, 200);
  await assert.rejects(request({ port: server.tcpPort }, "/readyz"), /ECONNREFUSED/);

  const signIn = async (client) => {
    const headers = { "content-type": "application/json", "x-forwarded-for": client };
    const body = JSON.stringify({ email: `${client}@example.org`, password: "wrong password" });
    return (await request(server, "/auth/login", { method: "POST", headers, body })).status;
  };
  assert.notEqual(await signIn("192.0.2.1"), 429);
  assert.notEqual(await signIn("192.0.2.2"), 429, "another client");
  assert.equal(await signIn("192.0.2.1"), 429, "the same once more");
  await server.end();
  assert.equal(fs.existsSync(place), false);
});

test("the PROXY header's address is the client's", async (t) => {
  const server = await start(t, { BELFRY_SERVER_PROXY_PROTOCOL: "true", BELFRY_SERVER_HANDSHAKE_TIMEOUT_MS: "2000" });
  const exchange = async (header, text) => {
    const tcp = net.connect({ port: server.port, host: "127.0.0.1" });
    tcp.write(Buffer.concat([Buffer.from(header), text]));
    const parts = [];
    const ended = new Promise((resolve) => tcp.on("data", (part) => parts.push(part)).once("close", resolve));
    await within(ended, "the end of a connection");
    return parseResponse(Buffer.concat(parts), true)?.value;
  };
  const get = (target, headers = {}) => requestText({ path: target, headers: { Connection: "close", ...headers } });
  const kHeader = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n";

  const open = JSON.parse((await exchange(kHeader, get("/socket.io/?EIO=4&transport=polling"))).text.slice(1));
  const target = `/socket.io/?EIO=4&transport=polling&sid=${open.sid}`;
  const body = `40/health,${JSON.stringify({ token: sign({ sub: "ann", role: "patient" }) })}`;
  const post = requestText({ method: "POST", path: target, headers: { Connection: "close" }, body });
  assert.equal((await exchange(kHeader, post)).status, 200);
  const headers = { authorization: `Bearer ${kApiKey}` };
  const items = async () => JSON.parse((await exchange(kHeader, get("/v1/sockets?userId=ann", headers))).text).items;
  await until(async () => (await items()).length === 1, "the socket is there");
  assert.equal((await items())[0].address, "192.0.2.7");

  assert.equal(await exchange("", get("/readyz")), undefined);
  const { text } = await exchange(kHeader, get("/metrics"));
  assert.match(text, /belfry_proxy_failed_total\{reason="missing"\} 1/);
});
