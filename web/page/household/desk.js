// App `household`: a family's board, and its chat. What is on the board is asked for anew when an event says that something has happened.
import { at } from "../common/api.js";
import { element } from "../common/dom.js";
import { Families } from "../common/families.js";
import { MembersView } from "../common/members-view.js";
import { oneAtATime } from "../common/tasks.js";
import { FamilyChat } from "./family-chat.js";
import { KarmaView } from "./karma-view.js";
import { RewardsView } from "./rewards-view.js";
import { TasksView } from "./tasks-view.js";

const kFamilies = "/v1/household/families";
const kEvents = [
  "task.created",
  "task.assigned",
  "task.completed",
  "task.deleted",
  "karma.awarded",
  "karma.deducted",
  "claim.created",
  "claim.completed",
  "claim.cancelled",
  "approval_task.created",
  "chat.created",
  "chat.updated",
];

export class Desk {
  #stopped = false;

  constructor({ me, rest, connection, attempt }) {
    Object.assign(this, { me, rest });
    this.refresh = oneAtATime(() => this.#load());
    const changed = () => this.refresh();
    const parts = { me, rest, connection, attempt, changed };
    this.families = new Families({ ...parts, path: kFamilies, place: "household", changed: () => attempt(changed) });
    this.tasks = new TasksView(parts);
    this.karma = new KarmaView(parts);
    this.rewards = new RewardsView(parts);
    this.chat = new FamilyChat(parts);
    const membersChanged = () => this.#membersChanged();
    this.members = new MembersView({ ...parts, path: (id) => kFamilies + at`/${id}/members`, roles: ["parent", "child"], place: "household", changed: membersChanged });
    const main = element("div", { class: "column" }, this.tasks.root, this.chat.root);
    this.cards = element("div", { class: "columns" }, main, element("div", { class: "column" }, this.karma.root, this.rewards.root, this.members.root));
    this.root = element("div", { class: "board" }, this.families.root, this.cards);
    this.cards.hidden = true;
    for (const event of kEvents) connection.on(event, () => this.refresh().catch(() => {}));
    connection.on("ready", () => this.refresh().catch(() => {}));
  }

  start() {
    return this.refresh();
  }

  stop() {
    this.#stopped = true;
    this.chat.close();
  }

  async #membersChanged() {
    await this.refresh();
    await this.chat.takeIn(await this.families.members());
  }

  async #load() {
    await this.families.refresh();
    const family = this.families.chosen;
    this.cards.hidden = !family;
    if (!family) return this.chat.close();
    const of = (what) => this.rest.list(at`/v1/household/${what}?familyId=${family.id}`);
    const [members, tasks, rewards, claims, chats] = await Promise.all([this.families.members(), of("tasks"), of("rewards"), of("claims"), this.rest.list("/v1/household/chats")]);
    const karma = await Promise.all(members.map((one) => this.#karmaOf(family.id, one.userId)));
    if (this.#stopped || family !== this.families.chosen) return;
    const isParent = members.some((one) => one.userId === this.me.id && one.role === "parent");
    const board = { familyId: family.id, members, isParent };
    this.tasks.show(tasks, board);
    this.karma.show(karma, board);
    this.rewards.show(rewards, claims, board);
    this.chat.show(chats, family, members);
    this.members.show(family.id, members);
  }

  async #karmaOf(familyId, userId) {
    const { balance, reserved, items } = await this.rest.get(at`/v1/household/karma?familyId=${familyId}&userId=${userId}`);
    return { userId, balance, reserved, history: items };
  }
}
