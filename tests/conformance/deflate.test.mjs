// permessage-deflate (RFC 7692): negotiation, both directions, what is wrong, and broadcasts; by hand, with npm's `ws` and
// with the stock client.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { createRequire } from "node:module";
import test from "node:test";
import { connect } from "../support/clients.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { trustOf } from "../support/tls.mjs";
import { Inbox, within } from "../support/wait.mjs";
import { deflated, frame, kOpcode, WebSocketConnection } from "../support/websocket.mjs";

// The one that the stock server uses.
const WebSocket = createRequire(createRequire(import.meta.url).resolve("engine.io"))("ws");

const ours = stricter("the reference has no --deflate");
const kPath = "/engine.io/?EIO=4&transport=websocket";
const kMax = 100_000;
const { continuation, text, binary, ping } = kOpcode;
const kBase = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const kThreads = ["--threads", 4, "--max-payload", kMax];

const plain = await sharedServer([...kQuiet, ...kThreads]);
const server = ours.skip ? plain : await sharedServer([...kQuiet, ...kThreads, "--deflate"]);
const keeping = ours.skip ? plain : await sharedServer([...kQuiet, ...kThreads, "--deflate-takeover", "--deflate-contexts", 4]);

async function offer(t, extensions, to = server) {
  const connection = await WebSocketConnection.open(t, to, kPath, { headers: { "Sec-WebSocket-Extensions": extensions } });
  assert.equal((await next(connection))[0], "0");
  return connection;
}

const next = (connection) => within(connection.message(), "a message");
const agreed = (connection) => connection.response.headers["sec-websocket-extensions"];

// ---- negotiation ----

test("nothing is agreed where the server does not want it", ours, async (t) => {
  const connection = await offer(t, "permessage-deflate; client_max_window_bits", plain);
  assert.equal(agreed(connection), undefined);
  connection.tcp.write(frame({ rsv: 4, payload: deflated("4a") }));
  assert.equal((await connection.untilEnd()).code, 1002);
});

const kOffers = [
  ["permessage-deflate", kBase],
  ["permessage-deflate; client_max_window_bits", kBase],
  ["permessage-deflate; client_max_window_bits=10", `${kBase}; client_max_window_bits=10`],
  ["permessage-deflate; client_max_window_bits=8", `${kBase}; client_max_window_bits=8`],
  ["permessage-deflate; server_max_window_bits=15", `${kBase}; server_max_window_bits=15`],
  ["permessage-deflate; server_max_window_bits=12", `${kBase}; server_max_window_bits=12`],
  ["permessage-deflate; server_max_window_bits=10", `${kBase}; server_max_window_bits=9`],
  ['permessage-deflate; server_max_window_bits="9"', `${kBase}; server_max_window_bits=9`],
  ["permessage-deflate; server_no_context_takeover; client_no_context_takeover", kBase],
  ["x-unknown, permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9", `${kBase}; server_max_window_bits=9`],
  ["permessage-deflate; server_max_window_bits=8", undefined],
  ["permessage-deflate; server_max_window_bits", undefined],
  ["permessage-deflate; server_max_window_bits=16", undefined],
  ["permessage-deflate; server_max_window_bits=09", undefined],
  ["permessage-deflate; client_max_window_bits=16", undefined],
  ["permessage-deflate; client_max_window_bits=7", undefined],
  ["permessage-deflate; client_no_context_takeover=1", undefined],
  ["permessage-deflate; client_no_context_takeover; client_no_context_takeover", undefined],
  ["permessage-deflate; unknown", undefined],
  ["permessage-deflate;", undefined],
  ["x-webkit-deflate-frame", undefined],
];

for (const [extensions, expected] of kOffers) {
  test(`an offer is ${expected ? "accepted" : "declined"}: ${extensions}`, ours, async (t) => {
    const connection = await offer(t, extensions);
    assert.equal(agreed(connection), expected);
    const message = "4" + "many words, many words; ".repeat(100);
    connection.send(message);
    assert.equal(await next(connection), message);
    assert.equal(connection.lastCompressed, expected !== undefined);
  });
}

test("offers on several lines are one list", ours, async (t) => {
  const connection = await offer(t, ["x-unknown", "permessage-deflate"]);
  assert.equal(agreed(connection), kBase);
});

test("a smaller window is kept to", ours, async (t) => {
  const connection = await offer(t, "permessage-deflate; server_max_window_bits=9");
  const block = crypto.randomBytes(3_000).toString("latin1");
  const far = "4" + block + block;
  connection.send(far);
  assert.equal(await next(connection), far);
  const wide = await offer(t, "permessage-deflate");
  wide.send(far);
  assert.equal(await next(wide), far);
  assert.ok(wide.lastSize < 0.7 * connection.lastSize, `${wide.lastSize} and ${connection.lastSize}: the repetition is out of reach`);
});

// ---- what a client sends ----

const kText = "4" + "Ein Satz, der sich wiederholt. κόσμε 𝄞 ".repeat(200);

/** The frames of one compressed message, cut into `count` pieces. */
function compressedFrames(opcode, message, count, options) {
  const whole = deflated(message, options);
  const size = Math.ceil(whole.length / count);
  return Array.from({ length: count }, (_, i) =>
    frame({
      rsv: i === 0 ? 4 : 0,
      opcode: i === 0 ? opcode : continuation,
      fin: i === count - 1,
      payload: whole.subarray(i * size, (i + 1) * size),
    }),
  );
}

test("compressed messages, whole and in fragments with control frames between, and plain ones", ours, async (t) => {
  const connection = await offer(t, "permessage-deflate");
  for (const count of [1, 2, 7, 50]) {
    for (const one of compressedFrames(text, kText, count)) {
      connection.tcp.write(one);
      if (count > 1) connection.frame({ opcode: ping, payload: "p" });
    }
    assert.equal(await next(connection), kText);
    connection.send("4plain");
    assert.equal(await next(connection), "4plain");
    const bytes = crypto.randomBytes(5_000);
    for (const one of compressedFrames(binary, bytes, count)) connection.tcp.write(one);
    assert.deepEqual(await next(connection), bytes);
  }
});

test("blocks without compression, last blocks, and empty messages", ours, async (t) => {
  const connection = await offer(t, "permessage-deflate");
  const send = (...bytes) => connection.tcp.write(frame({ rsv: 4, opcode: binary, payload: Buffer.from(bytes) }));
  send(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00);
  assert.equal(String(await next(connection)), "Hello");
  send(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00);
  assert.equal(String(await next(connection)), "Hello");
  send(0x00);
  assert.equal((await next(connection)).length, 0);
});

for (const size of [1, 3, 100]) {
  test(`compressed frames in TCP pieces of ${size} bytes`, ours, async (t) => {
    const connection = await offer(t, "permessage-deflate");
    await connection.tcp.writeInPieces(Buffer.concat(compressedFrames(text, kText, 3)), size);
    assert.equal(await next(connection), kText);
  });
}

const kWrong = [
  ["RSV1 on a continuation", 1002, [frame({ fin: false, payload: "4a" }), frame({ rsv: 4, opcode: continuation, payload: "b" })]],
  ["RSV1 on a ping", 1002, [frame({ rsv: 4, opcode: ping })]],
  ["RSV1 on a pong", 1002, [frame({ rsv: 4, opcode: kOpcode.pong })]],
  ["RSV1 on a close", 1002, [frame({ rsv: 4, opcode: kOpcode.close })]],
  ["RSV2", 1002, [frame({ rsv: 2, payload: "4a" })]],
  ["RSV1 with RSV3", 1002, [frame({ rsv: 5, payload: deflated("4a") })]],
  ["what is not compressed", 1007, [frame({ rsv: 4, payload: Buffer.from([0xff, 0xff, 0xff]) })]],
  ["a message that was cut", 1007, [frame({ rsv: 4, payload: deflated(kText).subarray(0, 40) })]],
  ["text that is not UTF-8 when it is inflated", 1007, [frame({ rsv: 4, payload: deflated(Buffer.from([0x34, 0xff])) })]],
  ["a byte more than the bound when it is inflated", 1009, [frame({ rsv: 4, payload: deflated("4" + "x".repeat(kMax)) })]],
];

for (const [name, code, frames] of kWrong) {
  test(`${name} closes with ${code}`, ours, async (t) => {
    const connection = await offer(t, "permessage-deflate");
    connection.send("4before");
    for (const one of frames) connection.tcp.write(one);
    const ending = await connection.untilEnd();
    assert.deepEqual(ending, { messages: ["4before"], code });
  });
}

test("the largest message is taken, compressible or not", ours, async (t) => {
  const connection = await offer(t, "permessage-deflate");
  for (const message of [Buffer.alloc(kMax, 7), crypto.randomBytes(kMax)]) {
    for (const options of [{}, { level: 0 }]) {
      connection.tcp.write(frame({ rsv: 4, opcode: binary, payload: deflated(message, options) }));
      assert.deepEqual(await next(connection), message);
    }
  }
});

test("a bomb costs what the bound allows, and the others go on", ours, async (t) => {
  const good = await offer(t, "permessage-deflate");
  const bomb = deflated(Buffer.alloc(100_000_000), { level: 9 });
  assert.ok(bomb.length < 1.1 * kMax, "fits into a frame");
  for (let i = 0; i < 20; i++) {
    const bad = await offer(t, "permessage-deflate");
    bad.tcp.write(frame({ rsv: 4, opcode: binary, payload: bomb }));
    assert.equal((await bad.untilEnd()).code, 1009);
  }
  good.send(kText);
  assert.equal(await next(good), kText);
});

test("a segment that holds messages of many times its size is read bit by bit, in order", ours, async (t) => {
  const connection = await offer(t, kBase);
  const message = (i) => `4${i} ${"x".repeat(90_000)}`;
  const frames = Array.from({ length: 100 }, (_, i) => [frame({ rsv: 4, payload: deflated(message(i)) }), frame({ payload: `4plain ${i}` })]);
  connection.tcp.write(Buffer.concat(frames.flat()));
  for (let i = 0; i < 100; ++i) {
    assert.equal(await next(connection), message(i));
    assert.equal(await next(connection), `4plain ${i}`);
  }
});

// ---- npm's ws ----

class WsPeer {
  inbox = new Inbox();

  static async open(t, to, options) {
    const peer = new WsPeer();
    peer.socket = new WebSocket(`${to.url.replace("http", "ws")}${kPath}`, { perMessageDeflate: options, ...trustOf(to.port) });
    t.after(() => peer.socket.terminate());
    peer.socket.on("message", (data, isBinary) => peer.inbox.push(isBinary ? data : String(data)));
    peer.socket.on("close", (code) => peer.inbox.end(`closed ${code}`));
    peer.socket.on("error", () => {});
    assert.equal((await peer.inbox.take("the open packet"))[0], "0");
    return peer;
  }

  async echo(message) {
    this.socket.send(message);
    assert.deepEqual(await this.inbox.take("an echo"), message);
  }
}

const kWsOptions = [
  { threshold: 0 },
  { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 10 },
  { threshold: 0, serverMaxWindowBits: 13, clientMaxWindowBits: 15 },
];

for (const [name, to] of [["no contexts", () => server], ["contexts", () => keeping]]) {
  for (const options of kWsOptions) {
    test(`ws and ${name}: ${JSON.stringify(options)}`, ours, async (t) => {
      const peer = await WsPeer.open(t, to(), options);
      assert.match(peer.socket.extensions, /^permessage-deflate/);
      const noise = crypto.randomBytes(40_000);
      for (let i = 0; i < 5; i++) {
        await peer.echo(kText + i);
        await peer.echo("4short " + i);
        await peer.echo(Buffer.concat([noise, noise]));
      }
    });
  }
}

// ---- contexts that are kept ----

test("contexts are kept where both sides may, and not past the bound", ours, async (t) => {
  const offers = "permessage-deflate; client_max_window_bits";
  const noise = "4" + crypto.randomBytes(3_000).toString("hex");
  const sizes = async (connection) => {
    const all = [];
    for (let i = 0; i < 2; i++) {
      connection.send(noise);
      // Without a context of its own, a helper of ours cannot read the second one.
      all.push((await within(connection.nextFrame(), "an echo")).payload.length);
    }
    return all;
  };
  const connections = [];
  for (let i = 0; i < 2; i++) {
    const connection = await offer(t, offers, keeping);
    assert.equal(agreed(connection), "permessage-deflate");
    const [first, second] = await sizes(connection);
    assert.ok(second < first / 10, `${first}, ${second}`);
    connections.push(connection);
  }
  const past = await offer(t, offers, keeping);
  assert.equal(agreed(past), kBase);
  const [first, second] = await sizes(past);
  assert.equal(second, first);

  // One that leaves makes room.
  connections[0].destroy();
  for (let tries = 0; ; tries++) {
    const again = await offer(t, offers, keeping);
    const answer = agreed(again);
    again.destroy();
    if (answer === "permessage-deflate") break;
    assert.ok(tries < 500, "there is room again");
  }
});

// ---- broadcasts ----

const kKinds = {
  "no compression": { transport: "websocket", perMessageDeflate: false },
  compression: { transport: "websocket", perMessageDeflate: {} },
  "a small window": { transport: "websocket", perMessageDeflate: { serverMaxWindowBits: 10 } },
  "an upgrade": { transport: "upgrade", perMessageDeflate: {} },
  polling: { transport: "polling" },
};

for (const [name, to] of [["no contexts", () => server], ["contexts", () => keeping]]) {
  test(`a room of clients with and without compression gets everything in order (${name})`, ours, async (t) => {
    const sockets = [];
    for (let i = 0; i < 15; i++) {
      const { transport, ...options } = Object.values(kKinds)[i % Object.keys(kKinds).length];
      const socket = await connect(t, to(), transport, options);
      await socket.ask("join", "room");
      sockets.push(socket);
    }
    const big = "a word and another word; ".repeat(400);
    const bytes = Buffer.alloc(30_000, 3);
    for (let i = 0; i < 20; i++) {
      sockets[i % sockets.length].emit("in-room", "room", i, i % 3 === 0 ? "short" : big + i, i % 4 === 0 ? bytes : null);
      for (const socket of sockets) {
        const args = await socket.next("room-message");
        assert.deepEqual(args, ["room", i, i % 3 === 0 ? "short" : big + i, i % 4 === 0 ? bytes : null]);
      }
    }
  });
}

test("what is short, and what is not to be compressed, is sent as it is", ours, async (t) => {
  const connection = await WebSocketConnection.open(t, server, "/socket.io/?EIO=4&transport=websocket", {
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate" },
  });
  const event = async (name) => {
    for (;;) {
      const message = await next(connection);
      if (message.startsWith(`42["${name}"`)) return message;
    }
  };
  connection.send("40");
  connection.send(`42["message","${"x".repeat(2_000)}"]`);
  await event("message-back");
  assert.equal(connection.lastCompressed, true);
  connection.send(`42["message","${"x".repeat(500)}"]`);
  await event("message-back");
  assert.equal(connection.lastCompressed, false);
  connection.send(`42["plain","${"x".repeat(2_000)}"]`);
  await event("plain-back");
  assert.equal(connection.lastCompressed, false);
});
