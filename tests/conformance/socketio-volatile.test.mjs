// Socket.IO: volatile events are discarded when the transport cannot send at once.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer, decodePayload } from "../support/engineio.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { decodePacket, SocketIoPeer } from "../support/socketio.mjs";

const server = await sharedServer(kQuiet);

function assertOrder(numbers, count) {
  for (const [i, n] of numbers.entries()) {
    assert.ok(Number.isInteger(n) && n >= 0 && n < count, `${n}`);
    if (i > 0) assert.ok(n > numbers[i - 1], `${n} after ${numbers[i - 1]}`);
  }
}

for (const count of [0, 1, 10, 1000]) {
  for (const transport of ["polling", "websocket"]) {
    test(`a volatile burst of ${count}: in order, none twice, the end always comes (${transport})`, async (t) => {
      const peer = await SocketIoPeer.join(t, server, transport);
      for (let round = 0; round < 5; round++) {
        peer.emit("/", "volatile-burst", count);
        assert.deepEqual(await peer.event("volatile-end"), [count]);
        const items = peer.inbox.items.splice(0);
        assert.ok(items.every((one) => one.data[0] === "volatile-item"));
        assertOrder(items.map((one) => one.data[1]), count);
        await peer.sync();
        assert.deepEqual(peer.inbox.items, []);
      }
    });
  }
}

test("a polling client without a pending GET gets no volatile events", async (t) => {
  const peer = await PollingPeer.open(t, server, { start: false });
  await peer.post("40");
  await peer.get();
  await peer.post('42["volatile-burst",10]\x1e427["message-with-ack"]');
  const packets = [];
  while (!packets.includes("437[]")) packets.push(...decodePayload((await peer.get()).text));
  assert.deepEqual(packets.filter((one) => one !== "437[]" && !one.startsWith('42["auth"')), ['42["volatile-end",10]']);
});

test("a polling client with a pending GET may get volatile events", async (t) => {
  const peer = await PollingPeer.open(t, server, { start: false });
  await peer.post("40");
  const packets = decodePayload((await peer.get()).text);
  if (packets.length < 2) packets.push(...decodePayload((await peer.get()).text));
  const get = peer.get();
  await get.sent;
  await peer.post('42["volatile-burst",10]');
  const seen = decodePayload((await get).text);
  while (seen.at(-1) !== '42["volatile-end",10]') seen.push(...decodePayload((await peer.get()).text));
  const numbers = seen.slice(0, -1).map((one) => decodePacket(one.slice(1)).data[1]);
  assertOrder(numbers, 10);
});

test("a WebSocket client that can take them gets volatile events", async (t) => {
  const peer = await SocketIoPeer.join(t, server);
  peer.emit("/", "volatile-burst", 1);
  await peer.event("volatile-end");
  assert.deepEqual(peer.queuedEvents(), ["volatile-item"]);
});
