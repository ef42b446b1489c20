// How much karma each of a family has, and how it came.
import { card, cardList } from "../common/card.js";
import { dayAndClockOf, element } from "../common/dom.js";
import { actionForm, choiceField, fold, numberField, textField } from "../common/forms.js";
import { avatar } from "../common/people-view.js";
import { nameOf } from "../common/people.js";

const kHistoryShown = 8;
const kMost = 1_000_000;

export class KarmaView {
  #karma = [];

  constructor({ me, rest, attempt, changed }) {
    Object.assign(this, { me, rest, attempt, changed });
    this.balances = cardList("Karma", balanceItem, "Nobody yet.");
    this.history = cardList("History of karma", historyItem, "No karma so far.");
    this.whose = choiceField("karma-of", "History of", []);
    this.whose.control.addEventListener("change", () => this.#showHistory());
    this.member = choiceField("karma-userId", "Member", []);
    const fields = [this.member, numberField("karma-amount", "Karma (or minus)", { value: "5", min: String(-kMost), max: String(kMost) }), textField("karma-reason", "Reason")];
    this.giving = fold("Give or take karma", actionForm({ label: "Give or take karma", fields, button: "Give", action: (values) => this.#give(values) }));
    const past = element("details", { class: "fold" }, element("summary", {}, "History"), element("div", { class: "history" }, this.whose.node, this.history.root));
    this.root = card("Karma", {}, this.balances.root, past, this.giving);
  }

  /** `karma`: of each member `{userId, balance, reserved, history}`. */
  show(karma, { familyId, members, isParent }) {
    const isFirst = this.familyId !== familyId;
    this.familyId = familyId;
    this.#karma = karma;
    const people = members.map((one) => [one.userId, nameOf(one.userId)]);
    this.whose.offer(people);
    if (isFirst) this.whose.control.value = this.me.id;
    this.member.offer(people);
    this.giving.hidden = !isParent;
    this.balances.show(karma.map(({ userId, balance, reserved }) => ({ userId, balance, reserved })));
    this.#showHistory();
  }

  #showHistory() {
    const whose = this.#karma.find((one) => one.userId === this.whose.control.value);
    this.history.show((whose?.history ?? []).slice(0, kHistoryShown));
  }

  async #give(values) {
    const given = await this.attempt(() => this.rest.post("/v1/household/karma", { familyId: this.familyId, ...values }));
    if (given) await this.changed();
    return given;
  }
}

function balanceItem({ userId, balance, reserved }) {
  const aside = reserved > 0 ? element("small", {}, `${reserved} set aside for a reward`) : null;
  const who = element("span", { class: "who" }, element("strong", {}, nameOf(userId)), aside);
  return element("li", { class: "row-item" }, avatar(userId, nameOf(userId)), who, element("span", { class: "balance" }, String(balance)));
}

function historyItem({ amount, reason, createdAt }) {
  const sign = amount > 0 ? `+${amount}` : `−${-amount}`;
  const who = element("span", { class: "who" }, element("span", {}, reason), element("small", {}, dayAndClockOf(createdAt)));
  return element("li", { class: "row-item" }, who, element("span", { class: "amount", "data-sign": amount > 0 ? "more" : "less" }, sign));
}
