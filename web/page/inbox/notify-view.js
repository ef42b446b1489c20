// What an API of one's own does: it notifies one user, or everybody. In this demo the page is an admin for that.
import { adminRest, at } from "../common/api.js";
import { card } from "../common/card.js";
import { element } from "../common/dom.js";
import { actionForm, choiceField, textField } from "../common/forms.js";
import { kPeople } from "../common/people.js";
import { kTypes } from "./types.js";

const kEverybody = "";
const kAskAgainMs = 300;

export class NotifyView {
  #stopped = false;

  constructor({ me, attempt }) {
    Object.assign(this, { attempt });
    this.rest = adminRest();
    const others = kPeople.filter((one) => one.id !== me.id);
    const people = [me, ...others].map((one) => [one.id, one.id === me.id ? `${one.name} (you)` : one.name]);
    this.to = choiceField("notify-to", "To", [[kEverybody, "Everybody"], ...people]);
    this.to.control.required = false; // everybody is nobody by name
    const type = choiceField("notify-type", "Kind", Object.entries(kTypes));
    const message = textField("notify-message", "Message");
    this.form = actionForm({ label: "Notify", fields: [message, type, this.to], button: "", className: "action broad", action: (values) => this.#send(values) });
    this.to.control.addEventListener("change", () => this.#nameButton());
    this.bar = element("progress", { hidden: true, "aria-label": "People told" });
    this.told = element("p", { class: "faint", role: "status" });
    const about = element("p", { class: "faint" }, "An admin's request over REST, as an API of one's own sends it. With more than 1000 users, everybody is told by a job in the background.");
    this.root = card("Notify", {}, about, this.form, this.bar, this.told);
    this.#nameButton();
  }

  stop() {
    this.#stopped = true;
  }

  #nameButton() {
    const everybody = this.to.control.value === kEverybody;
    this.form.querySelector("button").textContent = everybody ? "Notify everybody" : "Notify";
  }

  /** The key makes one of it, should the request be sent again after a new token. */
  #send({ message, type, to }) {
    this.told.textContent = "";
    const whom = to === kEverybody ? { allUsers: true } : { userId: to };
    return this.attempt(async () => {
      const answer = await this.rest.post("/v1/inbox/notifications", { message, type, ...whom }, crypto.randomUUID());
      if (answer.job) await this.#follow(answer.job);
      else this.#showTold(answer.created ?? 1);
      return answer;
    });
  }

  async #follow(begun) {
    this.bar.hidden = false;
    try {
      let job = begun;
      for (; job.state !== "done" && !this.#stopped; job = await this.rest.get(at`/v1/inbox/jobs/${job.id}`)) {
        this.bar.max = job.total;
        this.bar.value = job.done;
        this.told.textContent = `${job.done} of ${job.total} people are told…`;
        await new Promise((resolve) => setTimeout(resolve, kAskAgainMs));
      }
      this.#showTold(job.done);
    } finally {
      this.bar.hidden = true;
    }
  }

  #showTold(count) {
    this.told.textContent = count === 1 ? "One person is told." : `${count} people are told.`;
  }
}
