// The program's calls: version, token, migrate, serve with its own secret, dev mode.
import assert from "node:assert/strict";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Belfry, freshFolder, kNoLimits, run, startBelfry } from "../support/belfry.mjs";
import { freePort } from "../support/tcp.mjs";
import { Client } from "../support/health.mjs";
import { claimsOf, kSecret, nowSeconds } from "../support/tokens.mjs";

async function mint(args, env = { JWT_SECRET: kSecret }) {
  const { code, out, err } = await run(["token", ...args], { env });
  assert.equal(code, 0, err);
  assert.match(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return out.trim();
}

test("version names itself, the build and the libraries", async () => {
  const { code, out } = await run(["version"]);
  assert.equal(code, 0);
  for (const word of [/belfry/i, /\d+\.\d+\.\d+/, /libuv/i, /openssl/i, /sqlite/i]) assert.match(out, word);
});

for (const args of [[], ["sing"], ["serve", "--prot", "1"], ["token"], ["serve", "--port", "http"], ["token", "--sub", "a", "--ttl", "soon"], ["archive"], ["archive", "--before", "soon", "--to", "x"]]) {
  test(`belfry ${args.join(" ")}: exit 2 and a word about it`, async (t) => {
    const { code, err, out } = await run(args, { cwd: await freshFolder(t) });
    assert.equal(code, 2, out + err);
    assert.ok(err.length > 0);
  });
}

test("help is there", async () => {
  const { code, out } = await run(["--help"]);
  assert.equal(code, 0);
  for (const word of ["serve", "token", "check-config", "migrate", "archive", "version"]) assert.match(out, new RegExp(word));
});

test("token: what is asked for is in it, and the server takes it", async (t) => {
  const token = await mint(["--sub", "ada", "--role", "patient", "--name", "Ada M.", "--email", "ada@example.org", "--ttl", "5m", "--claim", "ward=7", "--claim", "unit=west"]);
  const claims = claimsOf(token);
  assert.deepEqual(
    { sub: claims.sub, role: claims.role, name: claims.name, email: claims.email, ward: claims.ward, unit: claims.unit },
    { sub: "ada", role: "patient", name: "Ada M.", email: "ada@example.org", ward: 7, unit: "west" },
  );
  assert.ok(Math.abs(claims.exp - nowSeconds() - 300) < 20);
  const server = await startBelfry(t);
  const client = new Client(server, { auth: { token } });
  t.after(() => client.close());
  const { userId, role } = await client.connected();
  assert.deepEqual({ userId, role }, { userId: "ada", role: "patient" });
});

test("token: an hour without --ttl", async () => {
  const { exp, ...rest } = claimsOf(await mint(["--sub", "ada"]));
  assert.ok(Math.abs(exp - nowSeconds() - 3600) < 20);
  for (const name of ["role", "name", "email"]) assert.ok(!(name in rest));
});

test("without a secret serve makes one, keeps it for itself, and token uses it too", async (t) => {
  const folder = await freshFolder(t);
  const server = new Belfry({ port: await freePort(), folder, env: kNoLimits });
  await server.start();
  t.after(() => server.ended || server.stop());
  assert.match(server.output, /secret/i);
  const files = await readdir(server.dataDir);
  const name = files.find((one) => /secret/.test(one));
  assert.ok(name, files.join(" "));
  assert.equal((await stat(path.join(server.dataDir, name))).mode & 0o777, 0o600);

  const token = await mint(["--sub", "ada", "--role", "patient", "--data-dir", server.dataDir], {});
  const connect = async () => {
    const client = new Client(server, { auth: { token } });
    t.after(() => client.close());
    return (await client.connected()).userId;
  };
  assert.equal(await connect(), "ada");
  await server.restart();
  assert.equal(await connect(), "ada");
});

test("migrate makes the database, and does nothing the second time; serve takes it", async (t) => {
  const folder = await freshFolder(t);
  const file = path.join(folder, "own.db");
  for (let i = 0; i < 2; ++i) {
    const { code, err } = await run(["migrate", "--database", `sqlite:${file}`], { cwd: folder });
    assert.equal(code, 0, err);
    assert.ok((await stat(file)).size > 0);
  }
  const server = await startBelfry(t, { args: ["--database", `sqlite:${file}`] });
  const visit = await server.visit("ada", "dr-okafor");
  assert.equal(typeof visit.id, "string");
});

test("serve with --threads 1 and 4 serves", async (t) => {
  for (const threads of [1, 4]) {
    const server = await startBelfry(t, { args: ["--threads", threads] });
    const visit = await server.visit("ada", "dr-okafor");
    const doctors = await Promise.all(Array.from({ length: 8 }, () => Client.open(t, server, "dr-okafor", "provider")));
    const ada = await Client.open(t, server, "ada");
    const message = await ada.say(visit, "to all shards");
    for (const doctor of doctors) assert.deepEqual(await doctor.next("message:new"), message);
  }
});

test("a plain serve has neither the page nor /dev/token", async (t) => {
  const server = await startBelfry(t);
  assert.equal((await server.call("GET", "/")).status, 404);
  assert.equal((await server.call("POST", "/dev/token", { body: { sub: "ada" } })).status, 404);
});

test("dev mode: the page, its parts with their types, and tokens for anybody", async (t) => {
  const server = await startBelfry(t, { args: ["--dev"] });
  const page = await server.call("GET", "/");
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"], /^text\/html/);
  for (const [name, type] of [["/main.js", "javascript"], ["/socket.io/socket.io.esm.min.js", "javascript"], ["/style/base.css", "text/css"], ["/icon.svg", "image/svg"]]) {
    const part = await server.call("GET", name);
    assert.equal(part.status, 200, name);
    assert.match(part.headers["content-type"], new RegExp(type));
  }
  assert.equal((await server.call("GET", "/nothing.js")).status, 404);
  assert.ok([400, 404].includes((await server.call("GET", "/..%2f..%2f..%2fetc%2fpasswd")).status));

  const { status, json } = await server.call("POST", "/dev/token", { body: { sub: "ada", role: "patient", name: "Ada" } });
  assert.equal(status, 200);
  const client = new Client(server, { auth: { token: json.token } });
  t.after(() => client.close());
  assert.equal((await client.connected()).userId, "ada");
  for (const body of [{}, { sub: 5 }, { sub: "" }]) assert.equal((await server.call("POST", "/dev/token", { body })).status, 422);
});

test("dev mode allows any localhost origin and no other", async (t) => {
  const server = await startBelfry(t, { args: ["--dev"] });
  const allowed = async (origin) => (await server.call("GET", "/healthz", { headers: { Origin: origin } })).headers["access-control-allow-origin"];
  assert.equal(await allowed("http://localhost:5173"), "http://localhost:5173");
  assert.equal(await allowed("https://localhost:8443"), "https://localhost:8443");
  assert.equal(await allowed("http://localhost.evil.example:5173"), undefined);
  assert.equal(await allowed("https://evil.example"), undefined);
});

test("a page of another origin gets no token", async (t) => {
  const server = await startBelfry(t, { args: ["--dev"] });
  const { status, headers } = await server.call("POST", "/dev/token", { body: { sub: "ada" }, headers: { Origin: "https://evil.example" } });
  assert.ok(status >= 400 || headers["access-control-allow-origin"] === undefined);
});

test("dev mode is for loopback only", async (t) => {
  const folder = await freshFolder(t);
  const { code, out, err } = await run(["serve", "--dev", "--host", "0.0.0.0", "--port", "0"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(out + err, /loopback/);
});

test("archive: old messages leave the store for a file, and history goes on", async (t) => {
  const server = await startBelfry(t);
  const { id } = await server.visit("ada", "bo");
  const client = await Client.open(t, server, "ada");
  for (const message of ["one", "two"]) assert.equal((await client.ask("message:send", { visitId: id, message })).success, true);
  const file = path.join(server.folder, "old.jsonl.gz");
  const archive = (before) => run(["archive", "--before", before, "--to", file, "--data-dir", server.dataDir], { env: server.store });

  const early = await archive("2026-01-01");
  assert.equal(early.code, 0, early.err);
  assert.match(early.out, /^Moved 0 messages /);
  const again = await archive("2100-01-01T00:00:00Z");
  assert.equal(again.code, 1, "a file is never written over");
  await rm(file);
  const done = await archive("2100-01-01T00:00:00Z");
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /^Moved 2 messages /);

  const lines = gunzipSync(await readFile(file)).toString().trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ conversationId, seq, senderId, text }) => ({ conversationId, seq, senderId, text })), [
    { conversationId: id, seq: 1, senderId: "ada", text: "one" },
    { conversationId: id, seq: 2, senderId: "ada", text: "two" },
  ]);
  assert.deepEqual((await client.ask("message:history", { visitId: id })).messages, []);
  assert.equal((await client.ask("message:send", { visitId: id, message: "three" })).message.seq, 3);
});
