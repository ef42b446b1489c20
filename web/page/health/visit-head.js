// What stands above the messages of a visit: how the others are, the buttons of a call, and who is in the room.
import { element } from "../common/dom.js";
import { avatar } from "../common/people-view.js";
import { nameOf } from "../common/people.js";
import { presenceDot } from "./presence-dot.js";
import { othersIn } from "./visits-view.js";

export class VisitHead {
  constructor(conversation, { visit, me, presence, calls }) {
    Object.assign(this, { conversation, visit, me, presence });
    const [peer] = othersIn(visit, me.id);
    const button = (kind, text) => element("button", { type: "button", class: "small", onclick: () => calls.start(visit, peer, kind) }, text);
    this.dots = element("span", { class: "dots" });
    this.present = element("ul", { class: "present", "aria-label": "In the room" });
    this.nodes = [this.dots, element("span", { class: "call-buttons" }, button("video", "Video call"), button("audio", "Audio call")), this.present];
    this.onChange = () => this.render();
    conversation.addEventListener("change", this.onChange);
    presence.addEventListener("change", this.onChange);
    this.render();
  }

  close() {
    this.conversation.removeEventListener("change", this.onChange);
    this.presence.removeEventListener("change", this.onChange);
  }

  render() {
    this.dots.replaceChildren(...othersIn(this.visit, this.me.id).map((id) => presenceDot(this.presence.of(id), true)));
    const there = this.conversation.participants.map(({ userId }) => {
      const name = userId === this.me.id ? "You" : nameOf(userId);
      return element("li", { title: nameOf(userId) }, avatar(userId, nameOf(userId)), element("span", {}, name));
    });
    this.present.replaceChildren(...there);
  }
}

/** How far one's own message has come. */
export function receiptOf({ deliveredTo, readBy }, mine) {
  if (!mine) return "";
  if (readBy.length > 0) return "Read";
  return deliveredTo.length > 0 ? "Delivered" : "Sent";
}
