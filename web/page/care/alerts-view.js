// Emergencies: those that nobody has seen to stand as banners above the board, the others in a list.
import { at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { clockOf, dayAndClockOf, element } from "../common/dom.js";
import { actionButton, actionForm, choiceField, textField } from "../common/forms.js";
import { KeyedList } from "../common/keyed-list.js";
import { nameOf } from "../common/people.js";

const kTypes = { FALL: "Fall", MEDICAL: "Medical emergency", MISSING: "Missing person", FIRE: "Fire", OTHER: "Something else" };
const kSeverities = [["CRITICAL", "Critical"], ["HIGH", "High"], ["MEDIUM", "Medium"], ["LOW", "Low"]];
const kPastShown = 5;

const typeText = (type) => kTypes[type] ?? type;

export class AlertsView {
  constructor({ rest, attempt, changed }) {
    Object.assign(this, { rest, attempt, changed });
    this.banners = element("div", { class: "banners", role: "region", "aria-label": "Emergencies", "aria-live": "assertive" });
    this.active = new KeyedList(this.banners);
    this.past = cardList("Past emergencies", pastItem, "No emergency so far.");
    this.recipient = choiceField("alert-careRecipientId", "Who", []);
    const type = choiceField("alert-type", "What", Object.entries(kTypes));
    const severity = choiceField("alert-severity", "How grave", kSeverities);
    const message = textField("alert-message", "More (optional)", { optional: true });
    this.form = actionForm({ label: "Raise an emergency", fields: [this.recipient, type, severity, message], button: "Raise the alarm", look: "stop", className: "action broad", action: (values) => this.#raise(values) });
    this.hint = element("p", { class: "faint" }, "Add somebody whom the family cares for, to raise an alarm.");
    this.root = card("Emergency", {}, this.form, this.hint, this.past.root);
  }

  /** `recipients` by id. */
  show(alerts, recipients) {
    this.recipient.offer([...recipients.values()].map((one) => [one.id, one.name]));
    this.form.hidden = recipients.size === 0;
    this.hint.hidden = !this.form.hidden;
    const whole = alerts.map((one) => ({ ...one, who: recipients.get(one.careRecipientId)?.name ?? "Somebody" }));
    this.active.show(whole.filter((one) => !one.acknowledgedBy).map((one) => [one.id, () => this.#banner(one)]));
    this.past.show(whole.filter((one) => one.acknowledgedBy).slice(0, kPastShown));
  }

  async #raise(values) {
    const alert = await this.attempt(() => this.rest.post("/v1/care/alerts", values));
    if (alert) await this.changed();
    return alert;
  }

  /** Somebody else may have been quicker: then the server says so, and the board shows who. */
  async #acknowledge(id) {
    await this.attempt(() => this.rest.post(at`/v1/care/alerts/${id}/acknowledge`));
    await this.changed();
  }

  #banner({ id, type, severity, who, message, createdBy, createdAt }) {
    return element(
      "div",
      { class: "banner", "data-severity": severity },
      element("div", {}, element("strong", {}, `${typeText(type)}: ${who}`), message ? element("p", {}, message) : null, element("small", {}, `${severity.toLowerCase()}, raised by ${nameOf(createdBy)}, ${clockOf(createdAt)}`)),
      actionButton("Acknowledge", () => this.#acknowledge(id), { look: "acknowledge", "aria-label": `Acknowledge ${typeText(type)}: ${who}` }),
    );
  }
}

function pastItem({ type, who, message, acknowledgedBy, acknowledgedAt }) {
  const what = message ? `${typeText(type)}: ${who}. ${message}` : `${typeText(type)}: ${who}`;
  return element("li", { class: "row-item" }, element("span", { class: "who" }, element("span", {}, what), element("small", {}, `Acknowledged by ${nameOf(acknowledgedBy)}, ${dayAndClockOf(acknowledgedAt)}`)));
}
