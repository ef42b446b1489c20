// Socket.IO: JSON values come back equal.
import assert from "node:assert/strict";
import test from "node:test";
import { kTransports } from "../support/engineio.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { encodePacket, kType, SocketIoPeer } from "../support/socketio.mjs";

const server = await sharedServer(kQuiet);

const numbers = [
  0, -0, 1, -1, 0.1, 0.2, 0.1 + 0.2, 1 / 3, 1e21, 1e-7, 1.5e300, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
  1.7976931348623157e308, -1.7976931348623157e308, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 2 ** 63,
  2 ** 64, 123456789012345680000, 9007199254740993, 4.35, 0.000001, 123456.789e-10, Math.PI, Number.EPSILON, 100, 1e2,
];

const texts = [
  "", " ", "\u0000", "a\u0000b", "\u0001\u001f\u007f", "\"\\/\b\f\n\r\t", "äöüß€", "日本語", "𝄞👩‍👩‍👧", "\u2028\u2029", "\ufeff",
  "\uffff", "\u{10ffff}", "e\u0301", "שלום مرحبا", "\ud7ff\ue000", "null", "4", "\x1e", "a\x1eb", "_placeholder", "</script>", "x".repeat(100_000),
];

const structures = [
  null, true, false, [], {}, [[]], [{}], { a: {} }, [null, null], { "": "" }, [[], [[]], [[[]]]],
  { a: 1, b: [1, "2", null, { c: [] }] }, { "key with \"quotes\"": 1, "\u0000": 2, "ü": 3, "𝄞": 4, "a.b": 5 },
  { length: 1, constructor: 2, toString: 3, hasOwnProperty: 4, then: 5 }, { 2: "b", 1: "a", 10: "c" },
  { _placeholder: false }, { num: 0 }, { type: 2, nsp: "/", data: [] }, Array.from({ length: 10_000 }, (_, i) => i),
  Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, i])),
];

for (const transport of kTransports) {
  for (const [name, list] of [
    ["numbers", numbers],
    ["texts", texts],
    ["structures", structures],
  ]) {
    test(`${name} come back equal (${transport})`, async (t) => {
      const peer = await SocketIoPeer.join(t, server, transport);
      for (const value of list) {
        const expected = Object.is(value, -0) ? 0 : value;
        assert.deepEqual(await peer.request("/", "message-with-ack", value, [value], { value }), [
          expected,
          [expected],
          { value: expected },
        ]);
      }
      peer.emit("/", "message", ...list);
      assert.deepEqual(await peer.event("message-back"), list.map((one) => (Object.is(one, -0) ? 0 : one)));
    });
  }

  test(`a thousand random doubles come back equal (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    let state = 42n;
    const random = () => (state = (state * 6364136223846793005n + 1442695040888963407n) & (2n ** 64n - 1n));
    const doubles = [];
    while (doubles.length < 1000) {
      const value = new Float64Array(new BigUint64Array([random() ^ (random() >> 32n)]).buffer)[0];
      if (Number.isFinite(value)) doubles.push(value);
    }
    assert.deepEqual(await peer.request("/", "message-with-ack", doubles), [doubles]);
  });

  test(`numbers in any notation (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    const notations = ["1E5", "1e+5", "1.0", "-0.0", "0e0", "1.50", "100e-2", "0.1e1", "12345678901234567890", "1e-400", "9007199254740991"];
    peer.raw(`42["message",${notations.join()}]`);
    assert.deepEqual((await peer.event("message-back")).map((one) => one + 0), notations.map((one) => Number(one) + 0));
  });

  test(`text in any notation, white space between tokens (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    peer.raw('42[ "mess\\u0061ge" ,\t"\\u0000\\ud834\\udd1e\\/\\u00e4",\n{ "\\u0061" : [ ] }\r]');
    assert.deepEqual(await peer.event("message-back"), ["\u0000𝄞/ä", { a: [] }]);
  });

  test(`__proto__ is a key like any other (${transport})`, async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    for (const text of ['{"__proto__":{"a":1}}', '{"x":{"__proto__":null,"b":[{"__proto__":1}]}}', '{"constructor":{"prototype":{}}}']) {
      peer.raw(`42["message",${text}]`);
      const packet = await peer.take("message-back", (one) => one.data[0] === "message-back");
      assert.equal(JSON.stringify(packet.data[1]), JSON.stringify(JSON.parse(text)));
    }
    assert.equal({}.a, undefined);
  });

  test(`__proto__ beside binary data (${transport})`, stricter("loses the key"), async (t) => {
    const peer = await SocketIoPeer.join(t, server, transport);
    const seen = [];
    const deliver = peer.engine.deliver.bind(peer.engine);
    peer.engine.deliver = (packet) => (seen.push(packet), deliver(packet));
    peer.raw('451-["message",{"__proto__":{"a":1}},{"_placeholder":true,"num":0}]', Buffer.from([1]));
    await peer.event("message-back");
    assert.equal(seen[0], '451-["message-back",{"__proto__":{"a":1}},{"_placeholder":true,"num":0}]');
  });

  for (const [name, open, close] of [
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
  ]) {
    test(`${name} nested 100 deep (${transport})`, async (t) => {
      const peer = await SocketIoPeer.join(t, server, transport);
      const inner = name === "arrays" ? "" : "1";
      const text = open.repeat(99) + inner + close.repeat(99);
      const value = JSON.parse(text);
      assert.deepEqual(await peer.request("/", "message-with-ack", value), [value]);
      peer.emit("/", "message", value);
      assert.deepEqual(await peer.event("message-back"), [value]);
      await peer.join("/custom", { deep: JSON.parse(open.repeat(98) + inner + close.repeat(98)) });
    });

    for (const depth of [101, 128, 200, 500, 1000, 10_000, 100_000, 190_000]) {
      test(`${name} nested ${depth} deep come back or close the connection (${transport})`, async (t) => {
        const observer = await SocketIoPeer.join(t, server);
        const peer = await SocketIoPeer.join(t, server, transport);
        const inner = name === "arrays" ? "" : "1";
        const text = open.repeat(depth) + inner + close.repeat(depth);
        const others = ["42[" + `"message",${text}]`, `421["message-with-ack",${text}]`, `42["broadcast",${text}]`];
        for (const packet of [...others, `42["emit-with-ack",100,${text}]`]) peer.raw(packet);
        peer.raw('429["message-with-ack","still here"]');
        const outcome = await Promise.race([
          peer.engine.ending.then(() => "closed"),
          peer.take("the answer", (one) => one.type === kType.ack && one.id === 9).then(() => "there"),
        ]).catch(() => "closed");
        assert.ok(["closed", "there"].includes(outcome));
        await observer.sync();
      });
    }

    test(`${name} that are opened and never closed (${transport})`, async (t) => {
      const peer = await SocketIoPeer.join(t, server, transport);
      peer.raw(`42["message",${open.repeat(100_000)}`);
      await peer.closed();
      assert.deepEqual(peer.inbox.items, []);
    });
  }

  for (const [name, text] of [
    ["a lone high surrogate", '"a\\ud834b"'],
    ["a lone low surrogate", '"a\\udd1eb"'],
    ["surrogates in the wrong order", '"\\udd1e\\ud834"'],
    ["a number beyond a double", "1e400"],
    ["a negative number beyond a double", "-1e400"],
    ["an integer of a thousand digits", "9".repeat(1000)],
    ["duplicate keys", '{"a":1,"a":2}'],
  ]) {
    test(`${name} may be replaced or close the connection (${transport})`, async (t) => {
      const observer = await SocketIoPeer.join(t, server);
      const peer = await SocketIoPeer.join(t, server, transport);
      peer.raw(`42["message",${text}]`);
      const outcome = await Promise.race([
        peer.engine.ending.then(() => "closed"),
        peer.event("message-back").then(() => "there"),
      ]).catch(() => "closed");
      assert.ok(["closed", "there"].includes(outcome));
      await observer.sync();
    });
  }
}

test("event names may be any text", async (t) => {
  const peer = await SocketIoPeer.join(t, server);
  for (const name of texts.filter((one) => one.length < 1000)) {
    peer.raw(...encodePacket({ type: kType.event, data: [name, 1] }));
  }
  await peer.sync();
  assert.deepEqual(peer.inbox.items, []);
});
