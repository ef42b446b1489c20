// App `groups`: the groups of a person, and the open one.
import { ChatView, readersOf } from "../common/chat-view.js";
import { Conversation } from "../common/conversation.js";
import { element } from "../common/dom.js";
import { session } from "../common/session.js";
import { oneAtATime } from "../common/tasks.js";
import { groupWire } from "./group-wire.js";
import { GroupSide } from "./group-side.js";
import { GroupsView } from "./groups-view.js";

const kPlace = "groups";

export class Desk {
  #groups = [];
  #unread = new Map(); // by group
  #open = null; // {group, chat}
  #stopped = false;

  constructor({ me, rest, connection, attempt }) {
    Object.assign(this, { me, rest, connection, attempt });
    this.refresh = oneAtATime(() => this.#load());
    this.list = new GroupsView({ open: (group) => this.#openGroup(group), create: (name) => this.#create(name) });
    this.side = new GroupSide({ me, rest, attempt, changed: () => this.refresh() });
    this.place = element("div", { class: "place" });
    this.root = element("div", { class: "desk groups" }, this.list.root, this.place);
    connection.on("ready", () => this.#refreshQuietly());
    connection.on("userOnline", () => this.#refreshQuietly());
    connection.on("newMessage", ({ groupId }) => this.#noticed(groupId));
    this.#close();
  }

  async start() {
    const kept = session.open(kPlace);
    await this.refresh();
    const group = this.#groups.find((one) => one.id === kept);
    if (group && !this.#open && !this.#stopped) this.#openGroup(group);
  }

  stop() {
    this.#stopped = true;
    this.#leave();
  }

  async #load() {
    this.#groups = await this.rest.list("/v1/groups");
    if (this.#open && !this.#groups.some((one) => one.id === this.#open.group.id)) this.#close();
    this.#showList();
    if (this.#open) await this.side.refresh(this.#open.group.id);
  }

  #refreshQuietly() {
    this.refresh().catch(() => {});
  }

  async #create(name) {
    const group = await this.attempt(async () => {
      await this.side.mails.giveAddress(this.me.id, this.me.name);
      return this.rest.post("/v1/groups", { name });
    });
    if (!group) return undefined;
    this.#groups = [group, ...this.#groups];
    this.#openGroup(group);
    return group;
  }

  #openGroup(group) {
    this.#leave();
    session.keepOpen(kPlace, group.id);
    this.#unread.delete(group.id);
    const conversation = new Conversation(this.connection, groupWire(this.connection, this.rest, group.id), this.me.id);
    const back = { text: "Groups", go: () => this.#close() };
    const chat = new ChatView(conversation, { me: this.me, label: "Group", title: group.name, back, receipt: readersOf });
    this.#open = { group, chat };
    this.place.replaceChildren(element("div", { class: "group-place" }, chat.root, this.side.root));
    this.root.classList.add("open");
    chat.render();
    chat.focus();
    this.#showList();
    this.attempt(() => this.refresh());
  }

  #close() {
    if (this.#open) session.keepOpen(kPlace, undefined);
    this.#leave();
    this.place.replaceChildren(element("p", { class: "empty" }, "Make a group, or choose one, to talk."));
    this.root.classList.remove("open");
    this.#showList();
  }

  #leave() {
    this.#open?.chat.close();
    this.#open = null;
  }

  /** What is said in a group may have made mails, too. */
  #noticed(groupId) {
    if (groupId !== this.#open?.group.id) this.#unread.set(groupId, (this.#unread.get(groupId) ?? 0) + 1);
    this.#showList();
    this.#refreshQuietly();
  }

  #showList() {
    this.list.show(this.#groups, this.#open?.group.id, this.#unread);
  }
}
