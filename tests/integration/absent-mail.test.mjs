// Mails to members who are not there: of a group's messages, and of a family's emergencies.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, restOf } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { MailServer, refusal } from "../support/smtp.mjs";
import { sign } from "../support/tokens.mjs";
import { until } from "../support/wait.mjs";

const kUrl = "https://chat.example.org";
const belfry = (t, smtp, env = {}) =>
  startBelfry(t, { env: { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, BELFRY_MAIL_RETRY_BASE_MS: 100, BELFRY_SERVER_PUBLIC_URL: `${kUrl}/`, ...env } });
const addressOf = (user) => `${user}@example.org`;
const must = (server, user) => restOf(server, "").must(user);
const known = (server, user, profile = { name: `Name of ${user}`, email: addressOf(user) }) => server.call("PUT", `/v1/users/${user}`, { as: kApiKey, body: profile });

/** A group of these, each with a name and an address. */
async function makeGroup(server, users) {
  for (const user of users) await known(server, user);
  const group = await must(server, users[0])("POST", "/v1/groups", { name: "Walks <&> talks" });
  for (const userId of users.slice(1)) await must(server, users[0])("POST", `/v1/groups/${group.id}/members`, { userId });
  return group;
}
const say = (server, user, group, text) => must(server, user)("POST", `/v1/groups/${group.id}/messages`, { text });
const next = (smtp, user) => smtp.mails.take(`a mail for ${user}`, ({ envelope }) => envelope.to[0] === addressOf(user));
/** What is there of the queue once nothing waits and no notice is under way. */
async function settled(server) {
  return until(async () => {
    const { text } = await server.call("GET", "/metrics");
    return /^belfry_mails_waiting 0$/m.test(text);
  }, "all mails are sent");
}

test("each other member without a device in any app gets one, with who wrote, where and what", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp);
  const group = await makeGroup(server, ["ann", "ben", "carl", "dora", "fred"]);
  await must(server, "ann")("POST", `/v1/groups/${group.id}/members`, { userId: "emil" }); // without an address
  await AppClient.join(t, server, "groups", "carl");
  await AppClient.join(t, server, "care", "dora");
  await say(server, "ann", group, "Seven o'clock\n<b>sharp</b>");
  const mails = { ben: await next(smtp, "ben"), fred: await next(smtp, "fred") };
  const { mail } = mails.ben;
  assert.equal(mail.subject, "Name of ann in Walks <&> talks");
  assert.match(mail.text, /^Name of ann wrote in Walks <&> talks:\n\nSeven o'clock\n<b>sharp<\/b>\n\n--\nNo more mail about this group: https:\/\/chat\.example\.org\/v1\/groups\/unsubscribe\/[\w-]{40}\n/);
  assert.ok(mail.html.includes("Seven o'clock\n&lt;b&gt;sharp&lt;/b&gt;"));
  const link = mail.headers.get("list").unsubscribe.url;
  assert.ok(mail.text.includes(link) && mail.html.includes(`href="${link}"`));
  assert.match(mails.ben.raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  assert.notEqual(mails.fred.mail.headers.get("list").unsubscribe.url, link);
  await settled(server);
  assert.equal(smtp.attempts.length, 2);
});

test("no other within the window; then one with the count, unless they have come meanwhile", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp, { BELFRY_GROUPS_EMAIL_WINDOW_MS: 1_500 });
  const group = await makeGroup(server, ["ann", "ben", "carl"]);
  const other = await makeGroup(server, ["ann", "ben"]);
  for (let i = 0; i < 4; ++i) await say(server, "ann", group, `message ${i}`);
  await say(server, "ann", other, "elsewhere");
  const first = [await next(smtp, "ben"), await next(smtp, "ben")].map(({ mail }) => mail.text.split("\n")[2]);
  assert.deepEqual(first.sort(), ["elsewhere", "message 0"]);
  assert.match((await next(smtp, "carl")).mail.text, /message 0/);
  await AppClient.join(t, server, "inbox", "carl", { extraHeaders: { Cookie: `token=${sign({ sub: "carl" })}` } });
  const digest = (await next(smtp, "ben")).mail;
  assert.equal(digest.subject, "3 new messages in Walks <&> talks");
  assert.match(digest.text, /^There are 3 new messages in Walks <&> talks since the last mail\.\n/);
  await say(server, "ann", group, "in the next window");
  assert.match((await next(smtp, "ben")).mail.subject, /^1 new message in/);
  await settled(server);
  assert.equal(smtp.attempts.length, 5, "none for carl, who came");
});

test("a member turns mail off and on, and by the link; following the link alone changes nothing", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp, { BELFRY_GROUPS_EMAIL_WINDOW_MS: 1 });
  const group = await makeGroup(server, ["ann", "ben", "carl"]);
  const mute = (user) => must(server, user)("GET", `/v1/groups/${group.id}/mute`);
  assert.deepEqual(await must(server, "ben")("PUT", `/v1/groups/${group.id}/mute`, { email: true }), { email: true });
  await say(server, "ann", group, "one");
  const link = (await next(smtp, "carl")).mail.headers.get("list").unsubscribe.url.slice(kUrl.length);
  const page = await server.call("GET", link);
  assert.equal(page.status, 200);
  assert.match(page.text, /<form method="post"><button>/);
  assert.deepEqual(await mute("carl"), { email: false });
  const form = { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "List-Unsubscribe=One-Click" };
  for (let i = 0; i < 2; ++i) assert.equal((await server.call("POST", link, form)).status, 200);
  assert.deepEqual([await mute("ben"), await mute("carl")], [{ email: true }, { email: true }]);
  assert.equal((await server.call("POST", `${link}x`, form)).status, 404);
  await must(server, "ben")("PUT", `/v1/groups/${group.id}/mute`, { email: false });
  await say(server, "ann", group, "two");
  assert.match((await next(smtp, "ben")).mail.text, /two/);
  await settled(server);
  assert.equal(smtp.attempts.length, 2);
  for (const [user, status] of [["sam", 404], ["ben", 422]]) {
    assert.equal((await server.call("PUT", `/v1/groups/${group.id}/mute`, { as: sign({ sub: user }), body: { email: status === 422 ? "no" : true } })).status, status);
  }
});

test("who has left the group gets none, not even the one that was due", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp, { BELFRY_GROUPS_EMAIL_WINDOW_MS: 1_000 });
  const group = await makeGroup(server, ["ann", "ben", "carl"]);
  await say(server, "ann", group, "one");
  await say(server, "ann", group, "two");
  for (const user of ["ben", "carl"]) await next(smtp, user);
  await must(server, "ann")("DELETE", `/v1/groups/${group.id}/members/ben`);
  assert.match((await next(smtp, "carl")).mail.subject, /^1 new message/);
  await settled(server);
  assert.equal(smtp.attempts.length, 3);
});

test("an emergency: a mail for every member of the family without a device, each time", async (t) => {
  const smtp = await MailServer.start(t);
  const server = await belfry(t, smtp);
  for (const user of ["ada", "cara", "max"]) await known(server, user);
  const family = await must(server, "ada")("POST", "/v1/care/families", { name: "Miller" });
  for (const userId of ["cara", "max"]) await must(server, "ada")("POST", `/v1/care/families/${family.id}/members`, { userId, role: "member" });
  const recipient = await must(server, "ada")("POST", "/v1/care/recipients", { familyId: family.id, name: "Grandma" });
  const max = await AppClient.join(t, server, "care", "max");
  for (let i = 0; i < 2; ++i) {
    await must(server, "max")("POST", "/v1/care/alerts", { careRecipientId: recipient.id, type: "FALL", severity: "HIGH", message: `in the kitchen ${i}` });
    await max.next("emergency.alert.created");
    for (const user of ["ada", "cara"]) {
      const { mail } = await next(smtp, user);
      assert.equal(mail.subject, "Emergency alert: Grandma");
      assert.match(mail.text, new RegExp(`^Grandma: FALL: in the kitchen ${i}\n\nSeverity: HIGH\nAt: \\d{4}`));
      assert.equal(mail.headers.get("list"), undefined);
    }
  }
  await settled(server);
  assert.equal(smtp.attempts.length, 4);
});

test("none is lost by a kill, and none is there twice", async (t) => {
  let away = true;
  const smtp = await MailServer.start(t, { rcpt: () => { if (away) throw refusal(451); } });
  const server = await belfry(t, smtp, { BELFRY_GROUPS_EMAIL_WINDOW_MS: 86_400_000 });
  const groups = [];
  for (let i = 0; i < 5; ++i) {
    const group = await makeGroup(server, [`ann${i}`, `ben${i}`]);
    groups.push(group);
    await say(server, `ann${i}`, group, `message ${i}`);
    await server.kill();
    await server.start();
  }
  away = false;
  for (let i = 0; i < groups.length; ++i) assert.match((await smtp.mails.take(`mail ${i}`, ({ envelope }) => envelope.to[0] === addressOf(`ben${i}`), 30_000)).mail.text, new RegExp(`message ${i}`));
  await settled(server);
  assert.equal(smtp.accepted, groups.length);
});

test("without a mail server nothing is queued; dev mode keeps mails to be shown", async (t) => {
  for (const dev of [false, true]) {
    const server = await startBelfry(t, dev ? { args: ["--dev", "--host", "127.0.0.1"] } : {});
    const group = await makeGroup(server, ["ann", "ben"]);
    await say(server, "ann", group, "hello");
    const list = async () => (await server.call("GET", "/v1/mails?state=sent", { as: kApiKey })).json.items;
    if (!dev) {
      await say(server, "ann", group, "again");
      assert.deepEqual((await server.call("GET", "/v1/mails", { as: kApiKey })).json.items, []);
      continue;
    }
    const [kept] = await until(async () => { const items = await list(); return items.length > 0 && items; }, "the mail is kept");
    const shown = (await server.call("GET", `/v1/mails/${kept.id}`, { as: kApiKey })).json;
    assert.match(shown.text, /^Name of ann wrote in Walks <&> talks:\n\nhello/);
    assert.equal((await server.call("GET", `/v1/mails/${kept.id}`, { as: sign({ sub: "ben" }) })).status, 403);
  }
});
