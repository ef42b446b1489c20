// The conversation of one visit: messages, who is there, who is typing, and the field to write in.
import { byId, clockOf, dayOf, element } from "./dom.js";
import { avatar, presenceDot } from "./people-view.js";
import { nameOf } from "./people.js";
import { othersIn } from "./visits-view.js";

const kNearBottomPx = 80;
const kMessageMaxLength = 4000;

/** How far one's own message has come. */
function receiptOf({ deliveredTo, readBy }) {
  if (readBy.length > 0) return "Read";
  return deliveredTo.length > 0 ? "Delivered" : "Sent";
}

function messageItem(message, mine) {
  const head = element("span", { class: "head" }, mine ? "You" : nameOf(message.senderId), " ", element("time", { datetime: message.timestamp }, clockOf(message.timestamp)));
  if (mine) head.append(" ", element("span", { class: "receipt" }, receiptOf(message)));
  const body = element("p", {}, message.message);
  return element("li", { class: mine ? "message mine" : "message", "data-seq": String(message.seq) }, head, body);
}

function pendingItem({ clientMessageId, message, error }, discard) {
  const head = element("span", { class: "head" }, error ? `Not sent: ${error} ` : "Sending…");
  if (error) head.append(element("button", { type: "button", class: "link", onclick: () => discard(clientMessageId) }, "Discard"));
  return element("li", { class: error ? "message mine failed" : "message mine pending" }, head, element("p", {}, message));
}

function typingText(ids) {
  const names = ids.map(nameOf);
  if (names.length === 0) return "";
  return names.length === 1 ? `${names[0]} is typing…` : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing…`;
}

export class ChatView {
  #items = new Map(); // what is on screen, by key

  constructor(conversation, { me, back, presence, calls }) {
    this.conversation = conversation;
    this.me = me;
    this.title = element("h1", { tabindex: "-1" }, othersIn(conversation.visit, me.id).map(nameOf).join(", "));
    this.presence = presence;
    this.calls = calls;
    this.dots = element("span", { class: "dots" });
    this.present = element("ul", { class: "present", "aria-label": "In the room" });
    this.earlier = element("button", { type: "button", class: "earlier", onclick: () => conversation.showEarlier() }, "Show earlier messages");
    this.list = element("ol", { class: "messages", role: "log", "aria-label": "Messages" });
    this.scroller = element("div", { class: "scroller", tabindex: "0", "aria-label": "Conversation", role: "region" }, this.earlier, this.list);
    this.typing = element("p", { class: "typing", "aria-live": "polite" });
    this.error = element("p", { class: "error", role: "alert" });
    this.root = element(
      "section",
      { class: "chat", "aria-label": "Visit" },
      element("div", { class: "chat-head" }, element("button", { type: "button", class: "back link", onclick: back }, "‹ Visits"), this.title, this.dots, this.#callButtons(), this.present),
      this.scroller,
      this.typing,
      this.error,
      this.#form(),
    );
    this.onChange = () => this.render();
    this.onLook = () => conversation.markRead();
    conversation.addEventListener("change", this.onChange);
    presence.addEventListener("change", this.onChange);
    document.addEventListener("visibilitychange", this.onLook);
  }

  close() {
    this.conversation.removeEventListener("change", this.onChange);
    this.presence.removeEventListener("change", this.onChange);
    document.removeEventListener("visibilitychange", this.onLook);
    this.conversation.close();
  }

  #callButtons() {
    const { visit } = this.conversation;
    const [peer] = othersIn(visit, this.me.id);
    const button = (kind, text) => element("button", { type: "button", class: "small", onclick: () => this.calls.start(visit, peer, kind) }, text);
    return element("span", { class: "call-buttons" }, button("video", "Video call"), button("audio", "Audio call"));
  }

  #form() {
    const text = element("textarea", { id: "text", rows: "1", maxlength: String(kMessageMaxLength), placeholder: "Write a message", "aria-describedby": "text-hint" });
    const submit = (event) => {
      event?.preventDefault();
      const message = text.value.trim();
      if (message === "") return;
      text.value = "";
      this.#stick = true;
      this.conversation.send(message);
      text.focus();
    };
    text.addEventListener("input", () => (text.value.trim() === "" ? this.conversation.stopTyping() : this.conversation.keepTyping()));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    });
    return element(
      "form",
      { class: "write", onsubmit: submit },
      element("label", { for: "text", class: "hidden" }, "Message"),
      text,
      element("button", { class: "primary" }, "Send"),
      element("small", { id: "text-hint", class: "hidden" }, "Enter sends, Shift and Enter makes a new line"),
    );
  }

  #stick = true;

  render() {
    const { scroller } = this;
    const fromBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    const first = this.list.firstElementChild;
    this.#renderMessages();
    this.#renderPresent();
    this.dots.replaceChildren(...othersIn(this.conversation.visit, this.me.id).map((id) => presenceDot(this.presence.of(id), true)));
    this.earlier.hidden = this.conversation.earlier === null;
    this.typing.textContent = typingText([...this.conversation.typing]);
    this.error.textContent = this.conversation.error ?? "";
    this.list.classList.toggle("nothing", this.list.childElementCount === 0);
    if (this.#stick || fromBottom < kNearBottomPx) scroller.scrollTop = scroller.scrollHeight;
    else if (first !== this.list.firstElementChild) scroller.scrollTop = scroller.scrollHeight - fromEnd;
    this.#stick = false;
  }

  focus() {
    byId("text")?.focus();
  }

  /** What is to be seen, as `[key, make]` in order; an item is made once for its key. */
  #wanted() {
    const wanted = [];
    let day = null;
    for (const message of this.conversation.messages) {
      if (dayOf(message.timestamp) !== day) {
        day = dayOf(message.timestamp);
        const text = day;
        wanted.push([`day ${day}`, () => element("li", { class: "day" }, text)]);
      }
      const mine = message.senderId === this.me.id;
      wanted.push([`${message.id} ${mine ? receiptOf(message) : ""}`, () => messageItem(message, mine)]);
    }
    for (const one of this.conversation.pending) {
      wanted.push([`pending ${one.clientMessageId} ${one.error ?? ""}`, () => pendingItem(one, (id) => this.conversation.discard(id))]);
    }
    return wanted;
  }

  #renderMessages() {
    const before = this.#items;
    this.#items = new Map();
    for (const [key, make] of this.#wanted()) this.#items.set(key, before.get(key) ?? make());
    for (const [key, item] of before) if (!this.#items.has(key)) item.remove();
    let next = this.list.firstElementChild;
    for (const item of this.#items.values()) {
      if (item === next) next = next.nextElementSibling;
      else this.list.insertBefore(item, next);
    }
  }

  #renderPresent() {
    const there = this.conversation.participants.map(({ userId }) => {
      const name = userId === this.me.id ? "You" : nameOf(userId);
      return element("li", { title: nameOf(userId) }, avatar(userId, nameOf(userId)), element("span", {}, name));
    });
    this.present.replaceChildren(...there);
  }
}
