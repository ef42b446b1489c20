// A list on the page that is brought up to date without being made anew.

/** Owns the children of `root`. An item is made once for its key, so what has not changed keeps its focus and its place. */
export class KeyedList {
  #items = new Map();

  constructor(root) {
    this.root = root;
  }

  /** Shows `[key, make]` in order; `key` names what the item shows, not only which it is. */
  show(wanted) {
    const focus = this.root.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    const before = this.#items;
    this.#items = new Map();
    for (const [key, make] of wanted) this.#items.set(key, before.get(key) ?? make());
    for (const [key, item] of before) if (!this.#items.has(key)) item.remove();
    let next = this.root.firstElementChild;
    for (const item of this.#items.values()) {
      if (item === next) next = next.nextElementSibling;
      else this.root.insertBefore(item, next);
    }
    this.#focusAgain(focus);
  }

  /** As `show`, for things with a text where there is none; everything that `make(thing)` reads is in the thing. */
  showAll(things, make, empty) {
    const items = things.map((thing) => [JSON.stringify(thing), () => make(thing)]);
    this.show(items.length > 0 ? items : [["nothing", () => nothing(empty)]]);
  }

  // An item that was made anew has the same controls: the one that had the focus keeps it.
  #focusAgain(focus) {
    if (focus === undefined || this.root.contains(document.activeElement)) return;
    this.root.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
  }
}

function nothing(text) {
  const item = document.createElement("li");
  item.className = "empty";
  item.textContent = text;
  return item;
}
