// RFC 6455 case by case, on the bare Engine.IO server, which sends every message back: sizes up to 16 MiB, fragments and
// segments of any size, UTF-8 that is cut anywhere, control frames in between, and closing; by hand, and with npm's `ws`.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { trustOf } from "../support/tls.mjs";
import { Inbox, within } from "../support/wait.mjs";
import { frame, kOpcode, WebSocketConnection } from "../support/websocket.mjs";

// The one that the stock server uses.
const WebSocket = createRequire(createRequire(import.meta.url).resolve("engine.io"))("ws");

const kMax = 16 * 1024 * 1024;
const kPath = "/engine.io/?EIO=4&transport=websocket";
const kLimit_ms = 60_000;
const { continuation, text, binary, ping, pong } = kOpcode;
const server = await sharedServer([...kQuiet, "--max-payload", kMax]);

const kForms = [["text", text], ["binary", binary]];
const kSizes = [1, 2, 3, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 131_072, 2 ** 20, 2 ** 22, 2 ** 23, kMax - 1, kMax];

/** A message of that many bytes, the Engine.IO type of a text included. */
function message(opcode, size) {
  const bytes = Buffer.alloc(size, opcode === text ? "abcdefghij" : Buffer.from([0, 255, 128, 13, 10, 7]));
  if (opcode === text) bytes[0] = 0x34;
  return bytes;
}

function pieces(bytes, size) {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

function fragments(opcode, parts) {
  return parts.map((payload, i) => frame({ opcode: i === 0 ? opcode : continuation, fin: i === parts.length - 1, payload }));
}

// ---- by hand ----

async function open(t) {
  const connection = await WebSocketConnection.open(t, server, kPath);
  assert.equal((await connection.message())[0], "0");
  return connection;
}

async function comesBack(connection, bytes) {
  const back = await within(connection.message(), "an echo", kLimit_ms);
  assert.ok(bytes.equals(Buffer.from(back)), `${bytes.length} bytes come back as they were, ${back.length} did`);
}

for (const [name, opcode] of kForms) {
  for (const size of kSizes) {
    test(`a ${name} message of ${size} bytes`, async (t) => {
      const connection = await open(t);
      connection.tcp.write(frame({ opcode, payload: message(opcode, size) }));
      await comesBack(connection, message(opcode, size));
    });
  }
  test(`a ${name} message of one byte more than there may be`, async (t) => {
    const connection = await open(t);
    connection.tcp.write(frame({ opcode, payload: message(opcode, kMax + 1) }));
    const { messages, code } = await connection.untilEnd(kLimit_ms);
    assert.deepEqual(messages, []);
    assert.ok(code === 1009 || code === null, `${code}`);
  });
  for (const [size, part] of [[2 ** 16, 1], [2 ** 18, 64], [2 ** 20, 256], [2 ** 20, 1_024], [2 ** 22, 4_096], [2 ** 22, 65_535], [2 ** 22, 65_536], [kMax, 2 ** 20], [kMax, 2 ** 22]]) {
    test(`a ${name} message of ${size} bytes in fragments of ${part}`, async (t) => {
      const connection = await open(t);
      connection.tcp.write(Buffer.concat(fragments(opcode, pieces(message(opcode, size), part))));
      await comesBack(connection, message(opcode, size));
    });
    test(`a ${name} message of ${size} bytes in fragments of ${part}, with a ping behind the first and before the last`, async (t) => {
      const connection = await open(t);
      const frames = fragments(opcode, pieces(message(opcode, size), part));
      frames.splice(1, 0, frame({ opcode: ping, payload: "one" }));
      frames.splice(-1, 0, frame({ opcode: ping, payload: "two" }));
      connection.tcp.write(Buffer.concat(frames));
      const answers = [];
      while (answers.length < 3) answers.push(await within(connection.nextFrame(), "an answer", kLimit_ms));
      const pongs = answers.filter((one) => one.opcode === pong).map((one) => String(one.payload));
      assert.deepEqual(pongs, ["one", "two"]);
      assert.ok(answers.find((one) => one.opcode === opcode).payload.equals(message(opcode, size)));
    });
  }
  for (const part of [1, 7, 64, 128, 1_024, 2_048, 16_384]) {
    test(`a ${name} message in segments of ${part} bytes`, async (t) => {
      const connection = await open(t);
      const bytes = message(opcode, part * 1_000);
      const written = connection.tcp.writeInPieces(frame({ opcode, payload: bytes }), part);
      await comesBack(connection, bytes);
      await written;
    });
  }
}

// Every length of an encoded character, and the first and the last of each; what is no character but may be said.
const kPoints = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfdd0, 0xfdef, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x10ffff];
const kNonCharacters = Array.from({ length: 16 }, (_, i) => [(i + 1) * 0x10000 + 0xfffe, (i + 1) * 0x10000 + 0xffff]).flat();
for (const point of [...kPoints, ...kNonCharacters]) {
  const bytes = Buffer.from(`4${String.fromCodePoint(point)}`);
  for (const [how, frames] of [["whole", [frame({ payload: bytes })]], ["byte for byte", fragments(text, pieces(bytes, 1))]]) {
    test(`the code point ${point.toString(16)}, ${how}`, async (t) => {
      const connection = await open(t);
      connection.tcp.write(Buffer.concat(frames));
      await comesBack(connection, bytes);
    });
  }
}

const kUnicode = Buffer.from("4Hello-µ@ßöäüàá-κόσμε-日本語-𝄞\u{10ffff}!!");
for (let at = 1; at < kUnicode.length; ++at) {
  const parts = [kUnicode.subarray(0, at), kUnicode.subarray(at)];
  test(`text that is cut behind byte ${at}, into fragments`, async (t) => {
    const connection = await open(t);
    const frames = fragments(text, parts);
    connection.tcp.write(Buffer.concat([frames[0], frame({ opcode: ping }), frames[1]]));
    await comesBack(connection, kUnicode);
  });
  test(`text that is cut behind byte ${at}, into segments`, async (t) => {
    const connection = await open(t);
    const bytes = frame({ payload: kUnicode });
    const written = connection.tcp.writeInPieces(bytes, bytes.length - kUnicode.length + at);
    await comesBack(connection, kUnicode);
    await written;
  });
  test(`text that ends behind byte ${at} of a longer one`, async (t) => {
    const isWhole = Buffer.from(String(parts[0])).equals(parts[0]);
    const connection = await open(t);
    connection.tcp.write(frame({ payload: parts[0] }));
    if (isWhole) return comesBack(connection, parts[0]);
    const { messages, code } = await connection.untilEnd();
    assert.deepEqual(messages, []);
    assert.ok(code === 1007 || code === null, `${code}`);
  });
}

// ---- npm's ws ----

class WsPeer {
  inbox = new Inbox();

  static async open(t) {
    const peer = new WsPeer();
    const url = `${server.url.replace("http", "ws")}${kPath}`;
    peer.socket = new WebSocket(url, { perMessageDeflate: false, ...trustOf(server.port) });
    t.after(() => peer.socket.terminate());
    peer.socket.on("message", (data, isBinary) => peer.inbox.push(isBinary ? data : Buffer.from(data)));
    peer.socket.on("pong", (data) => peer.inbox.push(`pong ${data}`));
    peer.socket.on("close", (code) => peer.inbox.end(`closed ${code}`));
    assert.equal(String(await peer.inbox.take("the open packet"))[0], "0");
    return peer;
  }

  async comesBack(bytes) {
    const back = await this.inbox.take("an echo", (one) => Buffer.isBuffer(one), kLimit_ms);
    assert.ok(bytes.equals(back), `${bytes.length} bytes come back as they were, ${back.length} did`);
  }
}

for (const [name, opcode] of kForms) {
  const options = { binary: opcode === binary };
  for (const size of kSizes) {
    test(`ws: a ${name} message of ${size} bytes`, async (t) => {
      const peer = await WsPeer.open(t);
      peer.socket.send(message(opcode, size), options);
      await peer.comesBack(message(opcode, size));
    });
  }
  for (const part of [1, 64, 1_024, 65_536, 2 ** 20]) {
    test(`ws: a ${name} message in eight fragments of ${part} bytes, with a ping between each two`, async (t) => {
      const peer = await WsPeer.open(t);
      const bytes = message(opcode, 8 * part);
      pieces(bytes, part).forEach((one, i) => {
        peer.socket.send(one, { ...options, fin: i === 7 });
        if (i < 7) peer.socket.ping(String(i));
      });
      await peer.comesBack(bytes);
      for (let i = 0; i < 7; ++i) await peer.inbox.take("a pong", (one) => one === `pong ${i}`);
    });
  }
  for (const size of [1, 16, 64, 256, 1_024, 4_096, 16_384, 65_536]) {
    test(`ws: a thousand ${name} messages of ${size} bytes, eight at a time`, async (t) => {
      const peer = await WsPeer.open(t);
      const bytes = message(opcode, size);
      for (let round = 0; round < 125; ++round) {
        for (let i = 0; i < 8; ++i) peer.socket.send(bytes, options);
        for (let i = 0; i < 8; ++i) await peer.comesBack(bytes);
      }
    });
  }
}

for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
  test(`ws: closing with ${code}`, async (t) => {
    const peer = await WsPeer.open(t);
    peer.socket.send("4last");
    await peer.comesBack(Buffer.from("4last"));
    const closed = new Promise((resolve) => peer.socket.once("close", resolve));
    peer.socket.close(code, "good-bye");
    const answered = await within(closed, "the end");
    assert.ok(answered === code || answered === 1000, `${answered}`);
  });
}
