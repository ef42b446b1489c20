// The store in PostgreSQL, as operators meet it: made by URL, away, silent, back; and how one gets there and back again.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { freshFolder, run, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { Postgres } from "../support/services.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

async function startPostgres(t) {
  const postgres = await Postgres.create();
  t.after(() => postgres.remove());
  return postgres;
}

/** The same database, with a password that nothing may show; it is not asked for. */
const withPassword = (postgres) => postgres.url.replace("belfry@", "belfry:secret-word@");

const env = (url, more = {}) => ({ env: { DATABASE_URL: url, ...more } });
const texts = async (client, visit) => (await client.must("message:history", { visitId: visit.id })).messages.map((one) => one.message);

test("a URL is all it takes; its password is told to nobody, and Prisma's parameters do no harm", async (t) => {
  const postgres = await startPostgres(t);
  const url = `${withPassword(postgres)}?schema=my%20app&connection_limit=3`;
  const migrated = await run(["migrate", "--database", url]);
  assert.equal(migrated.code, 0, migrated.err);
  assert.match(migrated.out, /postgres:\/\/127\.0\.0\.1:\d+\/belfry\?schema=my app is up to date/);
  const checked = await run(["check-config"], env(url));
  assert.equal(checked.code, 0, checked.err);
  assert.match(checked.out, /database = "postgres:\/\/127\.0\.0\.1/);

  const server = await startBelfry(t, env(url));
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await Client.open(t, server, "ada");
  await ada.say(visit, "kept");
  await server.restart();
  const again = await Client.open(t, server, "ada");
  assert.deepEqual(await texts(again, visit), ["kept"]);
  assert.match(server.output, /is not used.*connection_limit/);
  for (const text of [migrated.out, migrated.err, checked.out, server.output]) assert.ok(!text.includes("secret-word"));
});

test("no server at the URL: serve says so and where, without the password", async () => {
  const { code, out, err } = await run(["serve", "--port", "0"], env("postgres://belfry:secret-word@127.0.0.1:1/x"));
  assert.equal(code, 1);
  assert.match(err, /cannot connect to the database postgres:\/\/127\.0\.0\.1:1\/x/);
  assert.ok(!(out + err).includes("secret-word"));
});

for (const [what, away, back] of [
  ["stopped", (postgres) => postgres.kill(), (postgres) => postgres.start()],
  ["silent", (postgres) => postgres.pause(), (postgres) => postgres.resume()],
]) {
  test(`while PostgreSQL is ${what} everything is refused in time, and works again afterwards with all that was acknowledged`, async (t) => {
    const postgres = await startPostgres(t);
    const server = await startBelfry(t, env(withPassword(postgres), { BELFRY_STORE_STATEMENT_TIMEOUT_MS: "500", BELFRY_STORE_CONNECT_TIMEOUT_MS: "500" }));
    const visit = await server.visit("ada", "dr-okafor");
    const ada = await Client.open(t, server, "ada");
    await ada.say(visit, "before");
    await away(postgres);

    // The first one finds it out: statement, grace of 2 s, connection.
    const start = performance.now();
    assert.equal((await ada.ask("message:send", { visitId: visit.id, message: "lost" })).success, false);
    assert.ok(performance.now() - start < 5_000, `refused after ${performance.now() - start} ms`);
    const ready = await server.call("GET", "/readyz");
    assert.equal(ready.status, 503);
    assert.deepEqual(ready.json.down, ["store"]);
    assert.equal((await server.call("GET", "/v1/health/visits", { as: sign({ sub: "ada" }) })).status, 503);
    assert.equal((await server.call("GET", "/healthz")).status, 200);

    await back(postgres);
    await until(async () => (await server.call("GET", "/readyz")).status === 200, "it is ready again", 20_000);
    await until(async () => (await ada.ask("message:send", { visitId: visit.id, message: "after" })).success, "it takes messages again", 20_000);
    // Each connection that reads comes back in its own time.
    let history;
    await until(async () => (history = await ada.ask("message:history", { visitId: visit.id })).success, "it reads again", 20_000);
    assert.deepEqual(history.messages.map(({ message }) => message).filter((one) => one !== "lost"), ["before", "after"]);
  });
}

test("copy-store takes a store from SQLite to PostgreSQL and back, once", async (t) => {
  const postgres = await startPostgres(t);
  const folder = await freshFolder(t);
  const first = await startBelfry(t, env(`sqlite:${path.join(folder, "a.db")}`));
  const visit = await first.visit("ada", "dr-okafor");
  const ada = await Client.open(t, first, "ada");
  for (const text of ["one", "two", "three"]) await ada.say(visit, text);
  await first.stop();

  const copy = (from, to) => run(["copy-store", "--from", from, "--to", to], { cwd: folder });
  const [a, b] = ["a", "b"].map((name) => `sqlite:${path.join(folder, `${name}.db`)}`);
  const url = withPassword(postgres);
  const there = await copy(a, url);
  assert.equal(there.code, 0, there.err);
  assert.match(there.out, /^messages: 3 rows$/m);
  assert.match(there.out, /^Copied \d+ rows from sqlite:.* to postgres:/m);
  assert.ok(!there.out.includes("secret-word"));
  const twice = await copy(a, url);
  assert.equal(twice.code, 1);
  assert.match(twice.err, /not empty/);
  const back = await copy(url, b);
  assert.equal(back.code, 0, back.err);

  for (const store of [url, b]) {
    const server = await startBelfry(t, env(store));
    const client = await Client.open(t, server, "ada");
    assert.deepEqual(await texts(client, visit), ["one", "two", "three"]);
    assert.equal((await client.must("message:send", { visitId: visit.id, message: "four" })).message.seq, 4);
    await server.stop();
  }
  assert.equal((await copy("mysql:x", b)).code, 1);
});
