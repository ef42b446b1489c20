// Tokens as a customer's own system makes them: JWTs over node's crypto, not over the program.
import { signToken } from "../../testkit/js/index.js";

export const kSecret = "a secret that only these tests know, long enough for HS512";

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A token of these claims; `exp` is in an hour unless given (null leaves it out). */
export const sign = (claims, options = {}) => signToken(claims, { secret: kSecret, ...options });

/** The claims of a token, unchecked. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}
