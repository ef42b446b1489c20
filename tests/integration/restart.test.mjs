// App health: what stays over a restart, and how the server takes its leave.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshFolder, run, startBelfry } from "../support/belfry.mjs";
import { Client, wholeHistory } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";
import { within } from "../support/wait.mjs";

for (const how of ["stop", "kill"]) {
  test(`history, visits and clientMessageIds stay over a ${how} and start`, async (t) => {
    const server = await startBelfry(t);
    const visit = await server.visit("ada", "dr-okafor");
    let ada = await Client.open(t, server, "ada");
    for (let i = 0; i < 30; ++i) await ada.say(visit, `message ${i}`, { clientMessageId: `id-${i}` });
    const stored = await wholeHistory(ada, visit);
    assert.equal(stored.length, 30);
    await server[how]();
    await server.start();

    ada = await Client.open(t, server, "ada");
    assert.deepEqual(await wholeHistory(ada, visit), stored);
    assert.equal((await ada.say(visit, "again", { clientMessageId: "id-29" })).id, stored[29].id);
    assert.equal((await ada.say(visit, "next")).seq, 31);
    const { json } = await server.call("GET", "/v1/health/visits", { as: sign({ sub: "dr-okafor", role: "provider" }) });
    assert.deepEqual(json.items, [visit]);
    assert.deepEqual((await ada.joinVisit(visit)).participants.map(({ userId }) => userId), ["ada"], "rooms begin empty");
  });
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  for (const transports of [["websocket"], ["polling"]]) {
    test(`${signal}: server:shutdown over ${transports}, then the end with code 0`, async (t) => {
      const server = await startBelfry(t);
      const clients = [];
      for (const namespace of ["/", "/health"]) clients.push(await Client.open(t, server, "ada", "patient", { namespace, transports }));
      const gone = clients.map((client) => new Promise((resolve) => client.socket.once("disconnect", resolve)));
      const begin = performance.now();
      await server.stop(signal);
      assert.deepEqual(server.ended, { code: 0, signal: null });
      assert.ok(performance.now() - begin < 11_000, "within the drain time");
      for (const client of clients) {
        const { reason, reconnectInMs } = await client.next("server:shutdown");
        assert.equal(typeof reason, "string");
        assert.ok(Number.isInteger(reconnectInMs) && reconnectInMs >= 0);
      }
      await within(Promise.all(gone), "the sockets to be closed");
    });
  }
}

test("what is acknowledged while the server stops is there when it is back; the rest is not", async (t) => {
  const server = await startBelfry(t);
  const visit = await server.visit("ada", "dr-okafor");
  const clients = await Promise.all(Array.from({ length: 4 }, () => Client.open(t, server, "ada")));
  const acknowledged = [];
  let sending = true;
  const senders = clients.map(async (client, index) => {
    for (let i = 0; sending; ++i) {
      const answer = await client.socket.timeout(5_000).emitWithAck("message:send", { visitId: visit.id, message: `${index} ${i}` }).catch(() => null);
      if (!answer?.success) return;
      acknowledged.push(answer.message.id);
      if (acknowledged.length === 100) process.kill(server.pid, "SIGTERM");
    }
  });
  await within(server.exit, "the server to end", 20_000);
  sending = false;
  assert.deepEqual(server.ended, { code: 0, signal: null });
  await Promise.all(senders);
  await server.start();
  const ada = await Client.open(t, server, "ada");
  const stored = await wholeHistory(ada, visit);
  const ids = new Set(stored.map(({ id }) => id));
  assert.deepEqual(acknowledged.filter((id) => !ids.has(id)), []);
  assert.deepEqual(stored.map(({ seq }) => seq), stored.map((_, i) => i + 1));
});

test("a stock client that may reconnect comes back by itself and fills its gap", async (t) => {
  const server = await startBelfry(t);
  const visit = await server.visit("ada", "dr-okafor");
  const ada = await Client.open(t, server, "ada", "patient", { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
  const last = await ada.say(visit, "before");
  await server.kill();
  await server.start();
  const doctor = await Client.open(t, server, "dr-okafor", "provider");
  await doctor.say(visit, "meanwhile");
  await ada.next("connected");
  const gap = await ada.must("message:history", { visitId: visit.id, after: last.seq });
  assert.deepEqual(gap.messages.map(({ message }) => message), ["meanwhile"]);
});

test("a port in use is said, and ends the program", async (t) => {
  const server = await startBelfry(t);
  const folder = await freshFolder(t);
  const { code, out, err } = await run(["serve", "--port", server.port, "--host", "127.0.0.1", "--data-dir", folder], { cwd: folder });
  assert.ok(code > 0, `${code}`);
  assert.match(out + err, new RegExp(`${server.port}`));
});
