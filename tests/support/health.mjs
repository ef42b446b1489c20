// Stock clients of app `health`.
import { AppClient } from "./app.mjs";
import { sign } from "./tokens.mjs";

export { kIsoTime, kUuid7 } from "./app.mjs";

export class Client extends AppClient {
  constructor(server, options) {
    super(server, "health", options);
  }

  /** Connects as a user and waits for `connected`. */
  static async open(t, server, sub, role = "patient", options = {}) {
    const client = new Client(server, { auth: { token: sign({ sub, role }) }, ...options });
    t?.after(() => client.close());
    await client.connected();
    client.userId = sub;
    return client;
  }

  async connected() {
    const refused = new Promise((_, reject) => this.socket.once("connect_error", reject));
    refused.catch(() => {});
    this.hello = await Promise.race([this.next("connected"), refused]);
    await this.server.settled?.();
    return this.hello;
  }

  joinVisit(visit, more = {}) {
    return this.must("room:join", { roomId: `visit:${visit.id}`, roomType: "visit", ...more });
  }

  async say(visit, message, more = {}) {
    return (await this.must("message:send", { visitId: visit.id, message, ...more })).message;
  }
}

let markers = 0;

/**
 * Waits until everything that was sent in this visit before now has come to `clients`: a conversation keeps its order,
 * so a further message marks the end.
 */
export async function settle(visit, sender, clients) {
  const text = `marker ${++markers}`;
  await sender.say(visit, text);
  const marked = ({ message }) => message === text;
  for (const client of clients) {
    if (client !== sender) await client.next(client.userId === sender.userId ? "message:sent" : "message:new", marked);
  }
}

/** All messages of a visit, oldest first, read page by page. */
export async function wholeHistory(client, visit, limit = 200) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await client.must("message:history", { visitId: visit.id, limit, after });
    all.push(...page.messages);
    if (!page.hasMore) return all;
    after = page.messages.at(-1).seq;
  }
}
