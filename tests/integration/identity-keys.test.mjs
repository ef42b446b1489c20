// Tokens that somebody else has signed: public keys in PEM, key sets that rotate, and how they are attacked.
import assert from "node:assert/strict";
import { createHmac, createSign, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { freshFolder, kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { kSecret, nowSeconds, sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const kKinds = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};
const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token as a customer's own system signs it. */
function signed(alg, privateKey, claims, header = {}) {
  const text = `${encode({ alg, typ: "JWT", ...header })}.${encode({ exp: nowSeconds() + 3600, ...claims })}`;
  let signature;
  if (alg === "RS256") signature = createSign("sha256").update(text).sign(privateKey);
  if (alg === "ES256") signature = createSign("sha256").update(text).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
  if (alg === "EdDSA") signature = signBytes(null, Buffer.from(text), privateKey);
  return `${text}.${signature.toString("base64url")}`;
}
const pem = (key) => key.export({ type: "spki", format: "pem" });
const jwk = (key, more) => ({ ...key.export({ format: "jwk" }), ...more });

async function connecting(t, server, token) {
  const client = new Client(server, { auth: { token } });
  t.after(() => client.close());
  try {
    return (await client.connected()).userId;
  } catch (error) {
    return error.message;
  }
}
const kInvalid = "Authentication error: Invalid token";

for (const [alg, make] of Object.entries(kKinds)) {
  test(`${alg} by a key in PEM, and no other algorithm under it`, async (t) => {
    const { publicKey, privateKey } = make();
    const file = path.join(await freshFolder(t), "key.pem");
    await writeFile(file, pem(publicKey));
    const server = await startBelfry(t, { env: { BELFRY_AUTH_JWT_PUBLIC_KEY_FILE: file } });
    const claims = { sub: "ada", role: "patient" };
    assert.equal(await connecting(t, server, signed(alg, privateKey, claims)), "ada");
    assert.equal(await connecting(t, server, signed(alg, privateKey, claims, { kid: "any" })), "ada");
    assert.equal(await connecting(t, server, sign(claims)), "ada", "the secret holds beside it");
    assert.equal(await connecting(t, server, signed(alg, privateKey, { ...claims, exp: nowSeconds() - 60 })), "Authentication error: Token expired");
    const [head, body, signature] = signed(alg, privateKey, claims).split(".");
    const hmac = (secret, text) => createHmac("sha256", secret).update(text).digest("base64url");
    const confused = `${encode({ alg: "HS256" })}.${body}`;
    for (const token of [
      signed(alg, make().privateKey, claims),
      `${confused}.${hmac(pem(publicKey), confused)}`,
      `${confused}.${hmac(pem(publicKey).trim(), confused)}`,
      `${encode({ alg: "none" })}.${body}.`,
      `${encode({ alg: "None" })}.${body}.${signature}`,
      `${head}.${encode({ ...claims, role: "admin" })}.${signature}`,
      `${head}.${body}.`,
      `${head}.${body}.${encode("x".repeat(64))}`,
      ...Object.keys(kKinds).filter((other) => other !== alg).map((other) => `${encode({ alg: other })}.${body}.${signature}`),
      `${encode({ alg, jwk: jwk(make().publicKey) })}.${body}.${signature}`,
    ]) {
      assert.equal(await connecting(t, server, token), kInvalid, token);
    }
  });
}

test("where only a public key's algorithm is allowed, the secret signs nothing", async (t) => {
  const { publicKey, privateKey } = kKinds.EdDSA();
  const file = path.join(await freshFolder(t), "key.pem");
  await writeFile(file, pem(publicKey));
  const server = await startBelfry(t, { env: { BELFRY_AUTH_JWT_PUBLIC_KEY_FILE: file, BELFRY_AUTH_JWT_ALGORITHMS: "EdDSA" } });
  assert.equal(await connecting(t, server, signed("EdDSA", privateKey, { sub: "ada" })), "ada");
  assert.equal(await connecting(t, server, sign({ sub: "ada" })), kInvalid);
});

test("a key set in a file: each key by its kid, and it rotates", async (t) => {
  const file = path.join(await freshFolder(t), "jwks.json");
  const pairs = Object.entries(kKinds).map(([alg, make]) => ({ alg, kid: `${alg}-1`, ...make() }));
  const write = (list) => writeFile(file, JSON.stringify({ keys: list.map(({ alg, kid, publicKey }) => jwk(publicKey, { kid, alg, use: "sig" })) }));
  await write(pairs);
  const server = await startBelfry(t, { env: { BELFRY_AUTH_JWKS_FILE: file } });
  const connect = ({ alg, kid, privateKey }, sub = "ada") => connecting(t, server, signed(alg, privateKey, { sub }, { kid }));
  for (const pair of pairs) assert.equal(await connect(pair), "ada");
  assert.equal(await connect({ ...pairs[0], kid: "unknown" }), kInvalid);
  const fresh = { alg: "ES256", kid: "ES256-2", ...kKinds.ES256() };
  await write([fresh]);
  assert.equal(await connect(fresh), "ada", "the first token of a new key has the file read");
  assert.equal(await connect(pairs[1]), kInvalid, "the old key is gone");
  await write([pairs[2]]);
  await until(async () => (await connect(fresh)) === kInvalid, "a key is taken back, though nobody asks for a new one");
  await write([fresh]);
  assert.equal(await connect(fresh), "ada");
  await writeFile(file, "not JSON at all");
  await until(() => server.output.includes("the key set cannot be read"), "the set is read again");
  assert.equal(await connect(fresh), "ada", "a set that cannot be read changes nothing");
});

test("a key set at a URL: read for the first token, again for an unknown key, and bad answers change nothing", async (t) => {
  let answer = (response) => response.end(JSON.stringify({ keys: [] }));
  let asked = 0;
  const source = http.createServer((_, response) => (++asked, answer(response)));
  await new Promise((resolve) => source.listen(0, "127.0.0.1", resolve));
  t.after(() => (source.closeAllConnections(), source.close()));
  const first = { kid: "one", ...kKinds.RS256() };
  const token = ({ kid, privateKey }) => signed("RS256", privateKey, { sub: "ada" }, { kid });
  answer = (response) => response.end(JSON.stringify({ keys: [jwk(first.publicKey, { kid: "one" })] }));
  const url = `http://127.0.0.1:${source.address().port}/jwks.json`;
  const server = await startBelfry(t, { env: { BELFRY_AUTH_JWKS_URL: url } });
  assert.equal(await connecting(t, server, token(first)), "ada");
  const before = asked;
  const unknown = { kid: "nobody", ...kKinds.RS256() };
  const refused = await Promise.all(Array.from({ length: 20 }, () => connecting(t, server, token(unknown))));
  assert.deepEqual(refused, Array(20).fill(kInvalid));
  assert.ok(asked <= before + 2, `asked ${asked - before} times for unknown keys`);
  for (const bad of [(r) => r.writeHead(500).end("no"), (r) => r.end("<html>"), (r) => r.end("x".repeat(2_000_000)), (r) => r.destroy()]) {
    answer = bad;
    assert.equal(await connecting(t, server, token(first)), "ada");
  }
  const second = { kid: "two", ...kKinds.RS256() };
  answer = (response) => response.end(JSON.stringify({ keys: [jwk(second.publicKey, { kid: "two" })] }));
  assert.equal(await connecting(t, server, token(second)), "ada", "the first token of a new key waits until it is read");
});

test("a source that hangs delays nobody whose key is known", async (t) => {
  const source = http.createServer(() => {});
  await new Promise((resolve) => source.listen(0, "127.0.0.1", resolve));
  t.after(() => (source.closeAllConnections(), source.close()));
  const server = await startBelfry(t, { env: { BELFRY_AUTH_JWKS_URL: `http://127.0.0.1:${source.address().port}/` } });
  const waiting = connecting(t, server, signed("EdDSA", kKinds.EdDSA().privateKey, { sub: "ada" }));
  assert.equal(await connecting(t, server, sign({ sub: "ada" })), "ada");
  assert.equal(await waiting, kInvalid);
});

test("issuer, audience, not yet valid: each is refused", async (t) => {
  const server = await startBelfry(t, { env: { BELFRY_AUTH_ISSUER: "https://id.example", BELFRY_AUTH_AUDIENCE: "belfry" } });
  const good = { sub: "ada", iss: "https://id.example", aud: ["x", "belfry"] };
  assert.equal(await connecting(t, server, sign(good)), "ada");
  for (const wrong of [{ iss: "https://evil.example" }, { iss: undefined }, { aud: "other" }, { aud: undefined }, { nbf: nowSeconds() + 60 }]) {
    assert.equal(await connecting(t, server, sign({ ...good, ...wrong })), kInvalid);
  }
  for (const token of [kSecret, kApiKey, "a.b", "a.b.c.d"]) assert.equal(await connecting(t, server, token), kInvalid);
});
