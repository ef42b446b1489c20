// What there is to see of a call: who rings, both pictures, and the buttons.
import { element } from "../common/dom.js";
import { nameOf } from "../common/people.js";

const kStateText = { calling: "Calling", ringing: "Incoming call from", talking: "In a call with" };

export class CallView {
  constructor(calls) {
    this.calls = calls;
    this.title = element("p", { class: "call-title", role: "status" });
    this.remote = element("video", { class: "remote", autoplay: true, playsinline: true, "aria-label": "The other side" });
    this.local = element("video", { class: "local", autoplay: true, playsinline: true, muted: true, "aria-label": "You" });
    this.local.muted = true;
    this.accept = element("button", { type: "button", class: "primary", onclick: () => calls.accept() }, "Accept");
    this.decline = element("button", { type: "button", onclick: () => calls.reject("declined") }, "Decline");
    this.hangUp = element("button", { type: "button", class: "stop", onclick: () => calls.hangUp() }, "Hang up");
    this.pictures = element("div", { class: "pictures" }, this.remote, this.local);
    this.buttons = element("div", { class: "buttons" }, this.accept, this.decline, this.hangUp);
    this.root = element("section", { class: "call", "aria-label": "Call", hidden: true }, this.title, this.pictures, this.buttons);
    calls.addEventListener("change", () => this.render());
  }

  render() {
    const { call, local, remote, notice } = this.calls;
    this.root.hidden = !call && !notice;
    this.title.textContent = call ? `${kStateText[call.state]} ${nameOf(call.peerId)}` : notice;
    this.pictures.hidden = !call || (!local && !remote);
    this.local.hidden = !local || call?.kind === "audio";
    this.remote.hidden = !remote;
    if (this.local.srcObject !== local) this.local.srcObject = local;
    if (this.remote.srcObject !== remote) this.remote.srcObject = remote;
    this.accept.hidden = this.decline.hidden = call?.state !== "ringing";
    this.hangUp.hidden = !call || call.state === "ringing";
  }
}
