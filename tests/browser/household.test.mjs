// App `household` on the demo page: what one of a family does, the other sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFits, checkQuiet, eventCame, kPhone, openAs, picture, serve, stateIs, submit } from "./window.mjs";

const region = (page, name) => page.getByRole("region", { name, exact: true });
const list = (page, name) => page.getByRole("list", { name, exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const messageBox = (page) => page.getByRole("textbox", { name: "Message" });
const row = (page, name, text) => list(page, name).getByRole("listitem").filter({ hasText: text });
const hasKarma = (page, name, karma) => row(page, "Karma", name).getByText(karma, { exact: true }).waitFor();
const kTomas = { label: "Tomás Lindqvist" };

/** The Morenos: Ada, their first parent, and Tomás, a child, each with the board open. */
async function openBoards(t, options) {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "household");
  await submit(ada, "Found a family", { "Name of the family": "Moreno" });
  await submit(ada, "Add a member", { Person: kTomas, Role: { label: "child" } });
  await row(ada, "Members", "Tomás Lindqvist").waitFor();
  const tomas = await openAs(t, server, "tomas", "household", options);
  await region(tomas, "Tasks").waitFor();
  return { server, ada, tomas };
}

const giveKarma = (page, karma, reason) => submit(page, "Give or take karma", { Member: kTomas, "Karma (or minus)": String(karma), Reason: reason });

test("a task: made for a role, done by a child, its karma seen by both", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await submit(ada, "Add a task", { Task: "Dishes", "More (optional)": "all of <b>them</b>", For: { label: "Any child" }, Karma: "10" });
  await row(tomas, "Open tasks", "Dishes").getByText("all of <b>them</b>").waitFor();
  await eventCame(tomas, "task.created");
  await row(tomas, "Open tasks", "Dishes").getByText("+10 karma").waitFor();
  await button(tomas, "Done: Dishes").click();
  for (const page of [ada, tomas]) {
    await row(page, "Open tasks", "Dishes").waitFor({ state: "detached" });
    await hasKarma(page, "Tomás Lindqvist", "10");
  }
  await eventCame(ada, "task.completed");
  await eventCame(tomas, "karma.awarded");
  await ada.locator("summary", { hasText: "Done" }).click();
  await list(ada, "Done tasks").getByText("Done by Tomás Lindqvist").waitFor();
  await tomas.locator("summary", { hasText: "History" }).click();
  await row(tomas, "History of karma", "Task: Dishes").getByText("+10", { exact: true }).waitFor();
  checkQuiet(ada, tomas);
});

test("a task: anybody's, taken by one, given to the other, deleted", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await submit(ada, "Add a task", { Task: "Walk the dog", For: { label: "Anybody" } });
  await button(tomas, "Take: Walk the dog").click();
  await row(ada, "Open tasks", "Walk the dog").getByText("Tomás Lindqvist").waitFor();
  await button(tomas, "Take: Walk the dog").waitFor({ state: "detached" });
  await eventCame(tomas, "task.assigned");
  await submit(ada, "Give a task to somebody", { Task: { label: "Walk the dog" }, To: { label: "Ada Moreno" } });
  await row(tomas, "Open tasks", "Walk the dog").getByText("Ada Moreno").waitFor();
  assert.equal(await button(tomas, "Done: Walk the dog").count(), 0, "it is not his");
  assert.equal(await button(tomas, "Delete: Walk the dog").count(), 0, "nor his to delete");
  await button(ada, "Delete: Walk the dog").click();
  for (const page of [ada, tomas]) await row(page, "Open tasks", "Walk the dog").waitFor({ state: "detached" });
  await eventCame(ada, "task.deleted");
  checkQuiet(ada, tomas);
});

test("a task that is done already: it is said, and the board is right", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await submit(ada, "Add a task", { Task: "Dishes", For: { label: "Anybody" }, Karma: "3" });
  await button(tomas, "Done: Dishes").waitFor();
  tomas.refused = [409];
  // Hers is on its way to us: our page does not know it yet.
  await tomas.route("**/complete", async (route) => {
    await button(ada, "Done: Dishes").click();
    await hasKarma(ada, "Ada Moreno", "3");
    await route.continue();
  });
  await button(tomas, "Done: Dishes").click();
  await tomas.getByRole("alert").getByText("This task is completed already").waitFor();
  await row(tomas, "Open tasks", "Dishes").waitFor({ state: "detached" });
  await hasKarma(tomas, "Ada Moreno", "3");
  checkQuiet(ada, tomas);
});

test("a reward: too dear, then claimed, approved by a parent's task, paid; another cancelled", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await submit(ada, "Offer a reward", { Reward: "Cinema", "Cost in karma": "10" });
  tomas.refused = [409];
  await button(tomas, "Claim: Cinema").click();
  await tomas.getByRole("alert").getByText("Not enough karma").waitFor();
  await giveKarma(ada, 25, "A good report");
  await hasKarma(tomas, "Tomás Lindqvist", "25");
  await button(tomas, "Claim: Cinema").click();
  await tomas.getByRole("alert").getByText("Not enough karma").waitFor({ state: "hidden" });
  await row(tomas, "Claims", "Cinema").getByText("Waits for a parent").waitFor();
  await row(ada, "Karma", "Tomás Lindqvist").getByText("10 set aside for a reward").waitFor();
  await eventCame(ada, "approval_task.created");
  await picture(ada, "household-desk");
  await list(ada, "Open tasks").getByRole("button", { name: "Approve" }).click();
  for (const page of [ada, tomas]) {
    await row(page, "Claims", "Cinema").getByText("Approved").waitFor();
    await hasKarma(page, "Tomás Lindqvist", "15");
  }
  await eventCame(tomas, "karma.deducted");
  await button(tomas, "Claim: Cinema").click();
  await button(tomas, "Cancel: Cinema for Tomás Lindqvist").click();
  for (const page of [ada, tomas]) await row(page, "Claims", "Cinema").getByText("Cancelled").waitFor();
  await list(ada, "Open tasks").getByText("Nothing is to be done.").waitFor();
  await giveKarma(ada, -20, "Shouting");
  await hasKarma(tomas, "Tomás Lindqvist", "-5");
  checkQuiet(ada, tomas);
});

const said = (page, text) => page.locator(".message:not(.pending)", { hasText: text });
async function say(page, text) {
  await messageBox(page).fill(text);
  await messageBox(page).press("Enter");
  await said(page, text).waitFor();
}

test("the family's chat: typing, messages both ways, who has read, and whoever joins the family", async (t) => {
  const { server, ada, tomas } = await openBoards(t);
  await button(ada, "Start the family's chat").click();
  for (const page of [ada, tomas]) await messageBox(page).waitFor();
  await messageBox(ada).pressSequentially("Dinn");
  await tomas.getByText("Ada Moreno is typing…").waitFor();
  await say(ada, "Dinner at <b>seven</b>");
  await said(tomas, "Dinner at <b>seven</b>").waitFor();
  assert.equal(await tomas.locator(".typing").textContent(), "");
  await said(ada, "Dinner").getByText("Read by Tomás Lindqvist").waitFor();
  await say(tomas, "I come");
  await said(ada, "I come").waitFor();
  await picture(ada, "household-chat");
  await submit(ada, "Add a member", { Person: { label: "Priya Raman" }, Role: { label: "parent" } });
  const priya = await openAs(t, server, "priya", "household");
  await said(priya, "I come").waitFor();
  await said(ada, "Dinner").getByText("Read by Tomás Lindqvist, Priya Raman").waitFor();
  await button(ada, "Remove Priya Raman").click();
  await priya.getByText("You are in no family yet.").waitFor();
  assert.equal(await said(priya, "I come").isVisible(), false);
  checkQuiet(ada, tomas);
});

test("at the width of a phone, with the keyboard, and after the server's restart", async (t) => {
  const { server, ada, tomas } = await openBoards(t, kPhone);
  await button(ada, "Start the family's chat").click();
  await submit(ada, "Add a task", { Task: `a long word: ${"x".repeat(150)}`, For: { label: "Any child" } });
  await submit(ada, "Offer a reward", { Reward: "y".repeat(150) });
  await row(tomas, "Open tasks", "a long word").waitFor();
  await list(tomas, "Rewards").getByText("yyy").waitFor();
  await checkFits(tomas);
  await messageBox(tomas).focus();
  await tomas.keyboard.type("z".repeat(150));
  await tomas.keyboard.press("Enter");
  await said(ada, "zzz").waitFor();
  await checkFits(tomas);
  await picture(tomas, "household-phone-chat");
  await tomas.locator("#main").evaluate((main) => main.scrollTo(0, 0));
  await picture(tomas, "household-phone");
  for (const page of [ada, tomas]) page.serverAway = true;
  await server.restart();
  for (const page of [ada, tomas]) await stateIs(page, "Connected");
  for (const page of [ada, tomas]) page.serverAway = false;
  await button(tomas, /^Done: a long/).focus();
  await tomas.keyboard.press("Enter");
  await hasKarma(ada, "Tomás Lindqvist", "5");
  await say(ada, "after");
  await said(tomas, "after").waitFor();
  const unlabelled = await tomas.evaluate(() => [...document.querySelectorAll("input, select, textarea")].filter((one) => one.labels.length === 0).length);
  assert.equal(unlabelled, 0);
  checkQuiet(ada, tomas);
});
