// App `care`: a family's board. Everything on it is asked for anew when an event says that something has happened.
import { at } from "../common/api.js";
import { element } from "../common/dom.js";
import { Families } from "../common/families.js";
import { MembersView } from "../common/members-view.js";
import { oneAtATime } from "../common/tasks.js";
import { AlertsView } from "./alerts-view.js";
import { MedicationsView } from "./medications-view.js";
import { ShiftsView } from "./shifts-view.js";

const kFamilies = "/v1/care/families";
const kLogsShown = 4;
const kEvents = [
  "medication.logged",
  "emergency.alert.created",
  "emergency.alert.acknowledged",
  "shift.checkin",
  "shift.checkout",
  "family.member.added",
  "family.member.removed",
];

export class Desk {
  constructor({ me, rest, connection, attempt }) {
    Object.assign(this, { rest, connection });
    this.refresh = oneAtATime(() => this.#load());
    const changed = () => this.refresh();
    const parts = { me, rest, connection, attempt, changed };
    this.families = new Families({ ...parts, path: kFamilies, place: "care", changed: () => attempt(changed) });
    this.alerts = new AlertsView(parts);
    this.medications = new MedicationsView(parts);
    this.shifts = new ShiftsView(parts);
    this.members = new MembersView({ ...parts, path: (id) => kFamilies + at`/${id}/members`, roles: ["admin", "caregiver", "member"], place: "care" });
    this.cards = element("div", { class: "cards" }, this.medications.root, this.alerts.root, this.shifts.root, this.members.root);
    this.root = element("div", { class: "board" }, this.families.root, this.alerts.banners, this.cards);
    this.cards.hidden = true;
    for (const event of kEvents) connection.on(event, () => this.refresh().catch(() => {}));
    connection.on("ready", () => this.#enter().catch(() => {}));
  }

  start() {
    return this.refresh();
  }

  /** After a connect: once the server has let us into the family's room, nothing is missed. */
  async #enter() {
    await this.refresh();
    if (!this.families.chosen) return;
    await this.connection.ask("family:join", { familyId: this.families.chosen.id });
    await this.refresh();
  }

  async #load() {
    await this.families.refresh();
    const family = this.families.chosen;
    this.cards.hidden = !family;
    this.alerts.banners.hidden = !family;
    if (!family) return;
    const of = (what) => this.rest.list(at`/v1/care/${what}?familyId=${family.id}`);
    const [members, recipients, alerts, shifts] = await Promise.all([this.families.members(), of("recipients"), of("alerts"), of("shifts")]);
    const medications = (await Promise.all(recipients.map((one) => this.#medicationsOf(one)))).flat();
    if (family !== this.families.chosen) return;
    const byId = new Map(recipients.map((one) => [one.id, one]));
    this.alerts.show(alerts, byId);
    this.medications.show(family.id, byId, medications);
    this.shifts.show(shifts, byId, members);
    this.members.show(family.id, members);
  }

  async #medicationsOf({ id }) {
    const medications = await this.rest.list(at`/v1/care/recipients/${id}/medications`);
    return Promise.all(medications.map(async (one) => ({ ...one, logs: await this.rest.list(at`/v1/care/medications/${one.id}/logs?limit=${kLogsShown}`) })));
  }
}
