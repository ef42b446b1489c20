// The test kit as a user has it: what the seeds' tests do, and what one reads when a wait fails.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as kit from "../../testkit/js/index.js";
import { freshFolder, kProgram } from "../support/belfry.mjs";

const { connectSocketClient, disconnectSocketClient, emitWithAck, openSocketClient, startBelfry, waitForEvent } = kit;
const kFolder = fileURLToPath(new URL("../../testkit/js", import.meta.url));
const read = (name) => readFile(path.join(kFolder, name), "utf8");

const server = await startBelfry({ program: kProgram, args: ["--root-app", "care"] });
after(() => server.stop());

async function post(target, as, body) {
  const headers = { Authorization: `Bearer ${as}`, "Content-Type": "application/json" };
  const response = await fetch(server.url + target, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${target}: ${response.status}`);
  return response.json();
}

/** A connected socket that goes with the test. */
async function connect(t, options) {
  const socket = await connectSocketClient(server.url, options);
  t.after(() => disconnectSocketClient(socket));
  return socket;
}

/** Runs a script to its end: `{code, out}`, both outputs together. */
async function runNode(cwd, script) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [script], { cwd, env: { ...env, BELFRY_PROGRAM: kProgram }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
  return kit.within(new Promise((resolve) => child.once("close", (code) => resolve({ code, out }))), `${script} to end`, 60_000);
}

/** A project that has installed what the package ships, and a client of its own. */
async function userProject(t) {
  const project = await freshFolder(t);
  const installed = path.join(project, "node_modules/@belfry/testkit");
  await mkdir(installed, { recursive: true });
  for (const name of ["package.json", ...JSON.parse(await read("package.json")).files]) await cp(path.join(kFolder, name), path.join(installed, name), { recursive: true });
  await symlink(path.join(kFolder, "node_modules/socket.io-client"), path.join(project, "node_modules/socket.io-client"));
  return project;
}

test("the test in the README passes in a project that has installed the package", async (t) => {
  const project = await userProject(t);
  const example = /```js\n([\s\S]*?)```/.exec(await read("README.md"))[1];
  await writeFile(path.join(project, "readme.test.mjs"), example);
  const { code, out } = await runNode(project, "readme.test.mjs");
  assert.equal(code, 0, out);
  assert.match(out, /(#|ℹ) pass 2\b/);
});

test("index.d.ts and the README name what index.js exports", async () => {
  const names = Object.keys(kit).sort();
  const declared = [...(await read("index.d.ts")).matchAll(/^export (?:function|class|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), names);
  const readme = await read("README.md");
  for (const name of names.filter((one) => !["Belfry", "noLimits"].includes(one))) assert.ok(readme.includes(`\`${name}(`), name);
});

test("as the seeds' tests do: an event of a REST call, an answer, the end", async (t) => {
  const [ada, max] = ["ada", "max"].map((sub) => server.token({ sub }));
  const family = await post("/v1/care/families", ada, { name: "Miller" });
  await post(`/v1/care/families/${family.id}/members`, ada, { userId: "max", role: "caregiver" });
  const recipient = await post("/v1/care/recipients", ada, { familyId: family.id, name: "Grandma" });
  const medication = await post("/v1/care/medications", ada, { careRecipientId: recipient.id, name: "Aspirin", dosage: "100 mg" });
  const socket = await connectSocketClient(server.url, ada);
  const other = await connect(t, { token: max, namespace: "/care", transports: ["polling"] });
  assert.deepEqual(await emitWithAck(socket, "family:join", { familyId: family.id }), { success: true });

  const events = [socket, other].map((one) => waitForEvent(one, "medication.logged", 5000));
  await post(`/v1/care/medications/${medication.id}/logs`, max, { status: "GIVEN" });
  for (const event of await Promise.all(events)) assert.deepEqual([event.medicationName, event.loggedBy], ["Aspirin", "max"]);

  await disconnectSocketClient(socket);
  assert.equal(socket.connected, false);
  const connected = async () => (await fetch(`${server.url}/v1/users/ada/connected`, { headers: { Authorization: `Bearer ${ada}` } })).json();
  await kit.until(async () => !(await connected()).connected, "the server has heard of it");
});

test("only what comes after the call counts, and only what matches", async (t) => {
  const socket = await connect(t, server.token({ sub: "eve" }));
  const emit = (payload) => post("/v1/emit", server.apiKey, { app: "care", event: "custom", payload, userIds: ["eve"] });
  const first = waitForEvent(socket, "custom");
  await emit(1);
  assert.equal(await first, 1);
  const third = waitForEvent(socket, "custom", 5000, (value) => value > 2);
  for (const value of [2, 3]) await emit(value);
  assert.equal(await third, 3);
  assert.deepEqual(["custom", "disconnect", "connect_error"].map((event) => socket.listeners(event).length), [0, 0, 0], "nothing is left behind");
  assert.equal(socket.listenersAny().length, 0);
  const broken = waitForEvent(socket, "custom", 5000, () => assert.fail("not this one"));
  await emit(4);
  await assert.rejects(broken, { message: "not this one" });
});

test("a wait that takes too long says for what, and what came instead", async (t) => {
  const socket = await connect(t, server.token({ sub: "fay" }));
  const missed = waitForEvent(socket, "wanted", 500);
  for (const event of ["one", "two", "two"]) await post("/v1/emit", server.apiKey, { app: "care", event, payload: 1, userIds: ["fay"] });
  await assert.rejects(missed, { message: `waited 500 ms for event "wanted" of ${server.url}/ (came meanwhile: one, two × 2)` });
  await assert.rejects(waitForEvent(socket, "wanted", 20), { message: /\(came meanwhile: nothing\)$/ });
  socket.disconnect();
  await assert.rejects(waitForEvent(socket, "wanted", 20), { message: /nothing; the socket is not connected\)$/ });
  await assert.rejects(emitWithAck(socket, "family:join", {}, 20), { message: `waited 20 ms for the answer to "family:join" of ${server.url}/` });
});

test("a refusal comes as the server says it", async () => {
  const expired = { token: server.token({ sub: "gus", exp: 1 }), namespace: "/health" };
  await assert.rejects(connectSocketClient(server.url, expired), { message: "Authentication error: Token expired" });
  await assert.rejects(connectSocketClient(server.url), { message: "Authentication required" });
  await assert.rejects(connectSocketClient(server.url, "no token"), { message: "Invalid token" });
  const nowhere = { token: server.token({ sub: "gus" }), namespace: "/nowhere" };
  await assert.rejects(connectSocketClient(server.url, nowhere), { message: "Invalid namespace" });
  const refused = `${server.url}/health was refused (Authentication error: Token expired) while waiting for event "connected" (came meanwhile: nothing; the socket is not connected)`;
  await assert.rejects(waitForEvent(openSocketClient(server.url, expired), "connected"), { message: refused });
  assert.match((await waitForEvent(openSocketClient(server.url, expired), "connect_error")).message, /Token expired/);
});

test("nobody there, and somebody who never answers", async (t) => {
  const peers = [];
  const silent = net.createServer((peer) => peers.push(peer.on("error", () => {})));
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${silent.address().port}`;
  const slow = connectSocketClient(`${url}/`, { token: "x", namespace: "/care", timeoutMs: 100 });
  await assert.rejects(slow, { message: `waited 100 ms for a connection to ${url}/care` });
  peers.forEach((peer) => peer.destroy());
  await new Promise((resolve) => silent.close(resolve));
  await assert.rejects(connectSocketClient(url, "x"), { message: `no connection to ${url}/: websocket error` });
});

test("who is disconnected while waiting hears of it at once", async (t) => {
  const socket = await connect(t, server.token({ sub: "hal" }));
  const waits = [waitForEvent(socket, "wanted"), emitWithAck(socket, "nothing:answers:this", 1, 10_000)];
  assert.equal((await waits[1]).success, false);
  await post("/v1/users/hal/disconnect", server.apiKey, {});
  await assert.rejects(waits[0], { message: /^http:.* was disconnected \(io server disconnect\) while waiting for event "wanted"/ });
});

test("a client that reconnects is waited for, over a restart and a kill of its server", async (t) => {
  const own = await startBelfry({ program: kProgram });
  t.after(() => own.stop());
  const options = { token: own.token({ sub: "ian", role: "patient" }), reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50 };
  const socket = await connectSocketClient(own.url, options);
  t.after(() => disconnectSocketClient(socket));
  for (const how of ["restart", "kill"]) {
    const greeted = waitForEvent(socket, "connected", 20_000);
    await own[how]();
    if (how === "kill") await own.start();
    assert.equal((await greeted).userId, "ian");
  }
});

test("stop removes the folder, also after a kill, and minds a server that ended by itself", async () => {
  const killed = await startBelfry({ program: kProgram });
  await killed.kill();
  assert.throws(() => killed.check(), /belfry was ended: by SIGKILL/);
  await killed.stop();
  const crashed = await startBelfry({ program: kProgram });
  process.kill(crashed.pid, "SIGKILL");
  await crashed.exit;
  await assert.rejects(crashed.stop(), /belfry ended by itself: by SIGKILL/);
  for (const one of [killed, crashed]) assert.ok(!existsSync(one.folder));
});

test("a start that fails says why", async (t) => {
  await assert.rejects(startBelfry({ program: "/no/such/belfry" }), /^Error: belfry ended by itself: "\/no\/such\/belfry" cannot be run: .*ENOENT/);
  await assert.rejects(startBelfry({ program: kProgram, env: { BELFRY_SERVER_PRT: "1" } }), /^Error: belfry ended by itself: with code 2\n.*BELFRY_SERVER_PRT/s);
  await assert.rejects(startBelfry({ program: kProgram, port: 21_437, startTimeoutMs: -1 }), /^Error: waited -1 ms until belfry says that it is ready at http:\/\/127\.0\.0\.1:21437/);
});

test("a server that was forgotten ends with the test's process", async (t) => {
  const project = await userProject(t);
  const script = `import { startBelfry } from "@belfry/testkit";
    const server = await startBelfry();
    console.log(server.pid, server.folder);
    process.exit(3);`;
  await writeFile(path.join(project, "forgets.mjs"), script);
  const { code, out } = await runNode(project, "forgets.mjs");
  assert.equal(code, 3, out);
  const [pid, folder] = out.trim().split(" ");
  assert.ok(!existsSync(folder));
  const isGone = () => {
    try {
      return !process.kill(Number(pid), 0);
    } catch {
      return true;
    }
  };
  await kit.until(isGone, "the process is gone");
});
