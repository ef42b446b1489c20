// What there is to see of somebody's presence.
import { element } from "../common/dom.js";
import { kOwnStatuses, kStatuses } from "./presence.js";

/** The sign of somebody's presence; with its name to read, or as a title. */
export function presenceDot(status, named = false) {
  const text = kStatuses[status];
  return element("span", { class: "presence", "data-status": status, title: text }, element("span", { class: named ? "" : "hidden" }, text));
}

/** The choice of one's own presence. */
export function statusChoice(presence) {
  const options = kOwnStatuses.map((status) => element("option", { value: status }, kStatuses[status]));
  const choice = element("select", { id: "status", class: "status", onchange: (event) => presence.choose(event.target.value) }, options);
  return element("span", {}, element("label", { for: "status", class: "hidden" }, "Your status"), choice);
}
