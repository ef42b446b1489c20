// Holds what comes over the wire against the reference that the server publishes: each event, answer and response that a
// test gets must be documented, field by field.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../../web/docs/${name}`, import.meta.url), "utf8"));
const events = read("events.json");
const api = read("openapi.json");
const named = (list) => new Map(list.map((one) => [one.event, one]));
const apps = new Map(events.apps.map((app) => [app.app, {
  fromServer: named([...events.everyApp.serverEvents, ...app.serverEvents]),
  fromClients: named([...events.everyApp.clientEvents, ...app.clientEvents]),
}]));

const kOwnEvents = new Set(["custom", "once", "end"]);

const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const kIs = {
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  time: (value) => kTime.test(value),
  null: (value) => value === null,
  any: () => true,
};

function isOf(type, value) {
  if (type.includes("|")) return type.split("|").some((one) => isOf(one, value));
  if (type.endsWith("[]")) return Array.isArray(value) && value.every((one) => isOf(type.slice(0, -2), one));
  return kIs[type](value);
}

/** Fails unless `value` has the fields of `shape`, and no others. */
function checkFields(what, shape, value) {
  assert.ok(kIs.object(value), `${what} is an object`);
  for (const name of Object.keys(value)) assert.ok(name in shape, `${what} has ${name}, which the reference lacks`);
  for (const [name, type] of Object.entries(shape)) {
    if (type.endsWith("?") && !(name in value)) continue;
    assert.ok(name in value, `${what} lacks ${name}`);
    const wanted = type.replace(/\?$/, "");
    assert.ok(isOf(wanted, value[name]), `${what}.${name} is ${JSON.stringify(value[name])}, not ${wanted}`);
  }
}

/** An event that came from the server. Those of `/v1/emit` are the application's own. */
export function checkEvent(app, event, args) {
  if (kOwnEvents.has(event)) return;
  const known = apps.get(app).fromServer.get(event);
  assert.ok(known, `${event} is not in the reference`);
  checkFields(event, known.payload, args[0]);
}

/** Whether the reference has an error of this text for an event with this payload: its own, one of every event's, or a field's. */
function isDocumented(known, error) {
  const texts = [...known.errors, ...events.everyEvent.errors];
  const pattern = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace("<state>", "\\w+")}$`);
  if (texts.some((text) => pattern(text).test(error))) return true;
  const field = /^([^:]+): /.exec(error)?.[1].split(".")[0];
  return field === "payload" || (known.payload !== null && field in known.payload);
}

/** The answer to an event. */
export function checkAnswer(app, event, answer) {
  const known = apps.get(app).fromClients.get(event);
  assert.ok(known, `${event} is not in the reference`);
  if (answer.success) return checkFields(`the answer to ${event}`, { success: "boolean", ...known.answer }, answer);
  checkFields(`the refusal of ${event}`, { success: "boolean", error: "string", retryAfterMs: "number?" }, answer);
  assert.ok(isDocumented(known, answer.error), `${event} fails with "${answer.error}", which is not in the reference`);
}

const routes = Object.entries(api.paths).map(([path, methods]) => {
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`);
  return { methods, pattern, fixed: !path.includes("{") };
});

function schemaOf(schema) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

/** The answer of a route: its status and, where it did what it was asked, the fields of its body. */
export function checkResponse(method, target, { status, json }) {
  const path = target.split("?")[0];
  const matching = routes.filter((route) => route.pattern.test(path));
  const route = matching.find((one) => one.fixed) ?? matching[0];
  const known = route?.methods[method.toLowerCase()];
  if (!known) return;
  const response = known.responses[status];
  assert.ok(response, `${method} ${path} answers ${status}, which is not in the reference`);
  const schema = schemaOf(response.content?.["application/json"]?.schema);
  if (!schema || json === undefined) return;
  for (const one of schema.oneOf?.map(schemaOf) ?? [schema]) {
    if (Object.keys(json).every((name) => name in one.properties)) return;
  }
  assert.fail(`${method} ${path} answers ${JSON.stringify(json)}, which has fields that the reference lacks`);
}
