// One conversation's messages and who is there, kept in step with the server. Knows no page (the view listens to `change`)
// and no app: how it is said on the wire is told by the app.
import { session } from "./session.js";

const kTypingRenewMs = 2_000;
const kTypingPauseMs = 3_000;

/**
 * What an app tells of a conversation. A message is `{id, seq, senderId, text, timestamp, deliveredTo?, readBy?}`.
 *
 * - `id`, unique over all apps; `listen(on, heard)`, called once: `on(event, listener)` for each event, and what is told of it:
 *   `heard.message(message)`, `heard.receipt(ids, "readBy", userId)`, `heard.typing(userId, whether)`,
 *   `heard.joined(participant)`, `heard.left(userId)`.
 * - `enter()` after each connect, `leave()`, `history({before | after})`, `send(text, key)`, `read(messages)` ask the server
 *   and give its answer, with `{messages, hasMore, nextCursor}` and `{message}` as above.
 * - `typing(whether)` and `received(message)`, where the app has them.
 */
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
  #loaded = false;
  #early = []; // what came before the history did

  constructor(connection, wire, myId) {
    super();
    this.connection = connection;
    this.wire = wire;
    this.myId = myId;
    this.pending = session.pending(wire.id);
    this.#listen("ready", () => this.#enter());
    this.#listen("disconnect", () => this.#left());
    wire.listen((event, listener) => this.#listen(event, listener), {
      message: (message) => this.#received(message),
      receipt: (ids, list, userId) => this.#receipt(ids, list, userId),
      typing: (userId, whether) => this.#change(() => (whether ? this.typing.add(userId) : this.typing.delete(userId))),
      joined: (participant) => this.#change(() => this.#add(participant)),
      left: (userId) => this.#change(() => this.#remove(userId)),
    });
    if (connection.online) this.#enter();
  }

  /** Leaves the room. */
  close() {
    for (const [event, listener] of this.#listeners) this.connection.off(event, listener);
    this.stopTyping();
    if (this.connection.online) this.wire.leave();
    this.#joined = false;
  }

  /** Keeps the message until the server has it, through reloads and restarts, and shows it at once. */
  send(text) {
    this.stopTyping();
    this.#keep([...this.pending, { clientMessageId: crypto.randomUUID(), text }]);
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
    if (!this.wire.typing) return;
    const now = Date.now();
    if (now - this.#typingSince > kTypingRenewMs) {
      this.#typingSince = now;
      this.wire.typing(true);
    }
    clearTimeout(this.#typingPause);
    this.#typingPause = setTimeout(() => this.stopTyping(), kTypingPauseMs);
  }

  stopTyping() {
    clearTimeout(this.#typingPause);
    if (this.#typingSince === 0) return;
    this.#typingSince = 0;
    this.wire.typing(false);
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
    const joined = await this.wire.enter();
    if (!joined.success) return this.#fail(joined);
    this.error = null;
    this.#joined = true;
    this.participants = joined.participants ?? [];
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
    const answer = await this.wire.history(which);
    if (!answer.success) this.#fail(answer);
    return answer.success ? answer : null;
  }

  async #catchUp() {
    if (this.messages.length === 0) {
      const answer = await this.#history({});
      if (!answer) return;
      this.earlier = answer.hasMore ? answer.nextCursor : null;
      this.#loaded = true;
      return this.#merge([...answer.messages, ...this.#early.splice(0)]);
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
    this.typing.delete(message.senderId);
    if (!this.#loaded) return this.#early.push(message);
    const last = this.messages.at(-1)?.seq;
    if (last !== undefined && message.seq > last + 1) await this.#catchUp();
    else this.#merge([message]);
    this.#changed();
  }

  #merge(messages) {
    const known = new Set(this.messages.map((one) => one.id));
    const isNew = ({ id }) => !known.has(id) && known.add(id);
    const fresh = messages.filter(isNew).map((one) => ({ deliveredTo: [], readBy: [], ...one }));
    this.messages = [...this.messages, ...fresh].sort((a, b) => a.seq - b.seq);
    for (const message of fresh) {
      if (message.senderId !== this.myId && !message.deliveredTo.includes(this.myId)) this.wire.received?.(message);
    }
    this.markRead();
  }

  /** Tells that everything here has been read, where somebody looks. */
  async markRead() {
    const unread = this.messages.filter((one) => one.senderId !== this.myId && !one.readBy.includes(this.myId));
    if (unread.length === 0 || document.hidden || !this.connection.online) return;
    for (const one of unread) one.readBy.push(this.myId);
    const answer = await this.wire.read(unread);
    if (!answer.success) for (const one of unread) one.readBy = one.readBy.filter((id) => id !== this.myId);
  }

  #receipt(ids, list, userId) {
    for (const message of this.messages) {
      if (ids.includes(message.id) && !message[list].includes(userId)) message[list] = [...message[list], userId];
    }
    this.#changed();
  }

  #change(how) {
    how();
    this.#changed();
  }

  #add(participant) {
    this.#remove(participant.userId);
    this.participants = [...this.participants, participant];
  }

  #remove(userId) {
    this.participants = this.participants.filter((one) => one.userId !== userId);
    this.typing.delete(userId);
  }

  #keep(pending) {
    this.pending = pending;
    session.keepPending(this.wire.id, pending);
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
    const { clientMessageId, text } = this.pending[0];
    const answer = await this.wire.send(text, clientMessageId);
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
