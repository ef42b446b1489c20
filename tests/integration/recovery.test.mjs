// Connection state recovery in the apps: who comes back is asked again for what they show.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const server = await startBelfry(null, { env: { BELFRY_RECOVERY_ENABLED: "1" } });
const notify = (message, userId) => server.call("POST", "/v1/inbox/notifications", { as: kApiKey, body: { message, type: "info", userId } });
const cookieOf = (user, more = {}) => ({ Cookie: `token=${sign({ sub: user, ...more })}` });

/** A client of the inbox whose events have offsets, which AppClient does not expect. */
async function tab(t, user) {
  const client = new AppClient(server, "inbox", { extraHeaders: cookieOf(user), transports: ["websocket"], reconnection: true, reconnectionDelay: 50 });
  t.after(() => client.close());
  client.socket.offAny();
  client.messages = [];
  client.socket.on("notification", (one) => client.messages.push(one.message));
  await client.open();
  return client;
}

/** The connection is lost, and the client comes back as who these headers say. */
async function comeBack(client, extraHeaders) {
  const { socket } = client;
  socket.io.opts.extraHeaders = extraHeaders;
  let back = false;
  socket.once("connect", () => (back = true));
  socket.io.engine.close();
  await until(() => back, "it is back");
  return { recovered: socket.recovered };
}

test("the same user goes on with the session, and gets what was missed", async (t) => {
  const client = await tab(t, "ann");
  await notify("before", "ann");
  await until(() => client.messages.includes("before"), "the first message");
  const { recovered } = await comeBack(client, cookieOf("ann"));
  assert.equal(recovered, true);
  await notify("after", "ann");
  await until(() => client.messages.includes("after"), "the second message");
  assert.deepEqual(client.messages, ["before", "after"]);
});

test("who comes back as nobody, or as somebody else, is not who they were", async (t) => {
  const stranger = await tab(t, "ben");
  assert.equal((await comeBack(stranger, {})).recovered, false);
  const other = await tab(t, "ben");
  assert.equal((await comeBack(other, cookieOf("cleo"))).recovered, false);
  const promoted = await tab(t, "ben");
  assert.equal((await comeBack(promoted, cookieOf("ben", { role: "admin" }))).recovered, false);
  const ben = await tab(t, "ben");
  await notify("for ben", "ben");
  await until(() => ben.messages.includes("for ben"), "the message");
  await notify("for cleo", "cleo");
  await until(() => other.messages.includes("for cleo"), "the message of cleo");
  assert.deepEqual([stranger.messages, other.messages], [[], ["for cleo"]]);
});

test("who is signed out is told so, and gone for good", async (t) => {
  const body = { email: "dora@example.org", password: "correct horse" };
  const { token } = (await server.call("POST", "/auth/register", { body })).json;
  const clients = [];
  for (let i = 0; i < 6; ++i) {
    const client = new AppClient(server, "health", { auth: { token } });
    t.after(() => client.close());
    client.socket.offAny();
    client.socket.on("auth:revoked", (one) => (client.told = one.reason));
    client.gone = false;
    client.socket.on("disconnect", () => (client.gone = true));
    await client.open();
    clients.push(client);
  }
  assert.equal((await server.call("POST", "/auth/logout", { as: token })).status, 200);
  await until(() => clients.every((client) => client.gone), "all are disconnected");
  for (const { told } of clients) assert.equal(told, "session revoked");
});
