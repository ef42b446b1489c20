// A conversation: messages, who is typing, and the field to write in. The same for visits, a family's chat and groups.
import { byId, clockOf, dayOf, element } from "./dom.js";
import { KeyedList } from "./keyed-list.js";
import { nameOf } from "./people.js";

const kNearBottomPx = 80;
const kMessageMaxLength = 4000;

function messageItem(message, mine, receipt) {
  const head = element("span", { class: "head" }, mine ? "You" : nameOf(message.senderId), " ", element("time", { datetime: message.timestamp }, clockOf(message.timestamp)));
  if (receipt) head.append(" ", element("span", { class: "receipt" }, receipt));
  const body = element("p", {}, message.text);
  return element("li", { class: mine ? "message mine" : "message", "data-seq": String(message.seq) }, head, body);
}

function pendingItem({ clientMessageId, text, error }, discard) {
  const head = element("span", { class: "head" }, error ? `Not sent: ${error} ` : "Sending…");
  if (error) head.append(element("button", { type: "button", class: "link", onclick: () => discard(clientMessageId) }, "Discard"));
  return element("li", { class: error ? "message mine failed" : "message mine pending" }, head, element("p", {}, text));
}

function typingText(ids) {
  const names = ids.map(nameOf);
  if (names.length === 0) return "";
  return names.length === 1 ? `${names[0]} is typing…` : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing…`;
}

/** A receipt for chats of many: who has read one's own message. */
export function readersOf({ readBy, senderId }, mine) {
  if (!mine) return "";
  const names = readBy.filter((id) => id !== senderId).map(nameOf);
  return names.length > 0 ? `Read by ${names.join(", ")}` : "Sent";
}

export class ChatView {
  #list;

  /**
   * `title`, and `head` beside it; `back: {text, go}` to where one came from; `receipt(message, mine)` gives a text of how far a
   * message has come. `label` is what the region is called, `level` the heading's where it is not the page's first.
   */
  constructor(conversation, { me, label, title, level = 1, head = [], back, receipt }) {
    Object.assign(this, { conversation, me, receipt });
    this.title = element(`h${level}`, { tabindex: "-1" }, title);
    this.earlier = element("button", { type: "button", class: "earlier", onclick: () => conversation.showEarlier() }, "Show earlier messages");
    this.list = element("ol", { class: "messages", role: "log", "aria-label": "Messages" });
    this.#list = new KeyedList(this.list);
    this.scroller = element("div", { class: "scroller", tabindex: "0", "aria-label": "Conversation", role: "region" }, this.earlier, this.list);
    this.typing = element("p", { class: "typing", "aria-live": "polite" });
    this.error = element("p", { class: "error", role: "alert" });
    const goBack = back && element("button", { type: "button", class: "back link", onclick: back.go }, `‹ ${back.text}`);
    this.root = element(
      "section",
      { class: "chat", "aria-label": label },
      element("div", { class: "chat-head" }, goBack, this.title, head),
      this.scroller,
      this.typing,
      this.error,
      this.#form(),
    );
    this.onChange = () => this.render();
    this.onLook = () => conversation.markRead();
    conversation.addEventListener("change", this.onChange);
    document.addEventListener("visibilitychange", this.onLook);
  }

  close() {
    this.conversation.removeEventListener("change", this.onChange);
    document.removeEventListener("visibilitychange", this.onLook);
    this.conversation.close();
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
    this.#list.show(this.#wanted());
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
      const receipt = this.receipt(message, mine);
      wanted.push([`${message.id} ${receipt}`, () => messageItem(message, mine, receipt)]);
    }
    for (const one of this.conversation.pending) {
      wanted.push([`pending ${one.clientMessageId} ${one.error ?? ""}`, () => pendingItem(one, (id) => this.conversation.discard(id))]);
    }
    return wanted;
  }
}
