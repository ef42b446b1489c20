// The side of the page with the visits of the person, and the form that opens another one.
import { dayAndClockOf, element, field } from "../common/dom.js";
import { avatar } from "../common/people-view.js";
import { idFromName, kPeople, nameOf } from "../common/people.js";
import { presenceDot } from "./presence-dot.js";

const kSomebodyElse = "";

/** The ids of the others in a visit. */
export function othersIn(visit, myId) {
  const others = [visit.patientId, ...visit.providerIds].filter((id) => id !== myId);
  return others.length > 0 ? others : [myId];
}

/** A choice of people of one role, or anybody by name. `value()` gives the user id. */
function personField(role, label) {
  const options = kPeople.filter((person) => person.role === role).map((person) => element("option", { value: person.id }, person.name));
  const select = element("select", { id: `visit-${role}` }, options, element("option", { value: kSomebodyElse }, "Somebody else…"));
  const name = element("input", { id: `visit-${role}-name`, maxlength: "60", autocomplete: "off" });
  const nameField = field(`Name of the ${role}`, name);
  const update = () => {
    nameField.hidden = select.value !== kSomebodyElse;
    name.required = !nameField.hidden;
  };
  select.addEventListener("change", update);
  update();
  return { nodes: [field(label, select), nameField], value: () => select.value || idFromName(name.value) };
}

/** A list that `show(visits, openId, unread)` fills, and a form. `open(visit)` and `create(patientId, providerId)` do the rest. */
export class VisitsView {
  constructor({ me, open, create, presence }) {
    this.me = me;
    this.presence = presence;
    this.open = open;
    this.list = element("ul", { class: "visits" });
    this.root = element(
      "aside",
      { class: "side", "aria-label": "Visits" },
      element("h2", { tabindex: "-1" }, "Visits"),
      this.list,
      this.#form(create),
    );
  }

  show(visits, openId, unread) {
    if (visits.length === 0) {
      this.list.replaceChildren(element("li", { class: "empty" }, "No visit yet. Open one below."));
      return;
    }
    const focused = document.activeElement?.closest?.(".visits button")?.dataset.visit;
    this.list.replaceChildren(...visits.map((visit) => this.#item(visit, openId, unread.get(visit.id) ?? 0)));
    if (focused) this.list.querySelector(`[data-visit="${CSS.escape(focused)}"]`)?.focus();
  }

  #item(visit, openId, unread) {
    const others = othersIn(visit, this.me.id);
    const names = others.map(nameOf).join(", ");
    const when = visit.scheduledAt ?? visit.createdAt;
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "visit", "data-visit": visit.id, "aria-current": visit.id === openId ? "true" : null, onclick: () => this.open(visit) },
        avatar(others[0], nameOf(others[0])),
        presenceDot(this.presence.of(others[0])),
        element("span", { class: "who" }, element("strong", {}, names), when ? element("small", {}, dayAndClockOf(when)) : null),
        unread > 0 ? element("span", { class: "unread" }, String(unread), element("span", { class: "hidden" }, " unread")) : null,
      ),
    );
  }

  #form(create) {
    const roles = ["patient", "provider"].filter((role) => role !== this.me.role);
    const fields = roles.map((role) => [role, personField(role, roles.length === 1 ? "With" : role === "patient" ? "Patient" : "Provider")]);
    const submit = async (event) => {
      event.preventDefault();
      const chosen = { [this.me.role]: this.me.id };
      for (const [role, one] of fields) chosen[role] = one.value();
      button.disabled = true;
      await create(chosen.patient, chosen.provider);
      button.disabled = false;
    };
    const button = element("button", { class: "primary" }, "Open a visit");
    return element("form", { class: "open-visit", onsubmit: submit }, fields.flatMap(([, one]) => one.nodes), button);
  }
}
