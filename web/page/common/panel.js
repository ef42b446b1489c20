// A button and the panel that it opens below itself; Escape, or the button again, closes it.
import { element } from "./dom.js";

/** `onShow(whether)` is called when it is opened and closed. */
export function panelWithButton({ id, label, children, buttonClass = "", onShow = () => {} }) {
  const panel = element("div", { id, class: "panel", hidden: true }, children);
  const button = element("button", { type: "button", class: `small ${buttonClass}`, "aria-expanded": "false", "aria-controls": id, onclick: () => show(panel.hidden) }, label);
  function show(whether) {
    panel.hidden = !whether;
    button.setAttribute("aria-expanded", String(whether));
    onShow(whether);
  }
  function onKey(event) {
    if (event.key !== "Escape" || panel.hidden) return;
    show(false);
    button.focus();
  }
  return element("div", { class: "panel-place", onkeydown: onKey }, button, panel);
}
