// The mails that a member got who was away. Dev mode keeps them; only an admin may see them, whose token it gives to anybody.
import { adminRest, at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { dayAndClockOf, element } from "../common/dom.js";
import { choiceField } from "../common/forms.js";
import { nameOf } from "../common/people.js";

const kShown = 5;
const kMailDomain = "demo.example";

export class MailsView {
  #texts = new Map(); // by mail
  #mails = [];

  constructor({ me, attempt }) {
    Object.assign(this, { me, attempt });
    this.admin = adminRest();
    this.list = cardList("Mails", mailItem, "No mail so far. One goes to who is away when something is said.");
    this.member = choiceField("mail-userId", "Mail to", []);
    this.member.control.addEventListener("change", () => attempt(() => this.#showMails()));
    this.hint = element("p", { class: "faint" }, "Add somebody to the group, to see the mail they get while they are away.");
    this.root = card("Mail to the absent", {}, this.hint, this.member.node, this.list.root);
  }

  /** Mail needs an address, which the demo's people do not have of themselves. */
  giveAddress(id, name = nameOf(id)) {
    return this.admin.put(at`/v1/users/${id}`, { name, email: `${encodeURIComponent(id)}@${kMailDomain}` });
  }

  /** `members` with their `isOnline`; those who are away come first. */
  async show(members) {
    const others = members.filter((one) => one.userId !== this.me.id).sort((a, b) => a.isOnline - b.isOnline);
    this.member.offer(others.map(({ userId, isOnline }) => [userId, isOnline ? `${nameOf(userId)} (online)` : nameOf(userId)]));
    this.hint.hidden = others.length > 0;
    this.member.node.hidden = this.list.root.hidden = others.length === 0;
    if (others.length === 0) return;
    this.#mails = await this.admin.list("/v1/mails?state=sent");
    await this.#showMails();
  }

  async #showMails() {
    const whose = this.member.control.value;
    const mails = this.#mails.filter((one) => one.app === "groups" && String(one.userId) === whose).slice(0, kShown);
    const whole = await Promise.all(mails.map(async (mail) => ({ ...mail, text: await this.#textOf(mail) })));
    if (whose === this.member.control.value) this.list.show(whole);
  }

  async #textOf({ id }) {
    if (!this.#texts.has(id)) this.#texts.set(id, (await this.admin.get(at`/v1/mails/${id}`)).text);
    return this.#texts.get(id);
  }
}

function mailItem({ to, subject, text, endedAt, createdAt }) {
  const head = element("span", { class: "who" }, element("strong", {}, subject), element("small", {}, `To ${to}, ${dayAndClockOf(endedAt ?? createdAt)}`));
  return element("li", { class: "mail" }, head, element("pre", {}, text));
}
