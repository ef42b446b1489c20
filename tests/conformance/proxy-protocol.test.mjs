// The PROXY protocol in front of HTTP and TLS.
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import test from "node:test";
import tls from "node:tls";
import { io } from "socket.io-client";
import { kClientTransports, kTransportNames, withInbox } from "../support/clients.mjs";
import { parseResponse, requestText } from "../support/http.mjs";
import { isReference, kQuiet, startServer } from "../support/server.mjs";
import { makeCertificate, sharedCertificate, temporaryFolder } from "../support/tls.mjs";
import { within } from "../support/wait.mjs";

const options = isReference ? { skip: "of the program only" } : {};
const kSignature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const kText = Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n");
const kRequest = requestText({ path: "/socket.io/?EIO=4&transport=polling", headers: { Connection: "close" } });

function binary(command, family, rest) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rest.length);
  return Buffer.concat([kSignature, Buffer.from([command, family]), length, rest]);
}

const kTcp4 = Buffer.from("c0000207c633640100509c40", "hex");
const kTlvs = Buffer.from("030004deadbeef0400020000", "hex");
const kGood = {
  "TCP4 as text": kText,
  "TCP6 as text": Buffer.from("PROXY TCP6 2001:db8::9 2001:db8::1 40000 443\r\n"),
  "UNKNOWN as text": Buffer.from("PROXY UNKNOWN\r\n"),
  "TCP4": binary(0x21, 0x11, kTcp4),
  "TCP4 with TLVs": binary(0x21, 0x11, Buffer.concat([kTcp4, kTlvs])),
  "TCP6": binary(0x21, 0x21, Buffer.alloc(36, 1)),
  "UNIX": binary(0x21, 0x31, Buffer.alloc(216, 47)),
  "LOCAL": binary(0x20, 0x00, Buffer.alloc(0)),
};
const kBad = {
  "none": kRequest,
  "wrong text": Buffer.from("PROXY TCP4 192.0.2.7\r\n"),
  "too long text": Buffer.from(`PROXY UNKNOWN ${"x".repeat(200)}\r\n`),
  "another version": binary(0x31, 0x11, kTcp4),
  "too few bytes": binary(0x21, 0x11, Buffer.alloc(4)),
  "too long": binary(0x21, 0x11, Buffer.alloc(60_000)),
};

async function proxied(t, args = [], certificate = sharedCertificate()) {
  const server = await startServer([...kQuiet, "--proxy-protocol", "--handshake-timeout", 500, ...args], null, certificate);
  t.after(() => server.stop());
  return Object.assign(server, { certificate });
}

/** A socket on which the header has been written, with TLS over it where the server speaks it. */
function behindHeader(server, header) {
  const tcp = net.connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  tcp.write(header);
  return server.certificate ? tls.connect({ socket: tcp, servername: "localhost", ca: server.certificate.cert }) : tcp;
}

/** All that comes on a socket until it ends. */
function all(socket) {
  const parts = [];
  const ended = new Promise((resolve) => socket.on("data", (part) => parts.push(part)).once("close", resolve).once("error", resolve));
  return within(ended, "the end of the connection").then(() => Buffer.concat(parts));
}

for (const certificate of [null, makeCertificate(temporaryFolder())]) {
  const kind = certificate ? "TLS" : "plain";

  test(`requests follow every kind of header (${kind})`, options, async (t) => {
    const server = await proxied(t, [], certificate);
    for (const [name, header] of Object.entries(kGood)) {
      const socket = behindHeader(server, header);
      socket.write(kRequest);
      assert.equal(parseResponse(await all(socket), true)?.value.status, 200, name);
    }
  });

  test(`without a good header the connection is closed (${kind})`, options, async (t) => {
    const server = await proxied(t, [], certificate);
    for (const [name, header] of Object.entries({ ...kBad, "part of one": kText.subarray(0, 20), "nothing": Buffer.alloc(0) })) {
      const socket = net.connect({ port: server.port, host: "127.0.0.1" });
      socket.write(header);
      assert.equal((await all(socket)).length, 0, name);
    }
  });

  for (const transport of kTransportNames) {
    test(`stock clients talk behind it (${kind}, ${transport})`, options, async (t) => {
      const server = await proxied(t, ["--threads", 4], certificate);
      const agent = certificate ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
      agent.createConnection = () => behindHeader(server, kText);
      const all = { transports: kClientTransports[transport], forceNew: true, reconnection: false, agent };
      const socket = withInbox(io(server.url, all));
      t.after(() => socket.disconnect());
      await socket.next("auth");
      const text = "x".repeat(500_000);
      assert.deepEqual(await socket.ask("message-with-ack", text), [text]);
    });
  }
}

test("a header may come in any pieces", options, async (t) => {
  const server = await proxied(t, [], null);
  for (const header of [kText, kGood["TCP4 with TLVs"]]) {
    const bytes = Buffer.concat([header, kRequest]);
    for (let split = 1; split < bytes.length; split += 7) {
      const socket = behindHeader(server, bytes.subarray(0, split));
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(bytes.subarray(split));
      assert.equal(parseResponse(await all(socket), true)?.value.status, 200, `split at ${split}`);
    }
  }
});
