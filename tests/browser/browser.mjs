// A browser for a report.html, with an eye on everything that the page should not do.

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const faults = [];

/** Something that is wrong with the page. */
export const fault = (text) => faults.push(text);

/** Says what was wrong, and ends: what the browser has open needs no farewell, and is ended with this process. */
export function finish() {
  faults.forEach((text) => console.log(text));
  process.exit(faults.length === 0 ? 0 : 1);
}

export const addressOf = (file) => pathToFileURL(resolve(file)).href;

/** What a package of `modules`, the folder of package.json, exports. */
export const required = (modules, name) => createRequire(resolve(modules, "package.json"))(name);

/** A browser that asks nobody for anything, so that what is asked for is the page's doing. */
export function launch(modules) {
  return required(modules, "playwright-core").chromium.launch({
    executablePath: process.env.LOADGEN_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update", "--disable-sync"],
  });
}

/** Opens a page of a context and waits until it is drawn. */
export async function open(context, file, width) {
  const address = addressOf(file);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  if (width) await page.setViewportSize({ width, height: 900 });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) fault(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    fault(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== address) fault(`a request: ${request.url().slice(0, 100)}`);
  });
  await page.goto(address);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
  return page;
}

/** Whether a threshold held is to be seen without a finger on the table, however narrow the screen. */
export async function holdBadges(page, width) {
  await page.setViewportSize({ width, height: 900 });
  const hidden = await page.$$eval("#targets .badge", (all) => {
    const right = (one) => one.getBoundingClientRect().right;
    return all.filter((one) => right(one) > right(one.closest(".scroll")) + 0.5).map((one) => one.textContent);
  });
  hidden.forEach((text) => fault(`at ${width} columns of pixels “${text}” is to the right of what is seen`));
}
