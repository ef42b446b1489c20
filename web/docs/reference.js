// Shows events.json and openapi.json.
const load = async (name) => (await fetch(name)).json();

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

/** `{roomId: string, metadata?: object}` */
function shape(fields) {
  const parts = Object.entries(fields).map(([name, type]) => (type.endsWith("?") ? `${name}?: ${type.slice(0, -1)}` : `${name}: ${type}`));
  return element("code", `{${parts.join(", ")}}`);
}

function entry(title, text, rows) {
  const list = element("dl");
  for (const [name, value] of rows) {
    if (value) list.append(element("dt", name), element("dd", "", value));
  }
  return element("section", "", element("h4", title), element("p", text), list);
}

const lines = (texts) => (texts.length > 0 ? element("span", texts.join(" · ")) : null);

const events = await load("events.json");
document.querySelector("#rule").textContent = events.everyEvent.text;
for (const { app, text, clientEvents, serverEvents } of [{ app: "Every app", ...events.everyApp }, ...events.apps]) {
  const title = app === "Every app" ? app : `App ${app}`;
  document.querySelector("#apps").append(element("a", title));
  document.querySelector("#apps").lastChild.href = `#${app}`;
  const section = element("section", "", element("h2", title), element("p", text ?? ""));
  section.id = app;
  section.append(
    element("h3", "Events to the server"),
    ...clientEvents.map((one) =>
      entry(one.event, one.text, [
        ["payload", one.payload ? shape(one.payload) : element("span", "none")],
        ["answer", shape({ success: "true", ...one.answer })],
        ["errors", lines(one.errors)],
      ]),
    ),
    element("h3", "Events from the server"),
    ...serverEvents.map((one) => entry(one.event, "", [["to", element("span", one.to)], ["payload", shape(one.payload)]])),
  );
  document.querySelector("#events").append(section);
}

const api = await load("openapi.json");
const routes = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => ({ path, method, route })));
const fieldsOf = (schema) => Object.keys(schema?.properties ?? {}).join(", ");
document.querySelector("#routes").append(
  ...routes.map(({ path, method, route }) =>
    entry(`${method.toUpperCase()} ${path}`, route.summary, [
      ["query", lines((route.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name))],
      ["body", route.requestBody && element("code", `{${fieldsOf(route.requestBody.content["application/json"].schema)}}`)],
      ["answers", element("span", Object.keys(route.responses).join(", "))],
    ]),
  ),
);
