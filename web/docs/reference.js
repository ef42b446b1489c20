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
  return element("article", "", element("h4", title), ...(text ? [element("p", text)] : []), list);
}

const lines = (texts) => (texts.length > 0 ? element("span", texts.join(" · ")) : null);

const events = await load("events.json");
document.querySelector("#rule").textContent = events.everyEvent.text;
/** What `auth` holds when one connects to an app, and what its `connect_error` says. */
function connecting(app, { auth, errors }) {
  return entry("connecting", "", [
    ["namespace", element("code", `/${app}`)],
    ["auth", shape(auth)],
    ["errors", lines(errors)],
  ]);
}

for (const one of [{ app: "every app", ...events.everyApp }, ...events.apps]) {
  const { app, text, clientEvents, serverEvents } = one;
  const title = one.connecting ? `App ${app}` : "Every app";
  const link = element("a", title);
  link.href = `#${encodeURIComponent(app)}`;
  document.querySelector("#apps").append(link, " ");
  const section = element("section", "", element("h2", title), ...(text ? [element("p", text)] : []));
  section.id = app;
  if (one.connecting) section.append(connecting(app, one.connecting));
  section.append(
    ...(clientEvents.length > 0 ? [element("h3", "Events to the server")] : []),
    ...clientEvents.map(({ event, text: does, payload, answer, errors }) =>
      entry(event, does, [
        ["payload", payload ? shape(payload) : element("span", "none")],
        ["answer", shape({ success: "true", ...answer })],
        ["errors", lines(errors)],
      ]),
    ),
    element("h3", "Events from the server"),
    ...serverEvents.map(({ event, to, payload }) => entry(event, "", [["to", element("span", to)], ["payload", shape(payload)]])),
  );
  document.querySelector("#events").append(section);
}

const api = await load("openapi.json");
const routes = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => ({ path, method, route })));
const schemaOf = (schema) => (schema?.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema);
/** The names of a body's fields, whatever it is. */
function fieldsOf(content) {
  const schema = schemaOf(content?.["application/json"]?.schema);
  const names = [...new Set((schema?.oneOf?.map(schemaOf) ?? [schema]).flatMap((one) => Object.keys(one?.properties ?? {})))];
  return names.length > 0 ? element("code", `{${names.join(", ")}}`) : null;
}
document.querySelector("#routes").append(
  ...routes.map(({ path, method, route }) =>
    entry(`${method.toUpperCase()} ${path}`, route.summary, [
      ["query", lines((route.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name))],
      ["body", fieldsOf(route.requestBody?.content)],
      ["answers", element("span", Object.keys(route.responses).join(", "))],
      ["with", fieldsOf(Object.entries(route.responses).find(([status]) => status < "300")?.[1].content)],
    ]),
  ),
);

const codes = await load("codes.json");
/** A text with its `code` in place. */
const marked = (text) => element("span", "", ...text.split("`").map((part, i) => (i % 2 ? element("code", part) : part)));
const row = (cell, ...texts) => element("tr", "", ...texts.map((text) => element(cell, "", marked(text))));
document.querySelector("#codes").append(
  element("table", "", row("th", "retry", "what a client should do"), ...Object.entries(codes.retry).map(([name, text]) => row("td", `\`${name}\``, text))),
  ...codes.groups.flatMap(({ title, text, codes: all }) => [
    element("h3", "", marked(title)),
    ...(text ? [element("p", "", marked(text))] : []),
    element("table", "", row("th", "code", "says", "means", "retry"), ...all.map(({ code, says, means, retry }) => row("td", `\`${code}\``, says, means, retry))),
  ]),
);

// What a link named was not there yet when the page opened.
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
