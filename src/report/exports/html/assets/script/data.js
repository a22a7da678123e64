// The page's data, unpacked: what is a row of numbers for the sake of its size gets its names back.

const TIMES = ["count", "min", "avg", "p50", "p90", "p95", "p99", "p99.9", "max"];
const JUDGED = ["p50", "p90", "p95", "p99", "p99.9"];

function unpackedTimes(row) {
  const times = { count: 0, low: [] };
  row.slice(0, TIMES.length).forEach((value, at) => { times[TIMES[at]] = value; });
  times.low = JUDGED.filter((key, bit) => (row[TIMES.length] || 0) & (1 << bit));
  return times;
}

// Two bytes a number: m × 10^(e − 32), m in the lower ten bits, e in the upper six; all bits set where it is missing.
function unpackedColumn(text) {
  if (text === null) return null;
  const bytes = atob(text);
  return Array.from({ length: bytes.length / 2 }, (_, at) => {
    const bits = bytes.charCodeAt(at * 2) * 256 + bytes.charCodeAt(at * 2 + 1);
    const [digits, power] = [bits & 1023, (bits >> 10) - 32];
    return bits === 65535 ? null : power < 0 ? digits / 10 ** -power : digits * 10 ** power;
  });
}

function unpackedSeries(series) {
  if (!Array.isArray(series.t_ms)) series.t_ms = Array.from({ length: series.t_ms }, (_, at) => at * series.interval_ms);
  series.lengths = series.t_ms.map(() => series.interval_ms);
  for (const [at, length] of series.longer) series.lengths[at] = length;
  const none = () => series.t_ms.map(() => null);
  for (const part of [series, series.service, series.response, series.health]) {
    for (const [key, value] of Object.entries(part || {})) if (typeof value === "string") part[key] = unpackedColumn(value);
  }
  for (const part of [series.service, series.response]) for (const key of Object.keys(part || {})) part[key] = part[key] || none();
  for (const key of ["service_p95", "response_p95"]) if (key in series) series[key] = series[key] || none();
  return series;
}

function unpacked(run) {
  const metrics = [run.metrics, run.baseline ? run.baseline.metrics : {}];
  for (const list of metrics) for (const [name, metric] of Object.entries(list)) if (Array.isArray(metric)) list[name] = unpackedTimes(metric);
  for (const row of [run.requests, run.tasks, run.stages, run.groups, run.tags].flat()) {
    for (const key of ["service", "response", "duration"]) if (Array.isArray(row[key])) row[key] = unpackedTimes(row[key]);
    for (const key of ["service", "response"]) if (row.base) row.base[key] = Object.fromEntries(["p50", "p95", "p99"].map((name, at) => [name, row.base[key][at]]));
  }
  unpackedSeries(run.series);
  if (run.baseline) unpackedSeries(run.baseline.series);
  return run;
}

