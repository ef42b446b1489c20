// Certificates made for a test, and how the tests' clients come to trust them.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";

/** Whether the servers of the suites speak TLS. */
export const isTls = process.env.CONFORMANCE_TLS === "1";

/** A folder that goes with this process. */
export function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belfry-conformance-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A key and a certificate that it has signed for itself: `{certFile, keyFile, cert}`. One that exists is replaced by rename. */
export function makeCertificate(folder, { name = "localhost", days = 2 } = {}) {
  const certFile = path.join(folder, "cert.pem");
  const keyFile = path.join(folder, "key.pem");
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", String(days)];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", [...args, ...names, "-keyout", `${keyFile}.new`, "-out", `${certFile}.new`], { stdio: "pipe" });
  fs.renameSync(`${certFile}.new`, certFile);
  fs.renameSync(`${keyFile}.new`, keyFile);
  return { certFile, keyFile, cert: fs.readFileSync(certFile, "utf8"), name };
}

// By port, the certificates of this process's servers that speak TLS.
const trusted = new Map();

export function trust(port, certificate) {
  trusted.set(port, certificate);
}

/** What node's TLS clients and stock clients need to trust the server at that port; null where it is plain. */
export function trustOf(port) {
  return trusted.has(port) ? { ca: trusted.get(port).cert } : null;
}

let shared;
/** The certificate of all servers under CONFORMANCE_TLS, else none. */
export function sharedCertificate() {
  if (isTls) shared ??= makeCertificate(temporaryFolder());
  return shared;
}

/** Where a server listens: a port, or the path of a Unix socket. */
const placeOf = (port) => (typeof port === "string" ? { path: port } : { port, host: "127.0.0.1" });

/** A socket to the server: `{socket, tcp, opened}`, of which `tcp` is below TLS and `opened` the event to wait for. */
export function connectTo(port) {
  const tcp = net.connect(placeOf(port));
  const secure = trustOf(port);
  if (!secure) return { socket: tcp, tcp, opened: "connect" };
  return { socket: tls.connect({ socket: tcp, servername: "localhost", ...secure }), tcp, opened: "secureConnect" };
}

/** `http.request` or `https.request` to that server. */
export function requestTo(port, options, onResponse) {
  const { path: socketPath, ...place } = placeOf(port);
  const secure = trustOf(port);
  if (secure) return https.request({ ...place, servername: "localhost", ...secure, ...options }, onResponse);
  return http.request({ ...place, socketPath, ...options }, onResponse);
}

/** An agent for that server that keeps connections alive. */
export function keepAliveAgent(port) {
  return trustOf(port) ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
}
