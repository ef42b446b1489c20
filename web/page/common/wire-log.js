// What comes over the socket, for those who want to see it: the newest events of the app, as they are sent.
import { element } from "./dom.js";
import { KeyedList } from "./keyed-list.js";
import { panelWithButton } from "./panel.js";

const kShown = 30;
const kTextMax = 400;
const kClock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function eventItem({ event, payload, time }) {
  const text = JSON.stringify(payload ?? null);
  const shown = text.length > kTextMax ? `${text.slice(0, kTextMax)}…` : text;
  return element("li", { class: "event" }, element("strong", {}, event), element("time", {}, kClock.format(time)), element("code", {}, shown));
}

export class WireLog {
  #events = []; // newest first
  #count = 0;
  #isOpen = false;

  constructor(connection) {
    const list = element("ol", { "aria-label": "Events" });
    this.list = new KeyedList(list);
    const about = element("p", { class: "faint" }, `What comes over the socket in namespace /${connection.app}, newest first.`);
    const onShow = (whether) => {
      this.#isOpen = whether;
      this.#show();
    };
    this.root = panelWithButton({ id: "events", label: "Events", children: [about, list], onShow });
    connection.onAny((event, payload) => this.#add({ event, payload, time: new Date(), number: ++this.#count }));
  }

  #add(event) {
    this.#events = [event, ...this.#events].slice(0, kShown);
    this.#show();
  }

  #show() {
    const shown = this.#isOpen ? this.#events : [];
    this.list.show(shown.map((one) => [one.number, () => eventItem(one)]));
  }
}
