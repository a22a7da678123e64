#!/usr/bin/env python3
"""Measures loadgen and its peers, in turn, against one local nginx, and prints one Markdown table per model.

    python3 benches/peers/run.py --install --loadgen target/release/loadgen

The README beside this file says what is measured and how to read it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import table
from install import how, install_missing
from measure import ToolError, environment, measure
from server import Nginx, ServerError, find_nginx
from table import Row, Run
from tools import TOOLS, Setting, Tool, find

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "target/peers"
GRACE_SECONDS = 20


def say(text: str) -> None:
    """Tells how it goes, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures loadgen and its peers against one local nginx.")
    families = sorted({tool.family for tool in TOOLS})
    parser.add_argument("--rounds", type=_between(1, 50), default=3, help="rounds; every tool runs once in each [3]")
    parser.add_argument("--seconds", type=_between(1, 120), default=5, help="seconds of each run [5]")
    parser.add_argument("--users", type=_between(1, 250), default=64, help="keep-alive connections [64]")
    parser.add_argument(
        "--open-rate",
        type=_between(0, 100_000),
        default=5000,
        help="requests/s of the open model; 0 leaves it out [5000]",
    )
    parser.add_argument("--only", type=_names(families), help=f"some of the tools: {','.join(families)}")
    where = CACHE.relative_to(ROOT)
    parser.add_argument("--install", action="store_true", help=f"install what is missing (in {where}, or by apt-get)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    binary = ROOT / "target/release/loadgen"
    parser.add_argument("--loadgen", type=Path, default=binary, help="loadgen's binary [target/release/loadgen]")
    return parser.parse_args(words)


def _between(low: int, high: int) -> Any:
    """A whole number within bounds, for argparse."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _names(known: Sequence[str]) -> Any:
    """A list of tools, for argparse."""

    def parse(text: str) -> frozenset[str]:
        names = frozenset(text.split(","))
        if unknown := names.difference(known):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
        return names

    return parse


@dataclasses.dataclass(frozen=True)
class Bench:
    """What one call of this script measures: the tools, where they are, and how hard they drive."""

    options: argparse.Namespace
    tools: list[Tool]
    programs: dict[str, str]
    server: Nginx
    folder: Path

    def model(self, open_rate: int | None) -> list[Row]:
        """All rounds of one model, for the tools that have it."""
        wanted = [tool for tool in self.tools if (tool.closed if open_rate is None else tool.open)]
        rows = {tool.name: Row(tool.name) for tool in wanted}
        for round_number in range(1, self.options.rounds + 1):
            for tool in rotated(wanted, round_number - 1, self.options.rounds):
                self._once(tool, round_number, open_rate, rows[tool.name])
        return list(rows.values())

    def _once(self, tool: Tool, round_number: int, open_rate: int | None, row: Row) -> None:
        """One tool in one round; one that fails is noted, and gets its next chance in the next round."""
        program = self.programs.get(tool.family)
        if program is None:
            row.missing = f"not found ({how(tool.source)})"
            return
        head = f"round {round_number}/{self.options.rounds}, {'closed' if open_rate is None else 'open'}: {tool.name}"
        try:
            run = self._drive(tool, program, round_number, open_rate)
        except (ToolError, OSError) as error:
            row.problems.append(f"round {round_number}: {error}")
            say(f"{head}: not run: {error}")
            return
        row.runs.append(run)
        say(f"{head}: {table.rate(run):,.0f} requests/s, {table.cpu_us(run):.1f} µs of CPU each")

    def _drive(self, tool: Tool, program: str, round_number: int, open_rate: int | None) -> Run:
        """Runs a tool in a folder of its own, and reads what it said."""
        self.server.wait_until_idle()
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            setting = Setting(Path(folder), self.server.url, self.options.users, self.options.seconds, open_rate)
            build = tool.build(setting)
            if build is None:
                raise ToolError("it has no such model")
            command = build(program, setting)
            measured = measure(command, setting.folder, self.server.served, setting.seconds + GRACE_SECONDS)
        try:
            reported = tool.read(measured.stdout)
        except (ValueError, LookupError, TypeError) as error:
            raise ToolError(f"its output could not be read: {error!r}") from error
        return Run(round_number, measured, reported)


def rotated(tools: Sequence[Tool], turn: int, turns: int) -> list[Tool]:
    """The tools in the order of one round: each round begins at another place, spread evenly over the list."""
    start = turn * len(tools) // turns
    return [*tools[start:], *tools[:start]]


def programs_of(tools: Sequence[Tool], loadgen: Path) -> dict[str, str]:
    """The path of each tool that is there, by its family."""
    found = {tool.family: find(tool.program, CACHE) for tool in tools if tool.family != "loadgen"}
    own = loadgen.resolve()
    found["loadgen"] = str(own) if os.access(own, os.X_OK) and own.is_file() else None
    return {family: path for family, path in found.items() if path is not None}


def versions(tools: Sequence[Tool], programs: dict[str, str], folder: Path) -> dict[str, str]:
    """What each tool, and nginx, says of its version; `folder` is their home meanwhile."""
    asked = {tool.family: _version(programs[tool.family], tool, folder) for tool in tools if tool.family in programs}
    nginx = find_nginx()
    return {"nginx": _number_in(_output([nginx, "-v"], folder)) if nginx else "?", **asked}


def _version(program: str, tool: Tool, folder: Path) -> str:
    """A tool's version; of one that does not tell it, that of its Debian package."""
    if tool.version:
        return _number_in(_output([program, *tool.version], folder))
    return _number_in(_output(["dpkg-query", "-W", tool.source.apt], folder)) if tool.source.apt else "?"


def _output(command: Sequence[str], folder: Path) -> str:
    """All that a short command prints."""
    try:
        done = subprocess.run(
            command,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _number_in(text: str) -> str:
    """The first version number in a text."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return found[0] if found else "?"


def machine() -> str:
    """Cores and processor model."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{os.cpu_count()} cores, {model}"


def footer(rows: Sequence[Row], options: argparse.Namespace, words: Sequence[str], known: dict[str, str]) -> str:
    """What stands below the tables."""
    command = shlex.join(["python3", "benches/peers/run.py", *words])
    told = ", ".join(f"{name} {version}" for name, version in known.items())
    lines = [
        f"- Made by `{command}`: medians of {options.rounds} interleaved rounds, {options.seconds} s for each tool in "
        "each, with the range in parentheses; a ratio is the median of the ratios within a round.",
        f"- {machine()}; the server (nginx with 2 workers) shares the cores with the tool.",
        "- loadgen renders a URL, checks the status and reads a field of the JSON each time; the others, and "
        "`loadgen (bare GET)`, only send GETs.",
        "- Requests are counted by the server. CPU time is that of the whole client, its start included.",
        *(f"- {remark}." for remark in table.remarks(rows)),
        f"- Versions: {told}.",
    ]
    return "\n".join(lines)


def raw(models: dict[str, list[Row]], words: Sequence[str], known: dict[str, str]) -> dict[str, Any]:
    """All figures, for `--json`."""
    rows = {model: [_raw_row(row) for row in of_model] for model, of_model in models.items()}
    return {"arguments": list(words), "machine": machine(), "versions": known, "models": rows}


def _raw_row(row: Row) -> dict[str, Any]:
    """One tool's figures."""
    runs = []
    for run in row.runs:
        figures = dataclasses.asdict(run)
        del figures["measured"]["stdout"]
        runs.append({**figures, "cpu_us_per_request": run.measured.cpu_us})
    return {"tool": row.name, "missing": row.missing, "problems": row.problems, "runs": runs}


def _stop(number: int, _: object) -> NoReturn:
    """Makes SIGTERM end this script like Ctrl-C does: with everything it started."""
    raise SystemExit(128 + number)


def main(words: Sequence[str]) -> int:
    """Installs what is asked for, measures, prints."""
    options = arguments(words)
    tools = [tool for tool in TOOLS if options.only is None or tool.family in options.only]
    signal.signal(signal.SIGTERM, _stop)
    if options.install:
        install_missing([tool for tool in tools if tool.family != "loadgen"], CACHE, say)
    programs = programs_of(tools, options.loadgen)
    if not any(tool.family in programs for tool in tools):
        say("error: none of the tools was found; --install installs them")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="loadgen-peers-"))
    try:
        known = versions(tools, programs, folder)
        with Nginx(folder) as server:
            bench = Bench(options, tools, programs, server, folder)
            models = {"closed": bench.model(None)}
            if options.open_rate:
                models["open"] = bench.model(options.open_rate)
    except ServerError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("stopped; what was started has been ended")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(models, options, words, known)
    return 0


def report(
    models: dict[str, list[Row]], options: argparse.Namespace, words: Sequence[str], known: dict[str, str]
) -> None:
    """Prints the tables, and writes the raw figures where that is asked for."""
    print(f"Closed model: {options.users} keep-alive connections, as fast as they can\n")
    print(table.markdown(models["closed"], table.CLOSED), end="\n\n")
    if "open" in models:
        print(f"Open model: {options.open_rate:,} requests/s\n")
        print(table.markdown(models["open"], table.OPEN), end="\n\n")
    print(footer([row for rows in models.values() for row in rows], options, words, known))
    if options.json:
        options.json.write_text(json.dumps(raw(models, words, known), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
