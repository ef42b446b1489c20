// A program that a test starts and ends by its own process id, never by its name.
import { spawn } from "node:child_process";
import { until, within } from "./wait.js";

const kStartMs = 20_000;
const kStopMs = 20_000;
const kOutputMax = 1_000_000;
const kSanitizer = /Sanitizer|runtime error:/;

// Whoever forgets to end a program must not leave it behind.
const running = new Set();
process.on("exit", () => running.forEach((one) => one.abandon()));

export class Program {
  ended = null; // {code, signal} once it has
  asked = false; // whether it was told to
  output = ""; // the last of what it has written

  /** `name` is what errors call it. */
  constructor({ name, command, args = [], cwd, env = process.env }) {
    Object.assign(this, { name, command, args: args.map(String), cwd, env });
  }

  /** Starts the process, and waits for nothing. */
  launch() {
    const child = spawn(this.command, this.args, { cwd: this.cwd, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (data) => (this.output = (this.output + data).slice(-kOutputMax));
    this.ended = null;
    this.asked = false;
    this.output = "";
    this.pid = child.pid;
    running.add(this);
    this.exit = new Promise((resolve) => {
      const end = (code, signal) => {
        running.delete(this);
        resolve((this.ended ??= { code, signal }));
      };
      child.once("close", end);
      child.once("error", (error) => end(`"${this.command}" cannot be run: ${error.message}`, null));
    });
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
  }

  /** Starts it and waits until it is ready, which `isReady` (possibly asynchronous) says. */
  async begin(isReady, what, timeoutMs = kStartMs) {
    this.launch();
    try {
      await until(() => this.ended || isReady(), what, timeoutMs);
      this.check();
    } catch (error) {
      throw this.#giveUp(error);
    }
  }

  /** Fails if the program has ended by itself or a sanitizer has spoken. */
  check() {
    if (this.ended) throw new Error(`${this.name} ${this.asked ? "was ended" : "ended by itself"}: ${this.#how()}\n${this.output}`);
    if (kSanitizer.test(this.output)) throw new Error(`a sanitizer reports:\n${this.output}`);
  }

  /** Asks it to end and fails unless it ends well. */
  async end(signal = "SIGTERM", timeoutMs = kStopMs) {
    this.check();
    this.asked = true;
    process.kill(this.pid, signal);
    try {
      await within(this.exit, `${this.name} to end after ${signal}`, timeoutMs);
    } catch (error) {
      throw this.#giveUp(error);
    }
    if (!this.endedWell() || kSanitizer.test(this.output)) {
      throw new Error(`${this.name} ended: ${this.#how()}\n${this.output}`);
    }
  }

  endedWell() {
    return this.ended.code === 0;
  }

  /** Ends it at once, as a power cut does. */
  async kill() {
    this.check();
    this.asked = true;
    process.kill(this.pid, "SIGKILL");
    await within(this.exit, `${this.name} to be gone`);
  }

  /** What there is time for while the test's own process exits. */
  abandon() {
    if (this.pid && !this.ended) process.kill(this.pid, "SIGKILL");
  }

  #how() {
    const { code, signal } = this.ended;
    return signal ? `by ${signal}` : typeof code === "number" ? `with code ${code}` : code;
  }

  #giveUp(error) {
    this.abandon();
    if (this.output && !error.message.includes(this.output)) error.message += `\n${this.output}`;
    return error;
  }
}
