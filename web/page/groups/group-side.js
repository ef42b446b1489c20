// What stands beside a group's chat: who is in it and who is there, whether one gets mail about it, and the mail of the absent.
import { at } from "../common/api.js";
import { card } from "../common/card.js";
import { element } from "../common/dom.js";
import { MembersView } from "../common/members-view.js";
import { MailsView } from "./mails-view.js";

const kGroups = "/v1/groups";

export class GroupSide {
  constructor({ me, rest, attempt, changed }) {
    Object.assign(this, { me, rest, attempt });
    this.mails = new MailsView({ me, attempt });
    this.members = new MembersView({
      me,
      rest,
      attempt,
      changed,
      path: (id) => kGroups + at`/${id}/members`,
      roles: ["admin", "member"],
      membersMayAdd: true,
      before: ({ userId }) => this.mails.giveAddress(userId),
      sign: ({ isOnline }) => onlineDot(isOnline),
      place: "groups",
    });
    this.mute = element("input", { id: "group-mute", type: "checkbox", onchange: () => this.#setMute() });
    const label = element("label", { for: "group-mute", class: "check" }, this.mute, "No mail for me about this group");
    const own = card("Your mail", {}, label);
    this.root = element("aside", { class: "group-side", "aria-label": "About the group" }, this.members.root, this.mails.root, own);
  }

  async refresh(groupId) {
    this.groupId = groupId;
    const path = kGroups + at`/${groupId}`;
    const [members, online, mute] = await Promise.all([this.rest.list(`${path}/members`), this.rest.list(`${path}/online`), this.rest.get(`${path}/mute`)]);
    if (groupId !== this.groupId) return;
    const there = new Set(online.map(String));
    const known = members.map((one) => ({ ...one, userId: String(one.userId), isOnline: there.has(String(one.userId)) }));
    this.members.show(groupId, known);
    if (!this.mute.disabled) this.mute.checked = mute.email;
    await this.mails.show(known);
  }

  async #setMute() {
    const wanted = this.mute.checked;
    this.mute.disabled = true;
    const set = await this.attempt(() => this.rest.put(kGroups + at`/${this.groupId}/mute`, { email: wanted }));
    this.mute.disabled = false;
    this.mute.checked = set?.email ?? !wanted;
  }
}

function onlineDot(isOnline) {
  const text = isOnline ? "Online" : "Offline";
  return element("span", { class: "presence", "data-status": text.toLowerCase(), title: text }, element("span", { class: "hidden" }, text));
}
