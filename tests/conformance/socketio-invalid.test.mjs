// Socket.IO: wrong, cut and hostile packets. Each closes its connection or is ignored, as the contract says, and a
// healthy client that is there all the while notices nothing.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { isReference, kQuiet, sharedServer } from "../support/server.mjs";
import { kType, SocketIoPeer } from "../support/socketio.mjs";
import { frame, kOpcode } from "../support/websocket.mjs";
import { until, within } from "../support/wait.mjs";

const server = await sharedServer(kQuiet);
const kPlaceholder = '{"_placeholder":true,"num":0}';
const kReserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
const bytes = (...values) => Buffer.from(values);

const notJson = [
  "[", "]", "[]]", '["message"', '["message",', '["message",]', '["message",,1]', '["message" 1]', "['message']", '["message",1]]',
  '["message",1]x', '["message"]["message"]', '["message"],', '["message",NaN]', '["message",Infinity]', '["message",undefined]',
  '["message",01]', '["message",+1]', '["message",.5]', '["message",1.]', '["message",1e]', '["message",1e+]', '["message",0x10]',
  '["message",-]', '["message",-01]', '["message",--1]', '["message",1_000]', '["message",1n]', '["message",tru]', '["message",True]',
  '["message",nul]', '["message",nulll]', '["message","a]', '["message","\\x41"]', '["message","\\u12"]', '["message","\\u12g4"]', '["message","\\"]',
  '["message","\\ "]', '["message","a\nb"]', '["message","a\tb"]', '["message","a\u0000b"]', '["message","\u001f"]', '["message"/**/]',
  '["message"]//', '["message",{"a":1,}]', '["message",{a:1}]', "[\"message\",{'a':1}]", '["message",{"a"}]', '["message",{"a":}]',
  '["message",{"a":1 "b":2}]', '["message",{1:2}]', '["message",{"a":1]}', '["message",{"a":1}}]', '["message",(1)]', '["message";1]',
  '["message",\u00a01]', '["message",\u000b1]', '["message",\u000c1]', '["message",\u2028]', '["message","a""b"]', '["message",`a`]', '["message"]\u0000',
  "{", "}", '"', '"message', "x", "-", "+", "\u0000", "nul", "tru", "NaN", "undefined",
];

const wrongKind = ["{}", '{"0":"message"}', '"message"', "null", "true", "false", "[]", "[null]", "[true]", "[{}]", "[[]]", '[["message"]]', '[null,"message"]'];

const wrongPlaceholder = [
  '{"_placeholder":true}', '{"_placeholder":true,"num":-1}', '{"_placeholder":true,"num":1}', '{"_placeholder":true,"num":"0"}',
  '{"_placeholder":true,"num":null}', '{"_placeholder":true,"num":{}}', '{"_placeholder":true,"num":[0]}', '{"_placeholder":true,"num":true}',
  '{"_placeholder":true,"num":1000000000}', '{"_placeholder":true,"num":1e300}', '{"_placeholder":true,"num":-1e300}', '{"_placeholder":true,"num":4294967296}',
];

/** Packets that close the connection of a client that is in `/` and `/custom`. */
const closing = [
  ...["4", "47", "48", "49", "4a", "4-", "4:", "4{}", "4[]", '4"', "4\u0000", "4é", "4/", "4-1", "4٢[]", "4x2[]", "4 2"].map((one) => [one]),
  ...notJson.flatMap((payload) => [["42" + payload], ["4212" + payload], ["42/custom," + payload]]),
  ...wrongKind.flatMap((payload) => [["42" + payload], ["427" + payload], ["42/custom," + payload], [`451-${payload}`, bytes(1)]]),
  ...kReserved.flatMap((name) => [
    [`42["${name}"]`],
    [`421["${name}",1]`],
    [`42/custom,["${name}"]`],
    [`451-["${name}",${kPlaceholder}]`, bytes(1)],
  ]),
  ['42["conn\\u0065ct"]'],
  ...["a", "-1", "1.5", "1a", "1-", "+1", "0x1", "1e3", ",", ",1", "1,", "١", "1 ", "½"].flatMap((id) => [
    [`42${id}["message-with-ack",1]x`],
    ...(id === "1 " ? [] : [[`42${id}["message-with-ack",1]`], [`42/custom,${id}["message-with-ack",1]`], [`43${id}[]`]]),
  ]),
  ...["{}", '"x"', "null", "true", "[", "[1", "[1]]", "[1,]", "x", "{", '[1]"', "[01]"].flatMap((payload) => [
    ["431" + payload],
    ["43/custom,1" + payload],
    [`461-1${payload}`, bytes(1)],
  ]),
  ...["[]", '"x"', "null", "true", "{", "{}}", "[{}]", '{"a":1,}', "{a:1}", '{"token"}', '{"token":"secret"', "x", '{}"'].map((payload) => [
    "40/dynamic-1," + payload,
  ]),
  ["40"], ["40{}"], ['40{"token":1}'], ["40/custom,"], ["40/custom,{}"], ["40/,"],
  ...["{}", "[]", '"x"', "null", "true", '["message"]', "x", "{"].flatMap((payload) => [["41" + payload], ["41/custom," + payload]]),
  ["44"], ["44{}"], ['44{"message":"x"}'], ['44"x"'], ["44[]"], ["44null"], ['44/custom,{"message":"x"}'], ["44/nowhere,"], ['44/nowhere,{"message":"x"}'],
  ...["/nowhere", "/Custom", "/custom/", "/dynamic-5", "//", "/auth", "/slow", "/" + "x".repeat(100_000)].flatMap((nsp) => [
    [`42${nsp},["message"]`],
    [`42${nsp},1["message-with-ack"]`],
    [`43${nsp},1[]`],
    [`41${nsp},`],
    [`451-${nsp},["message",${kPlaceholder}]`, bytes(1)],
  ]),
  ['42/["message"]'], ['42/custom["message"]'], ['42/custom;["message"]'],
  ...["", "-", "0-", "-1-", "a-", "1a-", "1.5-", "--", "NaN-", "Infinity-", "1", "99999999999999999999-", "1000000000-", "1e400-"].flatMap((count) => [
    [`45${count}["message",${kPlaceholder}]`],
    [`46${count}1[${kPlaceholder}]`],
    [`45${count}/custom,["message",${kPlaceholder}]`],
  ]),
  ...["1e0-", "0x1-", " 1-", "+1-"].map((count) => [`45${count}["message",${kPlaceholder}]`]),
  ["45"], ["451"], ["46"],
  [`451-["message",${kPlaceholder}]`],
  [`451-["message",${kPlaceholder}]`, `451-["message",${kPlaceholder}]`, bytes(1)],
  [`452-["message",${kPlaceholder},{"_placeholder":true,"num":1}]`, bytes(1)],
  [`452-["message",${kPlaceholder},{"_placeholder":true,"num":1}]`, bytes(1), '42["message"]', bytes(2)],
  [`461-1[${kPlaceholder}]`],
  [`451-["message",${kPlaceholder}]`, bytes(1), bytes(2)],
  [bytes(1)], [bytes()], [bytes(4, 2)], ['42["message"]', bytes(1)],
  ...wrongPlaceholder.flatMap((one) => [
    [`451-["message",${one}]`, bytes(1)],
    [`451-["message",{"a":[${one}]}]`, bytes(1)],
    [`461-1[${one}]`, bytes(1)],
  ]),
];

/** The same, where stock socket.io is more tolerant than the contract. */
const closingHereOnly = [
  ['42\ufeff["message"]'],
  ['4212\ufeff["message"]'],
  ['42/custom,\ufeff["message"]'],
  ['42 1["message-with-ack",1]'],
  ['421 ["message-with-ack",1]x'],
  [`452-["message",{"_placeholder":true,"num":0.5}]`, bytes(1), bytes(2)],
  [`451-["message",{"_placeholder":true,"num":0.5}]`, bytes(1)],
  [`451e0-["message",${kPlaceholder}]`, bytes(1)],
  [`450x1-["message",${kPlaceholder}]`, bytes(1)],
  [`45 1-["message",${kPlaceholder}]`, bytes(1)],
  [`45+1-["message",${kPlaceholder}]`, bytes(1)],
];

/** Packets that may close the connection or be ignored. */
const eleven = Array.from({ length: 11 }, (_, i) => i);
const either = [
  ["42"], ["43"], ["421"], ["431"], ["42/custom,"], ["43/custom,1"], ["42[1e400]"],
  ['429007199254740992["message-with-ack"]'], [`42${"9".repeat(400)}["message-with-ack"]`], [`42${"9".repeat(100_000)}["message-with-ack"]`],
  ["439007199254740992[]"], [`43${"9".repeat(400)}[]`], ['42007["message-with-ack"]'], ["43007[]"],
  ["411"], ["41 "], ["41/custom,1"], ["40/dynamic-6,1"], ["40/dynamic-6,1{}"],
  ['42 ["message"]'], ['42\n["message"]'], ['42["message"] '],
  [`4511-["message",${eleven.map((num) => `{"_placeholder":true,"num":${num}}`)}]`, ...eleven.map((i) => bytes(i))],
  ['451-["message"]', bytes(1)], [`451-["message",${kPlaceholder},${kPlaceholder}]`, bytes(1)], ["451-", bytes(1)], ["461-1", bytes(1)],
  [`4501-["message",${kPlaceholder}]`, bytes(1)], ["461-1[]", bytes(1)],
  [`42["message",${kPlaceholder}]`], [`42["message-with-ack",{"_placeholder":true,"num":5}]`], [`43 1[]`], [`431[${kPlaceholder}]`],
  ["40/dynamic-6"], ["40/" + "n".repeat(10_000) + ","], ["40/\u0000,"], ["40/dynamic-1?a=b,"], ["40/nowhere?,"],
  ['42["message","' + "\\u0000".repeat(100_000) + '"]'], ["42[" + '"message",'.repeat(50_000) + "1]"], ["42[1," + "[],".repeat(200_000) + "1]"],
  ["42" + " ".repeat(500_000) + '["message"]'], ["451-" + '["message",' + "[".repeat(50_000) + kPlaceholder + "]".repeat(50_001), bytes(1)],
];

let healthy;
let start;
let beating;
let failure = null;
let beats = 0;

before(async () => {
  healthy = await SocketIoPeer.open(undefined, server);
  await healthy.join("/");
  await healthy.join("/custom");
  start = await healthy.stats();
  const beat = async () => {
    const n = ++beats;
    assert.deepEqual(await healthy.request("/custom", "message-with-ack", n), [n]);
  };
  beating = setInterval(() => beat().catch((error) => (failure ??= error)), 50);
});

after(() => {
  clearInterval(beating);
  healthy.destroy();
});

function assertHealthy() {
  assert.equal(failure, null);
  const heard = healthy.queuedEvents();
  healthy.inbox.items = healthy.inbox.items.filter((one) => one.type === kType.ack);
  assert.deepEqual(heard, [], "a packet behind a closing one was handled");
}

async function victim(t, transport) {
  const peer = await SocketIoPeer.join(t, server, transport);
  await peer.join("/custom");
  return peer;
}

function show(packets) {
  const texts = packets.map((one) => (Buffer.isBuffer(one) ? `<${one.length} bytes>` : JSON.stringify(one)));
  const all = texts.join(" + ");
  return all.length > 100 ? `${all.slice(0, 80)}… (${all.length})` : all;
}

/** Sends packets over WebSocket in fragments of one to seven bytes each. */
function sendInFragments(peer, packets) {
  const frames = [];
  for (const packet of packets) {
    const payload = Buffer.from(packet);
    const size = Math.max(1 + (payload.length % 7), Math.ceil(payload.length / 500));
    const opcode = Buffer.isBuffer(packet) ? kOpcode.binary : kOpcode.text;
    for (let at = 0; at === 0 || at < payload.length; at += size) {
      const part = payload.subarray(at, at + size);
      frames.push(frame({ opcode: at === 0 ? opcode : 0, fin: at + size >= payload.length, payload: part }));
    }
  }
  peer.engine.connection.tcp.write(Buffer.concat(frames));
}

const kLate = '42["broadcast","late"]';

for (const way of [...kTransports, "fragments"]) {
  const transport = way === "fragments" ? "websocket" : way;
  for (const [list, options] of [
    [closing, {}],
    [closingHereOnly, isReference ? { skip: "stricter than socket.io: parses numbers as JavaScript does" } : {}],
  ]) {
    for (const packets of list) {
      test(`${way}: ${show(packets)} closes the connection`, options, async (t) => {
        const peer = await victim(t, transport);
        if (way === "fragments") sendInFragments(peer, [...packets, kLate]);
        else peer.raw(...packets, kLate);
        await peer.closed();
        assertHealthy();
      });
    }
  }
}

/** Whether the peer still is served; if so, lets it go. */
async function survives(peer) {
  const answer = (one) => one.type === kType.ack && one.id === 77;
  peer.raw('4277["message-with-ack","there"]');
  const outcome = Promise.race([
    peer.engine.ending.then(() => false),
    peer.take("an answer", answer).then(
      () => true,
      () => false,
    ),
  ]);
  const there = await within(outcome, "an answer or the end", 20_000);
  if (there) await peer.lose();
  else await peer.closed();
  return there;
}

for (const transport of kTransports) {
  for (const packets of either) {
    test(`${transport}: ${show(packets)} closes the connection or is ignored`, async (t) => {
      const peer = await victim(t, transport);
      peer.raw(...packets);
      await survives(peer);
      assertHealthy();
    });
  }

  const whole = [
    ['42/custom,12["message-with-ack",{"a":[1,"\\u00e4",null]}]'],
    [`452-/custom,34["message-with-ack",${kPlaceholder},{"_placeholder":true,"num":1}]`, bytes(1), bytes(2)],
    ['40/dynamic-9,{"token":"secret"}'],
  ];
  test(`${transport}: packets cut at every place`, async (t) => {
    for (const [head, ...attachments] of whole) {
      const cuts = Array.from({ length: head.length - 1 }, (_, i) => head.slice(0, i + 1)).filter((one) => one !== "4");
      for (let at = 0; at < cuts.length; at += 8) {
        const lane = async (text) => survives(await sendAll(await victim(t, transport), [text, ...attachments]));
        await Promise.all(cuts.slice(at, at + 8).map(lane));
        assertHealthy();
      }
    }
  });

  test(`${transport}: packets with a character changed`, async (t) => {
    const odd = ["\u0000", '"', "[", "}", ",", "-", "9", "/", "\\", "é", " "];
    let turn = 0;
    for (const [head, ...attachments] of whole) {
      const changed = Array.from({ length: head.length - 1 }, (_, i) => {
        return head.slice(0, i + 1) + odd[turn++ % odd.length] + head.slice(i + 2);
      });
      for (let at = 0; at < changed.length; at += 8) {
        const lane = async (text) => survives(await sendAll(await victim(t, transport), [text, ...attachments]));
        await Promise.all(changed.slice(at, at + 8).map(lane));
        assertHealthy();
      }
    }
  });
}

async function sendAll(peer, packets) {
  peer.raw(...packets);
  return peer;
}

test("polling: a body that is not UTF-8", async (t) => {
  for (const hex of ["ff", "c328", "e282", "eda080", "00", "f09d84"]) {
    const peer = await victim(t, "polling");
    const body = Buffer.concat([Buffer.from('42["message","'), Buffer.from(hex, "hex"), Buffer.from('"]')]);
    await peer.engine.post(body).catch(() => {});
    await survives(peer);
    assertHealthy();
  }
});

test("a closing packet in the middle of many good ones", async (t) => {
  for (const transport of kTransports) {
    const peer = await victim(t, transport);
    const good = Array.from({ length: 50 }, (_, i) => `42["message",${i}]`);
    peer.raw(...good, "42[", kLate, ...good);
    await peer.closed();
    assert.ok(peer.queuedEvents().length <= 50);
    assertHealthy();
  }
});

test("a packet for a namespace that has not admitted yet closes the connection", async (t) => {
  for (const transport of kTransports) {
    const peer = await victim(t, transport);
    peer.raw("40/slow,", '42/slow,["message"]', kLate);
    await peer.closed();
    assertHealthy();
  }
});

test("afterwards everything is as it was", async () => {
  let last;
  await until(
    async () => {
      last = await healthy.stats();
      return last.clients === start.clients && last.sockets === start.sockets;
    },
    "the counts are those of the start",
  ).catch((error) => assert.fail(`${error.message}: ${JSON.stringify({ start, last })}`));
  assert.equal((await healthy.stats("/custom")).sockets, 1);
  assert.ok(beats > 10);
  assertHealthy();
});
