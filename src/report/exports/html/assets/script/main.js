// Puts the page together.

const root = document.documentElement;
const PRINTED_WIDTH = 680;

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
function theme() {
  return chosenTheme || (prefersDark.matches ? "dark" : "light");
}

function applyTheme(shown) {
  root.dataset.theme = shown;
  redraw();
}

function contents(sections) {
  const links = sections.map((part) => el("li", {}, el("a", { href: "#" + part.id }, part.id === "verdict" ? "Verdict" : part.querySelector("h2").textContent)));
  return el("ul", {}, links);
}

function build() {
  const { verdict, run: about } = run;
  append(document.getElementById("run-name"), [badge(verdict.passed ? "good" : "bad", verdict.passed ? "✓ passed" : "✗ failed"), " ", name(about.name), " · " + moment(about.started_at)]);
  const sections = [
    verdictSection(), targetsSection(), numbersSection(), baselineSection(), chartsSection(), distributionSection(), requestsSection(), tasksSection(), errorsSection(), checksSection(), phasesSection(),
    stagesSection(), groupsSection(), tagsSection(), slowestSection(), workloadsSection(), connectionsSection(), onceSection(), environmentSection(),
  ].filter(Boolean);
  document.getElementById("main").replaceChildren(...sections);
  document.getElementById("contents").replaceChildren(contents(sections));
  document.getElementById("foot").append("Made by loadgen " + about.loadgen_version + ". This page holds all of its data and asks no network for anything. Every number, and those that did not fit, are in summary.json beside it.");
}

function watch() {
  const toggle = document.getElementById("theme-toggle");
  const label = () => toggle.setAttribute("aria-label", "Use the " + (theme() === "dark" ? "light" : "dark") + " theme");
  toggle.addEventListener("click", () => {
    chosenTheme = theme() === "dark" ? "light" : "dark";
    applyTheme(theme());
    label();
  });
  label();
  prefersDark.addEventListener("change", () => { applyTheme(theme()); label(); });
  // Paper is light and has a width of its own.
  addEventListener("beforeprint", () => { applyTheme("light"); resizeAll(PRINTED_WIDTH); });
  addEventListener("afterprint", () => { applyTheme(theme()); resizeAll(); });
  let last = 0;
  new ResizeObserver(() => {
    const width = document.getElementById("main").clientWidth;
    if (width !== last) { last = width; resizeAll(); }
  }).observe(document.getElementById("main"));
}

root.dataset.theme = theme();
build();
applyTheme(theme());
watch();
root.dataset.ready = "true";
