// Opens a report.html in Chromium as its reader would, and says everything that is wrong with it, a line each.
//
//   node report.mjs MODULES PAGE EXPECTED
//
// MODULES is the folder with the node_modules of package.json, PAGE the file, EXPECTED a JSON object:
// `load` whether there were requests, `baseline` whether it was held against another run, `rows` how many requests the
// table has, `texts` what has to be seen as text, whatever it looks like. Exit code 0 where nothing is wrong.

import { addressOf, fault, finish, holdBadges, launch, open as opened, required } from "./browser.mjs";

const [modules, file, expectedText] = process.argv.slice(2);
const expected = JSON.parse(expectedText);
const axeSource = required(modules, "axe-core").source;

const browser = await launch(modules);
// Nothing has to be waited for that only glides.
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
// A copy is read: what the page draws on is not slowed down.
await context.addInitScript(() => {
  window.pixelsOf = (canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, canvas.width, canvas.height).data;
  };
});
const open = (width) => opened(context, file, width);

const CHARTS = ["rate", "users", "latency", "errors", "health", "heat", "distribution", "percentiles"];

/** Axes and grids are grey: what is coloured is data. And what is drawn has to lie on top of everything else. */
async function chartsAreDrawn(page, when) {
  const charts = await page.evaluate((names) => names.map((name) => {
    const place = document.querySelector(`[data-chart="${name}"]`);
    const canvas = place?.querySelector("figure canvas");
    if (!canvas) return { name, isThere: Boolean(place) };
    canvas.scrollIntoView({ block: "center" });
    const box = canvas.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const data = window.pixelsOf(canvas);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
      if (data[at + 3] > 40 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured += 1;
    }
    return { name, isThere: true, coloured, isSeen: canvas.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && canvas.closest("figure").contains(top) };
  }), CHARTS);
  for (const { name, isThere, coloured, isSeen } of charts) {
    if (!expected.load || (name === "errors" && !expected.errors)) continue;
    if (!isThere) fault(`${when}: there is no chart ${name}`);
    else if (!(coloured >= 100)) fault(`${when}: the chart ${name} has ${coloured} coloured pixels`);
    else if (!isSeen) fault(`${when}: the chart ${name} is covered or hidden`);
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
  const pixels = () => page.evaluate(() => {
    const canvas = document.querySelector('[data-chart="rate"] canvas');
    const data = window.pixelsOf(canvas);
    const before = window.before;
    window.before = data;
    return before && data.reduce((count, value, at) => count + (at % 4 === 3 && [0, 1, 2, 3].some((back) => Math.abs(data[at - back] - before[at - back]) > 16)), 0);
  });
  await pixels();
  const latency = page.locator('[data-chart="latency"]');
  await latency.scrollIntoViewIfNeeded();
  const box = await latency.locator("canvas").first().boundingBox();
  const at = (share) => [box.x + box.width * share, box.y + box.height / 2];
  await page.mouse.move(...at(0.4));
  await page.mouse.down();
  await page.mouse.move(...at(0.5), { steps: 4 });
  await page.mouse.move(...at(0.6), { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(5, 5);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const differing = await pixels();
  if (differing < 200) fault(`zooming one chart changed ${differing} pixels of another`);
}

/** Everything that can be worked can be worked with keys, and one sees where one is. For a page that nobody touched yet. */
async function keysLeadEverywhere(page) {
  await page.evaluate(() => {
    window.stops = [];
    document.addEventListener("focusin", ({ target: one }) => {
      const style = getComputedStyle(one);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      const again = one.dataset.reached !== undefined;
      one.dataset.reached = "";
      window.stops.push({ name: one.outerHTML.slice(0, 80), href: one.getAttribute("href"), visible: outlined || style.boxShadow !== "none", again });
    });
  });
  // Many at once: to wait for each of them takes longer than what is looked at.
  const seen = { stops: 0, over: false };
  while (!seen.over) {
    await Promise.all(Array.from({ length: 40 }, () => page.keyboard.down("Tab")));
    const { stops, again } = await page.evaluate(() => ({ stops: window.stops.length, again: window.stops.some((stop) => stop.again) }));
    seen.over = again || stops === seen.stops || stops > 400;
    seen.stops = stops;
  }
  await page.keyboard.up("Tab");
  const stops = await page.evaluate(() => window.stops);
  stops.filter((stop) => !stop.visible).forEach((stop) => fault(`no visible focus: ${stop.name}`));
  const [first] = stops;
  if (!first?.href?.startsWith("#")) fault(`the first stop is no link past the top: ${first?.name}`);
  const missed = await page.$$eval("button, a[href], input, select, summary", (all) =>
    all
      .filter((one) => one.offsetParent !== null && !one.disabled && one.dataset.reached === undefined && one.tabIndex >= 0)
      .filter((one) => one.type !== "radio")
      .map((one) => one.outerHTML.slice(0, 80)),
  );
  if (stops.length <= 400) missed.forEach((one) => fault(`no key leads to ${one}`));
}

async function isAccessible(page, when) {
  // Not by a script element, which the page's policy would refuse, and rightly.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    // The page loads nothing that would have to be fetched once more, and only what is wrong is told.
    const how = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"], preload: false };
    const result = await window.axe.run(document, how);
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

/** On paper: light, whole, and without what can only be clicked: a table's head with buttons in it is not repeated. */
async function prints(page) {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const shown = await page.$$eval("button", (all) => all.filter((one) => one.offsetParent !== null && !one.closest(".legend")).length);
  if (shown > 0) fault(`${shown} buttons on paper`);
  if ((await background(page)) < 200) fault("paper is dark");
  const unread = await page.$$eval("th[data-label]", (all) => all.filter((one) => getComputedStyle(one, "::before").content !== JSON.stringify(one.dataset.label)).map((one) => one.dataset.label));
  unread.forEach((label) => fault(`on paper the head ${label} has no text`));
  const once = await page.$$eval("thead", (all) => all.filter((one) => getComputedStyle(one).display !== "table-header-group").length);
  if (once > 0) fault(`${once} heads of tables are not repeated on paper`);
  const paper = await page.pdf({ format: "A4", printBackground: true });
  if (paper.length < 20_000) fault(`${paper.length} bytes of PDF are too few`);
  await page.emulateMedia({ media: null, colorScheme: null });
}

async function fitsNarrowScreens() {
  const page = await open(400);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 401) fault(`at 400 columns of pixels the page is ${width} wide`);
  await chartsAreDrawn(page, "narrow");
  for (const small of [400, 360, 320]) {
    await holdBadges(page, small);
  }
  await page.close();
}

/** A mail program's preview runs no script: the verdict must be there all the same. */
async function speaksWithoutScripts() {
  const quiet = await browser.newContext({ javaScriptEnabled: false });
  const page = await quiet.newPage();
  await page.goto(addressOf(file));
  const text = await page.locator("body").innerText();
  if (!/PASSED|FAILED/i.test(text)) fault("without scripts there is no verdict");
  await quiet.close();
}

async function wholePage() {
  const page = await open();
  await chartsAreDrawn(page, "as opened");
  await chartsAreTold(page);
  await textIsText(page);
  for (const part of ["verdict", "targets", "environment", "requests", "tasks"]) {
    if ((await page.locator(`#${part}`).count()) !== 1) fault(`there is no #${part}`);
  }
  if (((await page.locator("#baseline").count()) > 0) !== expected.baseline) fault("#baseline is there or not, wrongly");
  await keysLeadEverywhere(page);
  await isAccessible(page, "as opened");
  await tablesSort(page);
  await themes(page);
  await zoomIsShared(page);
  await prints(page);
}

try {
  await Promise.all([wholePage(), fitsNarrowScreens(), speaksWithoutScripts()]);
} catch (error) {
  fault(`the test itself: ${error.stack ?? error}`);
}
finish();
