// Numbers for people: three digits, always with their unit. What is missing is a dash.

const NONE = "–";

function missing(value) {
  return value === null || value === undefined || !Number.isFinite(value);
}

function grouped(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function number(value) {
  if (missing(value)) return NONE;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 99.95 || (Number.isInteger(value) && size < 1e15)) return grouped(value);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  return value.toPrecision(size < 0.01 ? 1 : 2);
}

function scaled(value, unit) {
  const text = value >= 99.95 ? grouped(value) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
  return text + "\u00a0" + unit;
}

// Milliseconds.
function ms(value) {
  if (missing(value)) return NONE;
  if (value === 0) return "0\u00a0ms";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size < 0.9995) return sign + scaled(size * 1e3, "µs");
  if (size < 999.5) return sign + scaled(size, "ms");
  if (size < 999500) return sign + scaled(size / 1e3, "s");
  return sign + span(size);
}

// Milliseconds on an axis: no more digits than it takes.
function tick(value) {
  if (value === 0) return "0";
  const [size, unit] = value < 1 ? [value * 1e3, "µs"] : value < 1000 ? [value, "ms"] : [value / 1e3, "s"];
  return Number(size.toPrecision(3)) + "\u00a0" + unit;
}

// A number on an axis.
function plain(value) {
  return value >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
}

// A length of time in milliseconds: 45 s, 1 min 30 s, 2 h 5 min.
function span(value) {
  if (missing(value)) return NONE;
  if (value < 59950) return Number((value / 1e3).toFixed(1)) + "\u00a0s";
  const seconds = Math.round(value / 1e3);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = h ? [h + "\u00a0h", m && m + "\u00a0min"] : [m + "\u00a0min", s && s + "\u00a0s"];
  return parts.filter(Boolean).join(" ");
}

// A moment of the run in seconds: 0:00, 1:30, 1:02:03, and with tenths where they matter.
function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const [h, m, s] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60];
  const two = (n) => String(n).padStart(2, "0");
  const rest = tenths % 10 ? "." + (tenths % 10) : "";
  return (h ? h + ":" + two(m) : m) + ":" + two(s) + rest;
}

function rate(value) {
  return missing(value) ? NONE : number(value) + "/s";
}

// A share from 0 to 1. A single failure is not rounded away.
function share(value) {
  if (missing(value)) return NONE;
  if (value === 0) return "0\u00a0%";
  if (value === 1) return "100\u00a0%";
  const percent = value * 100;
  if (percent < 0.01) return "<0.01\u00a0%";
  if (percent > 99.99 && percent < 100) return ">99.99\u00a0%";
  return percent.toFixed(percent < 1 || percent > 99 ? 2 : 1) + "\u00a0%";
}

function of(part, all) {
  return all > 0 ? share(part / all) : NONE;
}

function bytes(value) {
  if (missing(value)) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; value >= 999.5 && at < units.length - 1; at++) value /= 1000;
  return (at ? scaled(value, units[at]) : grouped(value) + "\u00a0B");
}

function plural(count, noun) {
  return grouped(count) + " " + noun + (count === 1 ? "" : "s");
}

// A number in a threshold's unit, with more digits than elsewhere: 200.1 ms must not look like a limit of 200 ms.
function inUnit(value, unit) {
  if (missing(value)) return NONE;
  if (unit === "ms") return value >= 1000 ? fine(value / 1000) + "\u00a0s" : fine(value) + "\u00a0ms";
  if (unit === "share") return fine(value * 100) + "\u00a0%";
  if (unit === "per_second") return fine(value) + "/s";
  return fine(value);
}

function fine(value) {
  // More digits would be those of the arithmetic: 0.07 × 100.
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(8));
  return Math.abs(shown) >= 1000 && Number.isInteger(shown) ? grouped(shown) : String(shown);
}

// Where nothing is read against a limit.
function rough(value) {
  return missing(value) || Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

// A difference of shares.
function points(difference) {
  const size = Math.abs(difference * 100);
  return difference === 0 ? "±0" : (difference > 0 ? "+" : "−") + number(size) + "\u00a0points";
}

// The change from one number to another, in words that need no sign: the factor where it is large.
function change(base, now) {
  if (missing(base) || missing(now)) return NONE;
  if (base === now) return "±0\u00a0%";
  if (base === 0) return "new";
  const part = (now - base) / Math.abs(base);
  if (part >= 9.995) return "×" + number(now / base);
  const percent = Math.abs(part * 100);
  return (part > 0 ? "+" : "−") + percent.toFixed(percent < 9.95 ? 1 : 0) + "\u00a0%";
}
