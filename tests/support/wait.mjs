// Waiting for events with a limit. No test sleeps in order to wait: `pause` is for statements that are about elapsed time,
// or that nothing happens.
import { kLimitMs, within } from "../../testkit/js/src/wait.js";

export { kLimitMs, pause, until, within } from "../../testkit/js/src/wait.js";

/** A queue with one kind of producer and any number of waiting consumers; `end` refuses those that still wait. */
export class Inbox {
  items = [];
  waiting = [];
  ended = null;

  push(item) {
    this.items.push(item);
    this.#serve();
  }

  end(reason) {
    if (this.ended) return;
    this.ended = reason;
    this.#serve();
  }

  /** Takes the first item that `matches`, those before it stay. */
  take(what, matches = () => true, limit_ms = kLimitMs) {
    const taken = new Promise((resolve, reject) => this.waiting.push({ matches, resolve, reject, what }));
    this.#serve();
    return within(taken, what, limit_ms).catch((error) => {
      this.waiting = this.waiting.filter((one) => one.what !== what || one.matches !== matches);
      const seen = this.items.slice(0, 5).map((item) => JSON.stringify(item)?.slice(0, 120));
      error.message += ` (in the queue: ${this.items.length}: ${seen.join(" ")})`;
      throw error;
    });
  }

  #serve() {
    for (const one of [...this.waiting]) {
      const at = this.items.findIndex(one.matches);
      if (at < 0 && !this.ended) continue;
      this.waiting.splice(this.waiting.indexOf(one), 1);
      if (at >= 0) one.resolve(this.items.splice(at, 1)[0]);
      else one.reject(new Error(`ended (${this.ended}) while waiting for ${one.what}`));
    }
  }
}
