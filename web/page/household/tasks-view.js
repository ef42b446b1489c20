// What is to be done in a family, by whom, and what it brings.
import { at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { dayAndClockOf, element } from "../common/dom.js";
import { actionButton, actionForm, choiceField, fold, numberField, textField } from "../common/forms.js";
import { nameOf } from "../common/people.js";

const kTasks = "/v1/household/tasks";
const kDoneShown = 5;
const kRoles = { parent: "Any parent", child: "Any child" };
const kUnassigned = "unassigned";
const kKarmaMax = "1000000";

/** The text of a choice of whom a task is for, as the server reads it. */
function assignmentOf(choice) {
  if (choice === kUnassigned) return { type: kUnassigned };
  const [type, ...rest] = choice.split(":");
  return type === "role" ? { type, role: rest.join(":") } : { type, memberId: rest.join(":") };
}

function whoText({ type, memberId, role }) {
  if (type === "member") return nameOf(memberId);
  return type === "role" ? kRoles[role] : "Anybody";
}

export class TasksView {
  constructor({ me, rest, attempt, changed }) {
    Object.assign(this, { me, rest, attempt, changed });
    this.open = cardList("Open tasks", (task) => this.#item(task), "Nothing is to be done.");
    this.done = cardList("Done tasks", doneItem, "Nothing has been done yet.");
    this.who = choiceField("task-assignment", "For", []);
    const fields = [textField("task-name", "Task"), textField("task-description", "More (optional)", { optional: true }), this.who, numberField("task-karma", "Karma", { value: "5", min: "0", max: kKarmaMax })];
    this.adding = fold("Add a task", actionForm({ label: "Add a task", fields, button: "Add", action: (values) => this.#add(values) }));
    this.task = choiceField("give-id", "Task", []);
    this.member = choiceField("give-memberId", "To", []);
    this.giving = fold("Give a task to somebody", actionForm({ label: "Give a task to somebody", fields: [this.task, this.member], button: "Give", action: ({ id, memberId }) => this.#assign(id, memberId) }));
    const history = element("details", { class: "fold" }, element("summary", {}, "Done"), this.done.root);
    this.root = card("Tasks", {}, this.open.root, this.adding, this.giving, history);
  }

  show(tasks, { familyId, members, isParent }) {
    this.familyId = familyId;
    const role = members.find((one) => one.userId === this.me.id)?.role;
    const people = members.map((one) => [`member:${one.userId}`, nameOf(one.userId)]);
    this.who.offer([[kUnassigned, "Anybody"], ...people, ...Object.entries(kRoles).map(([one, text]) => [`role:${one}`, text])]);
    this.member.offer(members.map((one) => [one.userId, nameOf(one.userId)]));
    const open = tasks.filter((one) => !one.completedBy).map((task) => ({ ...task, ...this.#mayDo(task, isParent, role) }));
    this.open.show(open);
    this.done.show(tasks.filter((one) => one.completedBy).slice(0, kDoneShown));
    const givable = open.filter((one) => one.mayManage);
    this.task.offer(givable.map((one) => [one.id, one.name]));
    this.giving.hidden = givable.length === 0;
  }

  /** As the server judges; it has the last word. A task with a claim is the claim's, to be approved or not. */
  #mayDo({ assignment, createdBy, claimId }, isParent, role) {
    const isFree = assignment.type === kUnassigned;
    const isMine = isFree || assignment.memberId === this.me.id || assignment.role === role;
    return { mayTake: isFree, mayComplete: isParent || isMine, mayManage: !claimId && (isParent || createdBy === this.me.id) };
  }

  #add({ name, description, assignment, karma }) {
    return this.#do(() => this.rest.post(kTasks, { familyId: this.familyId, name, description, assignment: assignmentOf(assignment), karma }));
  }

  #assign(id, memberId) {
    return this.#do(() => this.rest.post(`${kTasks}${at`/${id}/assign`}`, { memberId }));
  }

  /** Somebody else may have been quicker: then the server says so, and the board shows who. */
  async #do(action) {
    const done = await this.attempt(action);
    await this.changed().catch(() => {});
    return done;
  }

  #item({ id, name, description, assignment, karma, claimId, mayTake, mayComplete, mayManage }) {
    const button = (text, action, look = "small") => actionButton(text, () => this.#do(action), { look, focus: `${text} ${id}`, "aria-label": `${text}: ${name}` });
    const complete = () => this.rest.post(`${kTasks}${at`/${id}/complete`}`);
    return element(
      "li",
      { class: "row-item" },
      element("span", { class: "who" }, element("strong", {}, name), description ? element("small", {}, description) : null),
      karma > 0 ? element("span", { class: "tag karma" }, `+${karma} karma`) : null,
      element("span", { class: "tag" }, whoText(assignment)),
      element(
        "span",
        { class: "buttons" },
        mayComplete ? button(claimId ? "Approve" : "Done", complete, "small primary") : null,
        mayTake ? button("Take", () => this.rest.post(`${kTasks}${at`/${id}/assign`}`, { memberId: this.me.id })) : null,
        mayManage ? button("Delete", () => this.rest.delete(`${kTasks}${at`/${id}`}`), "link") : null,
      ),
    );
  }
}

function doneItem({ name, karma, completedBy, completedAt }) {
  const text = karma > 0 ? `${name}, +${karma} karma` : name;
  return element("li", { class: "row-item" }, element("span", { class: "who" }, element("span", {}, text), element("small", {}, `Done by ${nameOf(completedBy)}, ${dayAndClockOf(completedAt)}`)));
}
