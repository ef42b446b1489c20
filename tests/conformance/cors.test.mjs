// CORS for any origin, on answers of every kind, and preflight requests.
import assert from "node:assert/strict";
import test from "node:test";
import { PollingPeer } from "../support/engineio.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, sharedServer } from "../support/server.mjs";
import { WebSocketConnection } from "../support/websocket.mjs";

const server = await sharedServer(kQuiet);
const kOrigin = "https://example.org";
const headers = { Origin: kOrigin };

function assertAllowed(response, origin = kOrigin) {
  const allowed = response.headers["access-control-allow-origin"];
  assert.ok(allowed === "*" || allowed === origin, `allowed: ${allowed}`);
}

for (const path of ["/socket.io/", "/engine.io/"]) {
  test(`handshake, poll and POST at ${path}`, async (t) => {
    assertAllowed(await request(server, `${path}?EIO=4&transport=polling`, { headers }));
    const peer = await PollingPeer.open(t, server, { path, start: false });
    assertAllowed(await peer.post("40", { headers }));
    assertAllowed(await peer.post("4x", { headers }));
  });

  test(`refusals at ${path}`, async () => {
    for (const [method, query] of [
      ["GET", "?EIO=4&transport=abc"],
      ["GET", "?EIO=4&transport=polling&sid=abc"],
      ["POST", "?EIO=4&transport=polling"],
      ["GET", "?EIO=4&transport=websocket"],
      ["GET", "?EIO=3&transport=polling"],
    ]) {
      const response = await request(server, path + query, { method, headers });
      assert.equal(response.status, 400);
      assertAllowed(response);
    }
  });

  for (const query of ["", "?EIO=4&transport=polling", "?EIO=4&transport=polling&sid=abc"]) {
    test(`preflight at ${path}${query}`, async () => {
      for (const requested of ["content-type", "authorization,x-my-header"]) {
        const response = await request(server, path + query, {
          method: "OPTIONS",
          headers: {
            ...headers,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": requested,
          },
        });
        assert.ok([200, 204].includes(response.status), `${response.status}`);
        assert.equal(response.body.length, 0);
        assertAllowed(response);
        const methods = response.headers["access-control-allow-methods"].toUpperCase().split(/, */);
        assert.ok(methods.includes("GET") && methods.includes("POST"), methods.join());
        const allowed = response.headers["access-control-allow-headers"].toLowerCase().split(/, */);
        for (const name of requested.split(",")) assert.ok(allowed.includes(name), allowed.join());
      }
    });
  }
}

test("echoed values cannot smuggle headers in", async () => {
  const response = await request(server, "/socket.io/", {
    method: "OPTIONS",
    headers: { ...headers, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "a\tb" },
  }).catch(() => null);
  if (response) assert.ok([200, 204, 400].includes(response.status));
});

test("a WebSocket of any origin is accepted", async (t) => {
  const connection = await WebSocketConnection.open(t, server, "/socket.io/?EIO=4&transport=websocket", { headers });
  assert.equal((await connection.message())[0], "0");
});

test("requests without an origin are served", async () => {
  assert.equal((await request(server, "/socket.io/?EIO=4&transport=polling")).status, 200);
});
