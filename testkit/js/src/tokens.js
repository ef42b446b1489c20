// Tokens as a customer's own system makes them: JWTs signed with a secret that the server knows.
import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A token of these claims by HS256, HS384 or HS512; `none` leaves it unsigned, for a test that it is refused.
 * `exp` is in an hour unless given (null leaves it out).
 */
export function signToken(claims, { secret, alg = "HS256", header = {} } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = { iat: now, exp: now + 3600, ...claims };
  if (all.exp === null) delete all.exp;
  const signed = `${encode({ alg, typ: "JWT", ...header })}.${encode(all)}`;
  if (alg === "none") return `${signed}.`;
  return `${signed}.${createHmac(`sha${alg.slice(2)}`, secret).update(signed).digest("base64url")}`;
}
