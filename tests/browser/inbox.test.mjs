// App `inbox` on the demo page: notifications over the browser's cookie, in all tabs of one person and in nobody else's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey } from "../support/belfry.mjs";
import { checkFits, checkQuiet, eventCame, kPhone, openAs, picture, serve, stateIs } from "./window.mjs";

const list = (page) => page.getByRole("list", { name: "Notifications" });
const unread = (page, count) => page.getByText(`${count} unread`, { exact: true }).waitFor();
const noneUnread = (page) => page.locator(".unread").waitFor({ state: "hidden" });
const told = (page, text) => page.getByRole("region", { name: "Notify" }).getByText(text, { exact: true }).waitFor();
const sees = (page, text) => list(page).getByText(text, { exact: true }).waitFor();
const button = (page, name) => page.getByRole("button", { name, exact: true });

async function notify(page, message, { to, kind } = {}) {
  const form = page.getByRole("form", { name: "Notify" });
  await form.getByLabel("Message").fill(message);
  if (kind) await form.getByLabel("Kind").selectOption({ label: kind });
  if (to) await form.getByLabel("To").selectOption({ label: to });
  await form.getByRole("button").click();
}

/** Two tabs of Ada in one browser, and Tomás in another. */
async function openThree(t, options) {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "inbox");
  const second = await openAs(t, server, "ada", "inbox", { beside: ada });
  const tomas = await openAs(t, server, "tomas", "inbox", options);
  for (const page of [ada, second, tomas]) await list(page).getByText("Nothing here.").waitFor();
  return { server, ada, second, tomas };
}

test("a notification for one: in both tabs at once, read in one and so in the other, and nothing for anybody else", async (t) => {
  const { ada, second, tomas } = await openThree(t);
  await notify(tomas, "<b>Hello</b> Ada", { to: "Ada Moreno", kind: "Warning" });
  await told(tomas, "One person is told.");
  for (const page of [ada, second]) {
    await sees(page, "<b>Hello</b> Ada");
    await unread(page, 1);
    await eventCame(page, "notification");
  }
  await picture(ada, "inbox-desk");
  await button(second, "Mark as read: <b>Hello</b> Ada").click();
  for (const page of [second, ada]) await noneUnread(page);
  // What came to Tomás next shows that nothing came to him before.
  await notify(ada, "only for Tomás", { to: "Tomás Lindqvist" });
  await sees(tomas, "only for Tomás");
  assert.equal(await list(tomas).getByRole("listitem").count(), 1);
  assert.equal(await list(ada).getByRole("listitem").count(), 1);
  checkQuiet(ada, second, tomas);
});

test("everybody is told; all marked as read by one are read in the other tab, and unread for others", async (t) => {
  const { ada, second, tomas } = await openThree(t);
  for (const text of ["first", "second"]) {
    await notify(ada, text);
    for (const page of [ada, second, tomas]) await sees(page, text);
  }
  await told(ada, "3 people are told."); // the admin is one
  for (const page of [ada, second, tomas]) await unread(page, 2);
  await button(ada, "Mark all as read").click();
  for (const page of [ada, second]) await noneUnread(page);
  await unread(tomas, 2);
  await button(tomas, "Mark as read: first").click();
  await tomas.getByLabel("Show", { exact: true }).selectOption({ label: "Unread only" });
  await list(tomas).getByText("first", { exact: true }).waitFor({ state: "detached" });
  await sees(tomas, "second");
  checkQuiet(ada, second, tomas);
});

test("everybody of a large system: a job, and how far it is", async (t) => {
  const { server, ada, tomas } = await openThree(t);
  const kUsers = 1_000;
  const lanes = Array.from({ length: 10 }, async (_, lane) => {
    for (let i = lane; i < kUsers; i += 10) await server.call("PUT", `/v1/users/user-${i}`, { as: kApiKey, body: { name: "N" } });
  });
  await Promise.all(lanes);
  let goOn;
  const seen = new Promise((resolve) => (goOn = resolve));
  await ada.route("**/v1/inbox/jobs/*", async (route) => {
    await seen;
    await route.continue();
  });
  await notify(ada, "to all of you");
  const all = kUsers + 3; // Ada, Tomás and the admin
  await told(ada, `0 of ${all} people are told…`);
  assert.equal(await ada.getByRole("progressbar", { name: "People told" }).getAttribute("max"), String(all));
  await picture(ada, "inbox-job");
  goOn();
  await told(ada, `${all} people are told.`);
  await ada.getByRole("progressbar", { name: "People told" }).waitFor({ state: "hidden" });
  for (const page of [ada, tomas]) await sees(page, "to all of you");
  checkQuiet(ada, tomas);
});

test("somebody else in the same browser: the tab of the first says so, shows nothing, and can have the cookie back", async (t) => {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "inbox");
  await notify(ada, "for Ada", { to: "Ada Moreno (you)" });
  await sees(ada, "for Ada");
  const tomas = await openAs(t, server, "tomas", "inbox", { beside: ada });
  await ada.getByText("Tomás Lindqvist is signed in in this browser now").waitFor();
  assert.equal(await list(ada).isVisible(), false);
  await list(tomas).getByText("Nothing here.").waitFor();
  await button(ada, "Be Ada Moreno again").click();
  await sees(ada, "for Ada");
  await stateIs(ada, "Connected");
  await notify(ada, "again for Ada", { to: "Ada Moreno (you)" });
  await sees(ada, "again for Ada");
  await tomas.getByText("Ada Moreno is signed in in this browser now").waitFor();
  checkQuiet(ada, tomas);
});

test("a browser that has signed in with a password: the page's person takes over", async (t) => {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "health");
  const body = { email: "ada@example.org", password: "a long password" };
  const status = await ada.evaluate(async (body) => {
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/auth/register", { method: "POST", headers, body: JSON.stringify(body) })).status;
  }, body);
  assert.equal(status, 201);
  await ada.getByRole("link", { name: "Inbox" }).click();
  await list(ada).getByText("Nothing here.").waitFor();
  await notify(ada, "for Ada", { to: "Ada Moreno (you)" });
  await sees(ada, "for Ada");
  await eventCame(ada, "notification");
  checkQuiet(ada);
});

test("a kept token that the server takes no longer: a new cookie, and a connection with it", async (t) => {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "inbox");
  // 400: the connection that the new cookie replaces may have had a poll on its way.
  ada.refused = [400, 401];
  let tokens = 0;
  ada.on("request", (request) => (tokens += request.url().endsWith("/dev/token")));
  await ada.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem("belfry-demo"));
    kept.me.token = kept.me.token.slice(0, -20) + "A".repeat(20);
    sessionStorage.setItem("belfry-demo", JSON.stringify(kept));
  });
  await ada.goto(`${server.url}/#inbox`);
  await list(ada).getByText("Nothing here.").waitFor();
  await stateIs(ada, "Connected");
  await notify(ada, "still here", { to: "Ada Moreno (you)" });
  await sees(ada, "still here");
  await eventCame(ada, "notification");
  assert.equal(tokens, 2, "one for Ada, one for the admin");
  checkQuiet(ada);
});

test("more than a page of them, on a phone, with the keyboard, and after the server's restart", async (t) => {
  const { server, ada, tomas } = await openThree(t, kPhone);
  for (let i = 1; i <= 25; ++i) {
    const body = { message: i === 25 ? `a long word: ${"x".repeat(150)}` : `number ${i}`, type: "info", userId: "tomas" };
    assert.equal((await server.call("POST", "/v1/inbox/notifications", { as: kApiKey, body })).status, 201);
  }
  await unread(tomas, 25);
  await checkFits(tomas);
  await picture(tomas, "inbox-phone");
  assert.equal(await list(tomas).getByRole("listitem").count(), 20);
  await button(tomas, "Show more").focus();
  await tomas.keyboard.press("Enter");
  await sees(tomas, "number 1");
  await button(tomas, "Mark as read: number 1").focus();
  await tomas.keyboard.press("Enter");
  await unread(tomas, 24);
  for (const page of [ada, tomas]) page.serverAway = true;
  await server.restart();
  for (const page of [ada, tomas]) await stateIs(page, "Connected");
  for (const page of [ada, tomas]) page.serverAway = false;
  await notify(ada, "after the restart", { to: "Tomás Lindqvist" });
  await sees(tomas, "after the restart");
  checkQuiet(ada, tomas);
});
