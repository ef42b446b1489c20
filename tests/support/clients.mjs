// Stock clients against the conformance server, over each transport.
import { io } from "socket.io-client";
import { answerOf } from "../../testkit/js/src/sockets.js";
import { isTls, trustOf } from "./tls.mjs";
import { Inbox, within } from "./wait.mjs";

/** What a client is told to use, and where it ends up. */
export const kClientTransports = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};
export const kTransportNames = Object.keys(kClientTransports);

/** A stock socket with an inbox of `{event, args}` that the test closes. `make` is another version's `io`. */
export function open(t, server, transport, { nsp = "/", make = io, ...options } = {}) {
  const all = { transports: kClientTransports[transport], forceNew: true, reconnection: false, ...trustOf(server.port), ...options };
  const socket = make(server.url + nsp, all);
  t.after(() => socket.disconnect());
  return withInbox(socket);
}

/** Keeps the events that come to a socket, from now on. */
export function withInbox(socket) {
  socket.inbox = new Inbox();
  socket.onAny((event, ...args) => socket.inbox.push({ event, args }));
  /** The arguments of the next event of that name. */
  socket.next = async (event, limit_ms) => (await socket.inbox.take(event, (one) => one.event === event, limit_ms)).args;
  /** The values of an acknowledgement. */
  socket.ask = (event, ...args) => answerOf(socket, event, args);
  return socket;
}

/** The arguments of the next event that the client itself makes: "connect", "disconnect", "connect_error". */
export function once(emitter, event, limit_ms) {
  return within(new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), event, limit_ms);
}

/** Opens a socket and waits until it is connected and, where it upgrades, upgraded. */
export async function connect(t, server, transport, options) {
  const socket = open(t, server, transport, options);
  await once(socket, "connect");
  if (transport === "upgrade" && socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
  await socket.next("auth");
  return socket;
}

/**
 * Connects that many sockets, over each transport in turn, at once. Over TLS some at a time: all their handshakes in one go
 * would take this process longer than the server waits for what follows them.
 */
export async function connectMany(t, server, count) {
  const atOnce = isTls ? 20 : count;
  const all = [];
  while (all.length < count) {
    const begun = Array.from({ length: Math.min(atOnce, count - all.length) }, (_, i) =>
      connect(t, server, kTransportNames[(all.length + i) % kTransportNames.length]),
    );
    all.push(...(await Promise.all(begun)));
  }
  return all;
}
