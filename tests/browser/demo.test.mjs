// App `health` on the demo page: two windows talk.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kApiKey } from "../support/belfry.mjs";
import { be, checkQuiet, kMissedMs, openWindow, picture, serve, stateIs } from "./window.mjs";

const messageBox = (page) => page.getByRole("textbox", { name: "Message" });
const messages = (page) => page.locator(".message");
const saw = (page, text) => page.locator(".message:not(.pending)", { hasText: text }).waitFor();

async function say(page, text) {
  await messageBox(page).fill(text);
  await messageBox(page).press("Enter");
  await saw(page, text);
}

/** Ada and Dr. Okafor, each in a window, in the same new visit. */
async function twoWindows(t, server, options) {
  const ada = await openWindow(t, server, options);
  const doctor = await openWindow(t, server);
  await picture(ada, `people-${options ? "phone" : "desk"}`);
  await be(ada, /Ada Moreno/);
  await be(doctor, /Lin Okafor/);
  await doctor.getByLabel("With").selectOption({ label: "Ada Moreno" });
  await doctor.getByRole("button", { name: "Open a visit" }).click();
  await messageBox(doctor).waitFor();
  await ada.locator(".visits").getByRole("button", { name: /Lin Okafor/ }).click();
  return { ada, doctor };
}

test("two windows talk: who is there, who is typing, messages both ways", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  const present = (page, name) => page.getByRole("list", { name: "In the room" }).getByText(name).waitFor();
  await present(doctor, "Ada Moreno");
  await present(ada, "Dr. Lin Okafor");

  await messageBox(ada).pressSequentially("Good mor");
  await doctor.getByText("Ada Moreno is typing…").waitFor();
  await picture(doctor, "typing");
  await messageBox(ada).pressSequentially("ning, doctor");
  await messageBox(ada).press("Enter");
  await saw(doctor, "Good morning, doctor");
  await doctor.getByText("is typing…").waitFor({ state: "detached" }).catch(() => {});
  assert.equal(await doctor.locator(".typing").textContent(), "");
  await say(doctor, "Good morning, Ada. How are you?");
  await saw(ada, "How are you?");
  await say(ada, "Much better.\nThank you!");
  await saw(doctor, "Thank you!");

  for (const page of [ada, doctor]) assert.equal(await messages(page).count(), 3);
  assert.equal(await ada.locator(".message.mine").count(), 2);
  await picture(ada, "chat-desk");

  await ada.close();
  await doctor.getByRole("list", { name: "In the room" }).getByText("Ada Moreno").waitFor({ state: "detached" });
  checkQuiet(doctor);
});

test("what people write is never markup", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  const hostile = '<img src=x onerror="document.title=1"><b>&amp;</b>';
  await say(ada, hostile);
  await saw(doctor, hostile);
  assert.equal(await doctor.locator(".message img, .message b").count(), 0);
  checkQuiet(ada, doctor);
});

test("after a reload: the same person, the same visit, the history", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  for (let i = 1; i <= 60; ++i) await say(i % 2 ? ada : doctor, `line ${i}.`);
  await ada.reload();
  await saw(ada, "line 60.");
  await ada.locator("#me", { hasText: "Ada Moreno" }).waitFor();
  assert.equal(await messages(ada).count(), 50);
  await ada.getByRole("button", { name: "Show earlier messages" }).click();
  await saw(ada, "line 1.");
  const shown = await messages(ada).locator("p").allTextContents();
  assert.deepEqual(shown, Array.from({ length: 60 }, (_, i) => `line ${i + 1}.`));
  await say(doctor, "still there?");
  await saw(ada, "still there?");
  checkQuiet(ada, doctor);
});

for (const how of ["stop", "kill"]) {
  test(`after the server's ${how} and restart: reconnected, the history, and what was written meanwhile`, async (t) => {
    const server = await serve(t);
    const { ada, doctor } = await twoWindows(t, server);
    await say(ada, "before");
    await saw(doctor, "before");
    ada.serverAway = doctor.serverAway = true;
    await server[how]();
    await ada.locator('#state[data-state="reconnecting"]').waitFor();
    await messageBox(ada).fill("while you were away");
    await messageBox(ada).press("Enter");
    await ada.locator(".message.pending").waitFor();
    await picture(ada, `reconnecting-${how}`);
    await server.start();
    await stateIs(ada, "Connected");
    await stateIs(doctor, "Connected");
    ada.serverAway = doctor.serverAway = false;
    await saw(ada, "while you were away");
    await saw(doctor, "while you were away");
    await say(doctor, "after");
    await saw(ada, "after");
    for (const page of [ada, doctor]) {
      assert.deepEqual(await messages(page).locator("p").allTextContents(), ["before", "while you were away", "after"]);
    }
    await ada.reload();
    await saw(ada, "after");
    assert.equal(await messages(ada).count(), 3);
    checkQuiet(ada, doctor);
  });
}

test("at the width of a phone: one column, nothing sticks out, back to the list", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server, { viewport: { width: 360, height: 640 }, colorScheme: "dark" });
  await say(doctor, `a long word: ${"x".repeat(200)}`);
  await saw(ada, "a long word");
  const width = () => ada.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await width(), 360);
  await picture(ada, "chat-phone");
  await ada.getByRole("button", { name: "Visits" }).click();
  await ada.getByRole("heading", { name: "Visits" }).waitFor();
  assert.equal(await width(), 360);
  await say(doctor, "unseen");
  await ada.getByText("1 unread").waitFor();
  await picture(ada, "visits-phone");
  checkQuiet(ada, doctor);
});

test("with the keyboard alone, under one's own name, from the patient's side", async (t) => {
  const server = await serve(t);
  const page = await openWindow(t, server);
  await page.getByLabel("Your name").focus();
  await page.keyboard.type("Zoë O'Hara");
  await page.keyboard.press("Enter");
  await stateIs(page, "Connected");
  await page.getByLabel("With").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await messageBox(page).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "text");
  await page.keyboard.type("typed at once");
  await page.keyboard.press("Enter");
  await saw(page, "typed at once");
  const unlabelled = await page.evaluate(() => [...document.querySelectorAll("input, select, textarea")].filter((one) => one.labels.length === 0).length);
  assert.equal(unlabelled, 0);
  checkQuiet(page);
});

test("two tabs of one person: both show the same, once", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  const second = await openWindow(t, server);
  await be(second, /Ada Moreno/);
  await second.locator(".visits").getByRole("button", { name: /Lin Okafor/ }).click();
  await say(ada, "from the first tab");
  await saw(second, "from the first tab");
  await say(doctor, "to both");
  for (const page of [ada, second]) {
    await saw(page, "to both");
    assert.deepEqual(await messages(page).locator("p").allTextContents(), ["from the first tab", "to both"]);
  }
  checkQuiet(ada, doctor, second);
});

// ---- presence, receipts, notifications, calls ----

const dot = (page, status) => page.locator(`.chat-head .presence[data-status="${status}"]`).waitFor({ timeout: kMissedMs });

test("presence: a dot for who is there, and one's own status", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  await dot(ada, "online");
  await doctor.getByLabel("Your status").selectOption("busy");
  await dot(ada, "busy");
  await ada.locator('.visits .presence[data-status="busy"]').waitFor();
  await doctor.close();
  await dot(ada, "offline");
  checkQuiet(ada);
});

test("receipts: sent, delivered, read", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  await say(ada, "Are you there?");
  await ada.locator(".message.mine .receipt", { hasText: "Read" }).waitFor();
  await picture(ada, "receipts");
  await doctor.close();
  await say(ada, "And now?");
  await ada.locator(".message.mine", { hasText: "And now?" }).locator(".receipt", { hasText: "Sent" }).waitFor();
  checkQuiet(ada);
});

test("the bell: a notification comes, and is read", async (t) => {
  const server = await serve(t);
  const ada = await openWindow(t, server);
  await be(ada, /Ada Moreno/);
  const body = { userId: "ada", type: "appointment_reminder", title: "Upcoming appointment", message: "In 30 minutes", priority: "urgent" };
  assert.equal((await server.call("POST", "/v1/health/notifications", { as: kApiKey, body })).status, 201);
  await ada.locator(".bell .unread", { hasText: "1" }).waitFor();
  await ada.getByRole("button", { name: /Notifications/ }).click();
  await ada.getByText("Upcoming appointment").waitFor();
  await picture(ada, "bell");
  await ada.getByRole("button", { name: "Mark as read", exact: true }).click();
  await ada.locator(".bell .unread").waitFor({ state: "hidden" });
  checkQuiet(ada);
});

/** Whether the other side's picture moves: frames are decoded. */
const moves = (page) =>
  page.waitForFunction(() => {
    const video = document.querySelector(".remote");
    return video.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames > 5;
  });

test("a video call between two windows, with picture and sound both ways", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  await ada.getByRole("button", { name: "Video call" }).click();
  await doctor.getByText("Incoming call from Ada Moreno").waitFor();
  await doctor.getByRole("button", { name: "Accept" }).click();
  for (const page of [ada, doctor]) {
    await page.getByText(/In a call with/).waitFor();
    await moves(page);
    const kinds = await page.evaluate(() => document.querySelector(".remote").srcObject.getTracks().map((track) => track.kind).sort());
    assert.deepEqual(kinds, ["audio", "video"]);
  }
  await dot(ada, "in_call");
  await picture(doctor, "call");
  await doctor.getByRole("button", { name: "Hang up" }).click();
  await ada.getByText("The call has ended").waitFor();
  assert.equal(await ada.evaluate(() => document.querySelector(".local").srcObject), null, "the camera is off");
  await dot(ada, "online");
  checkQuiet(ada, doctor);
});

test("a call that is declined, and one to somebody who is away", async (t) => {
  const server = await serve(t);
  const { ada, doctor } = await twoWindows(t, server);
  await ada.getByRole("button", { name: "Audio call" }).click();
  await doctor.getByRole("button", { name: "Decline" }).click();
  await ada.getByText("Declined").waitFor();
  await doctor.close();
  await dot(ada, "offline");
  await ada.getByRole("button", { name: "Audio call" }).click();
  await ada.getByText("No answer").waitFor();
  const back = await openWindow(t, server);
  await be(back, /Lin Okafor/);
  await back.locator(".bell .unread", { hasText: "1" }).waitFor();
  checkQuiet(ada, back);
});
