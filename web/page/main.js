// The page: who one is, and the app that the address names (`#care`); each app is a folder with a `Desk`.
import { fetchToken, Rest } from "./common/api.js";
import { Connection } from "./common/connection.js";
import { byId, element } from "./common/dom.js";
import { avatar, peopleView } from "./common/people-view.js";
import { personInLink } from "./common/people.js";
import { session } from "./common/session.js";
import { WireLog } from "./common/wire-log.js";

const kApps = { health: "Health", care: "Care", household: "Household", groups: "Groups", inbox: "Inbox" };
const kLookAgainMs = 3_000;

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

function appInAddress() {
  const name = location.hash.slice(1);
  return Object.hasOwn(kApps, name) ? name : "health";
}

/** One app as one person, from its opening to its end. */
class Stay {
  constructor(app, me) {
    this.app = app;
    this.me = me;
    const token = () => this.me.token;
    const renew = () => this.renewToken();
    this.rest = new Rest({ token, renew });
    this.connection = new Connection({ app, token, renew, onState: showState });
  }

  async begin() {
    const { Desk } = await import(`./${this.app}/desk.js`);
    if (stay !== this) return;
    this.desk = new Desk({ me: this.me, rest: this.rest, connection: this.connection, attempt });
    const log = new WireLog(this.connection);
    byId("tools").replaceChildren(...(this.desk.tools ?? []), log.root);
    byId("main").replaceChildren(this.desk.root);
    await attempt(() => this.desk.prepare?.(this.me.token));
    if (stay !== this) return;
    this.connection.open();
    this.looking = setInterval(() => this.#lookAgain(), kLookAgainMs);
    await attempt(() => this.desk.start());
  }

  end() {
    clearInterval(this.looking);
    this.desk?.stop?.();
    this.connection.close();
  }

  async renewToken() {
    this.me.token = await fetchToken(this.me);
    session.me = this.me;
    await this.desk?.prepare?.(this.me.token);
  }

  /** Not everything that another window does is told by an event. A failure is left to the next time: the connection's state tells of it. */
  #lookAgain() {
    if (!document.hidden && this.connection.online) this.desk.refresh().catch(() => {});
  }
}

let stay = null;

function leave() {
  stay?.end();
  stay = null;
  showNotice(null);
}

function enter() {
  leave();
  const app = appInAddress();
  for (const link of byId("apps").children) link.setAttribute("aria-current", link.dataset.app === app ? "page" : "false");
  if (!session.me) return choosePerson();
  document.title = `${session.me.name} · ${kApps[app]} · Belfry`;
  showMe(session.me);
  stay = new Stay(app, session.me);
  stay.begin();
}

function choosePerson() {
  leave();
  session.forget();
  history.replaceState(null, "", location.pathname + location.hash);
  showState("none", "");
  byId("me").replaceChildren();
  byId("main").replaceChildren(peopleView(signIn));
}

async function signIn(person) {
  const token = await attempt(() => fetchToken(person));
  if (!token) return choosePerson();
  session.forget();
  session.me = { ...person, token };
  enter();
}

function showMe(me) {
  byId("me").replaceChildren(
    element("span", { id: "tools", class: "tools" }),
    avatar(me.id, me.name),
    element("span", { class: "who" }, element("strong", {}, me.name), element("small", {}, me.role)),
    element("a", { class: "small button", href: `./${location.hash}`, target: "_blank", rel: "noopener" }, "Second window"),
    element("button", { type: "button", class: "small", onclick: choosePerson }, "Switch person"),
  );
}

byId("apps").append(...Object.entries(kApps).map(([app, name]) => element("a", { href: `#${app}`, "data-app": app }, name)));
addEventListener("hashchange", enter);
const linked = personInLink(location.search);
if (linked && linked.id !== session.me?.id) signIn(linked);
else enter();
