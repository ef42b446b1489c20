// The bell: notifications as they come, and what came while one was away.
import { dayAndClockOf, element } from "../common/dom.js";
import { panelWithButton } from "../common/panel.js";

const kShown = 20;

export class BellView {
  #items = []; // newest first
  #unread = 0;

  constructor(connection) {
    this.connection = connection;
    this.count = element("span", { class: "unread", hidden: true });
    this.list = element("ul", { "aria-label": "Notifications" });
    const readAll = element("button", { type: "button", class: "link", onclick: () => this.#readAll() }, "Mark all as read");
    const picture = element("img", { src: "health/bell.svg", alt: "", width: "18", height: "18" });
    const label = [picture, element("span", { class: "hidden" }, "Notifications"), this.count];
    this.root = panelWithButton({ id: "notifications", label, children: [this.list, readAll], buttonClass: "bell" });
    connection.on("ready", () => this.#load());
    connection.on("notification:new", (notification) => this.#add(notification));
    connection.on("notification:read", ({ notificationId }) => this.#markRead(notificationId));
    connection.on("notification:readAll", () => this.#markAllRead());
    this.#show();
  }

  async #load() {
    const [list, count] = await Promise.all([
      this.connection.ask("notification:list", { limit: kShown }),
      this.connection.ask("notification:getUnreadCount"),
    ]);
    if (!list.success || !count.success) return;
    this.#items = list.items;
    this.#unread = count.unreadCount;
    this.#show();
  }

  #add(notification) {
    if (this.#items.some((one) => one.id === notification.id)) return;
    this.#items = [notification, ...this.#items].slice(0, kShown);
    this.#unread += 1;
    this.#show();
  }

  async #read(id) {
    const answer = await this.connection.ask("notification:read", { notificationId: id });
    if (answer.success) this.#markRead(id);
  }

  async #readAll() {
    const answer = await this.connection.ask("notification:readAll");
    if (answer.success) this.#markAllRead();
  }

  #markRead(id) {
    const found = this.#items.find((one) => one.id === id && !one.read);
    if (!found) return;
    found.read = true;
    this.#unread -= 1;
    this.#show();
  }

  #markAllRead() {
    this.#items = this.#items.map((one) => ({ ...one, read: true }));
    this.#unread = 0;
    this.#show();
  }

  #show() {
    this.count.hidden = this.#unread === 0;
    this.count.textContent = String(this.#unread);
    const items = this.#items.map((one) =>
      element(
        "li",
        { class: one.read ? "notification" : "notification fresh", "data-priority": one.priority },
        element("strong", {}, one.title),
        element("p", {}, one.message),
        element("small", {}, dayAndClockOf(one.createdAt)),
        one.read ? null : element("button", { type: "button", class: "link", onclick: () => this.#read(one.id) }, "Mark as read"),
      ),
    );
    this.list.replaceChildren(...(items.length > 0 ? items : [element("li", { class: "empty" }, "Nothing yet.")]));
  }
}
