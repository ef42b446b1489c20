// Whom the family cares for, their medications, and whether they were taken.
import { card } from "../common/card.js";
import { clockOf, dayAndClockOf, element } from "../common/dom.js";
import { actionButton, actionForm, choiceField, fold, textField } from "../common/forms.js";
import { KeyedList } from "../common/keyed-list.js";
import { nameOf } from "../common/people.js";

const kStatuses = { GIVEN: "Taken", SKIPPED: "Skipped", REFUSED: "Refused", MISSED: "Missed" };

export class MedicationsView {
  constructor({ rest, connection, attempt, changed }) {
    Object.assign(this, { rest, connection, attempt, changed });
    this.rows = element("div", { class: "medications", role: "list", "aria-label": "Medications" });
    this.list = new KeyedList(this.rows);
    this.recipient = choiceField("medication-careRecipientId", "For", []);
    const fields = [this.recipient, textField("medication-name", "Medication"), textField("medication-dosage", "Dosage (optional)", { optional: true }), textField("medication-schedule", "When (optional)", { optional: true })];
    const form = actionForm({ label: "Add a medication", fields, button: "Add", action: (values) => this.#make("/v1/care/medications", values) });
    this.adding = fold("Add a medication", form);
    const recipient = actionForm({ label: "Add somebody cared for", fields: [textField("recipient-name", "Name")], button: "Add", action: ({ name }) => this.#make("/v1/care/recipients", { familyId: this.familyId, name }) });
    this.addingRecipient = fold("Add somebody cared for", recipient);
    this.root = card("Medications", { wide: true }, this.rows, this.adding, this.addingRecipient);
  }

  /** `medications`: each with its newest `logs`. */
  show(familyId, recipients, medications) {
    this.familyId = familyId;
    this.recipient.offer([...recipients.values()].map((one) => [one.id, one.name]));
    this.adding.hidden = recipients.size === 0;
    if (recipients.size === 0) this.addingRecipient.open = true;
    const empty = recipients.size === 0 ? "First say whom the family cares for." : "No medication yet.";
    const rows = medications.map((one) => {
      const whole = { ...one, who: recipients.get(one.careRecipientId).name };
      return [JSON.stringify(whole), () => this.#item(whole)];
    });
    this.list.show(rows.length > 0 ? rows : [[empty, () => element("p", { class: "empty" }, empty)]]);
  }

  async #make(path, values) {
    const made = await this.attempt(() => this.rest.post(path, values));
    if (made) await this.changed();
    return made;
  }

  /** Over the socket, as a device at the bedside does. */
  #log(medicationId, status) {
    return this.attempt(async () => {
      const answer = await this.connection.ask("medication:log", { medicationId, status });
      if (!answer.success) throw new Error(answer.error);
      await this.changed();
    });
  }

  #item({ id, name, dosage, schedule, who, logs }) {
    const about = [`for ${who}`, dosage, schedule].filter(Boolean).join(", ");
    const button = ([status, text]) => actionButton(text, () => this.#log(id, status), { look: status === "GIVEN" ? "small primary" : "small", focus: `${status} ${id}`, "aria-label": `${text}: ${name}` });
    const last = logs.map((log) => element("li", { "data-status": log.status }, element("strong", {}, kStatuses[log.status]), ` ${nameOf(log.loggedBy)}, ${sameDay(log.createdAt) ? clockOf(log.createdAt) : dayAndClockOf(log.createdAt)}`));
    return element(
      "div",
      { class: "medication", role: "listitem" },
      element("div", { class: "medication-head" }, element("span", { class: "who" }, element("strong", {}, name), element("small", {}, about)), element("span", { class: "buttons" }, Object.entries(kStatuses).filter(([status]) => status !== "MISSED").map(button))),
      element("ul", { class: "logs", "aria-label": `Log of ${name}` }, last.length > 0 ? last : element("li", { class: "empty" }, "Nothing noted yet.")),
    );
  }
}

const sameDay = (time) => new Date(time).toDateString() === new Date().toDateString();
