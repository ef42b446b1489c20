// The conformance server on npm's `socket.io`: shows that a test demands no more than the original does.
// Sections 1 to 7 and 9 of the contract; started by the tests with CONFORMANCE_SERVER=reference.
import http from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import * as msgpackParser from "socket.io-msgpack-parser";
import { Server as EngineServer } from "engine.io";
import { startClientSuite } from "./client-suite.mjs";
import { adapterOf, clusterHandlers, serveServerEvents } from "./cluster.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string" },
    "ping-interval": { type: "string" },
    "ping-timeout": { type: "string" },
    "client-suite": { type: "boolean" },
    "max-payload": { type: "string", default: "1000000" },
    threads: { type: "string" },
    recovery: { type: "boolean", default: false },
    "recovery-ms": { type: "string", default: "2000" },
    eio3: { type: "boolean", default: false },
    msgpack: { type: "boolean", default: false },
    redis: { type: "string" },
    adapter: { type: "string", default: "classic" },
    key: { type: "string", default: "socket.io" },
  },
});

const settings = {
  pingInterval: Number(options["ping-interval"] ?? (options["client-suite"] ? 2000 : 300)),
  pingTimeout: Number(options["ping-timeout"] ?? (options["client-suite"] ? 20_000 : 200)),
  maxHttpBufferSize: Number(options["max-payload"]),
  cors: { origin: "*" },
  allowEIO3: options.eio3,
};

const server = http.createServer((_, response) => response.writeHead(404).end());
const recovery = options.recovery ? { connectionStateRecovery: { maxDisconnectionDuration: Number(options["recovery-ms"]) } } : {};
const parser = options.msgpack ? msgpackParser : undefined;
const adapter = options.redis && (await adapterOf(options.redis, options.adapter, options.key));
// Its adapters let go of what they cannot publish.
if (adapter) process.on("unhandledRejection", () => {});
const io = new Server(server, { ...settings, ...(adapter ? { adapter } : {}), ...recovery, connectTimeout: 1000, serveClient: false, parser });

const bare = new EngineServer(settings);
bare.attach(server, { path: "/engine.io/" });
bare.on("connection", (socket) => socket.on("message", (message) => socket.send(message)));

const kRemembered = 20_000;
const reasons = new Map();

function remember(id, reason) {
  reasons.set(id, [...(reasons.get(id) ?? []), reason]);
  if (reasons.size > kRemembered) reasons.delete(reasons.keys().next().value);
}

/** The handlers of one socket: event name to a function of (ack, ...args). */
function handlers(socket, nsp) {
  return {
    message: (_, ...args) => socket.emit("message-back", ...args),
    "message-with-ack": (ack, ...args) => ack(...args),
    "emit-with-ack": (_, timeout_ms, ...args) =>
      socket.timeout(timeout_ms).emit("server-ack", ...args, (error, ...values) => {
        if (error) socket.emit("server-ack-result", "timeout");
        else socket.emit("server-ack-result", "ok", ...values);
      }),
    join: (ack, room) => (socket.join(room), ack()),
    leave: (ack, room) => (socket.leave(room), ack()),
    rooms: (ack) => ack([...socket.rooms]),
    "to-room": (_, room, ...args) => socket.to(room).emit("room-message", room, ...args),
    "in-room": (_, room, ...args) => nsp.in(room).emit("room-message", room, ...args),
    "except-room": (_, room, ...args) => nsp.except(room).emit("except-message", ...args),
    broadcast: (_, ...args) => socket.broadcast.emit("broadcast-message", ...args),
    "room-ack": (ack, room, timeout_ms, ...args) =>
      nsp.in(room).timeout(timeout_ms).emit("room-ack-request", ...args, (error, answers) => {
        ack(error ? "timeout" : "ok", answers);
      }),
    burst: (_, count, size = 0) => {
      const filler = "x".repeat(size);
      for (let i = 0; i < count; i++) socket.emit("burst-item", i, filler);
      socket.emit("burst-end", count);
    },
    "volatile-burst": (_, count) => {
      for (let i = 0; i < count; i++) socket.volatile.emit("volatile-item", i);
      socket.emit("volatile-end", count);
    },
    "get-id": (ack) => ack(socket.id),
    "get-handshake": (ack) => {
      const { query, auth, headers } = socket.handshake;
      ack({ query, auth, headers });
    },
    "is-recovered": (ack) => ack(socket.recovered),
    "disconnect-me": () => socket.disconnect(),
    "disconnect-all": () => socket.disconnect(true),
    drop: () => socket.conn.close(),
    stats: (ack) => ack({ sockets: nsp.sockets.size, clients: io.engine.clientsCount }),
    "disconnect-log": (ack, id) => ack(reasons.get(id) ?? []),
    ...clusterHandlers(socket, nsp),
  };
}

function serve(socket) {
  const table = handlers(socket, socket.nsp);
  socket.emit("auth", socket.handshake.auth);
  socket.on("disconnect", (reason) => remember(socket.id, reason));
  socket.onAny((name, ...args) => {
    if (!Object.hasOwn(table, name)) return;
    const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
    try {
      table[name](ack, ...args);
    } catch {
      socket.conn.close();
    }
  });
}

function notAuthorized() {
  return Object.assign(new Error("not authorized"), { data: { code: "E_AUTH", retry: false } });
}

for (const name of ["/", "/custom"]) serveServerEvents(io.of(name));
io.on("connection", serve);
io.of("/custom").on("connection", serve);
io.of(/^\/dynamic-\d+$/).on("connection", serve);
io.of("/auth")
  .use((socket, next) => next(socket.handshake.auth.token === "secret" ? undefined : notAuthorized()))
  .on("connection", serve);
io.of("/slow")
  .use((_, next) => setTimeout(next, 200))
  .on("connection", serve);

process.on("SIGTERM", () => process.exit(0));
if (options["client-suite"]) startClientSuite(Number(options.port), settings);
else server.listen(Number(options.port), "127.0.0.1");
