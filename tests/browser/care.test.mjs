// App `care` on the demo page: what one member of a family does, the other sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFits, checkQuiet, eventCame, kPhone, openAs, picture, serve, stateIs, submit } from "./window.mjs";

const region = (page, name) => page.getByRole("region", { name, exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** The Morenos: Ada, their first admin, and Tomás, a caregiver, each with the board open; Grandma, who takes aspirin. */
async function openBoards(t, options) {
  const server = await serve(t);
  const ada = await openAs(t, server, "ada", "care");
  await submit(ada, "Found a family", { "Name of the family": "Moreno" });
  await submit(ada, "Add somebody cared for", { Name: "Grandma" });
  await submit(ada, "Add a medication", { Medication: "Aspirin", "Dosage (optional)": "100 mg" });
  await submit(ada, "Add a member", { Person: { label: "Tomás Lindqvist" }, Role: { label: "caregiver" } });
  await ada.getByRole("list", { name: "Members" }).getByText("Tomás Lindqvist").waitFor();
  const tomas = await openAs(t, server, "tomas", "care", options);
  await region(tomas, "Medications").getByText("Aspirin", { exact: true }).waitFor();
  return { server, ada, tomas };
}

const raise = (page, fields = {}) => submit(page, "Raise an emergency", fields);

test("an emergency: raised by one, a banner for both, acknowledged by the other", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await raise(tomas, { What: { label: "Fall" }, "More (optional)": "in the <b>kitchen</b>" });
  for (const page of [ada, tomas]) {
    await region(page, "Emergencies").getByText("Fall: Grandma").waitFor();
    await region(page, "Emergencies").getByText("in the <b>kitchen</b>").waitFor();
  }
  await picture(ada, "care-emergency");
  await eventCame(ada, "emergency.alert.created");
  await button(ada, "Acknowledge Fall: Grandma").click();
  for (const page of [ada, tomas]) {
    await region(page, "Emergencies").getByText("Fall: Grandma").waitFor({ state: "detached" });
    await page.getByRole("list", { name: "Past emergencies" }).getByText("Acknowledged by Ada Moreno").waitFor();
  }
  await eventCame(tomas, "emergency.alert.acknowledged");
  checkQuiet(ada, tomas);
});

test("an emergency that somebody else has acknowledged already: it is said, and the board is right", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await raise(ada);
  await button(tomas, "Acknowledge Fall: Grandma").waitFor();
  tomas.refused = [409];
  // The other one's answer is on its way to us: our page does not know it yet.
  await tomas.route("**/acknowledge", async (route) => {
    await button(ada, "Acknowledge Fall: Grandma").click();
    await region(ada, "Emergencies").getByText("Fall: Grandma").waitFor({ state: "detached" });
    await route.continue();
  });
  await button(tomas, "Acknowledge Fall: Grandma").click();
  await tomas.getByRole("alert").getByText("already").waitFor();
  await tomas.getByRole("list", { name: "Past emergencies" }).getByText("Acknowledged by Ada Moreno").waitFor();
  checkQuiet(ada, tomas);
});

test("a medication: noted by one as taken, seen by the other, with who and how", async (t) => {
  const { ada, tomas } = await openBoards(t);
  const log = (page) => page.getByRole("list", { name: "Log of Aspirin" });
  await log(tomas).getByText("Nothing noted yet.").waitFor();
  await button(tomas, "Taken: Aspirin").click();
  await log(ada).getByText("Taken Tomás Lindqvist").waitFor();
  await eventCame(ada, "medication.logged");
  await button(ada, "Refused: Aspirin").click();
  await log(tomas).getByText("Refused Ada Moreno").waitFor();
  assert.equal(await log(tomas).getByRole("listitem").count(), 2);
  await picture(ada, "care-desk");
  checkQuiet(ada, tomas);
});

test("a shift: planned, begun by its caregiver, seen by the family, ended", async (t) => {
  const { ada, tomas } = await openBoards(t);
  await submit(ada, "Plan a shift", { Caregiver: { label: "Tomás Lindqvist" } });
  await region(ada, "Shifts").getByText("Planned", { exact: true }).waitFor();
  await button(tomas, "Check in: Tomás Lindqvist").click();
  await region(ada, "Shifts").getByText("There since").waitFor();
  await eventCame(ada, "shift.checkin");
  await button(tomas, "Check out: Tomás Lindqvist").click();
  await region(ada, "Shifts").getByText("Over:").waitFor();
  ada.refused = [422];
  await submit(ada, "Plan a shift", { Until: "2020-01-01T08:00" });
  await ada.getByRole("alert").getByText("endsAt").waitFor();
  checkQuiet(ada, tomas);
});

test("a member who is removed sees the board no longer", async (t) => {
  const { ada, tomas } = await openBoards(t);
  tomas.refused = [404];
  await button(ada, "Remove Tomás Lindqvist").click();
  await ada.getByRole("list", { name: "Members" }).getByText("Tomás Lindqvist").waitFor({ state: "detached" });
  await tomas.getByText("You are in no family yet.").waitFor();
  assert.equal(await region(tomas, "Medications").isVisible(), false);
  await submit(ada, "Add a member", { Person: { label: "Tomás Lindqvist" }, Role: { label: "member" } });
  await region(tomas, "Medications").getByText("Aspirin", { exact: true }).waitFor();
  await eventCame(tomas, "family.member.added");
  checkQuiet(ada, tomas);
});

test("at the width of a phone, and after the server's restart", async (t) => {
  const { server, ada, tomas } = await openBoards(t, kPhone);
  await checkFits(tomas);
  await raise(ada, { "More (optional)": `a long word: ${"x".repeat(150)}` });
  await region(tomas, "Emergencies").getByText("a long word").waitFor();
  await checkFits(tomas);
  await picture(tomas, "care-phone");
  for (const page of [ada, tomas]) page.serverAway = true;
  await server.restart();
  for (const page of [ada, tomas]) await stateIs(page, "Connected");
  for (const page of [ada, tomas]) page.serverAway = false;
  await button(ada, "Taken: Aspirin").click();
  await tomas.getByRole("list", { name: "Log of Aspirin" }).getByText("Taken Ada Moreno").waitFor();
  checkQuiet(ada, tomas);
});
