// Forms of a few fields that do one thing.
import { element } from "./dom.js";
import { kPeople } from "./people.js";

/** A field `{name, node, control, read()}` for `actionForm`. */
function fieldOf(name, label, control, { read = () => control.value.trim(), hidden = false } = {}) {
  const text = element("label", { for: control.id, class: hidden ? "hidden" : null }, label);
  return { name, control, read, node: element("div", { class: "field" }, text, control) };
}

/** `id` is the field's on the page, and its last word the name of the value. */
const nameIn = (id) => id.split("-").at(-1);

export function textField(id, label, { optional = false, hidden = false, ...more } = {}) {
  const control = element("input", { id, required: !optional, maxlength: "200", autocomplete: "off", ...more });
  const read = () => (control.value.trim() === "" && optional ? undefined : control.value.trim());
  return fieldOf(nameIn(id), label, control, { read, hidden });
}

export function numberField(id, label, { value = "", ...more } = {}) {
  const control = element("input", { id, type: "number", required: true, value, ...more });
  return fieldOf(nameIn(id), label, control, { read: () => Number(control.value) });
}

/** A time of this place; its value is ISO 8601 in UTC. */
export function timeField(id, label, time) {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const control = element("input", { id, type: "datetime-local", required: true, value: local });
  return fieldOf(nameIn(id), label, control, { read: () => new Date(control.value).toISOString() });
}

/** `options`: `[value, text]`. */
export function choiceField(id, label, options, { hidden = false } = {}) {
  const control = element("select", { id, required: true });
  const field = fieldOf(nameIn(id), label, control, { hidden });
  field.offer = (wanted) => {
    const known = JSON.stringify(wanted);
    if (known === control.dataset.offered) return;
    const chosen = control.value;
    control.dataset.offered = known;
    control.replaceChildren(...wanted.map(([value, text]) => element("option", { value }, text)));
    if (wanted.some(([value]) => value === chosen)) control.value = chosen;
  };
  field.offer(options);
  return field;
}

/** A choice of the people of the demo, aside from `without`, a list of ids. */
export function personField(id, label, without = []) {
  const field = choiceField(id, label, []);
  field.offerPeople = (others) => field.offer(kPeople.filter((one) => !others.includes(one.id)).map((one) => [one.id, one.name]));
  field.offerPeople(without);
  return field;
}

/**
 * A form that calls `action(values)`; its button rests meanwhile. Where the action gives anything but undefined, which is what
 * `attempt` gives for a failure, what was written is taken out, but not what has been written since.
 */
export function actionForm({ label, fields, button, action, className = "action", look = "primary" }) {
  const submit = element("button", { class: look }, button);
  async function onsubmit(event) {
    event.preventDefault();
    const sent = fields.map(({ control }) => control.value);
    const values = Object.fromEntries(fields.map((field) => [field.name, field.read()]));
    submit.disabled = true;
    const done = await action(values);
    submit.disabled = false;
    if (done !== undefined) clear(fields.filter(({ control }, i) => control.value === sent[i]));
  }
  return element("form", { class: className, "aria-label": label, onsubmit }, fields.map((field) => field.node), submit);
}

function clear(fields) {
  for (const { control } of fields) if (control.matches('input:not([type="number"], [type="datetime-local"])')) control.value = "";
}

/** A button that calls `action()` and rests meanwhile. `focus` names it within its list. */
export function actionButton(text, action, { look = "small", focus, ...more } = {}) {
  const button = element("button", { type: "button", class: look, "data-focus": focus, onclick, ...more }, text);
  async function onclick() {
    button.disabled = true;
    await action();
    button.disabled = false;
  }
  return button;
}

/** What is to be opened before it is seen. */
export function fold(text, ...inside) {
  return element("details", { class: "fold" }, element("summary", {}, text), ...inside);
}
