// Opens a report.html in Chromium as its reader would, and says everything that is wrong with it, a line each.
//
//   node report.mjs MODULES PAGE EXPECTED
//
// MODULES is the folder with the node_modules of package.json, PAGE the file, EXPECTED a JSON object:
// `load` whether there were requests, `baseline` whether it was held against another run, `rows` how many requests the
// table has, `texts` what has to be seen as text, whatever it looks like. Exit code 0 where nothing is wrong.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, file, expectedText] = process.argv.slice(2);
const expected = JSON.parse(expectedText);
const require = createRequire(resolve(modules, "package.json"));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

const address = pathToFileURL(resolve(file)).href;
const faults = [];
const fault = (text) => faults.push(text);

// A browser that asks nobody for anything, so that what is asked for is the page's doing.
const browser = await chromium.launch({
  executablePath: process.env.LOADGEN_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });

// Pictures are looked at in a page without a policy of its own.
const darkroom = await context.newPage();

/** Opens the page, with an eye on everything that it should not do. */
async function open(options = {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  if (options.width) await page.setViewportSize({ width: options.width, height: 900 });
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

/** How much of a picture is coloured, and how many pixels differ from another picture of it. */
async function develop(picture, other) {
  return darkroom.evaluate(
    async ([one, two]) => {
      const pixels = async (data) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const drawing = canvas.getContext("2d");
        drawing.drawImage(bitmap, 0, 0);
        return drawing.getImageData(0, 0, bitmap.width, bitmap.height).data;
      };
      const seen = await pixels(one);
      let coloured = 0;
      for (let at = 0; at < seen.length; at += 4) {
        const [red, green, blue] = seen.subarray(at, at + 3);
        if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured += 1;
      }
      let differing = 0;
      if (two) {
        const before = await pixels(two);
        if (before.length !== seen.length) return { coloured, differing: Infinity };
        for (let at = 0; at < seen.length; at += 4) {
          if ([0, 1, 2].some((channel) => Math.abs(seen[at + channel] - before[at + channel]) > 16)) differing += 1;
        }
      }
      return { coloured, differing };
    },
    [picture.toString("base64"), other?.toString("base64")],
  );
}

const CHARTS = ["rate", "users", "latency", "errors", "health", "heat", "distribution", "percentiles"];
const chart = (page, name) => page.locator(`[data-chart="${name}"]`).first();

/** Axes and grids are grey: what is coloured is data. */
async function chartsAreDrawn(page, when) {
  for (const name of CHARTS) {
    const place = chart(page, name);
    if ((await place.count()) === 0) {
      if (expected.load) fault(`${when}: there is no chart ${name}`);
      continue;
    }
    if (!expected.load) continue;
    if (name === "errors" && !expected.errors) continue;
    await place.scrollIntoViewIfNeeded();
    const { coloured } = await develop(await place.screenshot());
    if (coloured < 100) fault(`${when}: the chart ${name} has ${coloured} coloured pixels`);
  }
}

/** A picture has words for those who cannot see it. */
async function chartsAreTold(page) {
  const silent = await page.$$eval("[data-chart]", (all) =>
    all.filter((one) => {
      const told = one.closest("[aria-label], [aria-labelledby]") ?? one.querySelector("[aria-label], [aria-labelledby]");
      return !told;
    }).map((one) => one.dataset.chart),
  );
  silent.forEach((name) => fault(`the chart ${name} has no words`));
}

/** What a target or a scenario wrote is text, and nothing but text. */
async function textIsText(page) {
  const seen = (await page.evaluate(() => document.body.textContent)).replace(/\s+/g, " ");
  for (const text of expected.texts) {
    if (!seen.includes(text.replace(/\s+/g, " ").trim())) fault(`not seen as text: ${JSON.stringify(text)}`);
  }
  // An empty icon keeps the browser from asking for one.
  const stranger = "img, iframe, object, embed, form, base, link:not([rel=icon]), meta[http-equiv=refresh], svg script";
  const foreign = await page.$$eval(stranger, (all) =>
    all.map((one) => one.outerHTML.slice(0, 100)),
  );
  foreign.forEach((one) => fault(`an element that does not belong here: ${one}`));
  if (await page.evaluate(() => "owned" in window)) fault("a script of the target ran");
  const handlers = await page.evaluate(() =>
    [...document.querySelectorAll("*")].flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith("on"))),
  );
  if (handlers.length > 0) fault(`handlers in attributes: ${handlers}`);
  const addresses = await page.$$eval("[href], [src]", (all) =>
    all.map((one) => one.getAttribute("href") ?? one.getAttribute("src")).filter((to) => !to.startsWith("#") && to !== "data:,"),
  );
  addresses.forEach((to) => fault(`an address that leads away: ${to.slice(0, 100)}`));
}

/** The times in a column's cells, in ms and in the order of the rows; cells without one are left out. */
async function times(page, index) {
  const texts = await page.$$eval("#requests tbody tr", (rows, index) => rows.map((row) => row.children[index].textContent), index);
  const units = { µs: 1e-3, ms: 1, s: 1e3, min: 6e4 };
  const found = texts.map((text) => text.match(/([\d.,]+)\s*(µs|ms|s|min)/)).filter(Boolean);
  return found.map(([, number, unit]) => Number(number.replaceAll(",", "")) * units[unit]);
}

/** Tables sort by a click and by a key, and say so. */
async function tablesSort(page) {
  const heads = page.locator("#requests thead th");
  const rows = await page.locator("#requests tbody tr").count();
  if (rows !== expected.rows) fault(`the table of requests has ${rows} rows, not ${expected.rows}`);
  if (rows < 2) return;
  const index = await heads.evaluateAll((all) => all.findIndex((head) => /p95/i.test(head.textContent)));
  if (index < 0) return fault("the table of requests has no p95");
  const button = heads.nth(index).locator("button");
  const sorted = async (how) => {
    const order = await heads.nth(index).getAttribute("aria-sort");
    const values = await times(page, index);
    const sign = order === "descending" ? -1 : 1;
    if (!["ascending", "descending"].includes(order)) fault(`${how}: aria-sort is ${order}`);
    if (values.length < 2) fault(`${how}: there are no times to sort by`);
    if (values.some((value, at) => at > 0 && sign * (value - values[at - 1]) < 0)) {
      fault(`${how}: ${order} is ${values}`);
    }
    return order;
  };
  await button.click();
  const first = await sorted("a click");
  await button.focus();
  await page.keyboard.press("Enter");
  if ((await sorted("Enter")) === first) fault("a second time does not turn the order round");
}

/** One time axis for all: what is zoomed in one chart is zoomed in the others. */
async function zoomIsShared(page) {
  if (!expected.zooms) return;
  const [latency, rate] = [chart(page, "latency"), chart(page, "rate")];
  await rate.scrollIntoViewIfNeeded();
  const before = await rate.screenshot();
  await latency.scrollIntoViewIfNeeded();
  const box = await latency.locator("canvas").first().boundingBox();
  const at = (share) => [box.x + box.width * share, box.y + box.height / 2];
  await page.mouse.move(...at(0.4));
  await page.mouse.down();
  await page.mouse.move(...at(0.5), { steps: 4 });
  await page.mouse.move(...at(0.6), { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(5, 5);
  await page.waitForTimeout(200);
  await rate.scrollIntoViewIfNeeded();
  const { differing } = await develop(await rate.screenshot(), before);
  if (differing < 200) fault(`zooming one chart changed ${differing} pixels of another`);
}

/** Everything that can be worked can be worked with keys, and one sees where one is. */
async function keysLeadEverywhere() {
  const page = await open();
  const reached = new Set();
  let first;
  for (let step = 0; step < 400; step += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      one.dataset.reached ??= String(Math.random());
      const style = getComputedStyle(one);
      const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      return { id: one.dataset.reached, name: one.outerHTML.slice(0, 80), href: one.getAttribute("href"), visible: visible || style.boxShadow !== "none" };
    });
    if (!here || reached.has(here.id)) break;
    first ??= here;
    if (!here.visible) fault(`no visible focus: ${here.name}`);
    reached.add(here.id);
  }
  if (!first?.href?.startsWith("#")) fault(`the first stop is no link past the top: ${first?.name}`);
  const missed = await page.$$eval("button, a[href], input, select, summary", (all) =>
    all
      .filter((one) => one.offsetParent !== null && !one.disabled && !one.dataset.reached && one.tabIndex >= 0)
      .filter((one) => one.type !== "radio")
      .map((one) => one.outerHTML.slice(0, 80)),
  );
  if (reached.size < 400) missed.forEach((one) => fault(`no key leads to ${one}`));
  await page.close();
}

async function isAccessible(page, when) {
  // Not by a script element, which the page's policy would refuse, and rightly.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    const told = (rule, node) => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`;
    return result.violations.flatMap((rule) => rule.nodes.slice(0, 3).map((node) => told(rule, node)));
  });
  found.forEach((text) => fault(`${when}: ${text.replace(/\s+/g, " ")}`));
}

const background = (page) =>
  page.evaluate(() => {
    const colour = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
    return (colour[0] + colour[1] + colour[2]) / 3;
  });

async function themes(page) {
  const before = await background(page);
  await page.locator("#theme-toggle").click();
  const after = await background(page);
  if (Math.abs(before - after) < 100) fault(`the other theme's background is ${after} after ${before}`);
  await chartsAreDrawn(page, "the other theme");
  await isAccessible(page, "the other theme");
  await page.locator("#theme-toggle").click();
}

/** On paper: light, whole, and without what can only be clicked. */
async function prints(page) {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const shown = await page.$$eval("button", (all) => all.filter((one) => one.offsetParent !== null && !one.closest("th, .legend")).length);
  if (shown > 0) fault(`${shown} buttons on paper`);
  if ((await background(page)) < 200) fault("paper is dark");
  const paper = await page.pdf({ format: "A4", printBackground: true });
  if (paper.length < 20_000) fault(`${paper.length} bytes of PDF are too few`);
  await page.emulateMedia({ media: null, colorScheme: null });
}

async function fitsNarrowScreens() {
  const page = await open({ width: 400 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 401) fault(`at 400 columns of pixels the page is ${width} wide`);
  await chartsAreDrawn(page, "narrow");
  await page.close();
}

/** A mail program's preview runs no script: the verdict must be there all the same. */
async function speaksWithoutScripts() {
  const quiet = await browser.newContext({ javaScriptEnabled: false });
  const page = await quiet.newPage();
  await page.goto(address);
  const text = await page.locator("body").innerText();
  if (!/PASSED|FAILED/i.test(text)) fault("without scripts there is no verdict");
  await quiet.close();
}

try {
  const page = await open();
  await chartsAreDrawn(page, "as opened");
  await chartsAreTold(page);
  await textIsText(page);
  for (const part of ["verdict", "targets", "environment", "requests", "tasks"]) {
    if ((await page.locator(`#${part}`).count()) !== 1) fault(`there is no #${part}`);
  }
  if (((await page.locator("#baseline").count()) > 0) !== expected.baseline) fault("#baseline is there or not, wrongly");
  await isAccessible(page, "as opened");
  await tablesSort(page);
  await keysLeadEverywhere();
  await themes(page);
  await zoomIsShared(page);
  await prints(page);
  await page.close();
  await fitsNarrowScreens();
  await speaksWithoutScripts();
} catch (error) {
  fault(`the test itself: ${error.stack ?? error}`);
} finally {
  await browser.close();
}
faults.forEach((text) => console.log(text));
process.exit(faults.length === 0 ? 0 : 1);
