// Mail: what goes over the wire, what happens when a mail server is slow, rude or away, and that none is lost or doubled.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { freshFolder, kApiKey, run, startBelfry } from "../support/belfry.mjs";
import { Client, kIsoTime, kUuid7 } from "../support/health.mjs";
import { kCertificate, MailServer, refusal, silentServer } from "../support/smtp.mjs";
import { freePort } from "../support/tcp.mjs";
import { sign } from "../support/tokens.mjs";
import { pause, until } from "../support/wait.mjs";

const kTo = "ann@example.org";
const kFrom = { BELFRY_MAIL_FROM: "Belfry <belfry@mail.example.org>" };

/** A server that sends to that port. */
async function belfry(t, port, env = {}) {
  return startBelfry(t, { env: { SMTP_URL: `smtp://127.0.0.1:${port}`, BELFRY_MAIL_RETRY_BASE_MS: "100", ...kFrom, ...env } });
}
async function queue(server, body = {}, more = {}) {
  const answer = await server.call("POST", "/v1/mails", { as: kApiKey, body: { to: kTo, subject: "Hello", text: "Good day", ...body }, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}
const list = async (server, query = "") => (await server.call("GET", `/v1/mails${query}`, { as: kApiKey })).json.items;
const retry = (server, mail) => server.call("POST", `/v1/mails/${mail.id}/retry`, { as: kApiKey });
const inState = (server, id, state) =>
  until(async () => (await list(server, `?state=${state}&limit=200`)).find((mail) => mail.id === id), `mail ${id} is ${state}`);

/** The samples of mail, without their common beginning. */
async function metrics(server) {
  const { text } = await server.call("GET", "/metrics");
  return Object.fromEntries([...text.matchAll(/^belfry_(mail\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

test("a mail arrives with its headers and both bodies, whatever its subject", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp.port);
  const text = "Grüße,\n.\nein Punkt. " + "lang ".repeat(50);
  const queued = await queue(server, { subject: "Grüße aus Köln – 日本語の件名", text, html: "<p>Grüße</p>" });
  assert.match(queued.id, kUuid7);
  assert.match(queued.nextTryAt, kIsoTime);
  const { mail, raw, envelope } = await smtp.mails.take("the mail");
  assert.equal(mail.subject, "Grüße aus Köln – 日本語の件名");
  assert.equal(mail.text.trimEnd(), text.trimEnd());
  assert.equal(mail.html.trim(), "<p>Grüße</p>");
  assert.equal(mail.from.text, '"Belfry" <belfry@mail.example.org>');
  assert.equal(mail.to.text, kTo);
  assert.equal(mail.messageId, `<${queued.id}@mail.example.org>`);
  assert.equal(mail.headers.get("auto-submitted"), "auto-generated");
  assert.equal(mail.headers.get("mime-version"), "1.0");
  assert.equal(mail.headers.get("content-type").value, "multipart/alternative");
  assert.ok(Math.abs(mail.date - Date.now()) < 60_000);
  assert.deepEqual(envelope, { from: "belfry@mail.example.org", to: [kTo] });
  assert.ok(raw.split("\r\n").every((line) => line.length <= 998 && /^[\t\x20-\x7e]*$/.test(line)), "ASCII in short lines");
  const sent = await inState(server, queued.id, "sent");
  assert.deepEqual({ ...sent, createdAt: 0, endedAt: 0 }, { ...queued, state: "sent", tries: 1, nextTryAt: null, createdAt: 0, endedAt: 0 });
});

test("one connection serves many mails, and a new one is made where the server has ended it", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp.port);
  for (let i = 0; i < 5; ++i) {
    await inState(server, (await queue(server)).id, "sent");
  }
  assert.ok(smtp.connections <= 4, `${smtp.connections} connections`);
  smtp.drop();
  for (let i = 0; i < 5; ++i) {
    const sent = await inState(server, (await queue(server)).id, "sent");
    assert.equal(sent.tries, 1);
  }
});

test("users get mail at the address that is known of them", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp.port);
  await server.call("PUT", "/v1/users/ann", { as: kApiKey, body: { email: "ann@home.example.org" } });
  const answer = await server.call("POST", "/v1/mails", { as: kApiKey, body: { userId: "ann", subject: "s", text: "t" } });
  assert.deepEqual([answer.status, answer.json.to, answer.json.userId], [201, "ann@home.example.org", "ann"]);
  assert.equal((await smtp.mails.take("the mail")).mail.to.text, "ann@home.example.org");
});

test("who may, what is wrong, and once under one Idempotency-Key", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp.port);
  const good = { to: kTo, subject: "s", text: "t" };
  const post = (body, as = kApiKey) => server.call("POST", "/v1/mails", { as, body });
  const user = sign({ sub: "x" });
  for (const [method, route] of [["GET", "/v1/mails"], ["POST", "/v1/mails"], ["POST", "/v1/mails/x/retry"]]) {
    const body = method === "POST" ? good : undefined;
    assert.equal((await server.call(method, route, { as: user, body })).status, 403);
    assert.equal((await server.call(method, route, { body })).status, 401);
  }
  for (const [body, field, message] of [
    [{ ...good, to: "nobody" }, "to", "must be an e-mail address"],
    [{ ...good, to: "a@b\r\nBcc: c@d" }, "to", "must be an e-mail address"],
    [{ ...good, subject: "a\r\nBcc: c@d" }, "subject", "must not hold control characters"],
    [{ ...good, text: "" }, "text", "must not be empty"],
    [{ ...good, userId: "ann" }, "to", "or userId is required, and one of them only"],
    [{ userId: "nobody", subject: "s", text: "t" }, "userId", "is of nobody with an e-mail address"],
  ]) {
    const refused = await post(body);
    assert.deepEqual([refused.status, refused.json.errors], [422, [{ field, message }]]);
  }
  assert.equal((await server.call("GET", "/v1/mails?state=lost", { as: kApiKey })).status, 422);
  assert.equal((await server.call("POST", "/v1/mails/none/retry", { as: kApiKey })).status, 404);
  assert.equal((await post(good, sign({ sub: "root", role: "admin" }))).status, 201);
  const headers = { "Idempotency-Key": "one" };
  const first = await queue(server, {}, { headers });
  assert.equal((await queue(server, {}, { headers })).id, first.id);
  await inState(server, first.id, "sent");
  const pages = [];
  for (let cursor = ""; cursor !== null; ) {
    const { json } = await server.call("GET", `/v1/mails?limit=1${cursor && `&before=${cursor}`}`, { as: kApiKey });
    pages.push(...json.items.map((mail) => mail.id));
    cursor = json.nextCursor;
  }
  assert.equal(pages.length, 2);
  assert.equal(pages[0], first.id);
});

test("refused for now: tried again after growing pauses, and sent once", async (t) => {
  let refusals = 0;
  const smtp = await MailServer.start(t, {
    rcpt: () => {
      if (++refusals <= 2) throw refusal(451, "greylisted");
    },
    data: () => {
      if (++refusals <= 4) throw refusal(452, "full");
    },
  });
  const server = await belfry(t, smtp.port);
  const queued = await queue(server);
  const waiting = await until(async () => (await list(server, "?state=queued"))[0]?.error && (await list(server))[0], "it is refused");
  assert.match(waiting.error, /^45[12] /);
  const sent = await inState(server, queued.id, "sent");
  assert.deepEqual([sent.tries, sent.error, smtp.accepted], [smtp.attempts.length, null, 1]);
  assert.ok(smtp.attempts.length >= 4);
  for (let i = 1; i < smtp.attempts.length; ++i) {
    const gap = smtp.attempts[i].at - smtp.attempts[i - 1].at;
    assert.ok(gap >= 0.8 * 100 * 2 ** (i - 1) - 5, `pause ${i} took ${gap} ms`);
  }
  const counted = await metrics(server);
  assert.equal(counted['mail_tries_total{outcome="deferred"}'], smtp.attempts.length - 1);
  assert.deepEqual([counted['mails_total{state="queued"}'], counted['mails_total{state="sent"}'], counted.mails_waiting], [1, 1, 0]);
  assert.match(server.output, /not sent yet.*greylisted/);
});

test("refused for good: failed at once, counted, and an admin can send it again", async (t) => {
  const smtp = await MailServer.start(t, {
    rcpt: () => {
      throw refusal(550, "no such user");
    },
  });
  const server = await belfry(t, smtp.port);
  const queued = await queue(server);
  const failed = await inState(server, queued.id, "failed");
  assert.deepEqual([failed.tries, failed.error, failed.nextTryAt], [1, "550 no such user", null]);
  assert.match(failed.endedAt, kIsoTime);
  const counted = await metrics(server);
  assert.deepEqual([counted['mails_total{state="failed"}'], counted['mail_tries_total{outcome="refused"}'], counted.mails_waiting], [1, 1, 0]);
  smtp.rcpt = () => {};
  const again = await retry(server, queued);
  assert.deepEqual([again.status, again.json.state, again.json.tries], [200, "queued", 0]);
  await inState(server, queued.id, "sent");
  assert.equal((await smtp.mails.take("the mail")).id, `<${queued.id}@mail.example.org>`);
  assert.equal((await retry(server, queued)).status, 409);
  smtp.data = () => {
    throw refusal(554, "spam");
  };
  assert.equal((await inState(server, (await queue(server)).id, "failed")).error, "554 spam");
});

test("given up after the tenth try", async (t) => {
  const smtp = await MailServer.start(t, {
    data: () => {
      throw refusal(421, "busy");
    },
  });
  const server = await belfry(t, smtp.port, { BELFRY_MAIL_RETRY_BASE_MS: "2" });
  const queued = await queue(server);
  const failed = await inState(server, queued.id, "failed");
  assert.deepEqual([failed.tries, failed.error, smtp.attempts.length], [10, "421 busy", 10]);
  assert.equal(new Set(smtp.attempts.map((attempt) => attempt.raw)).size, 1, "the same mail each time");
  assert.equal((await retry(server, queued)).json.tries, 0);
  await inState(server, queued.id, "failed");
  assert.equal(smtp.attempts.length, 20);
});

test("a mail server that hangs delays nothing else, and is given up in time", async (t) => {
  const silent = await silentServer(t);
  const server = await belfry(t, silent.port, { BELFRY_MAIL_CONNECT_TIMEOUT_MS: "2000", BELFRY_MAIL_RETRY_BASE_MS: "60000" });
  const begin = performance.now();
  const mails = await Promise.all(Array.from({ length: 10 }, () => queue(server)));
  await until(() => silent.connections >= 4, "all senders hang");
  const visit = await server.visit("ann", "ben");
  const [ann, ben] = [await Client.open(t, server, "ann"), await Client.open(t, server, "ben", "provider")];
  for (const one of [ann, ben]) await one.joinVisit(visit);
  for (let i = 0; i < 10; ++i) {
    const asked = performance.now();
    await ann.say(visit, `message ${i}`);
    await ben.next("message:new", ({ message }) => message === `message ${i}`);
    const body = { email: `user${i}@example.org`, password: "a long password" };
    assert.equal((await server.call("POST", "/auth/register", { body })).status, 201);
    assert.ok(performance.now() - asked < 1_500, `round ${i} took ${performance.now() - asked} ms`);
  }
  const first = await until(async () => (await list(server)).find((mail) => mail.error), "the first is given up");
  assert.ok(performance.now() - begin >= 2_000);
  assert.deepEqual([first.state, first.tries], ["queued", 1]);
  assert.match(first.error, /time/i);
  await until(async () => (await list(server)).filter((mail) => mail.error).length >= 8, "the next hang as well");
  await server.stop();
  const smtp = await MailServer.start(t);
  server.env = { ...server.env, SMTP_URL: `smtp://127.0.0.1:${smtp.port}` };
  await server.start();
  const untried = (await list(server)).filter((mail) => !mail.error).map((mail) => mail.id);
  for (const id of untried) await inState(server, id, "sent");
  assert.equal((await list(server)).length, mails.length);
});

test("a stop does not wait for a mail server that hangs, and the mail is sent after the next start", async (t) => {
  const silent = await silentServer(t);
  const server = await belfry(t, silent.port, { BELFRY_MAIL_CONNECT_TIMEOUT_MS: "60000", BELFRY_SERVER_DRAIN_MS: "2000" });
  const queued = await queue(server);
  await until(() => silent.connections > 0, "it hangs");
  const stopping = performance.now();
  await server.stop();
  assert.ok(performance.now() - stopping < 3_000, `stopping took ${performance.now() - stopping} ms`);
  const smtp = await MailServer.start(t);
  server.env = { ...server.env, SMTP_URL: `smtp://127.0.0.1:${smtp.port}` };
  await server.start();
  assert.equal((await inState(server, queued.id, "sent")).tries, 1);
});

test("a mail server that has had enough of a connection gets another one at once", async (t) => {
  const answers = { connect: "220 here", EHLO: "250 hello", RCPT: "250 ok", DATA: "354 go on", ".": "250 taken", QUIT: "221 bye" };
  const smtp = await silentServer(t, (line, connection) => {
    if (!line.startsWith("MAIL ")) return answers[line.split(" ")[0]];
    connection.mails = (connection.mails ?? 0) + 1;
    return connection.mails > 1 ? "421 you were idle" : "250 ok";
  });
  const server = await belfry(t, smtp.port, { BELFRY_MAIL_RETRY_BASE_MS: "60000" });
  for (let i = 0; i < 10; ++i) {
    assert.equal((await inState(server, (await queue(server, { text: "x" })).id, "sent")).tries, 1);
  }
  assert.ok(smtp.connections > 4);
});

test("a mail server that goes silent where it is told goodbye holds nothing up", async (t) => {
  const answers = { connect: "220 here", EHLO: "250 hello", MAIL: "250 ok", DATA: "354 go on", ".": "250 taken" };
  const smtp = await silentServer(t, (line) => (line.includes("<bad@") && line.startsWith("RCPT") ? "550 no" : line.startsWith("RCPT") ? "250 ok" : answers[line.split(" ")[0]]));
  const server = await belfry(t, smtp.port, { BELFRY_MAIL_TIMEOUT_MS: "2000" });
  const good = await queue(server, { text: "x" });
  await inState(server, good.id, "sent");
  const bad = await queue(server, { to: "bad@example.org" });
  assert.equal((await inState(server, bad.id, "failed")).error, "550 no");
  await inState(server, (await queue(server, { text: "x" })).id, "sent");
  const stopping = performance.now();
  await server.stop();
  assert.ok(performance.now() - stopping < 4_000, `stopping took ${performance.now() - stopping} ms`);
});

test("dropped after the text, before the server's word: again, with the same Message-ID", async (t) => {
  const smtp = await MailServer.start(t, {
    data: () => {
      if (smtp.attempts.length > 1) return;
      smtp.drop();
      throw refusal(421);
    },
  });
  const server = await belfry(t, smtp.port);
  const queued = await queue(server);
  const sent = await inState(server, queued.id, "sent");
  assert.equal(sent.tries, 2);
  assert.deepEqual(smtp.attempts.map((attempt) => attempt.id), Array(2).fill(`<${queued.id}@mail.example.org>`));
  assert.equal(smtp.attempts[0].raw, smtp.attempts[1].raw);
});

for (const secure of [false, true]) {
  test(`dropped in the middle of a large text, ${secure ? "with" : "without"} TLS: again later`, async (t) => {
    let begun = 0;
    const smtp = await MailServer.start(t, {
      secure,
      hideSTARTTLS: true,
      onData: (stream, session, done) => {
        stream.once("data", () => ++begun > 3 || smtp.drop());
        stream.on("end", done);
        if (begun >= 3) stream.resume();
      },
    });
    const server = await belfry(t, smtp.port, { SMTP_URL: `smtp${secure ? "s" : ""}://127.0.0.1:${smtp.port}` });
    const queued = await queue(server, { html: "large ".repeat(80_000) });
    assert.equal((await inState(server, queued.id, "sent")).tries, 4);
  });
}

test("killed while mails wait and while one is on its way: all are sent after the start, each recorded once", async (t) => {
  const port = await freePort();
  const server = await belfry(t, port, { BELFRY_MAIL_RETRY_BASE_MS: "300" });
  const ids = [];
  for (let i = 0; i < 12; ++i) ids.push((await queue(server, { subject: `mail ${i}` })).id);
  await until(async () => (await list(server)).every((mail) => mail.tries > 0), "nobody is there");
  await server.kill();
  const stuck = new Promise(() => {});
  const smtp = await MailServer.start(t, { port, data: () => stuck });
  await server.start();
  await until(() => smtp.attempts.length >= 4, "some are on their way");
  await server.kill();
  smtp.drop();
  smtp.data = () => {};
  const restarted = performance.now();
  await server.start();
  for (const id of ids) await inState(server, id, "sent");
  assert.ok(performance.now() - restarted < 10_000, "no lease of 70 s is waited for");
  assert.equal(smtp.accepted, ids.length);
  assert.deepEqual([...smtp.mails.items.map((one) => one.mail.subject)].sort(), ids.map((_, i) => `mail ${i}`).sort());
  await server.restart();
  await inState(server, (await queue(server, { subject: "last" })).id, "sent");
  assert.equal(smtp.accepted, ids.length + 1);
});

test("a graceful stop lets a mail under way arrive, and does not send it again", async (t) => {
  let begun;
  const beginning = new Promise((resolve) => (begun = resolve));
  const smtp = await MailServer.start(t, {
    data: async () => {
      begun();
      await pause(500);
    },
  });
  const server = await belfry(t, smtp.port);
  const queued = await queue(server);
  await beginning;
  await server.restart();
  assert.equal((await inState(server, queued.id, "sent")).tries, 1);
  assert.equal(smtp.attempts.length, 1);
});

test("STARTTLS: certificates are checked everywhere but on loopback, or as the settings say", async (t) => {
  const smtp = await MailServer.start(t);
  const tls = async (env) => belfry(t, smtp.port, { BELFRY_MAIL_RETRY_BASE_MS: "60000", ...env });
  const loopback = await tls({ BELFRY_MAIL_STARTTLS: "require" });
  await queue(loopback, { subject: "loopback" });
  assert.equal((await smtp.mails.take("the mail")).secure, true);
  const strict = await tls({ BELFRY_MAIL_VERIFY_TLS: "always" });
  const { id } = await queue(strict, { subject: "strict" });
  const waiting = await until(async () => (await list(strict)).find((mail) => mail.id === id && mail.error), "it is not sent");
  assert.match(waiting.error, /certificate/);
  assert.equal(smtp.accepted, 1);
  const file = path.join(await freshFolder(t), "ca.pem");
  await writeFile(file, kCertificate);
  const trusting = await tls({ BELFRY_MAIL_VERIFY_TLS: "always", BELFRY_MAIL_CA_FILE: file });
  await queue(trusting, { subject: "trusting" });
  const { mail, secure } = await smtp.mails.take("the mail");
  assert.deepEqual([mail.subject, secure], ["trusting", true]);
});

test("smtps, and servers without TLS where it is required", async (t) => {
  const secure = await MailServer.start(t, { secure: true });
  const server = await belfry(t, secure.port, { SMTP_URL: `smtps://127.0.0.1:${secure.port}` });
  await queue(server);
  assert.equal((await secure.mails.take("the mail")).secure, true);
  const plain = await MailServer.start(t, { hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
  await queue(await belfry(t, plain.port));
  assert.equal((await plain.mails.take("the mail")).secure, false);
  const strict = await belfry(t, plain.port, { BELFRY_MAIL_STARTTLS: "require", BELFRY_MAIL_RETRY_BASE_MS: "60000" });
  await queue(strict);
  await until(async () => (await list(strict))[0].error, "it is not sent");
  assert.equal(plain.accepted, 1);
});

test("the server signs in, keeps mail while it is not let in, and no line has its password", async (t) => {
  const [user, password] = ["bel fry", "p@ss/word:1%"];
  let open = false;
  const smtp = await MailServer.start(t, {
    authOptional: false,
    onAuth: (auth, session, done) => {
      if (!open || auth.username !== user || auth.password !== password) return done(Object.assign(new Error("who are you"), { responseCode: 535 }));
      done(null, { user: auth.username });
    },
  });
  const url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${smtp.port}`;
  const server = await belfry(t, smtp.port, { SMTP_URL: url, LOG_LEVEL: "trace" });
  const queued = await queue(server);
  const refused = await until(async () => (await list(server)).find((mail) => mail.error), "it is not let in");
  assert.deepEqual([refused.state, refused.error], ["queued", "535 who are you"]);
  open = true;
  await inState(server, queued.id, "sent");
  assert.match(server.output, new RegExp(`sending mail.*127\\.0\\.0\\.1:${smtp.port}`));
  const printed = await run(["check-config"], { env: server.env });
  for (const secret of [password, encodeURIComponent(password), encodeURIComponent(user)]) {
    assert.ok(!server.output.includes(secret) && !printed.out.includes(secret), secret);
  }
  const wrong = await run(["serve"], { env: { SMTP_URL: `smtps:/${encodeURIComponent(password)}` } });
  assert.equal(wrong.code, 2);
  assert.ok(!(wrong.out + wrong.err).includes(encodeURIComponent(password)));
});

test("without SMTP_URL the server says so, and sends nothing", async (t) => {
  const server = await startBelfry(t);
  assert.match(server.output, /no SMTP_URL: mail is neither queued nor sent/);
  const refused = await server.call("POST", "/v1/mails", { as: kApiKey, body: { to: kTo, subject: "s", text: "t" } });
  assert.deepEqual([refused.status, refused.json.detail], [503, "This server sends no mail: it has no SMTP_URL"]);
  assert.equal((await server.call("POST", "/v1/mails/x/retry", { as: kApiKey })).status, 503);
  assert.deepEqual(await list(server), []);
  assert.equal((await metrics(server)).mails_waiting, 0);
});
