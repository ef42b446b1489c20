// Waiting with a limit.

/** The limit of every wait that names none, in milliseconds. */
export const kLimitMs = Number(process.env.TEST_LIMIT_MS ?? 10_000);

/** Settles as `promise` does, or rejects with `what` (a text, or what makes it) after `timeoutMs`. */
export function within(promise, what, timeoutMs = kLimitMs) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${typeof what === "function" ? what() : what}`)), timeoutMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** Asks `condition` (possibly asynchronous) every 10 ms until it gives something true, and returns that. */
export async function until(condition, what, timeoutMs = kLimitMs) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms until ${what}`);
    await pause(10);
  }
}

/** Lets time pass. */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
