// The reference is served, in production too, and every route of it is there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { request } from "../support/http.mjs";

const server = await startBelfry(null);

test("/docs leads to the page, and the page's files are served", async () => {
  const moved = await request(server, "/docs");
  assert.deepEqual([moved.status, moved.headers.location], [308, "./docs/"]);
  const page = await request(server, "/docs/");
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"], /^text\/html/);
  for (const [, file] of page.text.matchAll(/(?:href|src)="([\w.]+)"/g)) {
    assert.equal((await request(server, `/docs/${file}`)).status, 200, file);
  }
  for (const name of ["events.json", "openapi.json"]) {
    const served = await request(server, `/docs/${name}`);
    assert.equal(served.text, await readFile(new URL(`../../web/docs/${name}`, import.meta.url), "utf8"));
  }
  assert.equal((await request(server, "/")).status, 404, "the demo pages are for dev mode");
});

test("every path knows the methods of the reference, and no others", async () => {
  const { paths } = (await server.call("GET", "/docs/openapi.json")).json;
  for (const [path, methods] of Object.entries(paths)) {
    const documented = Object.keys(methods).map((one) => one.toUpperCase());
    const wrong = ["PATCH", "PUT", "DELETE"].find((one) => !documented.includes(one));
    const refused = await server.call(wrong, path.replaceAll(/\{\w+\}/g, "x"), { as: kApiKey });
    assert.equal(refused.status, 405, `${wrong} ${path}`);
    const allowed = refused.headers.allow.split(", ").filter((one) => one !== "HEAD");
    assert.deepEqual(allowed.sort(), documented.sort(), path);
  }
});

test("every reference within the description leads somewhere", async () => {
  const text = (await request(server, "/docs/openapi.json")).text;
  const api = JSON.parse(text);
  for (const [, ref] of text.matchAll(/"\$ref": "#\/([^"]+)"/g)) {
    assert.ok(ref.split("/").reduce((at, name) => at?.[name], api), ref);
  }
});
