// A client by hand for questions to the server.
import WebSocket from "ws";
import { within } from "../support/wait.mjs";

class Raw {
  #answers = [];
  #id = 0;

  constructor(socket) {
    this.socket = socket;
    socket.on("error", () => {}).on("message", (data) => this.#hear(String(data)));
  }

  #hear(packet) {
    if (packet === "2") this.socket.send("3");
    const match = /^43\d+(\[.*\])$/.exec(packet);
    if (match) this.#answers.shift()(JSON.parse(match[1])[0]);
    if (packet.startsWith("40")) this.joined?.();
  }

  /** Joins `/`. */
  join() {
    const joined = new Promise((resolve) => (this.joined = resolve));
    this.socket.send("40");
    return within(joined, "CONNECT to be answered");
  }

  ask(event, ...args) {
    const answered = new Promise((resolve) => this.#answers.push(resolve));
    this.socket.send(`42${this.#id++}${JSON.stringify([event, ...args])}`);
    return within(answered, `an answer to ${event}`);
  }

  close() {
    this.socket.close();
  }
}

/** A connection in `/`. */
export async function connectRaw(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  await within(new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject)), "a WebSocket to open");
  const raw = new Raw(socket);
  await raw.join();
  return raw;
}
