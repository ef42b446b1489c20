// `--eio3`: Socket.IO 2 on top, packets by hand, beside clients of the present protocol.
import assert from "node:assert/strict";
import test from "node:test";
import { encodeText, kPeers3 } from "../support/eio3.mjs";
import { target } from "../support/engineio.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, sharedServer, stricter } from "../support/server.mjs";
import { decodePacket, SocketIoPeer } from "../support/socketio.mjs";
import { until } from "../support/wait.mjs";

const server = await sharedServer([...kQuiet, "--eio3"]);
const bytes = (...values) => Buffer.from(values);
const kPlaceholder = '{"_placeholder":true,"num":0}';

/** The packets up to an event of that name; its arguments. */
async function event(peer, name) {
  for (;;) {
    const packet = decodePacket((await peer.next(`event ${name}`)).slice(1));
    const attachments = [];
    while (attachments.length < packet.attachments) attachments.push(await peer.next("an attachment"));
    if ([2, 5].includes(packet.type) && packet.data[0] === name) return { nsp: packet.nsp, args: packet.data.slice(1), attachments };
  }
}

async function ask(peer, text, id) {
  peer.send(text);
  for (;;) {
    const packet = decodePacket((await peer.next(`the acknowledgement ${id}`)).slice(1));
    if (packet.type === 3 && packet.id === id) return packet.data;
  }
}

for (const [name, open] of Object.entries(kPeers3)) {
  test(`it is in / from the start, by its session's id (${name})`, async (t) => {
    const peer = await open(t, server);
    assert.equal(await peer.next(), "40");
    assert.equal(await peer.next(), '42["auth",{}]');
    assert.deepEqual(await ask(peer, '421["get-id"]', 1), [peer.sid]);
    assert.deepEqual(await ask(peer, '422["rooms"]', 2), [[peer.sid]]);
  });

  test(`other namespaces, with a payload in the name (${name})`, async (t) => {
    const peer = await open(t, server);
    assert.deepEqual([await peer.next(), await peer.next()], ["40", '42["auth",{}]']);
    peer.send("40/custom,");
    assert.deepEqual([await peer.next(), await peer.next()], ["40/custom,", '42/custom,["auth",{}]']);
    assert.deepEqual(await ask(peer, '42/custom,1["get-id"]', 1), [`/custom#${peer.sid}`]);
    peer.send("40/dynamic-3?a=b&c=%C3%A4+d,");
    assert.equal(await peer.next(), "40/dynamic-3,");
    assert.deepEqual((await event(peer, "auth")).args, [{ a: "b", c: "ä d" }]);
    peer.send("41/custom,");
    await ask(peer, '422["get-id"]', 2);
    peer.send("40/custom?x=1,");
    assert.equal(await peer.next(), "40/custom,");
    assert.deepEqual((await event(peer, "auth")).args, [{ x: "1" }]);
  });

  test(`refusals are ERROR packets with the data alone (${name})`, async (t) => {
    const peer = await open(t, server);
    await event(peer, "auth");
    peer.send("40/auth?token=wrong,");
    assert.equal(await peer.next(), '44/auth,{"code":"E_AUTH","retry":false}');
    peer.send("40/nowhere?token=secret,");
    assert.equal(await peer.next(), '44/nowhere,{"message":"Invalid namespace"}');
    peer.send("40/auth?token=secret,");
    assert.equal(await peer.next(), "40/auth,");
  });

  test(`binary events and acknowledgements (${name})`, async (t) => {
    const peer = await open(t, server);
    await event(peer, "auth");
    peer.send(`451-["message","a",${kPlaceholder}]`, bytes(1, 2));
    assert.deepEqual(await event(peer, "message-back"), { nsp: "/", args: ["a", { _placeholder: true, num: 0 }], attachments: [bytes(1, 2)] });
    peer.send(`451-7["message-with-ack",${kPlaceholder}]`, bytes());
    assert.equal(await peer.next(), `461-7[${kPlaceholder}]`);
    assert.deepEqual(await peer.next(), bytes());
    peer.send(`451-["emit-with-ack",5000,${kPlaceholder}]`, bytes(3));
    const asked = decodePacket((await peer.next()).slice(1));
    assert.deepEqual(await peer.next(), bytes(3));
    peer.send(`461-${asked.id}[${kPlaceholder}]`, bytes(4));
    assert.deepEqual((await event(peer, "server-ack-result")).attachments, [bytes(4)]);
  });

  test(`rooms are shared with clients of the present protocol (${name})`, async (t) => {
    const peer = await open(t, server);
    await event(peer, "auth");
    const others = [await SocketIoPeer.join(t, server, "polling"), await SocketIoPeer.join(t, server, "websocket")];
    const room = `room of ${peer.sid}`;
    await ask(peer, `421["join","${room}"]`, 1);
    for (const other of others) await other.request("/", "join", room);
    peer.send(`451-["in-room","${room}",${kPlaceholder},"é"]`, bytes(9));
    for (const other of others) assert.deepEqual(await other.event("room-message"), [room, bytes(9), "é"]);
    assert.deepEqual((await event(peer, "room-message")).attachments, [bytes(9)]);
    others[0].emit("/", "to-room", room, [bytes(1), bytes(2)]);
    assert.deepEqual((await event(peer, "room-message")).attachments, [bytes(1), bytes(2)]);
    assert.deepEqual(await others[1].event("room-message"), [room, [bytes(1), bytes(2)]]);
    others[1].emit("/", "to-room", peer.sid, "to one");
    assert.deepEqual((await event(peer, "room-message")).args, [peer.sid, "to one"]);
  });

  test(`leaving, and being sent away (${name})`, async (t) => {
    const watcher = await SocketIoPeer.join(t, server);
    const peer = await open(t, server);
    await event(peer, "auth");
    const reasons = async (id) => (await watcher.disconnectLog(id)).join();
    peer.send("40/custom,");
    await event(peer, "auth");
    peer.send('42/custom,["disconnect-me"]');
    assert.equal(await peer.next(), "41/custom,");
    assert.equal(await reasons(`/custom#${peer.sid}`), "server namespace disconnect");
    peer.send("41");
    await until(async () => (await reasons(peer.sid)) === "client namespace disconnect", "it has left");
    peer.send("40");
    assert.equal(await peer.next(), "40");
    await event(peer, "auth");
    peer.send('42["disconnect-all"]');
    assert.equal(await peer.next(), "41");
    await peer.closed();
  });

  for (const packet of ["40", '40/custom,[]', '42/custom,["message"]', "4x", '42["disconnect"]', '44"x"', "45", "8"]) {
    test(`${packet} closes the connection (${name})`, async (t) => {
      const peer = await open(t, server);
      await event(peer, "auth");
      peer.send(packet);
      await peer.closed();
    });
  }
}

test("cookies of a script that any page may load are not taken for its own", stricter("it believes them"), async () => {
  for (const [query, cookie] of [[{}, "a=b"], [{ j: "0" }, undefined]]) {
    const url = (more) => target("/socket.io/", { EIO: 3, transport: "polling", b64: 1, ...query, ...more });
    const handshake = await request(server, url({}), { headers: { Cookie: "a=b" } });
    const sid = /sid\\?":\\?"([^"\\]+)/.exec(handshake.text)[1];
    const packets = encodeText(['421["get-handshake"]']);
    const body = query.j ? new URLSearchParams({ d: packets }).toString() : packets;
    assert.equal((await request(server, url({ sid }), { method: "POST", body })).text, "ok");
    const answer = (await request(server, url({ sid }))).text;
    assert.match(answer, /431\[/);
    assert.equal(answer.includes("a=b"), cookie !== undefined, answer);
  }
});
