// HTTP: requests written by hand on raw connections, and ordinary ones through node's client.
import { requestTo } from "./tls.mjs";
import { kLimitMs, within } from "./wait.mjs";

/** The text of a request; `Host` and `Content-Length` are added where they are not given (null leaves one out). */
export function requestText({ method = "GET", path, version = "1.1", headers = {}, body = "" }) {
  const bytes = Buffer.from(body);
  const all = { Host: "localhost", ...headers };
  const chunked = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  if (!chunked && (bytes.length > 0 || method === "POST")) all["Content-Length"] = bytes.length;
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  const head = [`${method} ${path} HTTP/${version}`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""];
  return Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), bytes]);
}

function parseChunked(data) {
  const parts = [];
  let at = 0;
  for (;;) {
    const line = data.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = parseInt(data.toString("latin1", at, line), 16);
    if (data.length < line + 2 + size + 2) return null;
    if (size === 0) return { body: Buffer.concat(parts), used: line + 4 };
    parts.push(data.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** Takes one response off `data`: `{status, headers, body, text}`. For RawTcp.take. */
export function parseResponse(data, ended, { bodiless = false } = {}) {
  const end = data.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first, ...lines] = data.toString("latin1", 0, end).split("\r\n");
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(first);
  if (!match) throw new Error(`not a status line: ${first}`);
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const status = Number(match[1]);
  const rest = data.subarray(end + 4);
  const answer = (body, used) => ({
    value: { status, headers, body, text: body.toString(), version: first.slice(5, 8) },
    used: end + 4 + used,
  });
  if (bodiless || status < 200 || status === 204 || status === 304) return answer(Buffer.alloc(0), 0);
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    const chunked = parseChunked(rest);
    return chunked && answer(chunked.body, chunked.used);
  }
  if (headers["content-length"] !== undefined) {
    const length = Number(headers["content-length"]);
    return rest.length >= length ? answer(rest.subarray(0, length), length) : null;
  }
  return ended ? answer(rest, rest.length) : null;
}

/** Reads one response from a raw connection. */
export function readResponse(tcp, { bodiless, limit_ms = kLimitMs } = {}) {
  const parse = (data, ended) => parseResponse(data, ended, { bodiless });
  return within(tcp.take(parse, "an HTTP response"), "an HTTP response", limit_ms);
}

/**
 * One request through node's own client: `{status, headers, body, text}`. The promise has `abort()`, which gives the
 * request up, and `sent`, which settles when it has been written.
 */
export function request(server, path, { method = "GET", headers = {}, body, agent, limit_ms = kLimitMs } = {}) {
  let call;
  let sent;
  const answer = new Promise((resolve, reject) => {
    call = requestTo(server.port, { method, path, headers, agent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const all = Buffer.concat(parts);
        resolve({ status: response.statusCode, headers: response.headers, body: all, text: all.toString() });
      });
    });
    call.on("error", reject);
    sent = new Promise((done) => call.on("finish", done));
    call.end(body);
  });
  const promise = within(answer, `${method} ${path}`, limit_ms);
  promise.abort = () => call.destroy();
  promise.sent = sent;
  promise.catch(() => {});
  return promise;
}
