// Windows of Chromium on the demo page. $SCREENSHOTS names a folder for pictures.
import assert from "node:assert/strict";
import path from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { startBelfry } from "../support/belfry.mjs";

const kChromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const kLimitMs = 15_000;
/** Until a window that has gone is missed: one that closes amid its upgrade leaves no connection, just heartbeats that stay away (45 s). */
export const kMissedMs = 60_000;
const kDevices = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
// What the browser says when a page leaves a connection that is being upgraded.
const kLeftEarly = /WebSocket is closed before the connection is established/;
const browser = await chromium.launch({ executablePath: kChromium, args: ["--no-sandbox", ...kDevices] });
after(() => browser.close());

export const kPhone = { viewport: { width: 360, height: 720 }, colorScheme: "dark" };

export const serve = (t, { env } = {}) => startBelfry(t, { args: ["--dev"], env });

/**
 * A window of its own, with nobody's cookies but those of `beside`, another window. `link` is what follows the server's URL.
 * `trouble` collects what a page must not do; `refused` is to be set to the statuses of answers that a test brings about.
 */
export async function openWindow(t, server, { link = "", beside, ...options } = {}) {
  const context = beside?.context() ?? (await browser.newContext({ viewport: { width: 1100, height: 760 }, colorScheme: "light", ...options }));
  if (!beside) t.after(() => context.close());
  context.setDefaultTimeout(kLimitMs);
  const page = await context.newPage();
  page.trouble = [];
  page.serverAway = false;
  page.refused = [];
  page.on("pageerror", (error) => page.trouble.push(`exception: ${error.stack}`));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type()) || kLeftEarly.test(message.text())) return;
    const away = page.serverAway && /ERR_|WebSocket|status of 503/.test(message.text());
    const refused = page.refused.some((status) => message.text().includes(`status of ${status}`));
    if (!away && !refused) page.trouble.push(`${message.type()}: ${message.text()}`);
  });
  const own = new URL(server.url).host;
  page.on("request", (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== "data:" && host !== own) page.trouble.push(`a request to ${request.url()}`);
  });
  await page.goto(server.url + link);
  return page;
}

export const stateIs = (page, text) => page.locator("#state", { hasText: text }).waitFor();

export async function be(page, name) {
  await page.getByRole("button", { name }).click();
  await stateIs(page, "Connected");
}

/** A window of somebody in an app, connected. */
export async function openAs(t, server, person, app, options = {}) {
  const page = await openWindow(t, server, { ...options, link: `/?as=${person}#${app}` });
  await stateIs(page, "Connected");
  return page;
}

/** Opens a fold and sends the form in it. */
export async function submit(page, name, fields) {
  const form = page.getByRole("form", { name });
  if (!(await form.isVisible())) await page.locator("summary", { hasText: name }).click();
  for (const [label, value] of Object.entries(fields)) {
    const control = form.getByLabel(label, { exact: true });
    if (typeof value === "string") await control.fill(value);
    else await control.selectOption(value);
  }
  await form.getByRole("button").click();
}

/** Waits until an event has come over the page's socket, as its panel of events shows. */
export async function eventCame(page, name) {
  const button = page.getByRole("button", { name: "Events", exact: true });
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
  await page.getByRole("list", { name: "Events" }).getByText(name, { exact: true }).first().waitFor();
  await button.click();
}

/** Nothing sticks out at the side. */
export async function checkFits(page) {
  const [wanted, width] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.equal(wanted, width);
}

export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

export function checkQuiet(...pages) {
  for (const page of pages) assert.deepEqual(page.trouble, []);
}
