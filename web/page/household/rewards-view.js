// What karma is good for: rewards, and who has claimed one.
import { at } from "../common/api.js";
import { card, cardList } from "../common/card.js";
import { dayAndClockOf, element } from "../common/dom.js";
import { actionButton, actionForm, fold, numberField, textField } from "../common/forms.js";
import { nameOf } from "../common/people.js";

const kClaims = "/v1/household/claims";
const kClaimsShown = 6;
const kStatuses = { pending: "Waits for a parent", completed: "Approved", cancelled: "Cancelled" };

export class RewardsView {
  constructor({ me, rest, attempt, changed }) {
    Object.assign(this, { me, rest, attempt, changed });
    this.rewards = cardList("Rewards", (one) => this.#reward(one), "No reward yet.");
    this.claims = cardList("Claims", (one) => this.#claim(one), "Nobody has claimed one yet.");
    const fields = [textField("reward-name", "Reward"), numberField("reward-cost", "Cost in karma", { value: "10", min: "1", max: "1000000" })];
    const form = actionForm({ label: "Offer a reward", fields, button: "Offer", action: (values) => this.#do(() => this.rest.post("/v1/household/rewards", { familyId: this.familyId, ...values })) });
    this.offering = fold("Offer a reward", form);
    this.root = card("Rewards", {}, this.rewards.root, this.offering, element("h3", {}, "Claims"), this.claims.root);
  }

  show(rewards, claims, { familyId, isParent }) {
    this.familyId = familyId;
    this.offering.hidden = !isParent;
    this.rewards.show(rewards);
    const names = new Map(rewards.map((one) => [one.id, one.name]));
    const whole = claims.slice(0, kClaimsShown).map((one) => ({ ...one, reward: names.get(one.rewardId) ?? "A reward", mayApprove: isParent, mayCancel: isParent || one.userId === this.me.id }));
    this.claims.show(whole);
  }

  async #do(action) {
    const done = await this.attempt(action);
    await this.changed().catch(() => {});
    return done;
  }

  #reward({ id, name, cost }) {
    const claim = () => this.#do(() => this.rest.post(kClaims, { rewardId: id }));
    return element(
      "li",
      { class: "row-item" },
      element("span", { class: "who" }, element("strong", {}, name), element("small", {}, `${cost} karma`)),
      actionButton("Claim", claim, { focus: `claim ${id}`, "aria-label": `Claim: ${name}` }),
    );
  }

  #claim({ id, reward, userId, cost, status, createdAt, mayApprove, mayCancel }) {
    const button = (text, path, look) => actionButton(text, () => this.#do(() => this.rest.post(kClaims + path)), { look, focus: `${text} ${id}`, "aria-label": `${text}: ${reward} for ${nameOf(userId)}` });
    const isOpen = status === "pending";
    return element(
      "li",
      { class: "row-item" },
      element("span", { class: "who" }, element("strong", {}, reward), element("small", {}, `${nameOf(userId)}, ${cost} karma, ${dayAndClockOf(createdAt)}`)),
      element("span", { class: "tag" }, kStatuses[status]),
      element(
        "span",
        { class: "buttons", hidden: !isOpen },
        isOpen && mayApprove ? button("Approve", at`/${id}/complete`, "small primary") : null,
        isOpen && mayCancel ? button("Cancel", at`/${id}/cancel`, "link") : null,
      ),
    );
  }
}
