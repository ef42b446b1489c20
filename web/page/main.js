// The page: who one is, the visits of that person, and the open one.
import { createVisit, fetchToken, fetchVisits } from "./api.js";
import { BellView } from "./bell-view.js";
import { CallView } from "./call-view.js";
import { Calls } from "./call.js";
import { ChatView } from "./chat-view.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { byId, element } from "./dom.js";
import { avatar, peopleView } from "./people-view.js";
import { kOwnStatuses, kStatuses, Presence } from "./presence.js";
import { session } from "./session.js";
import { othersIn, VisitsView } from "./visits-view.js";

const kLookForVisitsMs = 3_000;

function showState(name, text) {
  const state = byId("state");
  state.dataset.state = name;
  state.textContent = text;
}

function showNotice(text) {
  byId("notice").textContent = text ?? "";
  byId("notice").hidden = !text;
}

/** Runs what may fail with something to tell. */
async function attempt(action) {
  try {
    const result = await action();
    showNotice(null);
    return result;
  } catch (error) {
    showNotice(error.message);
    return undefined;
  }
}

/** The page of somebody signed in. */
class Desk {
  #visits = [];
  #unread = new Map(); // by visit
  #chat = null;

  constructor(me) {
    this.me = me;
    this.connection = new Connection({ token: me.token, renewToken: () => this.renewToken(), onState: showState });
    this.presence = new Presence(this.connection);
    this.presence.addEventListener("change", () => this.#showList());
    this.calls = new Calls(this.connection, me.id);
    this.bell = new BellView(this.connection);
    this.list = new VisitsView({ me, presence: this.presence, open: (visit) => this.openVisit(visit), create: (...pair) => this.createVisit(...pair) });
    this.place = element("div", { class: "place" });
    this.root = element("div", { class: "desk" }, this.list.root, this.place, new CallView(this.calls).root);
    this.connection.on("connected", () => this.refreshQuietly());
    this.connection.on("message:new", (message) => this.#noticed(message));
  }

  async start() {
    byId("main").replaceChildren(this.root);
    this.closeVisit();
    this.connection.open();
    this.looking = setInterval(() => !document.hidden && this.connection.online && this.refreshQuietly(), kLookForVisitsMs);
    await attempt(() => this.refresh());
    const visit = this.#visits.find((one) => one.id === session.visitId);
    if (visit) this.openVisit(visit);
  }

  stop() {
    clearInterval(this.looking);
    this.calls.close();
    this.#chat?.close();
    this.connection.close();
  }

  async renewToken() {
    const token = await fetchToken(this.me);
    this.me = { ...this.me, token };
    session.me = this.me;
    return token;
  }

  /** Asks anew which visits there are: another window may have opened one. */
  async refresh() {
    this.#visits = await fetchVisits(this.me.token).catch(async (error) => {
      if (error.status !== 401) throw error;
      return fetchVisits(await this.renewToken());
    });
    this.#showList();
  }

  /** As `refresh`; a failure is left to the next time, the connection's state tells of it. */
  refreshQuietly() {
    this.refresh().catch(() => {});
  }

  /** A patient cannot open a visit: in this demo the provider's token, which dev mode gives to anybody, does it for them. */
  async createVisit(patientId, providerId) {
    const visit = await attempt(async () => {
      const provider = { id: providerId, role: "provider" };
      const token = this.me.role === "patient" ? await fetchToken(provider) : this.me.token;
      return createVisit(token, patientId, providerId);
    });
    if (!visit) return;
    this.#visits = [visit, ...this.#visits];
    this.openVisit(visit);
  }

  openVisit(visit) {
    this.#chat?.close();
    session.visitId = visit.id;
    this.#unread.delete(visit.id);
    const conversation = new Conversation(this.connection, visit, this.me.id);
    this.#chat = new ChatView(conversation, { me: this.me, back: () => this.closeVisit(), presence: this.presence, calls: this.calls });
    this.place.replaceChildren(this.#chat.root);
    this.root.classList.add("open");
    this.#chat.render();
    this.#chat.focus();
    this.#showList();
  }

  closeVisit() {
    if (this.#chat) session.visitId = undefined;
    this.#chat?.close();
    this.#chat = null;
    this.place.replaceChildren(element("p", { class: "empty" }, "Open a visit, or choose one, to talk."));
    this.root.classList.remove("open");
    this.#showList();
  }

  #noticed({ visitId }) {
    if (visitId !== this.#chat?.conversation.visit.id) this.#unread.set(visitId, (this.#unread.get(visitId) ?? 0) + 1);
    if (this.#visits.some((visit) => visit.id === visitId)) this.#showList();
    else this.refreshQuietly();
  }

  #showList() {
    this.presence.watch(this.#visits.flatMap((visit) => othersIn(visit, this.me.id)));
    this.list.show(this.#visits, this.#chat?.conversation.visit.id, this.#unread);
  }
}

let desk = null;

function choosePerson() {
  desk?.stop();
  desk = null;
  session.forget();
  showState("none", "");
  showNotice(null);
  byId("me").replaceChildren();
  byId("main").replaceChildren(peopleView(signIn));
}

async function signIn(person) {
  const token = await attempt(() => fetchToken(person));
  if (!token) return;
  session.me = { ...person, token };
  enter();
}

/** The choice of one's own presence. */
function statusChoice(presence) {
  const options = kOwnStatuses.map((status) => element("option", { value: status }, kStatuses[status]));
  const choice = element("select", { id: "status", class: "status", onchange: (event) => presence.choose(event.target.value) }, options);
  return element("span", {}, element("label", { for: "status", class: "hidden" }, "Your status"), choice);
}

function enter() {
  const { me } = session;
  document.title = `${me.name} · Belfry`;
  desk = new Desk(me);
  byId("me").replaceChildren(
    desk.bell.root,
    statusChoice(desk.presence),
    avatar(me.id, me.name),
    element("span", { class: "who" }, element("strong", {}, me.name), element("small", {}, me.role)),
    element("a", { class: "small button", href: "./", target: "_blank", rel: "noopener" }, "Second window"),
    element("button", { type: "button", class: "small", onclick: choosePerson }, "Switch person"),
  );
  desk.start();
}

if (session.me) enter();
else choosePerson();
