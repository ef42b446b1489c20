// Who of those one may see is there, kept in step with the server. Knows no page: the views listen to `change`.

export const kStatuses = { online: "Online", away: "Away", busy: "Busy", in_call: "In a call", offline: "Offline" };
export const kOwnStatuses = ["online", "away", "busy"];

/** Events: `change`, after somebody's presence has changed. */
export class Presence extends EventTarget {
  #known = new Map(); // by user
  #watched = new Set();

  constructor(connection) {
    super();
    this.connection = connection;
    connection.on("ready", () => this.#subscribe([...this.#watched]));
    connection.on("disconnect", () => this.#forget());
    connection.on("presence:initial", ({ presences }) => this.#take(presences));
    connection.on("presence:changed", (presence) => this.#take([presence]));
  }

  /** The status of a user, `offline` where nothing is known. */
  of(userId) {
    return this.#known.get(userId)?.status ?? "offline";
  }

  watch(userIds) {
    const fresh = userIds.filter((id) => !this.#watched.has(id));
    for (const id of fresh) this.#watched.add(id);
    if (fresh.length > 0 && this.connection.online) this.#subscribe(fresh);
  }

  choose(status) {
    return this.connection.ask("presence:setStatus", { status });
  }

  async #subscribe(userIds) {
    if (userIds.length > 0) await this.connection.ask("presence:subscribe", { userIds });
  }

  #forget() {
    this.#known.clear();
    this.dispatchEvent(new Event("change"));
  }

  #take(presences) {
    for (const one of presences) this.#known.set(one.userId, one);
    this.dispatchEvent(new Event("change"));
  }
}
