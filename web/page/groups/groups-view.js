// The side of the page with the groups of a person, and the form that makes another one.
import { element } from "../common/dom.js";
import { actionForm, textField } from "../common/forms.js";
import { KeyedList } from "../common/keyed-list.js";
import { avatar } from "../common/people-view.js";

/** `open(group)` and `create(name)` do the rest. */
export class GroupsView {
  constructor({ open, create }) {
    this.open = open;
    const list = element("ul", { class: "visits", "aria-label": "Your groups" });
    this.list = new KeyedList(list);
    const form = actionForm({ label: "Make a group", fields: [textField("group-name", "Name of a new group")], button: "Make a group", className: "open-visit", action: ({ name }) => create(name) });
    this.root = element("aside", { class: "side", "aria-label": "Groups" }, element("h2", { tabindex: "-1" }, "Groups"), list, form);
  }

  show(groups, openId, unread) {
    const shown = groups.map((group) => ({ group, isOpen: group.id === openId, count: unread.get(group.id) ?? 0 }));
    this.list.showAll(shown, (one) => this.#item(one), "No group yet. Make one below.");
  }

  #item({ group, isOpen, count }) {
    const number = count > 0 ? element("span", { class: "unread" }, String(count), element("span", { class: "hidden" }, " unread")) : null;
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "visit", "data-focus": group.id, "aria-current": isOpen ? "true" : null, onclick: () => this.open(group) },
        avatar(group.id, group.name),
        element("span", { class: "who" }, element("strong", {}, group.name)),
        number,
      ),
    );
  }
}
