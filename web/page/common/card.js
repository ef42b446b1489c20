// A part of a board: a heading, and what belongs to it.
import { element } from "./dom.js";
import { KeyedList } from "./keyed-list.js";

export function card(title, { wide = false } = {}, ...inside) {
  const heading = element("h2", {}, title);
  return element("section", { class: wide ? "card wide" : "card", "aria-label": title }, heading, ...inside);
}

/** A list for a card: `{root, show(things)}`; `make(thing)` makes an item of all it needs, `empty` is said where there is none. */
export function cardList(label, make, empty) {
  const root = element("ul", { class: "rows", "aria-label": label });
  const list = new KeyedList(root);
  return { root, show: (things) => list.showAll(things, make, empty) };
}
