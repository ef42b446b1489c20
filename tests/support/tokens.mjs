// Tokens as a customer's own system makes them: JWTs over node's crypto, not over the program.
import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const kSecret = "a secret that only these tests know, long enough for HS512";

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A token of these claims; `exp` is in an hour unless given (null leaves it out). */
export function sign(claims, { secret = kSecret, alg = "HS256", header = {} } = {}) {
  const all = { iat: nowSeconds(), exp: nowSeconds() + 3600, ...claims };
  if (all.exp === null) delete all.exp;
  const signed = `${encode({ alg, typ: "JWT", ...header })}.${encode(all)}`;
  if (alg === "none") return `${signed}.`;
  const hash = createHmac(`sha${alg.slice(2)}`, secret);
  return `${signed}.${hash.update(signed).digest("base64url")}`;
}

/** The claims of a token, unchecked. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}
