// App `health`: the visits of a person, and the open one.
import { fetchToken, Rest } from "../common/api.js";
import { ChatView } from "../common/chat-view.js";
import { Conversation } from "../common/conversation.js";
import { element } from "../common/dom.js";
import { nameOf } from "../common/people.js";
import { session } from "../common/session.js";
import { BellView } from "./bell-view.js";
import { CallView } from "./call-view.js";
import { Calls } from "./call.js";
import { statusChoice } from "./presence-dot.js";
import { Presence } from "./presence.js";
import { receiptOf, VisitHead } from "./visit-head.js";
import { visitWire } from "./visit-wire.js";
import { othersIn, VisitsView } from "./visits-view.js";

const kPlace = "health";

export class Desk {
  #visits = [];
  #unread = new Map(); // by visit
  #open = null; // {visit, chat, head}

  constructor({ me, rest, connection, attempt }) {
    Object.assign(this, { me, rest, connection, attempt });
    this.presence = new Presence(connection);
    this.presence.addEventListener("change", () => this.#showList());
    this.calls = new Calls(connection, me.id);
    this.list = new VisitsView({ me, presence: this.presence, open: (visit) => this.openVisit(visit), create: (...pair) => this.createVisit(...pair) });
    this.place = element("div", { class: "place" });
    this.root = element("div", { class: "desk" }, this.list.root, this.place, new CallView(this.calls).root);
    this.tools = [new BellView(connection).root, statusChoice(this.presence)];
    connection.on("ready", () => this.refresh().catch(() => {}));
    connection.on("message:new", (message) => this.#noticed(message));
    this.closeVisit();
  }

  async start() {
    const open = session.open(kPlace);
    await this.refresh();
    const visit = this.#visits.find((one) => one.id === open);
    if (visit && !this.#open) this.openVisit(visit);
  }

  stop() {
    this.calls.close();
    this.#leave();
  }

  /** Asks anew which visits there are: another window may have opened one. */
  async refresh() {
    this.#visits = await this.rest.list("/v1/health/visits");
    this.#showList();
  }

  /** A patient cannot open a visit: in this demo the provider's token, which dev mode gives to anybody, does it for them. */
  async createVisit(patientId, providerId) {
    const visit = await this.attempt(async () => {
      const rest = this.me.role === "patient" ? await restOf({ id: providerId, role: "provider" }) : this.rest;
      return rest.post("/v1/health/visits", { patientId, providerIds: [providerId] });
    });
    if (!visit) return;
    this.#visits = [visit, ...this.#visits];
    this.openVisit(visit);
  }

  openVisit(visit) {
    this.#leave();
    session.keepOpen(kPlace, visit.id);
    this.#unread.delete(visit.id);
    const conversation = new Conversation(this.connection, visitWire(this.connection, visit), this.me.id);
    const head = new VisitHead(conversation, { visit, me: this.me, presence: this.presence, calls: this.calls });
    const title = othersIn(visit, this.me.id).map(nameOf).join(", ");
    const back = { text: "Visits", go: () => this.closeVisit() };
    const chat = new ChatView(conversation, { me: this.me, label: "Visit", title, head: head.nodes, back, receipt: receiptOf });
    this.#open = { visit, chat, head };
    this.place.replaceChildren(chat.root);
    this.root.classList.add("open");
    chat.render();
    chat.focus();
    this.#showList();
  }

  closeVisit() {
    if (this.#open) session.keepOpen(kPlace, undefined);
    this.#leave();
    this.place.replaceChildren(element("p", { class: "empty" }, "Open a visit, or choose one, to talk."));
    this.root.classList.remove("open");
    this.#showList();
  }

  #leave() {
    this.#open?.chat.close();
    this.#open?.head.close();
    this.#open = null;
  }

  #noticed({ visitId }) {
    if (visitId !== this.#open?.visit.id) this.#unread.set(visitId, (this.#unread.get(visitId) ?? 0) + 1);
    if (this.#visits.some((visit) => visit.id === visitId)) this.#showList();
    else this.refresh().catch(() => {});
  }

  #showList() {
    this.presence.watch(this.#visits.flatMap((visit) => othersIn(visit, this.me.id)));
    this.list.show(this.#visits, this.#open?.visit.id, this.#unread);
  }
}

async function restOf(person) {
  const token = await fetchToken(person);
  return new Rest({ token: () => token, renew: () => {} });
}
