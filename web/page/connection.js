// The page's one Socket.IO connection, to namespace /health.
import { io } from "./client/socket.io.esm.min.js";

const kAnswerMs = 10_000;
const kRateLimitPauseMs = 10_000;

/**
 * Tells `onState(name, text)` where the connection stands: `connecting`, `online`, `reconnecting` or `refused`.
 * `renewToken()` is asked for a new token when the server does not accept the old one.
 */
export class Connection {
  #retry = null;
  #renewed = false;

  constructor({ token, renewToken, onState }) {
    this.onState = onState;
    this.renewToken = renewToken;
    this.token = token;
    this.socket = io("/health", { auth: (give) => give({ token: this.token }), autoConnect: false });
    this.socket.on("connected", () => this.#online());
    this.socket.on("connect_error", (error) => this.#failed(error));
    this.socket.on("disconnect", (reason) => this.#lost(reason));
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
    clearTimeout(this.#retry);
    this.socket.removeAllListeners();
    this.socket.io.removeAllListeners("reconnect_attempt");
    this.socket.disconnect();
  }

  on(event, listener) {
    this.socket.on(event, listener);
  }

  off(event, listener) {
    this.socket.off(event, listener);
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
    if (!error.message.startsWith("Authentication error") || this.#renewed) return this.onState("refused", error.message);
    this.#renewed = true;
    try {
      this.token = await this.renewToken();
      this.socket.connect();
    } catch (reason) {
      this.onState("refused", `${error.message}. ${reason.message}`);
    }
  }

  #lost(reason) {
    if (reason === "io client disconnect") return;
    this.onState("reconnecting", "Connection lost. Reconnecting…");
    if (!this.socket.active) this.#connectIn(this.comeBackInMs ?? 1_000);
  }

  #connectIn(ms) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.socket.connect(), ms);
  }
}
