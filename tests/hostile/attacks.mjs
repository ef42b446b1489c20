// The attacks, each in a thread of its own: what they have in hand stays as it is until they are told to stop.
import crypto from "node:crypto";
import net from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { closePayload, deflated, frame, kOpcode } from "../support/websocket.mjs";

const { name, port, ...options } = workerData;
const seen = { opened: 0, closed: 0, statuses: {} };
let stopped = false;
const stop = new Promise((resolve) => parentPort.once("message", resolve)).then(() => (stopped = true));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An address of the attackers': there are only so many ports of one. */
const address = (i) => options.from ?? `127.1.${1 + (Math.floor(i / 200) % 200)}.${1 + (i % 200)}`;

/** A connection that is counted as it ends, and by the status of the answer that comes first. */
function connect(i = 0) {
  const socket = net.connect({ port, host: "127.0.0.1", localAddress: address(i) });
  socket.setNoDelay(true);
  socket.on("connect", () => ++seen.opened).on("error", () => {}).on("close", () => ++seen.closed);
  socket.once("data", (data) => {
    const status = /^HTTP\/1.1 (\d+)/.exec(data)?.[1];
    if (status) seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
  });
  socket.ready = new Promise((resolve) => socket.once("connect", () => resolve(true)).once("close", () => resolve(false)));
  return socket;
}

/** The first of these events of a socket, or the end of the attack. */
function first(socket, ...events) {
  return new Promise((resolve) => {
    const done = () => {
      events.forEach((event) => socket.off(event, done));
      resolve();
    };
    events.forEach((event) => socket.on(event, done));
    stop.then(done);
    if (socket.destroyed) done();
  });
}

async function connectAll(count, batch = 250) {
  const all = [];
  for (let i = 0; i < count; i += batch) {
    const some = Array.from({ length: Math.min(batch, count - i) }, (_, at) => connect(i + at));
    await Promise.all(some.map((one) => one.ready));
    all.push(...some);
  }
  return all;
}

/** Does something a second, with each of them. */
async function everySecond(all, act) {
  while (!stopped) {
    all.forEach((one, i) => one.writable && act(one, i));
    await Promise.race([stop, pause(1_000)]);
  }
}

const answerOf = (socket) =>
  new Promise((resolve) => {
    let text = "";
    socket.on("data", (data) => {
      text += data;
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const head = text.indexOf("\r\n\r\n");
      if (head >= 0 && text.length >= head + 4 + Number(length ?? 0)) resolve(text.slice(head + 4));
    });
    socket.on("close", () => resolve(text));
  });

const kPolling = "/socket.io/?EIO=4&transport=polling";
/** Opens a session over polling; its target, or nothing where it is refused. */
async function openPolling(i = 0) {
  const socket = connect(i);
  await socket.ready;
  socket.write(`GET ${kPolling} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const body = await answerOf(socket);
  const sid = /"sid":"([^"]+)"/.exec(body)?.[1];
  socket.destroy();
  return sid && `${kPolling}&sid=${sid}`;
}

function upgradeRequest(query = "") {
  const key = crypto.randomBytes(16).toString("base64");
  const compressed = options.compressed ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
  return `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${compressed}\r\n`;
}

/** Opens a WebSocket and joins a namespace; null where it is refused. */
async function openWebSocket(i = 0, nsp = "/health", auth = { token: options.token }) {
  const socket = connect(i);
  if (!(await socket.ready)) return null;
  let text = "";
  const arrived = (data) => (text += data.toString("latin1"));
  socket.on("data", arrived);
  const until = async (found) => {
    while (!found() && !socket.destroyed && !stopped) await first(socket, "data", "close");
    return found();
  };
  socket.write(upgradeRequest());
  if (!(await until(() => text.includes('0{"sid"')))) return null;
  if (nsp === null) return socket.off("data", arrived);
  socket.write(frame({ payload: `40${nsp},${JSON.stringify(auth)}` }));
  if (!(await until(() => /4[04]\/\w+,\{/.test(text))) || !text.includes(`40${nsp},{`)) return null;
  return socket.off("data", arrived).resume();
}

/** Sends `bytes` as fast as they are taken. */
async function flood(socket, bytes) {
  while (!stopped && !socket.destroyed) {
    if (!socket.write(bytes)) await first(socket, "drain", "close");
    else await new Promise(setImmediate);
  }
}

/** Does `act(i)` until it is told to stop, so many at a time. */
async function again(act, at_once = 20) {
  let i = 0;
  const one = async () => {
    while (!stopped) await act(i++);
  };
  await Promise.all(Array.from({ length: at_once }, one));
}

const begun = () => parentPort.postMessage({ begun: true });

const attacks = {
  async halfOpen() {
    await connectAll(options.count);
    begun();
    await stop;
  },
  async slowHeaders() {
    const all = await connectAll(options.count);
    const head = "GET /v1/stats HTTP/1.1\r\nHost: x\r\nX-Long: " + "a".repeat(1_000);
    let at = 0;
    begun();
    await everySecond(all, (one, i) => one.write(head[(at++, Math.floor(at / all.length) % head.length)] ?? String(i)));
  },
  async slowBodies() {
    const all = await connectAll(options.count);
    const targets = await Promise.all(all.map((_, i) => openPolling(i)));
    all.forEach((one, i) => one.write(`POST ${targets[i]} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n`));
    begun();
    await everySecond(all, (one) => one.write("4"));
  },
  // Every connection comes as it goes: each asks for a session, or to upgrade one that there is not.
  async handshakes() {
    begun();
    await again(async (i) => {
      const socket = connect(i);
      await socket.ready;
      socket.write(`GET ${kPolling} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      await answerOf(socket);
      socket.destroy();
    });
  },
  async probes() {
    const session = await openPolling();
    const sid = session.split("sid=")[1];
    begun();
    await again(async (i) => {
      const socket = connect(i);
      await socket.ready;
      socket.write(upgradeRequest(`&sid=${i % 2 ? sid : "A" + crypto.randomBytes(14).toString("base64url")}`));
      socket.write(frame({ payload: "2probe" }));
      await first(socket, "data", "close");
      socket.destroy();
    });
  },
  async giantFrames() {
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i, null);
      if (!socket) return;
      const ended = first(socket, "close");
      socket.resume().write(Buffer.concat([frame({ opcode: kOpcode.binary, length: 2 ** 32 * (1 + (i % 9)), wide: 64 }), Buffer.alloc(1_000)]));
      await ended;
      socket.destroy();
    }, 5);
  },
  // A megabyte or two each that would be a gigabyte, as one message, and as events that fit each by itself.
  async bombs() {
    const whole = frame({ rsv: 4, payload: deflated(Buffer.alloc(2 ** 30, "4"), { level: 9 }).subarray(0, 900_000) });
    const fits = frame({ rsv: 4, payload: deflated(`42/health,["nothing","${"x".repeat(900_000)}"]`, { level: 9 }) });
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i);
      if (!socket) return;
      const ended = first(socket, "close");
      socket.write(i % 2 ? whole : Buffer.concat(Array(1_000).fill(fits)));
      await ended;
      socket.destroy();
    }, 5);
  },
  async attachments() {
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i);
      if (!socket) return;
      const ended = first(socket, "close");
      const refs = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }));
      if (i % 2) socket.write(frame({ payload: `454000000000-/health,["x",${JSON.stringify(refs[0])}]` }));
      else {
        socket.write(frame({ payload: `4510-/health,["x",${JSON.stringify(refs)}]` }));
        for (let n = 0; n < 10; ++n) socket.write(frame({ opcode: kOpcode.binary, payload: Buffer.alloc(900_000) }));
      }
      await ended;
      socket.destroy();
    }, 2);
  },
  async deepJson() {
    const texts = ["[".repeat(400_000), '{"a":'.repeat(150_000), "[".repeat(200_000) + "]".repeat(200_000)];
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i);
      if (!socket) return;
      const ended = first(socket, "close");
      socket.write(frame({ payload: `42/health,["message:send",${texts[i % 3]}]` }));
      await ended;
      socket.destroy();
    }, 3);
  },
  async pings() {
    const all = await Promise.all(Array.from({ length: options.count }, (_, i) => openWebSocket(i, null)));
    const bytes = Buffer.concat(Array.from({ length: 2_000 }, () => frame({ opcode: kOpcode.ping, payload: "x" })));
    begun();
    await Promise.all(all.map((socket) => flood(socket.resume(), bytes)));
  },
  async events() {
    const all = await Promise.all(Array.from({ length: options.count }, (_, i) => openWebSocket(i)));
    const bytes = Buffer.concat(Array.from({ length: 2_000 }, () => frame({ payload: '42/health,["nothing"]' })));
    begun();
    await Promise.all(all.map((socket) => flood(socket, bytes)));
  },
  // One client that asks for a namespace after the other, and another that does so with names of a kilobyte.
  async namespaces() {
    const [one, two] = [await openWebSocket(0), await openWebSocket(1)];
    begun();
    for (let i = 0; !stopped && !(one.destroyed && two.destroyed); ++i) {
      const bytes = (tail) => Buffer.concat(Array.from({ length: 200 }, (_, n) => frame({ payload: `40/${i}-${n}${tail},` })));
      one.write(bytes(""));
      two.write(bytes("x".repeat(1_000)));
      await pause(20);
    }
    await stop;
  },
  async rooms() {
    const one = await openWebSocket();
    begun();
    for (let i = 0; !stopped && !one.destroyed; ++i) {
      const joins = Array.from({ length: 100 }, (_, n) => frame({ payload: `42/health,${JSON.stringify(["room:join", { roomId: `topic:t${i}-${n}`, roomType: "topic" }])}` }));
      one.write(Buffer.concat(joins));
      await pause(20);
    }
    await stop;
  },
  async tokens() {
    const b64 = (value) => Buffer.from(value).toString("base64url");
    const unknownKey = (i) => `${b64(JSON.stringify({ alg: "RS256", kid: crypto.randomUUID() }))}.${b64(`{"sub":"u${i}"}`)}.${"c".repeat(342)}`;
    const garbage = (i) =>
      (options.unknown_keys ? [() => unknownKey(i)] : [
        () => crypto.randomBytes(40).toString("base64url"),
        () => `${b64('{"alg":"none"}')}.${b64(`{"sub":"u${i}"}`)}.`,
        () => `${b64(JSON.stringify({ alg: "HS256", kid: crypto.randomUUID() }))}.${b64(`{"sub":"u${i}"}`)}.${crypto.randomBytes(32).toString("base64url")}`,
        () => options.expired,
        () => "a.b." + "c".repeat(50_000),
      ]).at(options.unknown_keys ? 0 : i % 5)();
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i, null);
      if (!socket) return;
      for (let n = 0; n < 20 && !stopped && !socket.destroyed; ++n) {
        const answered = first(socket, "data", "close");
        socket.write(frame({ payload: `40/${["health", "care", "household"][n % 3]},${JSON.stringify({ token: garbage(i * 20 + n) })}` }));
        await answered;
        seen.tokens = (seen.tokens ?? 0) + 1;
      }
      socket.destroy();
    }, options.at_once ?? 5);
  },
  async oversizedPolls() {
    const session = await openPolling();
    begun();
    await again(async (i) => {
      const socket = connect(i);
      await socket.ready;
      const size = i % 2 ? `Content-Length: ${2 ** 33}` : "Transfer-Encoding: chunked";
      socket.write(`POST ${i % 3 ? session : "/v1/emit"} HTTP/1.1\r\nHost: x\r\n${size}\r\n\r\n`);
      const piece = Buffer.concat([Buffer.from("40000\r\n"), Buffer.alloc(0x40000, "4"), Buffer.from("\r\n")]);
      const ended = first(socket, "data", "close");
      for (let n = 0; n < 8 && socket.writable; ++n) socket.write(piece);
      await ended;
      socket.destroy();
    }, 4);
  },
  async deaf() {
    const all = await Promise.all(Array.from({ length: options.count }, (_, i) => openWebSocket(i, "/health", { token: options.tokens[i] })));
    all.forEach((socket) => socket.pause());
    begun();
    await stop;
    // A socket that is not read does not see its end.
    all.forEach((socket) => socket.resume());
    await pause(500);
  },
  // Hundreds that come, close properly and come again.
  async comeAndGo() {
    begun();
    await again(async (i) => {
      const socket = await openWebSocket(i);
      socket?.write(frame({ opcode: kOpcode.close, payload: closePayload(1000) }));
      if (socket) await first(socket, "close");
      socket?.destroy();
    });
  },
};

await attacks[name]();
await stop;
parentPort.postMessage({ ended: seen });
