// Tables that sort by their heads and can be searched.

const FIRST_ROWS = 25;

// A column: label, what to sort by (`by`), what to show (`cell`), whether it is a number, and an explanation.
function table({ columns, rows, caption, sorted, leftOut, filter, total, first = FIRST_ROWS }) {
  const heads = columns.map((column, at) => {
    const button = el("button", { type: "button", title: column.title || null, on: { click: () => sort(at) } }, column.label);
    const th = el("th", { scope: "col", class: classOf(column), "aria-sort": "none", data: column.by ? { label: column.label } : null }, column.by ? button : column.label);
    if (!column.by) th.removeAttribute("aria-sort");
    return th;
  });
  const entries = rows.map((row) => {
    const cells = columns.map((column, at) => {
      const tag = at === 0 ? "th" : "td";
      return el(tag, { scope: at === 0 ? "row" : null, class: classOf(column) }, column.cell(row));
    });
    return { row, tr: el("tr", {}, cells), shown: true };
  });
  const body = el("tbody");
  const foot = total ? el("tfoot", {}, el("tr", { class: "total" }, columns.map((column, at) =>
    el(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, class: classOf(column) }, column.cell(total))))) : null;
  const count = el("span", { role: "status" });
  const more = el("button", { type: "button", class: "button", on: { click: () => { all = true; show(); } } }, "Show all rows");
  let all = false;
  let direction = sorted ? sorted[1] : 1;

  function show() {
    const matching = entries.filter((entry) => entry.shown);
    matching.forEach((entry, at) => entry.tr.classList.toggle("beyond", !all && at >= first));
    body.replaceChildren(...matching.map((entry) => entry.tr));
    more.hidden = all || matching.length <= first;
    count.textContent = matching.length < entries.length ? matching.length + " of " + plural(entries.length, "row") : entries.length > first ? plural(entries.length, "row") : "";
  }

  function sort(at, fixed) {
    const current = heads[at].getAttribute("aria-sort");
    // Numbers begin with the largest: that is what one looks for.
    direction = fixed || (current === "none" ? (columns[at].number ? -1 : 1) : current === "ascending" ? -1 : 1);
    heads.forEach((th, other) => th.hasAttribute("aria-sort") && th.setAttribute("aria-sort", other !== at ? "none" : direction > 0 ? "ascending" : "descending"));
    entries.sort((a, b) => compare(columns[at].by(a.row), columns[at].by(b.row), direction));
    show();
  }

  function search(text) {
    const wanted = text.toLowerCase();
    for (const entry of entries) entry.shown = entry.tr.textContent.toLowerCase().includes(wanted);
    show();
  }

  if (sorted) sort(...sorted); else show();
  const box = filter || entries.length > 12 ? el("div", { class: "table-tools" }, el("label", {}, "Filter ",
    el("input", { type: "search", autocomplete: "off", "aria-label": "Filter " + (caption || "rows"), on: { input: (event) => search(event.target.value) } })), count) : null;
  const data = el("table", { class: "data" }, caption ? el("caption", { class: "sr" }, caption) : null, el("thead", {}, el("tr", {}, heads)), body, foot);
  const end = el("div", { class: "table-foot" }, more, leftOut ? el("span", {}, plural(leftOut, "more row") + (leftOut === 1 ? " is" : " are") + " in summary.json only.") : null);
  return el("div", {}, box, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption || "Table" }, data), end);
}

// Columns that are `wide` have no place on a phone.
function classOf(column) {
  return [column.number && "num", column.wide && "wide"].filter(Boolean).join(" ") || null;
}

// What is missing stays at the end, whichever way.
function compare(a, b, direction) {
  const [none, other] = [a === null || a === undefined, b === null || b === undefined];
  if (none || other) return none - other;
  return direction * (typeof a === "string" ? a.localeCompare(String(b)) : a - b);
}

function words(label, value, cell) {
  return { label, by: value, cell: cell || ((row) => name(value(row))) };
}

function numbers(label, value, shown, title) {
  return { label, number: true, title, by: value, cell: (row) => {
    const at = value(row);
    return at === 0 ? el("span", { class: "zero" }, shown(at, row)) : shown(at, row);
  } };
}

// A time of a distribution; a percentile of too few samples has a tilde.
function timeCell(times, key) {
  if (missing(times[key])) return NONE;
  const low = (times.low || []).includes(key);
  return low ? el("span", { class: "soft", title: "of only " + plural(times.count, "sample") + ": too few to rely on" }, "~\u202f" + ms(times[key])) : ms(times[key]);
}

function times(label, key, of, title) {
  return { label, number: true, title, by: (row) => of(row)[key], cell: (row) => timeCell(of(row), key) };
}
