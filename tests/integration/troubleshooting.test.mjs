// What docs/troubleshooting.md names is there: metrics, settings, routes, commands, errors, links.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { kApiKey, run, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { request } from "../support/http.mjs";
import { sign } from "../support/tokens.mjs";

const docs = new URL("../../docs/", import.meta.url);
const read = (name) => readFileSync(new URL(name, docs), "utf8");
const page = read("troubleshooting.md");
const configuration = read("configuration.md");
const server = await startBelfry(null);

/** All that a pattern's first group finds in the page, each once; there must be some. */
function named(pattern, least = 1) {
  const found = [...new Set([...page.matchAll(pattern)].map((match) => match[1]))];
  assert.ok(found.length >= least, `${pattern} finds ${found.length}`);
  return found;
}

/** The first cells of the rows of the table under this head, without backticks. */
function column(head) {
  const [, rows] = page.split(`| ${head} |`);
  assert.ok(rows, head);
  const cells = [];
  for (const line of rows.split("\n").slice(2)) {
    if (!line.startsWith("|")) break;
    cells.push(...[...line.split(" | ")[0].matchAll(/`([^`]+)`/g)].map(([, text]) => text));
  }
  return cells;
}

test("its metrics are in docs/metrics.md", () => {
  const known = [...read("metrics.md").matchAll(/`(belfry_\w+)`/g)].map(([, name]) => name);
  for (const name of named(/\b(belfry_[a-z_]+)\b/g, 15)) assert.ok(known.includes(name), name);
});

test("its samples and reasons are in /metrics", async (t) => {
  const visit = await server.visit("ann", "bob");
  const stranger = await Client.open(t, server, "eve");
  await stranger.fails("room:join", { roomId: `visit:${visit.id}`, roomType: "visit" });
  const { text } = await server.call("GET", "/metrics");
  const has = (sample) => assert.ok(text.includes(sample), sample);
  for (const sample of named(/(belfry_\w+\{[^}]+\})/g, 3)) has(sample);
  for (const reason of column("reason")) has(`belfry_tokens_refused_total{reason="${reason}"}`);
  for (const [, reason] of page.matchAll(/^\| [^|]+ \| `([a-z ]+)` \| /gm)) {
    // The head of a table; and the end of a socket, not of a connection.
    if (["reason", "server namespace disconnect"].includes(reason)) continue;
    assert.ok(["disconnects", "handshakes_refused"].some((name) => text.includes(`belfry_${name}_total{reason="${reason}"}`)), reason);
  }
});

test("its settings and variables are in docs/configuration.md", () => {
  for (const setting of named(/`((?:server|cors|auth|store|redis|log|health)\.[a-z_]+)`/g, 25)) {
    const [section, key] = setting.split(".");
    const [, rows] = configuration.split(`## [${section}]\n`);
    assert.ok(rows.split("\n## ")[0].includes(`| \`${key}\` |`), setting);
  }
  for (const name of named(/\b([A-Z]+_[A-Z_]+)\b/g, 4)) {
    if (name !== "BELFRY_") assert.ok(configuration.includes(`\`${name}\``), name);
  }
});

test("its routes are in the reference, and answer", async () => {
  const { paths } = JSON.parse(read("../web/docs/openapi.json"));
  const patterns = Object.keys(paths).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`));
  for (const target of named(/(?:\$URL|[` ])(\/(?:v1|auth|healthz|readyz|metrics)[\w/{}$-]*)/g, 12)) {
    assert.ok(patterns.some((pattern) => pattern.test(target)), target);
  }
  for (const target of named(/curl [^\n`]*?\$URL(\/v1[^\s"`]*)/g, 5)) {
    const as = target.includes("presence") ? sign({ sub: "me", role: "admin" }) : target.startsWith("/v1/health") || target.startsWith("/v1/care") ? sign({ sub: "ann" }) : kApiKey;
    const { status } = await server.call(target === "/v1/emit" ? "POST" : "GET", target.replace("$VISIT", "none"), { as });
    assert.ok(![401, 405].includes(status), `${target}: ${status}`);
  }
  assert.match((await request(server, "/socket.io/?EIO=4&transport=polling")).text, /^0\{"sid":/);
});

test("its commands and flags are the program's", async () => {
  const { out } = await run(["--help"]);
  const commands = [...out.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name);
  const lines = named(/belfry ((?:[a-z-]+)(?: [^\n`)]*)?)[`)\n]/g, 5).filter((line) => !/^(listens|says)/.test(line));
  for (const line of lines) {
    const [command, ...words] = line.trim().split(/\s+/);
    assert.ok(commands.includes(command), command);
    const help = (await run([command, "--help"])).out;
    for (const flag of words.filter((word) => word.startsWith("--"))) assert.ok(help.includes(flag), `${command} ${flag}`);
  }
  for (const script of named(/`(script\/[a-z-]+)`/g, 3)) assert.ok(existsSync(new URL(`../${script}`, docs)), script);
});

test("its errors and events are in the reference", () => {
  const events = JSON.parse(read("../web/docs/events.json"));
  const texts = JSON.stringify(events);
  const general = ["Invalid namespace", "The store is not available"]; // the protocol's and the store's
  for (const error of [...column("`error.message`"), ...column("`error`")].filter((one) => !general.includes(one))) {
    assert.ok(texts.includes(JSON.stringify(error).slice(1, -1)) || error === "<field>: <what is wrong>", error);
  }
  for (const event of named(/`((?:message|room|call|presence|notification|auth|server):[a-zA-Z]+)/g, 8)) assert.ok(texts.includes(`"${event}"`), event);
});

test("its links lead somewhere", () => {
  const anchors = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\w\s-]/g, "").replace(/\s/g, "-"));
  for (const link of named(/\]\(([^)\s]+)\)/g, 20)) {
    if (link.startsWith("#")) assert.ok(anchors.includes(link.slice(1)), link);
    else assert.ok(existsSync(new URL(link, docs)), link);
  }
  for (const anchor of anchors) assert.ok(page.includes(`](#${anchor})`), `nothing leads to ${anchor}`);
  assert.ok(read("../README.md").includes("(docs/troubleshooting.md)"));
});
