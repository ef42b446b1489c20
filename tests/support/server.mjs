// Starts the server under test, and ends it by its own process id.
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { Program } from "../../testkit/js/src/program.js";
import { startProxy } from "./proxy.mjs";
import { freePort } from "./tcp.mjs";
import { sharedCertificate, trust } from "./tls.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const reference = fileURLToPath(new URL("../conformance/reference/server.mjs", import.meta.url));
const program = process.env.CONFORMANCE_SERVER ?? "build/release/conformance_server";

/** Whether the tests run against stock `socket.io` on Node instead of the program. */
export const isReference = program === "reference";

/** Test options for a statement of the contract that stock `socket.io` does not keep; `reason` says how. */
export function stricter(reason) {
  return isReference ? { skip: `stricter than socket.io: ${reason}` } : {};
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

class Server extends Program {
  constructor(port, args, secure, original) {
    const [command, argv] = original ? [process.execPath, [reference, ...args]] : [path.resolve(root, program), args];
    super({ name: "the server", command, args: argv, cwd: root });
    Object.assign(this, { port, url: `${secure ? "https" : "http"}://127.0.0.1:${port}` });
  }

  endedWell() {
    const { code, signal } = this.ended;
    return code === 0 || code === 143 || signal === "SIGTERM";
  }

  stop() {
    return this.end();
  }
}

/** Whether each server that a test starts has another one in front of it, which forwards all but handshakes. */
const isForwarded = process.env.CONFORMANCE_FORWARDED === "1";
export const kClusterSecret = "the secret of the tests' cluster";

async function startOne(port, args, secure = false, original = isReference) {
  const server = new Server(port, ["--port", port, ...args], secure, original);
  await server.begin(() => canConnect(port), `the server listens on ${port}`);
  return server;
}

// The end of what is in front of a server, by the port.
const endsOfFronts = new Map();

/** A server whose sessions live at home, while what clients send for them comes in by another one's door. */
async function startForwarded(args, port) {
  await endsOfFronts.get(port)?.(); // that of a server that was killed
  const own = await freePort();
  const member = async (node, ...more) => ["--node", node, "--peer-port", await freePort(), "--cluster-secret", kClusterSecret, ...more];
  const homeArgs = await member("home");
  const home = await startOne(own, [...args, ...homeArgs]);
  const door = await startOne(await freePort(), [...args, ...(await member("door", "--peers", `home=127.0.0.1:${homeArgs[3]}`))]);
  const isOfSession = (first) => first.subarray(0, first.indexOf("\r\n")).includes("sid=");
  const proxy = await startProxy((first) => (isOfSession(first) ? door.port : own), port);
  endsOfFronts.set(port, async () => {
    endsOfFronts.delete(port);
    await Promise.all([door.stop(), proxy.close()]);
  });
  const stop = home.stop.bind(home);
  home.stop = () => Promise.all([stop(), endsOfFronts.get(port)?.()]);
  return Object.assign(home, { port, url: proxy.url });
}

/**
 * Starts a server with `args`, on a free port or that of one that has ended; the caller stops it. It speaks TLS with
 * `certificate`, which the helpers' clients trust from then on; null: never. `original`: npm's `socket.io` in any case.
 */
export async function startServer(args = [], port = null, certificate = sharedCertificate(), original = isReference) {
  port ??= await freePort();
  if (isForwarded && certificate !== null) return startForwarded(args, port);
  const tlsArgs = certificate ? ["--tls-cert", certificate.certFile, "--tls-key", certificate.keyFile] : [];
  if (certificate) trust(port, certificate);
  return startOne(port, [...tlsArgs, ...args], Boolean(certificate), original);
}

/** The server that the tests of one file share: started at once, checked and stopped after the last one. */
export async function sharedServer(args = []) {
  const server = await startServer(args);
  after(() => server.stop());
  return server;
}

/** Options under which the heartbeat stays out of the way. */
export const kQuiet = ["--ping-interval", 25_000, "--ping-timeout", 20_000];
