// Who looks after whom, and when.
import { at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { clockOf, dayAndClockOf, element } from "../common/dom.js";
import { actionButton, actionForm, choiceField, fold, timeField } from "../common/forms.js";
import { nameOf } from "../common/people.js";

const kHourMs = 3_600_000;
const kShiftMs = 8 * kHourMs;
const kShown = 6;

function stateOf({ checkedInAt, checkedOutAt }) {
  if (checkedOutAt) return ["done", `Over: ${clockOf(checkedInAt)} to ${clockOf(checkedOutAt)}`];
  return checkedInAt ? ["there", `There since ${clockOf(checkedInAt)}`] : ["planned", "Planned"];
}

export class ShiftsView {
  constructor({ me, rest, attempt, changed }) {
    Object.assign(this, { me, rest, attempt, changed });
    this.list = cardList("Shifts", (shift) => this.#item(shift), "No shift yet.");
    const begin = new Date(Math.ceil(Date.now() / kHourMs) * kHourMs);
    this.recipient = choiceField("shift-careRecipientId", "For", []);
    this.caregiver = choiceField("shift-caregiverId", "Caregiver", []);
    const fields = [this.recipient, this.caregiver, timeField("shift-startsAt", "From", begin), timeField("shift-endsAt", "Until", new Date(begin.getTime() + kShiftMs))];
    const form = actionForm({ label: "Plan a shift", fields, button: "Plan", action: (values) => this.#do("/v1/care/shifts", values) });
    this.planning = fold("Plan a shift", form);
    this.root = card("Shifts", {}, this.list.root, this.planning);
  }

  show(shifts, recipients, members) {
    this.recipient.offer([...recipients.values()].map((one) => [one.id, one.name]));
    this.caregiver.offer(members.map((one) => [one.userId, nameOf(one.userId)]));
    this.planning.hidden = recipients.size === 0;
    const isAdmin = members.some((one) => one.userId === this.me.id && one.role === "admin");
    this.list.show(shifts.slice(0, kShown).map((one) => ({ ...one, who: recipients.get(one.careRecipientId)?.name, mayCheck: isAdmin || one.caregiverId === this.me.id })));
  }

  async #do(path, values) {
    const done = await this.attempt(() => this.rest.post(path, values));
    await this.changed();
    return done;
  }

  #item(shift) {
    const [state, text] = stateOf(shift);
    const { id, who, caregiverId, startsAt, endsAt } = shift;
    const button = (label, path) => actionButton(label, () => this.#do(path), { focus: `shift ${id}`, "aria-label": `${label}: ${nameOf(caregiverId)}` });
    const check = state === "planned" ? button("Check in", at`/v1/care/shifts/${id}/check-in`) : button("Check out", at`/v1/care/shifts/${id}/check-out`);
    return element(
      "li",
      { class: "row-item", "data-state": state },
      element("span", { class: "who" }, element("strong", {}, nameOf(caregiverId)), element("small", {}, `${who}, ${dayAndClockOf(startsAt)} to ${clockOf(endsAt)}`)),
      element("span", { class: "tag" }, text),
      shift.mayCheck && state !== "done" ? check : null,
    );
  }
}
