// The members of a family or a group: who they are, and, for those who may, who else is to be one.
import { at } from "./api.js";
import { card, cardList } from "./card.js";
import { element } from "./dom.js";
import { actionButton, actionForm, choiceField, fold, personField } from "./forms.js";
import { avatar } from "./people-view.js";
import { nameOf } from "./people.js";

/**
 * `path(id)` is the route of a group's members; `roles` are offered, the first one manages; none where the app has no roles.
 * `membersMayAdd` where all of them may, not only those who manage. `before(values)` is done before somebody is added; `sign(member)`
 * makes what stands beside a member's picture. `changed()` after the members have.
 */
export class MembersView {
  constructor({ me, rest, attempt, path, roles = [], membersMayAdd = false, before = async () => {}, sign = () => null, place, changed }) {
    Object.assign(this, { me, rest, attempt, path, roles, membersMayAdd, before, sign, changed });
    this.list = cardList("Members", (one) => this.#item(one), "Nobody yet.");
    this.person = personField(`${place}-member-userId`, "Person");
    this.role = choiceField(`${place}-member-role`, "Role", roles.toReversed().map((role) => [role, role]));
    const fields = roles.length > 0 ? [this.person, this.role] : [this.person];
    const form = actionForm({ label: "Add a member", fields, button: "Add", action: (values) => this.#do(() => this.#add(values)) });
    this.adding = fold("Add a member", form);
    this.root = card("Members", {}, this.list.root, this.adding);
  }

  show(id, members) {
    this.id = id;
    const mine = members.find((one) => one.userId === this.me.id);
    const manages = this.roles.length === 0 || mine?.role === this.roles[0];
    this.list.show(members.map((one) => ({ ...one, mayGo: manages || one.userId === this.me.id })));
    const others = members.map((one) => one.userId);
    this.person.offerPeople(others);
    this.adding.hidden = !(manages || this.membersMayAdd) || this.person.control.options.length === 0;
  }

  async #add(values) {
    await this.before(values);
    return this.rest.post(this.path(this.id), values);
  }

  async #do(action) {
    const done = await this.attempt(action);
    // What has failed stays told: another attempt that succeeds would clear it.
    if (done === undefined) await this.changed().catch(() => {});
    else await this.attempt(() => this.changed());
    return done;
  }

  #item(member) {
    const { userId, role, mayGo } = member;
    const isMe = userId === this.me.id;
    const remove = () => this.#do(() => this.rest.delete(this.path(this.id) + at`/${userId}`));
    const name = nameOf(userId);
    return element(
      "li",
      { class: "row-item" },
      avatar(userId, name),
      this.sign(member),
      element("span", { class: "who" }, element("strong", {}, isMe ? `${name} (you)` : name), this.roles.length > 0 ? element("small", {}, role) : null),
      mayGo ? actionButton(isMe ? "Leave" : "Remove", remove, { look: "link", focus: `remove ${userId}`, "aria-label": isMe ? "Leave" : `Remove ${name}` }) : null,
    );
  }
}
