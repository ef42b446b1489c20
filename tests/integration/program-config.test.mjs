// The program's settings: where they come from, which wins, and how mistakes are told.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { freshFolder, run } from "../support/belfry.mjs";

/** `belfry check-config` in a fresh folder with these files: `{code, text}`. */
async function check(t, { toml, dotenv, env = {}, args = [] } = {}) {
  const folder = await freshFolder(t);
  if (toml !== undefined) await writeFile(path.join(folder, "belfry.toml"), toml);
  if (dotenv !== undefined) await writeFile(path.join(folder, ".env"), dotenv);
  const config = toml === undefined ? [] : ["--config", "belfry.toml"];
  const { code, out, err } = await run(["check-config", ...config, ...args], { cwd: folder, env });
  return { code, out, text: out + err };
}

/** The value of a setting as check-config prints it. */
async function effective(t, section, key, sources) {
  const { code, text } = await check(t, sources);
  assert.equal(code, 0, text);
  const part = text.split(/^\[/m).find((one) => one.startsWith(`${section}]`));
  const line = part?.split("\n").find((one) => one.startsWith(`${key} =`));
  assert.ok(line, `${section}.${key} in\n${text}`);
  return line.slice(key.length + 2).split("  #")[0].trim();
}

test("without anything the defaults hold", async (t) => {
  assert.equal(await effective(t, "server", "port", {}), "8080");
  assert.equal(await effective(t, "server", "root_app", {}), '"health"');
  assert.equal(await effective(t, "health", "connections_per_minute", {}), "30");
  assert.equal(await effective(t, "health", "messages_per_minute", {}), "60");
  assert.equal(await effective(t, "server", "drain_ms", {}), "10000");
  assert.equal(await effective(t, "cors", "origins", {}), '["http://localhost:3000"]');
});

for (const [name, value, section, key, expected] of [
  ["PORT", "9001", "server", "port", "9001"],
  ["HOST", "127.0.0.1", "server", "host", '"127.0.0.1"'],
  ["LOG_LEVEL", "debug", "log", "level", '"debug"'],
  ["CORS_ORIGINS", "http://a.example,https://b.example", "cors", "origins", '["http://a.example", "https://b.example"]'],
  ["ALLOWED_ORIGINS", "http://a.example", "cors", "origins", '["http://a.example"]'],
  ["FRONTEND_URL", "http://a.example", "cors", "origins", '["http://a.example"]'],
  ["BELFRY_SERVER_PORT", "9002", "server", "port", "9002"],
  ["BELFRY_SERVER_PING_INTERVAL_MS", "1234", "server", "ping_interval_ms", "1234"],
  ["BELFRY_HEALTH_MESSAGES_PER_MINUTE", "7", "health", "messages_per_minute", "7"],
  ["BELFRY_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,::1", "server", "trusted_proxies", '["10.0.0.0/8", "::1"]'],
]) {
  test(`${name}=${value} sets ${section}.${key}, in the environment and in .env`, async (t) => {
    assert.equal(await effective(t, section, key, { env: { [name]: value } }), expected);
    assert.equal(await effective(t, section, key, { dotenv: `# a comment\n${name}=${value}\n` }), expected);
  });
}

test("later wins: defaults, TOML, .env, environment", async (t) => {
  const toml = "[server]\nport = 1001\n";
  const dotenv = "PORT=1002\n";
  const env = { PORT: "1003" };
  assert.equal(await effective(t, "server", "port", { toml }), "1001");
  assert.equal(await effective(t, "server", "port", { toml, dotenv }), "1002");
  assert.equal(await effective(t, "server", "port", { toml, dotenv, env }), "1003");
});

test("an empty variable counts as unset", async (t) => {
  assert.equal(await effective(t, "server", "port", { toml: "[server]\nport = 1001\n", env: { PORT: "", BELFRY_SERVER_PORT: "" } }), "1001");
});

test("secrets are masked wherever they come from", async (t) => {
  const secrets = { JWT_SECRET: "s3cret-in-the-environment", BELFRY_AUTH_API_KEYS: "first-api-key,second-api-key" };
  for (const sources of [
    { env: secrets },
    { dotenv: Object.entries(secrets).map(([name, value]) => `${name}=${value}`).join("\n") },
    { toml: '[auth]\njwt_secret = "s3cret-in-the-environment"\napi_keys = ["first-api-key", "second-api-key"]\n' },
  ]) {
    const { code, text } = await check(t, sources);
    assert.equal(code, 0, text);
    assert.match(text, /jwt_secret = .*\*/);
    for (const secret of ["s3cret", "first-api-key", "second-api-key"]) assert.ok(!text.includes(secret), text);
  }
});

for (const [what, toml, line, key] of [
  ["an unknown key", "[server]\nport = 1\nprot = 2\n", 3, "prot"],
  ["an unknown section", "\n\n[serwer]\nport = 1\n", "(3|4)", "serwer"],
  ["text where a number belongs", '[server]\n\nport = "a lot"\n', 3, "port"],
  ["a number out of its range", "[server]\nport = 65536\n", 2, "port"],
  ["a key twice", "[server]\nport = 1\nport = 2\n", 3, "port"],
  ["no TOML", "[server\nport = 1\n", "\\d", ""],
]) {
  test(`${what}: exit 2, the line and the key`, async (t) => {
    const { code, text } = await check(t, { toml });
    assert.equal(code, 2, text);
    assert.match(text, new RegExp(`belfry\\.toml:${line}\\b.*${key}`));
  });
}

test("every mistake is told at once", async (t) => {
  const { code, text } = await check(t, { toml: "[server]\nport = -1\n[health]\nnothing = 1\n", env: { LOG_LEVEL: "loud" } });
  assert.equal(code, 2);
  for (const name of ["port", "nothing", "LOG_LEVEL"]) assert.match(text, new RegExp(name));
});

for (const [name, value] of [["PORT", "http"], ["BELFRY_SERVER_PROT", "1"], ["BELFRY_HEALTH_X", "1"], ["BELFRY_SERVER_PORT", "1e3"], ["DATABASE_URL", "mysql://x"]]) {
  test(`${name}=${value} in the environment: exit 2 and the name`, async (t) => {
    const { code, text } = await check(t, { env: { [name]: value } });
    assert.equal(code, 2, text);
    assert.match(text, new RegExp(name));
  });
}

test("other names are not the program's business", async (t) => {
  const { code, text } = await check(t, { env: { BELFRY_HOME: "/x", BELFRY_NOSECTION_KEY: "1", SERVER_PORT: "x" } });
  assert.equal(code, 0, text);
});

test("a file that is not there: exit 2 and its name", async (t) => {
  const { code, text } = await check(t, { args: ["--config", "missing.toml"] });
  assert.equal(code, 2);
  assert.match(text, /missing\.toml/);
});

test("serve does not start with a mistake", async (t) => {
  const folder = await freshFolder(t);
  const { code, out, err } = await run(["serve", "--port", "0", "--data-dir", "data"], { cwd: folder, env: { BELFRY_SERVER_PROT: "1" } });
  assert.ok(code > 0);
  assert.match(out + err, /BELFRY_SERVER_PROT/);
});
