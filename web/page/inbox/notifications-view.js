// One's notifications, newest first: how many are unread, which, and reading them.
import { at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { dayAndClockOf, element } from "../common/dom.js";
import { actionButton, choiceField } from "../common/forms.js";
import { textOfType } from "./types.js";

const kPath = "/v1/inbox/notifications";
const kPage = 20;
const kMost = 200; // what the server gives at once

export class NotificationsView {
  #limit = kPage;

  constructor({ rest, attempt, changed }) {
    Object.assign(this, { rest, attempt, changed });
    this.count = element("span", { class: "unread" });
    this.news = element("p", { class: "hidden", role: "status" });
    this.which = choiceField("inbox-which", "Show", [["all", "All"], ["unread", "Unread only"]], { hidden: true });
    this.which.control.addEventListener("change", () => attempt(changed));
    this.readAll = actionButton("Mark all as read", () => this.#do(() => rest.post(`${kPath}/read-all`)));
    this.list = cardList("Notifications", (one) => this.#item(one), "Nothing here.");
    this.more = actionButton("Show more", () => this.#showMore());
    const head = element("div", { class: "inbox-head" }, this.which.node, this.readAll);
    this.root = card("Notifications", { wide: true }, head, this.news, this.list.root, this.more);
    this.root.querySelector("h2").append(" ", this.count);
  }

  async load() {
    const unread = this.which.control.value === "unread" ? "&unread=true" : "";
    const { items, nextCursor } = await this.rest.get(`${kPath}?limit=${this.#limit}${unread}`);
    const { unreadCount } = await this.rest.get(`${kPath}/unread-count`);
    this.list.show(items);
    this.count.textContent = `${unreadCount} unread`;
    this.count.hidden = unreadCount === 0;
    this.readAll.hidden = unreadCount === 0;
    this.more.hidden = nextCursor === null || this.#limit >= kMost;
  }

  /** For those who do not see the list. */
  announce({ message, type }) {
    this.news.textContent = `${textOfType(type)}: ${message}`;
  }

  #showMore() {
    this.#limit = Math.min(this.#limit + kPage, kMost);
    return this.attempt(() => this.changed());
  }

  #do(action) {
    return this.attempt(async () => {
      await action();
      await this.changed();
    });
  }

  #item({ id, message, type, createdAt, read }) {
    const markRead = () => this.#do(() => this.rest.post(kPath + at`/${id}/read`));
    return element(
      "li",
      { class: read ? "row-item told" : "row-item told fresh", "data-type": type },
      element("span", { class: "who" }, element("span", {}, message), element("small", {}, `${textOfType(type)}, ${dayAndClockOf(createdAt)}`)),
      read ? null : actionButton("Mark as read", markRead, { focus: `read ${id}`, "aria-label": `Mark as read: ${message}` }),
    );
  }
}
