// The chat of all of a family, on its board.
import { at } from "../common/api.js";
import { ChatView, readersOf } from "../common/chat-view.js";
import { Conversation } from "../common/conversation.js";
import { element } from "../common/dom.js";
import { actionButton } from "../common/forms.js";
import { chatWire } from "./chat-wire.js";

export class FamilyChat {
  #open = null; // {id, view}

  constructor({ me, rest, connection, attempt, changed }) {
    Object.assign(this, { me, rest, connection, attempt, changed });
    this.root = element("section", { class: "card chat-card" });
    this.start = element(
      "div",
      { class: "nothing-yet" },
      element("h2", {}, "Chat"),
      element("p", { class: "empty" }, "The family has no chat yet."),
      actionButton("Start the family's chat", () => this.#start(), { look: "primary" }),
    );
  }

  /** `chats` are those one is in; the family's first is the one for all of it. */
  show(chats, family, members) {
    Object.assign(this, { family, members });
    this.chat = chats.findLast((one) => one.familyId === family.id);
    if (!this.chat) return this.close();
    if (this.#open?.id === this.chat.id) return;
    this.close();
    const conversation = new Conversation(this.connection, chatWire(this.connection, this.chat.id), this.me.id);
    const view = new ChatView(conversation, { me: this.me, label: "Chat", title: `Chat of ${family.name}`, level: 2, receipt: readersOf });
    this.#open = { id: this.chat.id, view };
    this.root.replaceChildren(view.root);
    view.render();
  }

  close() {
    this.#open?.view.close();
    this.#open = null;
    if (this.root.firstElementChild !== this.start) this.root.replaceChildren(this.start);
  }

  /** Whoever is in the family is in its chat; who leaves the one the server takes out of the other. */
  async takeIn(members) {
    const memberIds = members.map((one) => one.userId);
    if (!this.chat || memberIds.every((id) => this.chat.memberIds.includes(id))) return;
    this.chat = await this.rest.patch(at`/v1/household/chats/${this.chat.id}`, { memberIds });
  }

  #start() {
    const memberIds = this.members.map((one) => one.userId);
    return this.attempt(async () => {
      await this.rest.post("/v1/household/chats", { familyId: this.family.id, name: this.family.name, memberIds });
      await this.changed();
    });
  }
}
