// The page's one Socket.IO connection, to the namespace of one app.
import { io } from "/socket.io/socket.io.esm.min.js";

const kAnswerMs = 10_000;
const kPauseMs = 1_000;
const kRateLimitPauseMs = 10_000;

/**
 * Tells `onState(name, text)` where the connection stands: `connecting`, `online`, `reconnecting` or `refused`. Listeners of
 * `ready` are called when the server talks to us, after each connect. `token()` gives the token; `renew()` is asked for a new
 * one when the server does not accept the old one, or says that it has expired.
 */
export class Connection {
  #retry = null;
  #renewed = false;
  #closed = false;
  #ready;

  constructor({ app, token, renew, onState }) {
    this.app = app;
    this.onState = onState;
    this.token = token;
    this.renew = renew;
    this.#ready = app === "health" ? "connected" : "connect";
    // Of its own, so that the handshake takes the cookie as it is now along.
    this.socket = io(`/${app}`, { auth: (give) => give({ token: token() }), autoConnect: false, forceNew: true });
    this.on("ready", () => this.#online());
    this.socket.on("connect_error", (error) => this.#failed(error));
    this.socket.on("disconnect", (reason) => this.#lost(reason));
    this.socket.on("auth:expired", () => this.#refresh());
    this.socket.on("server:shutdown", ({ reconnectInMs }) => {
      this.comeBackInMs = reconnectInMs;
      this.onState("reconnecting", "The server restarts…");
    });
    this.socket.io.on("reconnect_attempt", (attempt) => this.onState("reconnecting", `Reconnecting, attempt ${attempt}…`));
  }

  open() {
    this.onState("connecting", "Connecting…");
    this.socket.connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.socket.removeAllListeners();
    this.socket.offAny();
    this.socket.io.removeAllListeners("reconnect_attempt");
    this.socket.disconnect();
  }

  on(event, listener) {
    this.socket.on(event === "ready" ? this.#ready : event, listener);
  }

  off(event, listener) {
    this.socket.off(event === "ready" ? this.#ready : event, listener);
  }

  /** Every event that comes: `listener(name, payload)`. */
  onAny(listener) {
    this.socket.onAny(listener);
  }

  get online() {
    return this.socket.connected;
  }

  /** The server's answer to an event; `{success: false, error, lost: true}` where none comes. */
  async ask(event, ...payload) {
    try {
      return await this.socket.timeout(kAnswerMs).emitWithAck(event, ...payload);
    } catch {
      return { success: false, error: "No answer from the server", lost: true };
    }
  }

  /** Sends what is worth nothing later: not kept while the connection is away. */
  tell(event, payload) {
    if (this.socket.connected) this.socket.volatile.emit(event, payload);
  }

  #online() {
    this.#renewed = false;
    this.comeBackInMs = undefined;
    this.onState("online", "Connected");
  }

  /** The client itself tries again after a failure of the network, but not after a refusal. */
  async #failed(error) {
    if (this.socket.active) return this.onState("reconnecting", "The server cannot be reached. Trying again…");
    if (error.message === "Rate limit exceeded") {
      this.onState("reconnecting", "Too many connections from here. Trying again in a moment…");
      return this.#connectIn(kRateLimitPauseMs);
    }
    if (this.#renewed) return this.onState("refused", error.message);
    this.#renewed = true;
    try {
      await this.renew();
      if (!this.#closed) this.socket.connect();
    } catch (reason) {
      this.onState("refused", `${error.message}. ${reason.message}`);
    }
  }

  /** Where the server ends the connection, the reason may be the token, as app `groups` says no other way. */
  #lost(reason) {
    if (reason === "io client disconnect") return;
    this.onState("reconnecting", "Connection lost. Reconnecting…");
    if (!this.socket.active) this.#connectIn(this.comeBackInMs ?? kPauseMs, () => this.renew().catch(() => {}));
  }

  async #refresh() {
    await this.renew().catch(() => {});
    await this.ask("auth:refresh", { token: this.token() });
  }

  #connectIn(ms, before = async () => {}) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => before().then(() => this.#closed || this.socket.connect()), ms);
  }
}
