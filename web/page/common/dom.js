// Makes elements. Text only ever becomes a text node, so nobody's words are taken for markup.

/**
 * An element: `element("button", { class: "small", onclick: … }, "Send")`. Properties that begin with `on` are listeners,
 * true and false set and leave out an attribute, anything else is an attribute's text.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A labelled field. `control` needs an id. */
export function field(label, control, hint) {
  const text = element("label", { for: control.id }, label);
  return element("div", { class: "field" }, text, control, hint ? element("small", {}, hint) : null);
}

export function byId(id) {
  return document.getElementById(id);
}

const kClock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const kDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const kDayAndClock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const clockOf = (time) => kClock.format(new Date(time));
export const dayOf = (time) => kDay.format(new Date(time));
export const dayAndClockOf = (time) => kDayAndClock.format(new Date(time));
