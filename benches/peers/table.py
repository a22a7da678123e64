"""From measured rounds to medians, ratios and Markdown. It runs nothing and reads nothing."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from measure import Measured
from parse import Reported

REFERENCE = "loadgen"
DISAGREEMENT = 0.05
NONE = "–"


@dataclass(frozen=True)
class Run:
    """One run of one tool in one round."""

    round: int
    measured: Measured
    reported: Reported


@dataclass
class Row:
    """All rounds of one tool in one model, or why there are none."""

    name: str
    runs: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: str | None = None

    @property
    def reason(self) -> str:
        """Why there are no figures."""
        return self.missing or (self.problems[0].partition(": ")[2] if self.problems else "no reason known")

    def values(self, of: Callable[[Run], float | None]) -> list[float]:
        """One figure of each round that has it."""
        return [value for value in map(of, self.runs) if value is not None]

    def median(self, of: Callable[[Run], float | None]) -> float | None:
        """The median of a figure over the rounds."""
        return median(self.values(of))


def median(values: Sequence[float]) -> float | None:
    """The median; `None` of nothing."""
    return statistics.median(values) if values else None


def ratio(row: Row, reference: Row | None, of: Callable[[Run], float]) -> float | None:
    """The median of the ratios to the reference, each taken within one round, so that slow changes of the machine
    cancel out."""
    if reference is None:
        return None
    theirs = {run.round: of(run) for run in reference.runs}
    pairs = [of(run) / theirs[run.round] for run in row.runs if theirs.get(run.round)]
    return median(pairs)


def cpu_us(run: Run) -> float:
    """CPU time of the client per request, in microseconds."""
    return run.measured.cpu_us


def memory_mb(run: Run) -> float:
    """Peak resident memory in megabytes (10⁶ bytes)."""
    return run.measured.peak_bytes / 1e6


def rate(run: Run) -> float:
    """Requests per second by the server's count."""
    return run.measured.rate


def _figure(value: float | None) -> str:
    """A figure with as many digits as it deserves: 12,345 · 104 · 12.3 · 4.56."""
    if value is None:
        return NONE
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _with_range(values: Sequence[float]) -> str:
    """The median with the range behind it, where there was more than one round."""
    shown = _figure(median(values))
    if len(values) < 2:
        return shown
    return f"{shown} ({_figure(min(values))}–{_figure(max(values))})"


def _times(value: float | None) -> str:
    """A ratio."""
    return NONE if value is None else f"{_figure(value)}×"


def _ms(value: float | None) -> str:
    """Milliseconds as the tool reported them."""
    return NONE if value is None else f"{_figure(value)} ms"


@dataclass(frozen=True)
class _Column:
    """A heading and how a cell below it is written."""

    heading: str
    cell: Callable[[Row, Row | None], str]


_TOOL = _Column("tool", lambda row, _: row.name)
_COST = (
    _Column("client CPU µs/request", lambda row, _: _with_range(row.values(cpu_us))),
    _Column("CPU ÷ loadgen", lambda row, ref: _times(ratio(row, ref, cpu_us))),
)
_MEMORY = (
    _Column("peak memory MB", lambda row, _: _figure(row.median(memory_mb))),
    _Column("memory ÷ loadgen", lambda row, ref: _times(ratio(row, ref, memory_mb))),
)
CLOSED = (_TOOL, _Column("requests/s", lambda row, _: _with_range(row.values(rate))), *_COST, *_MEMORY)
OPEN = (
    _TOOL,
    _Column("delivered/s", lambda row, _: _with_range(row.values(rate))),
    *_COST,
    _Column("own p50", lambda row, _: _ms(row.median(lambda run: run.reported.p50_ms))),
    _Column("own p99", lambda row, _: _ms(row.median(lambda run: run.reported.p99_ms))),
    *_MEMORY,
)


def markdown(rows: Iterable[Row], columns: Sequence[_Column]) -> str:
    """The table: the cheapest tool first, those that did not run last, with the reason in place of figures."""
    rows = list(rows)
    reference = next((row for row in rows if row.name == REFERENCE and row.runs), None)
    lines = [_line([column.heading for column in columns]), "|---|" + "---:|" * (len(columns) - 1)]
    for row in sorted((row for row in rows if row.runs), key=lambda row: row.median(cpu_us) or 0.0):
        lines.append(_line([column.cell(row, reference) for column in columns]))
    for row in (row for row in rows if not row.runs):
        reason = f"not run: {row.reason}"
        lines.append(_line([row.name, _escaped(reason), *[""] * (len(columns) - 2)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Text that cannot break a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def remarks(rows: Iterable[Row]) -> list[str]:
    """What a reader has to know of single rows: failed rounds, several processes, a rate told wrongly."""
    found = []
    for row in rows:
        if row.runs:
            found += [f"{row.name}: not measured in {problem}" for problem in row.problems]
            processes = max(run.measured.processes for run in row.runs)
            if processes > 1:
                found.append(f"{row.name}: memory is the sum over {processes} processes, shared pages counted in each")
            found += _disagreement(row)
    return found


def _disagreement(row: Row) -> list[str]:
    """A remark where the tool's own rate and the server's differ by more than a twentieth."""
    pairs = [(run.reported.rate, run.measured.rate) for run in row.runs if run.reported.rate]
    off = median([said / counted - 1 for said, counted in pairs])
    if off is None or abs(off) <= DISAGREEMENT:
        return []
    return [f"{row.name}: its own figure for requests/s is {off:+.0%} off the server's"]
