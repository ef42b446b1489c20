// The families that a person belongs to, in the apps that have families: which one is on the board, and founding another.
import { at } from "./api.js";
import { element } from "./dom.js";
import { actionForm, choiceField, fold, textField } from "./forms.js";
import { session } from "./session.js";

/** `path` is the route of the app's families, `place` where the page keeps which one is open. `changed()` after another is chosen. */
export class Families {
  all = [];
  chosen = undefined;

  constructor({ rest, attempt, path, place, changed }) {
    Object.assign(this, { rest, attempt, path, place, changed });
    this.choice = choiceField(`${place}-family`, "Family", []);
    this.choice.control.addEventListener("change", () => this.#choose(this.choice.control.value));
    const name = textField(`${place}-family-name`, "Name of the family");
    const form = actionForm({ label: "Found a family", fields: [name], button: "Found", action: (values) => this.#found(values) });
    this.founding = fold("Found a family", form);
    this.none = element("p", { class: "lead" }, "You are in no family yet. Found one here, and add others to it; or wait until somebody adds you.");
    this.root = element("div", { class: "board-head" }, this.none, this.choice.node, this.founding);
  }

  async refresh() {
    this.all = await this.rest.list(this.path);
    this.#show();
  }

  members() {
    return this.rest.list(this.path + at`/${this.chosen.id}/members`);
  }

  #choose(id) {
    session.keepOpen(this.place, id);
    this.#show();
    this.changed();
  }

  async #found({ name }) {
    const family = await this.attempt(() => this.rest.post(this.path, { name }));
    if (!family) return undefined;
    this.all = [family, ...this.all];
    this.founding.open = false;
    this.#choose(family.id);
    return family;
  }

  #show() {
    const kept = session.open(this.place);
    this.chosen = this.all.find((one) => one.id === kept) ?? this.all[0];
    this.none.hidden = this.all.length > 0;
    this.choice.node.hidden = this.all.length === 0;
    this.founding.open ||= this.all.length === 0;
    this.choice.offer(this.all.map((one) => [one.id, one.name]));
    if (this.chosen) this.choice.control.value = this.chosen.id;
  }
}
