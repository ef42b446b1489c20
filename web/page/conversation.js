// One visit's messages and who is there, kept in step with the server. Knows no page: the view listens to `change`.
import { session } from "./session.js";

const kPageSize = 50;
const kTypingRenewMs = 2_000;
const kTypingPauseMs = 3_000;

/** Events: `change`, after anything that can be seen has changed. */
export class Conversation extends EventTarget {
  messages = []; // in order of seq, without gaps but for what is older than the first
  earlier = null; // the cursor of what is older than the first message, if anything is
  participants = [];
  typing = new Set(); // user ids
  error = null;
  #joined = false;
  #sending = false;
  #typingSince = 0;
  #typingPause = null;
  #listeners = [];

  constructor(connection, visit, myId) {
    super();
    this.connection = connection;
    this.visit = visit;
    this.myId = myId;
    this.roomId = `visit:${visit.id}`;
    this.pending = session.pending(visit.id);
    this.#listen("connected", () => this.#enter());
    this.#listen("disconnect", () => this.#left());
    this.#listen("message:new", (message) => this.#received(message));
    this.#listen("message:sent", (message) => this.#received(message));
    this.#listen("message:delivered", ({ messageId, userId }) => this.#receipt([messageId], "deliveredTo", userId));
    this.#listen("message:read", ({ messageIds, readBy }) => this.#receipt(messageIds, "readBy", readBy));
    this.#listen("room:userJoined", (event) => this.#inRoom(event, () => this.#add(event)));
    this.#listen("room:userLeft", (event) => this.#inRoom(event, () => this.#remove(event.userId)));
    this.#listen("typing:start", (event) => this.#inRoom(event, () => this.typing.add(event.userId)));
    this.#listen("typing:stop", (event) => this.#inRoom(event, () => this.typing.delete(event.userId)));
    if (connection.online) this.#enter();
  }

  /** Leaves the room. */
  close() {
    for (const [event, listener] of this.#listeners) this.connection.off(event, listener);
    this.stopTyping();
    if (this.connection.online) this.connection.ask("room:leave", { roomId: this.roomId });
    this.#joined = false;
  }

  /** Keeps the message until the server has it, through reloads and restarts, and shows it at once. */
  send(text) {
    this.stopTyping();
    this.#keep([...this.pending, { clientMessageId: crypto.randomUUID(), message: text }]);
    this.#changed();
    this.#flush();
  }

  /** Gives up a message that the server does not take. */
  discard(clientMessageId) {
    this.#keep(this.pending.filter((one) => one.clientMessageId !== clientMessageId));
    this.#changed();
    this.#flush();
  }

  async showEarlier() {
    const answer = await this.#history({ before: this.earlier });
    if (!answer) return;
    this.earlier = answer.hasMore ? answer.nextCursor : null;
    this.#merge(answer.messages);
    this.#changed();
  }

  /** To be called at each change of the text being written. */
  keepTyping() {
    const now = Date.now();
    if (now - this.#typingSince > kTypingRenewMs) {
      this.#typingSince = now;
      this.connection.tell("typing:start", { roomId: this.roomId });
    }
    clearTimeout(this.#typingPause);
    this.#typingPause = setTimeout(() => this.stopTyping(), kTypingPauseMs);
  }

  stopTyping() {
    clearTimeout(this.#typingPause);
    if (this.#typingSince === 0) return;
    this.#typingSince = 0;
    this.connection.tell("typing:stop", { roomId: this.roomId });
  }

  #listen(event, listener) {
    this.#listeners.push([event, listener]);
    this.connection.on(event, listener);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #fail(answer) {
    if (!answer.lost) this.error = answer.error;
    this.#changed();
  }

  /** After each connect: into the room, then whatever was said meanwhile, then what we have not got through. */
  async #enter() {
    const joined = await this.connection.ask("room:join", { roomId: this.roomId, roomType: "visit" });
    if (!joined.success) return this.#fail(joined);
    this.error = null;
    this.#joined = true;
    this.participants = joined.participants;
    await this.#catchUp();
    this.#changed();
    this.#flush();
  }

  #left() {
    this.#joined = false;
    this.#typingSince = 0;
    this.participants = [];
    this.typing.clear();
    this.#changed();
  }

  async #history(which) {
    const answer = await this.connection.ask("message:history", { visitId: this.visit.id, limit: kPageSize, ...which });
    if (!answer.success) this.#fail(answer);
    return answer.success ? answer : null;
  }

  async #catchUp() {
    if (this.messages.length === 0) {
      const answer = await this.#history({});
      if (!answer) return;
      this.earlier = answer.hasMore ? answer.nextCursor : null;
      return this.#merge(answer.messages);
    }
    for (let more = true; more; ) {
      const answer = await this.#history({ after: this.messages.at(-1).seq });
      if (!answer) return;
      this.#merge(answer.messages);
      more = answer.hasMore;
    }
  }

  /** Takes a message in order: where one before it is missing, asks for what was missed instead. */
  async #received(message) {
    if (message.visitId !== this.visit.id) return;
    this.typing.delete(message.senderId);
    const last = this.messages.at(-1)?.seq;
    if (last !== undefined && message.seq > last + 1) await this.#catchUp();
    else this.#merge([message]);
    this.#changed();
  }

  #merge(messages) {
    const known = new Set(this.messages.map((one) => one.id));
    const fresh = messages.filter((one) => !known.has(one.id)).map((one) => ({ deliveredTo: [], readBy: [], ...one }));
    this.messages = [...this.messages, ...fresh].sort((a, b) => a.seq - b.seq);
    for (const { id, senderId, deliveredTo } of fresh) {
      if (senderId !== this.myId && !deliveredTo.includes(this.myId)) this.connection.tell("message:received", { messageId: id });
    }
    this.markRead();
  }

  /** Tells that everything here has been read, where somebody looks. */
  async markRead() {
    const unread = this.messages.filter((one) => one.senderId !== this.myId && !one.readBy.includes(this.myId));
    if (unread.length === 0 || document.hidden || !this.connection.online) return;
    for (const one of unread) one.readBy.push(this.myId);
    const answer = await this.connection.ask("message:read", { visitId: this.visit.id, upTo: this.messages.at(-1).seq });
    if (!answer.success) for (const one of unread) one.readBy = one.readBy.filter((id) => id !== this.myId);
  }

  #receipt(ids, list, userId) {
    for (const message of this.messages) {
      if (ids.includes(message.id) && !message[list].includes(userId)) message[list] = [...message[list], userId];
    }
    this.#changed();
  }

  #inRoom(event, change) {
    if (event.roomId !== this.roomId) return;
    change();
    this.#changed();
  }

  #add({ userId, role, timestamp }) {
    this.#remove(userId);
    this.participants = [...this.participants, { userId, role, joinedAt: timestamp }];
  }

  #remove(userId) {
    this.participants = this.participants.filter((one) => one.userId !== userId);
    this.typing.delete(userId);
  }

  #keep(pending) {
    this.pending = pending;
    session.keepPending(this.visit.id, pending);
  }

  /** Sends what waits, one after the other, so that the order stays. */
  async #flush() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#joined && this.pending.length > 0 && !this.pending[0].error) await this.#sendFirst();
    } finally {
      this.#sending = false;
    }
  }

  async #sendFirst() {
    const { clientMessageId, message } = this.pending[0];
    const answer = await this.connection.ask("message:send", { visitId: this.visit.id, message, clientMessageId });
    if (answer.success) {
      this.#keep(this.pending.filter((one) => one.clientMessageId !== clientMessageId));
      await this.#received(answer.message);
    } else if (answer.retryAfterMs !== undefined) {
      this.error = "You write faster than the server allows: the rest goes out in a moment.";
      this.#changed();
      await new Promise((resolve) => setTimeout(resolve, answer.retryAfterMs));
      this.error = null;
    } else if (!answer.lost) {
      this.#keep(this.pending.map((one) => (one.clientMessageId === clientMessageId ? { ...one, error: answer.error } : one)));
      this.#changed();
    }
  }
}
