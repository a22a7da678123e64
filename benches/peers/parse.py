"""Reads what each tool prints about itself: its own request rate and its percentiles.

Only the tools' own words are here. The figures of the table come from the server's count (`server.py`); these serve
as a cross-check and for the percentiles of the open model.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_UNITS_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_TIME = re.compile(r"~?([0-9.]+)\s*(ns|us|µs|μs|ms|s|m)")


@dataclass(frozen=True)
class Reported:
    """What a tool said of its own run; `None` where it says nothing."""

    rate: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None


def to_ms(text: str) -> float | None:
    """A time with its unit, such as `805.68us` or `~4.94ms`, in milliseconds."""
    found = _TIME.fullmatch(text.strip())
    return float(found[1]) * _UNITS_MS[found[2]] if found else None


def _number(pattern: str, text: str) -> float | None:
    """The first group of the first match, as a number (thousands may be set apart by commas)."""
    found = re.search(pattern, text, re.MULTILINE)
    return float(found[1].replace(",", "")) if found else None


def _time(pattern: str, text: str) -> float | None:
    """The first group of the first match, as milliseconds."""
    found = re.search(pattern, text, re.MULTILINE)
    return to_ms(found[1]) if found else None


def _times(value: float | None, factor: float) -> float | None:
    """`value` times `factor`, where there is a value."""
    return None if value is None else value * factor


def _json_object(text: str) -> dict[str, Any]:
    """The first JSON object in `text`; what stands before and after it (banners) is passed over."""
    start = text.find("{")
    if start < 0:
        raise ValueError("no JSON in the tool's output")
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return found


def wrk(text: str) -> Reported:
    """wrk and wrk2, run with `--latency`: `50%  805.68us` and ` 50.000%  1.05ms`."""
    return Reported(
        _number(r"^Requests/sec:\s+([0-9.]+)", text),
        _time(r"^\s+50(?:\.000)?%\s+([0-9.]+[a-z]+)\s*$", text),
        _time(r"^\s+99(?:\.000)?%\s+([0-9.]+[a-z]+)\s*$", text),
    )


def hey(text: str) -> Reported:
    """hey's summary; its percentiles are in seconds."""
    return Reported(
        _number(r"Requests/sec:\s+([0-9.]+)", text),
        _times(_number(r"^\s+50% in ([0-9.]+) secs", text), 1e3),
        _times(_number(r"^\s+99% in ([0-9.]+) secs", text), 1e3),
    )


def ab(text: str) -> Reported:
    """ApacheBench; its percentiles are whole milliseconds."""
    return Reported(
        _number(r"^Requests per second:\s+([0-9.]+)", text),
        _number(r"^\s+50%\s+(\d+)", text),
        _number(r"^\s+99%\s+(\d+)", text),
    )


def h2load(text: str) -> Reported:
    """h2load; it prints no percentiles."""
    return Reported(_number(r"^finished in .*?, ([0-9.]+) req/s", text))


def siege(text: str) -> Reported:
    """siege with `-j`; it prints no percentiles."""
    return Reported(float(_json_object(text)["transaction_rate"]))


def oha(text: str) -> Reported:
    """oha's JSON; times are in seconds."""
    result = _json_object(text)
    at = result["latencyPercentiles"]
    return Reported(result["summary"]["requestsPerSec"], _times(at.get("p50"), 1e3), _times(at.get("p99"), 1e3))


def drill(text: str) -> Reported:
    """drill with `--stats`; it prints its median and 99th percentile in milliseconds."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return Reported(
        _number(r"^Requests per second\s+([0-9.]+)", plain),
        _time(r"^Median time per request\s+([0-9.]+\s*[a-zµ]+)", plain),
        _time(r"^99(?:\.0)?'?th percentile\s+([0-9.]+\s*[a-zµ]+)", plain),
    )


def rewrk(text: str) -> Reported:
    """rewrk with `--json`; it prints no percentiles there."""
    return Reported(_json_object(text)["requests_avg"])


def autocannon(text: str) -> Reported:
    """autocannon's JSON; latencies are whole milliseconds."""
    result = _json_object(text)
    return Reported(result["requests"]["average"], result["latency"]["p50"], result["latency"]["p99"])


def artillery(text: str) -> Reported:
    """The summary report at the end of Artillery's output; `http.request_rate` is a mean of its ten-second windows."""
    summary = text.rpartition("Summary report")[2]
    times = summary.partition("http.response_time:")[2]
    return Reported(
        _number(r"^http\.request_rate:[ .]+([0-9.,]+)/sec", summary),
        _number(r"^\s+median:[ .]+([0-9.]+)", times),
        _number(r"^\s+p99:[ .]+([0-9.]+)", times),
    )


def vegeta(text: str) -> Reported:
    """`vegeta report -type=json`; times are in nanoseconds."""
    result = _json_object(text)
    return Reported(result["rate"], result["latencies"]["50th"] * 1e-6, result["latencies"]["99th"] * 1e-6)


def k6(text: str) -> Reported:
    """k6's summary with `--summary-trend-stats med,p(99)`."""
    return Reported(
        _number(r"^\s*http_reqs\.+:\s+\d+\s+([0-9.]+)/s", text),
        _time(r"^\s*http_req_duration\.+:.*?\bmed=([0-9.]+[a-zµ]+)", text),
        _time(r"^\s*http_req_duration\.+:.*?p\(99\)=([0-9.]+[a-zµ]+)", text),
    )


def locust(text: str) -> Reported:
    """Locust's `--json`: requests over the time from its first to its last one; a histogram of rounded milliseconds."""
    start = text.find("[")
    if start < 0:
        raise ValueError("no JSON in the tool's output")
    entry = json.JSONDecoder().raw_decode(text, start)[0][0]
    seconds = entry["last_request_timestamp"] - entry["start_time"]
    counts = sorted((float(time), count) for time, count in entry["response_times"].items())
    rate = entry["num_requests"] / seconds if seconds > 0 else None
    return Reported(rate, _of_histogram(counts, 0.5), _of_histogram(counts, 0.99))


def _of_histogram(counts: list[tuple[float, int]], share: float) -> float | None:
    """The smallest value that at least `share` of the observations do not exceed."""
    wanted = share * sum(count for _, count in counts)
    seen = 0
    for value, count in counts:
        seen += count
        if seen >= wanted:
            return value
    return None


def loadgen(text: str) -> Reported:
    """loadgen's table: of `Latency` (from the intended start) where it is printed, else of `Service time`."""
    rate = _number(r" · ([0-9.,]+) req/s", text)
    for title in ("Latency", "Service time"):
        found = re.search(rf"^{title}\s+count\b.*\n((?:  .*\n?)+)", text, re.MULTILINE)
        if found:
            names = found[0].splitlines()[0].removeprefix(title).split()
            cells = found[1].rstrip().splitlines()[-1].split()[-len(names) :]
            by_name = dict(zip(names, cells, strict=False))
            return Reported(rate, to_ms(by_name.get("p50", "")), to_ms(by_name.get("p99", "")))
    return Reported(rate)
