// Stock clients of a test, and waiting for what comes to them.
import { io } from "socket.io-client";
import { kLimitMs, within } from "./wait.js";

const nameOf = (socket) => `${new URL(socket.io.uri).origin}${socket.nsp}`;

/** Listens until the function that it gives is called. */
function listen(socket, handlers) {
  for (const [event, handler] of Object.entries(handlers)) socket.on(event, handler);
  return () => {
    for (const [event, handler] of Object.entries(handlers)) socket.off(event, handler);
  };
}

/** A socket that begins to connect, so that a test can listen before the first event comes. */
export function openSocketClient(url, options = {}) {
  const { token, namespace = "/", timeoutMs: _, ...more } = typeof options === "string" ? { token: options } : options;
  const target = url.replace(/\/$/, "") + (namespace === "/" ? "" : namespace);
  const auth = token === undefined ? {} : { auth: { token } };
  return io(target, { transports: ["websocket"], forceNew: true, reconnection: false, ...auth, ...more });
}

/** Waits until a socket is let in; rejects with what the server refuses it with. */
export async function waitForConnection(socket, timeoutMs = kLimitMs) {
  if (socket.connected) return;
  let stop;
  const outcome = new Promise((resolve, reject) => {
    // A refusal is the server's own word. What the transport says lacks the address.
    const refuse = (error) => reject(error.type === "TransportError" ? new Error(`no connection to ${nameOf(socket)}: ${error.message}`, { cause: error }) : error);
    stop = listen(socket, { connect: resolve, connect_error: refuse });
  });
  await within(outcome, `a connection to ${nameOf(socket)}`, timeoutMs).finally(stop);
}

/** A connected socket. `options` is a token, or an object with it and more. */
export async function connectSocketClient(url, options = {}) {
  const socket = openSocketClient(url, options);
  try {
    await waitForConnection(socket, options.timeoutMs);
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  return socket;
}

/** Waits for `promise`, which is `what` in errors, until the limit or until the socket is lost for good. */
function whileConnected(socket, promise, what, timeoutMs, details = () => "") {
  let stop;
  const lost = new Promise((_, reject) => {
    // Whoever connects again by hand does so in a handler of the same event.
    const check = (how) =>
      queueMicrotask(() => {
        const staysAway = !socket.active || !socket.io.reconnection();
        if (staysAway && !socket.connected) reject(new Error(`${nameOf(socket)} was ${how} while waiting for ${what}${details()}`));
      });
    stop = listen(socket, {
      disconnect: (reason) => check(`disconnected (${reason})`),
      connect_error: (error) => check(`refused (${error.message})`),
    });
  });
  return within(Promise.race([promise, lost]), () => `${what} of ${nameOf(socket)}${details()}`, timeoutMs).finally(stop);
}

const kReserved = ["connect", "connect_error", "disconnect"];

/** The first argument of the next event of that name, of those that `matches` takes. */
export function waitForEvent(socket, event, timeoutMs = kLimitMs, matches = () => true) {
  const others = new Map(); // names to how often they came
  const count = (name) => others.set(name, (others.get(name) ?? 0) + 1);
  let stop;
  const come = new Promise((resolve, reject) => {
    const take = (...args) => {
      try {
        if (matches(...args)) resolve(args[0]);
      } catch (error) {
        reject(error);
      }
    };
    stop = listen(socket, { [event]: take });
  });
  socket.onAny(count);
  const details = () => {
    const names = [...others].map(([name, times]) => (times === 1 ? name : `${name} × ${times}`));
    return ` (came meanwhile: ${names.join(", ") || "nothing"}${socket.connected ? "" : "; the socket is not connected"})`;
  };
  const what = `event "${event}"`;
  const settled = kReserved.includes(event) ? within(come, () => `${what} of ${nameOf(socket)}${details()}`, timeoutMs) : whileConnected(socket, come, what, timeoutMs, details);
  const waited = settled.finally(() => {
    stop();
    socket.offAny(count);
  });
  // A test that fails before it gets to await this fails for that reason alone.
  waited.catch(() => {});
  return waited;
}

/** All values of the answer to an event with these arguments. */
export function answerOf(socket, event, args, timeoutMs = kLimitMs) {
  const answered = new Promise((resolve) => socket.emit(event, ...args, (...values) => resolve(values)));
  const answer = whileConnected(socket, answered, `the answer to "${event}"`, timeoutMs);
  answer.catch(() => {});
  return answer;
}

/** The answer to an event. */
export function emitWithAck(socket, event, payload, timeoutMs = kLimitMs) {
  return answerOf(socket, event, payload === undefined ? [] : [payload], timeoutMs).then(([answer]) => answer);
}

/** Disconnects; settles once the connection is closed, unless other sockets share it. */
export async function disconnectSocketClient(socket, timeoutMs = kLimitMs) {
  const { engine } = socket.io;
  socket.disconnect();
  if (engine?.readyState !== "closing") return;
  await within(new Promise((resolve) => engine.once("close", resolve)), `the connection to ${nameOf(socket)} to close`, timeoutMs);
}
