// RFC 6455 frame by frame on the bare Engine.IO server, which sends every message back.
import assert from "node:assert/strict";
import test from "node:test";
import { requestText, readResponse } from "../support/http.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { RawTcp } from "../support/tcp.mjs";
import { within } from "../support/wait.mjs";
import { closePayload, frame, handshakeHeaders, kOpcode, WebSocketConnection } from "../support/websocket.mjs";

const server = await sharedServer(kQuiet);
const kPath = "/engine.io/?EIO=4&transport=websocket";
const { continuation, text, binary, close, ping, pong } = kOpcode;

async function open(t) {
  const connection = await WebSocketConnection.open(t, server, kPath);
  assert.equal((await connection.message())[0], "0");
  return connection;
}

const next = (connection) => within(connection.message(), "a message");

/** The frames of one message, cut into `parts` payloads. */
function fragments(opcode, parts) {
  return parts.map((payload, i) =>
    frame({ opcode: i === 0 ? opcode : continuation, fin: i === parts.length - 1, payload }),
  );
}

function cut(data, size) {
  const bytes = Buffer.from(data);
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

const kUnicode = "4κόσμε 日本語 𝄞 \u0000 \u007f \u0080 \u07ff \u0800 \ud7ff \ue000 \uffff \u{10000} \u{10ffff}";

const good = [
  ["a text frame", [frame({ payload: "4a" })], ["4a"]],
  ["a binary frame", [frame({ opcode: binary, payload: "abc" })], [Buffer.from("abc")]],
  ["an empty binary frame", [frame({ opcode: binary }), frame({ payload: "4b" })], [Buffer.alloc(0), "4b"]],
  ["a mask of zeros", [Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x61])], ["4a"]],
  ["two fragments", fragments(text, ["4a", "b"]), ["4ab"]],
  ["binary fragments", fragments(binary, ["a", "b", "c"]), [Buffer.from("abc")]],
  ["empty fragments", fragments(text, ["", "4", "", "", "a", ""]), ["4a"]],
  ["fragments of one byte each", fragments(text, cut(kUnicode, 1)), [kUnicode]],
  ["a thousand fragments", fragments(text, cut("4" + "x".repeat(999), 1)), ["4" + "x".repeat(999)]],
  ["a ping between fragments", insert(fragments(text, ["4a", "b"]), frame({ opcode: ping, payload: "p" })), ["4ab"]],
  ["a pong between fragments", insert(fragments(text, ["4a", "b"]), frame({ opcode: pong, payload: "p" })), ["4ab"]],
  ["a pong that nobody asked for", [frame({ opcode: pong }), frame({ payload: "4a" })], ["4a"]],
  ["any Unicode text", [frame({ payload: kUnicode })], [kUnicode]],
  ["maxPayload in one frame", [frame({ opcode: binary, payload: Buffer.alloc(1e6, 7) })], [Buffer.alloc(1e6, 7)]],
  ["maxPayload in fragments", fragments(binary, cut(Buffer.alloc(1e6, 7), 250_000)), [Buffer.alloc(1e6, 7)]],
  [
    "maxPayload in fragments with control frames, which do not count",
    insert(fragments(binary, cut(Buffer.alloc(1e6, 7), 500_000)), frame({ opcode: ping, payload: Buffer.alloc(125) })),
    [Buffer.alloc(1e6, 7)],
  ],
  ["many frames in one segment", [Buffer.concat(Array(200).fill(frame({ payload: "4a" })))], Array(200).fill("4a")],
];

/** `what` between every two of `frames`. */
function insert(frames, what) {
  return frames.flatMap((one, i) => (i === 0 ? [one] : [what, one]));
}

for (const [name, frames, expected] of good) {
  test(`${name} is taken`, async (t) => {
    const connection = await open(t);
    for (const one of frames) connection.tcp.write(one);
    for (const message of expected) assert.deepEqual(await next(connection), message);
  });
}

for (const size of [1, 2, 3, 5, 13, 127]) {
  test(`frames in TCP pieces of ${size} bytes`, async (t) => {
    const connection = await open(t);
    const frames = [
      ...fragments(text, ["4a", "b"]),
      frame({ payload: kUnicode }),
      frame({ opcode: ping, payload: "ping" }),
      frame({ opcode: binary, payload: Buffer.alloc(300, 1) }),
    ];
    const written = connection.tcp.writeInPieces(Buffer.concat(frames), size);
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await within(connection.nextFrame(), "an answer"));
    const pongs = answers.filter((one) => one.opcode === pong);
    const messages = answers.filter((one) => one.opcode !== pong);
    assert.deepEqual(pongs.map((one) => one.payload.toString()), ["ping"]);
    const expected = [Buffer.from("4ab"), Buffer.from(kUnicode), Buffer.alloc(300, 1)];
    assert.deepEqual(messages.map((one) => one.payload), expected);
    await written;
  });
}

for (const size of [0, 1, 4, 124, 125]) {
  test(`a ping of ${size} bytes is answered with its payload`, async (t) => {
    const connection = await open(t);
    const payload = Buffer.from(Array.from({ length: size }, (_, i) => i ^ 0xa5));
    connection.frame({ opcode: ping, payload });
    const answer = await within(connection.nextFrame(), "a pong");
    assert.deepEqual(answer, { fin: true, rsv: 0, opcode: pong, payload });
  });
}

test("a hundred pings are answered, or the latest of them, in order", async (t) => {
  const connection = await open(t);
  for (let i = 0; i < 100; i++) connection.frame({ opcode: ping, payload: `${i}` });
  let last = -1;
  while (last < 99) {
    const answer = await within(connection.nextFrame(), "a pong");
    assert.equal(answer.opcode, pong);
    assert.ok(Number(answer.payload) > last);
    last = Number(answer.payload);
  }
});

test("frames right behind the opening handshake", stricter("drops what comes before its own handshake is done"), async (t) => {
  const tcp = await RawTcp.connect(t, server.port);
  const connection = Object.assign(new WebSocketConnection(), { tcp });
  const head = requestText({ path: kPath, headers: handshakeHeaders() });
  tcp.write(Buffer.concat([head, frame({ payload: "4early" }), frame({ payload: "4bird" })]));
  assert.equal((await readResponse(tcp)).status, 101);
  assert.equal((await next(connection))[0], "0");
  assert.equal(await next(connection), "4early");
  assert.equal(await next(connection), "4bird");
});

test("frames from the server are not masked and not larger than they say", async (t) => {
  const connection = await open(t);
  for (const size of [1, 125, 126, 65_535, 65_536]) {
    connection.send(Buffer.alloc(size, 3));
    const one = await within(connection.nextFrame(), "a frame");
    assert.equal(one.payload.length, size);
    assert.equal(one.opcode, binary);
  }
});

for (const wide of [16, 64]) {
  test(`a length of ${wide} bits where 7 would do is taken or a protocol error`, async (t) => {
    const connection = await open(t);
    connection.frame({ payload: "4a", wide });
    const outcome = await next(connection).catch(() => connection.closeCode);
    assert.ok(["4a", 1002, null].includes(outcome), `${outcome}`);
  });
}

const kHuge = (length) => frame({ opcode: binary, payload: "x", length, wide: 64 });

/** Wrong frames: name, bytes, the close codes that may be given (or the connection just ends). */
const bad = [
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
    `the reserved opcode ${opcode}`,
    frame({ opcode, payload: "4a" }),
    [1002],
  ]),
  ...[3, 7, 11, 15].map((opcode) => [
    `the reserved opcode ${opcode} inside a message`,
    Buffer.concat([frame({ fin: false, payload: "4a" }), frame({ opcode })]),
    [1002],
  ]),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
    [`reserved bits ${rsv} in a text frame`, frame({ rsv, payload: "4a" }), [1002]],
    [`reserved bits ${rsv} in a binary frame`, frame({ rsv, opcode: binary, payload: "a" }), [1002]],
    [`reserved bits ${rsv} in a ping`, frame({ rsv, opcode: ping }), [1002]],
    [`reserved bits ${rsv} in a close frame`, frame({ rsv, opcode: close }), [1002]],
    [
      `reserved bits ${rsv} in a continuation`,
      Buffer.concat([frame({ fin: false, payload: "4a" }), frame({ rsv, opcode: continuation, payload: "b" })]),
      [1002],
    ],
  ]),
  ...[
    ["text", text],
    ["binary", binary],
    ["ping", ping],
    ["pong", pong],
    ["close", close],
  ].map(([name, opcode]) => [`an unmasked ${name} frame`, frame({ opcode, mask: false, payload: "" }), [1002]]),
  ["an unmasked text frame with a payload", frame({ mask: false, payload: "4a" }), [1002]],
  [
    "an unmasked continuation",
    Buffer.concat([frame({ fin: false, payload: "4a" }), frame({ mask: false, opcode: continuation, payload: "b" })]),
    [1002],
  ],
  ...[
    ["ping", ping],
    ["pong", pong],
    ["close", close],
  ].flatMap(([name, opcode]) => [
    [`a fragmented ${name}`, frame({ fin: false, opcode, payload: "" }), [1002]],
    [`a ${name} of 126 bytes`, frame({ opcode, payload: Buffer.alloc(126, 0x31) }), [1002]],
    [`a ${name} of 70000 bytes`, frame({ opcode, payload: Buffer.alloc(70_000, 0x31) }), [1002]],
    [`a ${name} that announces 2^40 bytes`, frame({ opcode, length: 2 ** 40 }), [1002, 1009]],
  ]),
  ["a continuation of nothing", frame({ opcode: continuation, payload: "4a" }), [1002]],
  ["an unfinished continuation of nothing", frame({ opcode: continuation, fin: false, payload: "4a" }), [1002]],
  [
    "a continuation behind a finished message",
    Buffer.concat([...fragments(binary, ["a", "b"]), frame({ opcode: continuation, payload: "c" })]),
    [1002],
    1,
  ],
  ...[text, binary].flatMap((first) =>
    [text, binary].flatMap((second) =>
      [true, false].map((fin) => [
        `opcode ${second} (fin ${fin}) inside a message of opcode ${first}`,
        Buffer.concat([frame({ opcode: first, fin: false, payload: "4a" }), frame({ opcode: second, fin, payload: "4b" })]),
        [1002],
      ]),
    ),
  ),
  ["a close frame of one byte", frame({ opcode: close, payload: "\x03" }), [1002]],
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65_535].map((code) => [
    `the close code ${code}`,
    frame({ opcode: close, payload: closePayload(code) }),
    [1002],
  ]),
  [
    "a close reason that is not UTF-8",
    frame({ opcode: close, payload: closePayload(1000, Buffer.from([0xc3, 0x28])) }),
    [1007, 1002],
  ],
  ["one byte more than maxPayload", frame({ opcode: binary, payload: Buffer.alloc(1_000_001) }), [1009]],
  ["one byte more than maxPayload, text", frame({ payload: "4" + "x".repeat(1_000_000) }), [1009]],
  ["an announcement of one byte more", kHuge(1_000_001), [1009]],
  ["an announcement of 2^31 bytes", kHuge(2 ** 31), [1009]],
  ["an announcement of 2^32 bytes", kHuge(2 ** 32), [1009]],
  ["an announcement of 2^32 + 5 bytes", kHuge(2 ** 32 + 5), [1009]],
  ["an announcement of 2^53 bytes", kHuge(2 ** 53), [1009, 1002]],
  ["an announcement of 2^63 - 1 bytes", kHuge(2n ** 63n - 1n), [1009, 1002]],
  ["an announcement of 2^63 bytes", kHuge(2n ** 63n), [1009, 1002]],
  ["an announcement of 2^64 - 1 bytes", kHuge(2n ** 64n - 1n), [1009, 1002]],
  [
    "fragments of more than maxPayload together",
    Buffer.concat([...cut(Buffer.alloc(1_000_001), 250_001)].map((payload, i) => frame({ opcode: i ? 0 : binary, fin: false, payload }))),
    [1009],
  ],
  [
    "a fragment that announces more than is left",
    Buffer.concat([frame({ opcode: binary, fin: false, payload: Buffer.alloc(600_000) }), frame({ opcode: 0, length: 600_000 })]),
    [1009],
  ],
  [
    "an announcement inside a message that would overflow the sum",
    Buffer.concat([frame({ opcode: binary, fin: false, payload: "abc" }), frame({ opcode: 0, length: 2n ** 64n - 2n, wide: 64 })]),
    [1009, 1002],
  ],
];

/** Byte sequences that are not UTF-8, after RFC 3629 and the Unicode standard's table of well-formed sequences. */
const kNotUtf8 = [
  "80", "bf", "c0af", "c080", "c1bf", "c3", "c328", "e08080", "e09fbf", "e28228", "e282", "eda080", "edbfbf", "edaebf",
  "f0808080", "f08fbfbf", "f0288cbc", "f09d84", "f4908080", "f5808080", "f8888080 80", "fc84808080 80", "fe", "ff", "fffe",
];
for (const hex of kNotUtf8) {
  const payload = Buffer.concat([Buffer.from("4ab"), Buffer.from(hex.replaceAll(" ", ""), "hex")]);
  const behind = Buffer.concat([payload, Buffer.from("cd")]);
  bad.push([`text that is not UTF-8: ${hex}`, frame({ payload }), [1007]]);
  bad.push([`text that is not UTF-8 in the middle: ${hex}`, frame({ payload: behind }), [1007]]);
  bad.push([`text that is not UTF-8 in fragments: ${hex}`, Buffer.concat(fragments(text, cut(payload, 1))), [1007]]);
}

for (const [name, bytes, codes, before = 0] of bad) {
  test(`${name} closes the connection`, async (t) => {
    const connection = await open(t);
    connection.tcp.write(bytes).write(frame({ payload: "4late" }));
    const { messages, code } = await connection.untilEnd();
    assert.equal(messages.length, before, `answered ${messages}`);
    assert.ok(code === null || codes.includes(code), `close code ${code}`);
  });
}

for (const code of [undefined, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
  test(`a close frame with ${code ?? "no code"} is answered and the connection ends`, async (t) => {
    const connection = await open(t);
    const payload = code === undefined ? "" : closePayload(code, "good-bye");
    connection.frame({ opcode: close, payload }).frame({ payload: "4late" });
    const answer = await within(connection.nextFrame(), "a close frame").catch(() => null);
    if (answer) {
      assert.equal(answer.opcode, close);
      const echoed = answer.payload.length >= 2 ? answer.payload.readUInt16BE(0) : undefined;
      assert.ok(echoed === code || echoed === 1000, `${echoed}`);
    }
    await connection.tcp.closed();
  });
}

test("a connection cut inside a frame, at every byte, harms nobody", async (t) => {
  const bytes = Buffer.concat([...fragments(text, ["4hello", " world"]), frame({ opcode: binary, payload: Buffer.alloc(200) })]);
  for (let at = 1; at < bytes.length; at += 9) {
    const connection = await open(t);
    connection.tcp.write(bytes.subarray(0, at));
    connection.destroy();
  }
  const healthy = await open(t);
  healthy.send("4ok");
  assert.equal(await next(healthy), "4ok");
});

test("a message that is announced and never comes does not bother others", async (t) => {
  const waiting = await Promise.all(Array.from({ length: 100 }, () => open(t)));
  for (const connection of waiting) connection.tcp.write(frame({ opcode: binary, payload: "x", length: 1_000_000 }));
  const healthy = await open(t);
  for (let i = 0; i < 50; i++) {
    healthy.send(`4${i}`);
    assert.equal(await next(healthy), `4${i}`);
  }
});
