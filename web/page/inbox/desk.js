// App `inbox`: one's notifications, over the cookie that the whole browser shares, and a form to make some.
import { Rest } from "../common/api.js";
import { element } from "../common/dom.js";
import { actionButton } from "../common/forms.js";
import { nameOf } from "../common/people.js";
import { oneAtATime } from "../common/tasks.js";
import { signInBrowser, userOfBrowser } from "./cookie.js";
import { NotificationsView } from "./notifications-view.js";
import { NotifyView } from "./notify-view.js";

export class Desk {
  constructor({ me, connection, attempt }) {
    Object.assign(this, { me, connection, attempt });
    this.refresh = oneAtATime(() => this.#load());
    const rest = new Rest({ renew: () => this.#signInAgain() });
    const changed = () => this.refresh();
    this.notifications = new NotificationsView({ rest, attempt, changed });
    this.notify = new NotifyView({ me, attempt });
    this.otherText = element("p", {});
    this.other = element("div", { class: "banner", "data-severity": "LOW", role: "region", "aria-label": "Somebody else", hidden: true }, this.otherText);
    this.other.append(actionButton(`Be ${me.name} again`, () => attempt(() => this.#comeBack()), { look: "primary" }));
    this.cards = element("div", { class: "cards" }, this.notifications.root, this.notify.root);
    this.root = element("div", { class: "board" }, this.other, this.cards);
    this.onLook = () => document.hidden || this.refresh().catch(() => {});
    document.addEventListener("visibilitychange", this.onLook);
    connection.on("ready", this.onLook);
    connection.on("notification", (notification) => this.notifications.announce(notification));
    connection.on("notification", () => this.refresh().catch(() => {}));
  }

  /** Before each connect with a new token: the handshake takes the cookie along. */
  prepare(token) {
    return signInBrowser(token);
  }

  start() {
    return this.refresh();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onLook);
    this.notify.stop();
  }

  async #load() {
    const user = userOfBrowser();
    const isMe = user === this.me.id;
    this.other.hidden = isMe;
    this.notifications.root.hidden = !isMe;
    if (isMe) return this.notifications.load();
    const who = user === undefined ? "This browser is not signed in here any more" : `${nameOf(user)} is signed in in this browser now`;
    this.otherText.textContent = `${who}, by another tab or page. A browser has one cookie for all its tabs, so this app shows one person a browser.`;
  }

  /** The socket is whoever the cookie named when it came: a new cookie needs a new connection. One for all who ask meanwhile. */
  #signInAgain() {
    const renew = async () => {
      await this.connection.renew();
      this.connection.socket.disconnect().connect();
    };
    this.renewing ??= renew().finally(() => (this.renewing = null));
    return this.renewing;
  }

  async #comeBack() {
    await this.#signInAgain();
    await this.refresh();
  }
}
