// The REST calls of the page.

/** What the server says is wrong: `status`, and a text for people. */
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** A path whose parts cannot break out of it: at`/v1/groups/${id}/members`. */
export function at(texts, ...parts) {
  return String.raw({ raw: texts }, ...parts.map(encodeURIComponent));
}

async function call(method, path, { token, body, key } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "The server cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const fields = (answer?.errors ?? []).map((one) => `${one.field}: ${one.message}`);
  const error = new ApiError(response.status, [answer?.detail ?? answer?.title ?? response.statusText, ...fields].join("; "));
  error.retryAfterMs = Number(response.headers.get("Retry-After") ?? 0) * 1000;
  throw error;
}

/** A token for anybody: only a server in dev mode gives one. */
export async function fetchToken({ id, role, name }) {
  const { token } = await call("POST", "/dev/token", { body: { sub: id, role, name } });
  return token;
}

/**
 * REST as one user. `token()` gives the token, undefined where the browser's cookie says who one is, null where there is none
 * yet; `renew()` is asked for a new one then, and when the server does not accept the old one.
 */
export class Rest {
  constructor({ token = () => undefined, renew }) {
    this.token = token;
    this.renew = renew;
  }

  get(path) {
    return this.#call("GET", path);
  }

  /** `key`: what is done once only, however often it is asked. */
  post(path, body, key) {
    return this.#call("POST", path, { body, key });
  }

  put(path, body) {
    return this.#call("PUT", path, { body });
  }

  patch(path, body) {
    return this.#call("PATCH", path, { body });
  }

  delete(path) {
    return this.#call("DELETE", path);
  }

  /** The newest of a list. */
  async list(path) {
    return (await this.get(path)).items;
  }

  async #call(method, path, more) {
    if (this.token() === null) await this.renew();
    try {
      return await call(method, path, { ...more, token: this.token() });
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.renew();
      return call(method, path, { ...more, token: this.token() });
    }
  }
}

const kAdmin = { id: "demo-admin", role: "admin", name: "Demo admin" };

/** REST as an admin, for what the demo shows of an admin's side. */
export function adminRest() {
  let token = null;
  return new Rest({
    token: () => token,
    renew: async () => {
      token = await fetchToken(kAdmin);
    },
  });
}
