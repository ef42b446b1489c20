// App `groups` on the demo page: two talk, and a third, who is away, gets mail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFits, checkQuiet, eventCame, kMissedMs, kPhone, openAs, picture, serve, stateIs, submit } from "./window.mjs";

const list = (page, name) => page.getByRole("list", { name, exact: true });
const row = (page, name, text) => list(page, name).getByRole("listitem").filter({ hasText: text });
const messageBox = (page) => page.getByRole("textbox", { name: "Message" });
const said = (page, text) => page.locator(".message:not(.pending)", { hasText: text });
const isThere = (page, name, status) =>
  row(page, "Members", name).getByText(status, { exact: true }).waitFor({ state: "attached", timeout: kMissedMs });
const open = (page, name) => list(page, "Your groups").getByRole("button", { name }).click();

async function say(page, text) {
  await messageBox(page).fill(text);
  await messageBox(page).press("Enter");
  await said(page, text).waitFor();
}

/** Ada and Tomás with the group Walks open; Priya is in it, but away. */
async function openGroup(t, { env, ...options } = {}) {
  const server = await serve(t, { env: { BELFRY_GROUPS_EMAIL_WINDOW_MS: 1, ...env } });
  const ada = await openAs(t, server, "ada", "groups");
  await submit(ada, "Make a group", { "Name of a new group": "Walks" });
  for (const label of ["Tomás Lindqvist", "Priya Raman"]) {
    await submit(ada, "Add a member", { Person: { label } });
    await row(ada, "Members", label).waitFor();
  }
  const tomas = await openAs(t, server, "tomas", "groups", options);
  await open(tomas, "Walks");
  await messageBox(tomas).waitFor();
  return { server, ada, tomas };
}

test("two windows talk: messages both ways, who has read them, who is there", async (t) => {
  const { server, ada, tomas } = await openGroup(t);
  await isThere(ada, "Tomás Lindqvist", "Online");
  await isThere(ada, "Priya Raman", "Offline");
  await say(ada, "At <b>seven</b>?");
  await said(tomas, "At <b>seven</b>?").waitFor();
  await said(ada, "At").getByText("Read by Tomás Lindqvist").waitFor();
  await eventCame(ada, "messageRead");
  await say(tomas, "Yes!");
  await said(ada, "Yes!").waitFor();
  const priya = await openAs(t, server, "priya", "groups");
  await isThere(ada, "Priya Raman", "Online");
  await eventCame(ada, "userOnline");
  await open(priya, "Walks");
  await said(ada, "At").getByText("Read by Tomás Lindqvist, Priya Raman").waitFor();
  await tomas.close();
  await isThere(ada, "Tomás Lindqvist", "Offline");
  await picture(ada, "groups-talk");
  await ada.reload();
  await said(ada, "Yes!").waitFor();
  assert.deepEqual(await ada.locator(".message p").allTextContents(), ["At <b>seven</b>?", "Yes!"]);
  checkQuiet(ada, priya);
});

test("the mail of the member who is away is shown; none goes to whom it is turned off", async (t) => {
  const { server, ada, tomas } = await openGroup(t);
  await ada.getByLabel("Mail to", { exact: true }).selectOption({ label: "Priya Raman" });
  await ada.getByText("No mail so far.").waitFor();
  await say(ada, "The bridge at <b>seven</b>");
  const mails = (page) => list(page, "Mails");
  await mails(ada).getByText("Ada Moreno in Walks").waitFor();
  await mails(ada).getByText("To priya@demo.example").waitFor();
  await mails(ada).getByText("The bridge at <b>seven</b>").waitFor();
  await picture(ada, "groups-mail");
  await tomas.getByLabel("Mail to", { exact: true }).selectOption({ label: "Priya Raman" });
  await mails(tomas).getByText("The bridge at <b>seven</b>").waitFor();
  assert.equal(await mails(tomas).getByRole("listitem").count(), 1);

  const mute = tomas.getByLabel("No mail for me about this group");
  await mute.check();
  await tomas.reload();
  await tomas.waitForFunction(() => document.querySelector("#group-mute")?.checked);
  await tomas.close();
  await isThere(ada, "Tomás Lindqvist", "Offline");
  await say(ada, "The second one");
  await mails(ada).getByText("The second one").waitFor();
  await ada.getByLabel("Mail to", { exact: true }).selectOption({ label: "Tomás Lindqvist" });
  await ada.getByText("No mail so far.").waitFor();
  const back = await openAs(t, server, "tomas", "groups");
  await open(back, "Walks");
  await back.waitForFunction(() => document.querySelector("#group-mute")?.checked);
  checkQuiet(ada, back);
});

test("what is refused is said; who is removed sees the group no longer; unread of another group", async (t) => {
  const { ada, tomas } = await openGroup(t, { env: { BELFRY_GROUPS_MESSAGES_PER_MINUTE: 2 } });
  tomas.refused = [403];
  await submit(ada, "Make a group", { "Name of a new group": "Talks" });
  await submit(ada, "Add a member", { Person: { label: "Tomás Lindqvist" }, Role: { label: "admin" } });
  await list(tomas, "Your groups").getByText("Talks").waitFor();
  await say(ada, "unseen");
  await list(tomas, "Your groups").getByText("1 unread").waitFor();
  await open(ada, "Walks");
  await say(ada, "the second within a minute");
  ada.refused = [429];
  await messageBox(ada).fill("too much");
  await messageBox(ada).press("Enter");
  await ada.getByText("You write faster than the server allows").waitFor();
  await ada.locator(".message.pending", { hasText: "too much" }).waitFor();
  await submit(tomas, "Add a member", { Person: { label: "Dr. Lin Okafor" }, Role: { label: "admin" } });
  await tomas.getByRole("alert").getByText("This needs role admin").waitFor();
  await ada.getByRole("button", { name: "Remove Tomás Lindqvist" }).click();
  await list(tomas, "Your groups").getByText("Walks").waitFor({ state: "detached" });
  await tomas.getByText("Make a group, or choose one, to talk.").waitFor();
  checkQuiet(ada, tomas);
});

test("members whose ids are numbers: their own messages are theirs, and who has read", async (t) => {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "groups");
  await submit(ada, "Make a group", { "Name of a new group": "Walks" });
  await messageBox(ada).waitFor();
  const token = (await server.call("POST", "/dev/token", { body: { sub: "ada" } })).json.token;
  const [group] = (await server.call("GET", "/v1/groups", { as: token })).json.items;
  assert.equal((await server.call("POST", `/v1/groups/${group.id}/members`, { as: token, body: { userId: 7 } })).status, 201);
  const seven = await openAs(t, server, "7", "groups");
  await open(seven, "Walks");
  await row(seven, "Members", "7 (you)").waitFor();
  await say(seven, "mine");
  assert.equal(await seven.locator(".message.mine").count(), 1);
  await said(ada, "mine").waitFor();
  await said(seven, "mine").getByText("Read by Ada Moreno").waitFor();
  await say(ada, "hers");
  await said(ada, "hers").getByText("Read by 7").waitFor();
  checkQuiet(ada, seven);
});

test("at the width of a phone, with the keyboard, and what was written while the server was away", async (t) => {
  const { server, ada, tomas } = await openGroup(t, kPhone);
  await say(ada, `a long word: ${"x".repeat(200)}`);
  await said(tomas, "a long word").waitFor();
  await tomas.getByLabel("Mail to", { exact: true }).selectOption({ label: "Priya Raman" });
  await list(tomas, "Mails").getByText("a long word").waitFor();
  await checkFits(tomas);
  await picture(tomas, "groups-phone");
  await list(tomas, "Mails").scrollIntoViewIfNeeded();
  await picture(tomas, "groups-phone-mail");
  for (const page of [ada, tomas]) page.serverAway = true;
  await server.stop();
  await tomas.locator('#state[data-state="reconnecting"]').waitFor();
  await messageBox(tomas).focus();
  await tomas.keyboard.type("while you were away");
  await tomas.keyboard.press("Enter");
  await tomas.locator(".message.pending").waitFor();
  await server.start();
  for (const page of [ada, tomas]) await stateIs(page, "Connected");
  for (const page of [ada, tomas]) await said(page, "while you were away").waitFor();
  for (const page of [ada, tomas]) page.serverAway = false;
  assert.equal(await said(ada, "while you were away").count(), 1);
  await tomas.getByRole("button", { name: "Groups" }).click();
  await tomas.getByRole("heading", { name: "Groups" }).waitFor();
  await checkFits(tomas);
  await picture(tomas, "groups-phone-list");
  const unlabelled = await ada.evaluate(() => [...document.querySelectorAll("input, select, textarea")].filter((one) => one.labels.length === 0).length);
  assert.equal(unlabelled, 0);
  checkQuiet(ada, tomas);
});
