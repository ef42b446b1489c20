// Free ports, and a TCP connection that is written and read by hand.
import { connectTo } from "./tls.mjs";
import { within, kLimitMs } from "./wait.mjs";

export { freePort } from "../../testkit/js/src/belfry.js";

export class RawTcp {
  #wake = [];
  data = Buffer.alloc(0);
  ended = false;

  /** Connects, with TLS where the server there speaks it; closed at the end of the test `t`. */
  static async connect(t, port) {
    const { socket, tcp: bare, opened } = connectTo(port);
    const tcp = Object.assign(new RawTcp(), { socket, bare });
    bare.setNoDelay(true);
    if (bare !== socket) bare.on("error", () => {});
    tcp.socket.on("data", (chunk) => {
      tcp.data = tcp.data.length === 0 ? chunk : Buffer.concat([tcp.data, chunk]);
      tcp.#awake();
    });
    const ended = () => {
      tcp.ended = true;
      tcp.#awake();
    };
    tcp.socket.on("end", ended).on("close", ended).on("error", ended);
    t?.after(() => tcp.destroy());
    await within(
      new Promise((resolve, reject) => socket.once(opened, resolve).once("error", reject)),
      "a TCP connection",
    );
    return tcp;
  }

  #awake() {
    for (const wake of this.#wake.splice(0)) wake();
  }

  write(data) {
    if (!this.socket.destroyed) this.socket.write(data);
    return this;
  }

  /** Writes `data` in pieces of `size` bytes, each of which leaves in a segment of its own. */
  async writeInPieces(data, size) {
    const bytes = Buffer.from(data);
    for (let at = 0; at < bytes.length && !this.ended; at += size) {
      this.write(bytes.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Closes our direction only. */
  end() {
    this.socket.end();
  }

  destroy() {
    this.socket.destroy();
  }

  /** Ends the connection with RST. */
  reset() {
    this.bare.resetAndDestroy();
  }

  /** Waits until `parse(data, ended)` gives `{value, used}`, removes what was used and returns the value. */
  async take(parse, what) {
    for (;;) {
      const found = parse(this.data, this.ended);
      if (found) {
        this.data = this.data.subarray(found.used);
        return found.value;
      }
      if (this.ended) throw new Error(`the connection ended while waiting for ${what}`);
      await new Promise((resolve) => this.#wake.push(resolve));
    }
  }

  /** Waits until the peer has closed; gives all that came before. */
  closed(what = "the connection to be closed", limit_ms = kLimitMs) {
    const all = this.take((data, ended) => ended && { value: data, used: data.length }, what);
    return within(all, what, limit_ms);
  }
}
