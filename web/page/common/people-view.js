// The first screen: who one wants to be.
import { element, field } from "./dom.js";
import { hueOf, idFromName, initialsOf, kPeople, kRoles } from "./people.js";

/** The round sign of a person. */
export function avatar(id, name) {
  return element("span", { class: `avatar hue-${hueOf(id)}`, "aria-hidden": "true" }, initialsOf(name));
}

function personButton(person, choose) {
  const text = element("span", { class: "who" }, element("strong", {}, person.name), element("small", {}, person.role));
  return element("button", { type: "button", class: "person", onclick: () => choose(person) }, avatar(person.id, person.name), text);
}

function ownNameForm(choose) {
  const name = element("input", { id: "own-name", required: true, maxlength: "60", autocomplete: "off" });
  const role = element("select", { id: "own-role" }, kRoles.map((one) => element("option", { value: one }, one)));
  const submit = (event) => {
    event.preventDefault();
    const id = idFromName(name.value);
    name.setCustomValidity(id ? "" : "A letter or a digit at least");
    if (name.reportValidity()) choose({ id, name: name.value.trim(), role: role.value });
  };
  name.addEventListener("input", () => name.setCustomValidity(""));
  return element(
    "form",
    { class: "row", onsubmit: submit },
    field("Your name", name),
    field("Role", role),
    element("button", { class: "primary" }, "Continue"),
  );
}

/** `choose({id, name, role})` is called once somebody is chosen. */
export function peopleView(choose) {
  return element(
    "section",
    { class: "people", "aria-labelledby": "people-title" },
    element("h1", { id: "people-title", tabindex: "-1" }, "Who are you?"),
    element(
      "p",
      { class: "lead" },
      "Choose a person here and another one in a second window: what one does the other sees at once. The five apps of the server are above.",
    ),
    element("div", { class: "grid" }, kPeople.map((person) => personButton(person, choose))),
    element("h2", {}, "Somebody else"),
    ownNameForm(choose),
  );
}
