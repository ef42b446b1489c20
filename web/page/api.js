// The REST calls of the page.

/** What the server says is wrong: `status`, and a text for people. */
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function call(method, path, { token, body } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "The server cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const fields = (answer?.errors ?? []).map((one) => `${one.field}: ${one.message}`);
  throw new ApiError(response.status, [answer?.detail ?? answer?.title ?? response.statusText, ...fields].join("; "));
}

/** A token for anybody: only a server in dev mode gives one. */
export async function fetchToken({ id, role, name }) {
  const { token } = await call("POST", "/dev/token", { body: { sub: id, role, name } });
  return token;
}

/** The newest visits that the holder of the token takes part in. */
export async function fetchVisits(token) {
  const { items } = await call("GET", "/v1/health/visits", { token });
  return items;
}

export function createVisit(token, patientId, providerId) {
  return call("POST", "/v1/health/visits", { token, body: { patientId, providerIds: [providerId] } });
}
