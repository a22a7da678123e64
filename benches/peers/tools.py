"""The tools: how each is found, asked for its version, and told to drive one URL in the closed and in the open model.

A tool that has no duration, or no fixed rate, says so here. Nothing is run here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import files
import parse
from parse import Reported

CPUS = 2
MAX_USERS_OPEN = 500


@dataclass(frozen=True)
class Setting:
    """One run: what is driven, how hard and how long. `rate` is of the open model, in requests per second."""

    folder: Path
    target: str
    users: int
    seconds: int
    rate: int | None = None

    @property
    def url(self) -> str:
        """The URL of the tools that have only one."""
        return f"{self.target}/items/1"


Command = list[str]
Build = Callable[[str, Setting], Command]


@dataclass(frozen=True)
class Source:
    """Where a tool can be had: Debian packages, a crate, a Python or an npm package, a Go module, or else a hint."""

    apt: str | None = None
    crate: str | None = None
    pip: str | None = None
    npm: str | None = None
    go: str | None = None
    hint: str = ""


@dataclass(frozen=True)
class Tool:
    """One row of a table. Rows of the same `family` are the same program, driven in different ways."""

    name: str
    family: str
    program: str
    source: Source
    read: Callable[[str], Reported]
    closed: Build | None = None
    open: Build | None = None
    version: tuple[str, ...] = ("--version",)

    def build(self, setting: Setting) -> Build | None:
        """The command builder for the model of `setting`; `None` where the tool has no such model."""
        return self.closed if setting.rate is None else self.open


def find(program: str, cache: Path) -> str | None:
    """The path of a program, in the cache of `--install` first and then in PATH."""
    folders = [cache / "cargo/bin", cache / "venv/bin", cache / "npm/node_modules/.bin", cache / "go/bin"]
    return shutil.which(program, path=os.pathsep.join(map(str, folders))) or shutil.which(program)


def _threads(setting: Setting) -> str:
    return str(min(CPUS, setting.users))


def _wrk(program: str, s: Setting) -> Command:
    return [program, "--latency", f"-t{_threads(s)}", f"-c{s.users}", f"-d{s.seconds}s", s.url]


def _wrk2(program: str, s: Setting) -> Command:
    return [*_wrk(program, s)[:-1], f"-R{s.rate}", s.url]


def _hey(program: str, s: Setting) -> Command:
    limit = [] if s.rate is None else ["-q", f"{s.rate / s.users:g}"]
    return [program, "-z", f"{s.seconds}s", "-c", str(s.users), *limit, s.url]


def _ab(program: str, s: Setting) -> Command:
    # `-t` means `-n 50000` unless an `-n` comes after it.
    return [program, "-k", "-q", "-c", str(s.users), "-t", str(s.seconds), "-n", "50000000", s.url]


def _h2load(program: str, s: Setting) -> Command:
    limit = [] if s.rate is None else ["--rps", f"{s.rate / s.users:g}"]
    return [program, "--h1", "-c", str(s.users), "-t", _threads(s), "-D", str(s.seconds), *limit, s.url]


def _siege(program: str, s: Setting) -> Command:
    rc = files.write(s.folder / "siegerc", files.SIEGE)
    return [program, "-R", rc, "-b", "-q", "-j", "-c", str(s.users), "-t", f"{s.seconds}S", s.url]


def _oha(program: str, s: Setting) -> Command:
    limit = [] if s.rate is None else ["-q", str(s.rate), "--latency-correction"]
    options = ["--no-tui", "--output-format", "json", "-c", str(s.users), "-z", f"{s.seconds}s"]
    return [program, *options, *limit, s.url]


def _drill(program: str, s: Setting) -> Command:
    path = files.write(s.folder / "drill.yml", files.drill(s.target, s.users, s.seconds))
    return [program, "--benchmark", path, "--stats", "--quiet"]


def _rewrk(program: str, s: Setting) -> Command:
    return [program, "--json", "-c", str(s.users), "-t", _threads(s), "-d", f"{s.seconds}s", "-h", s.url]


def _autocannon(program: str, s: Setting) -> Command:
    limit = [] if s.rate is None else ["-R", str(s.rate)]
    return [program, "--json", "--no-progress", "-c", str(s.users), "-d", str(s.seconds), *limit, s.url]


def _artillery(program: str, s: Setting) -> Command:
    files.write(s.folder / "artillery.cjs", files.artillery_end(s.seconds))
    path = files.write(s.folder / "artillery.yml", files.artillery(s.target, s.users, s.seconds, s.rate))
    return [program, "run", path]


def _vegeta(program: str, s: Setting) -> Command:
    targets = files.write(s.folder / "targets", f"GET {s.url}\n")
    if s.rate is None:
        load = ["-rate=0", f"-workers={s.users}", f"-max-workers={s.users}"]
    else:
        load = [f"-rate={s.rate}", f"-workers={s.users}", f"-max-workers={MAX_USERS_OPEN}"]
    attack = ["attack", f"-targets={targets}", f"-duration={s.seconds}s", *load]
    return ["/bin/sh", "-c", 'tool=$1; shift; "$tool" "$@" | "$tool" report -type=json', "sh", program, *attack]


def _k6(program: str, s: Setting) -> Command:
    path = files.write(s.folder / "k6.js", files.k6(s.url, s.users, s.seconds, s.rate, MAX_USERS_OPEN))
    return [program, "run", "--quiet", "--summary-trend-stats", "med,p(99)", path]


def _locust(base: str) -> Build:
    """Locust with one of its two clients."""

    def build(program: str, s: Setting) -> Command:
        path = files.write(s.folder / "locustfile.py", files.locust(base))
        users = ["-u", str(s.users), "-r", str(s.users), "-t", f"{s.seconds}s"]
        return [program, "-f", path, "--headless", "--json", "--skip-log", *users, "-H", s.target]

    return build


def _loadgen(text: Callable[[str, str], str]) -> Build:
    """loadgen with one of the scenarios below."""

    def build(program: str, s: Setting) -> Command:
        load = f"{{ users: {s.users}, duration: {s.seconds}s }}"
        if s.rate is not None:
            load = f"{{ rate: {s.rate}/s, duration: {s.seconds}s, max_users: {MAX_USERS_OPEN} }}"
        path = files.write(s.folder / "scenario.yaml", text(s.target, load))
        return [program, "run", "--no-results", "--allow-saturated", path]

    return build


_LOADGEN = Source(hint="cargo build --release, then --loadgen PATH")
_LOCUST = Source(pip="locust")

TOOLS = (
    Tool(
        name="loadgen",
        family="loadgen",
        program="loadgen",
        source=_LOADGEN,
        read=parse.loadgen,
        closed=_loadgen(files.loadgen),
        open=_loadgen(files.loadgen),
    ),
    Tool(
        name="loadgen (bare GET)",
        family="loadgen",
        program="loadgen",
        source=_LOADGEN,
        read=parse.loadgen,
        closed=_loadgen(files.loadgen_bare),
        open=_loadgen(files.loadgen_bare),
    ),
    Tool("wrk", "wrk", "wrk", Source(apt="wrk"), parse.wrk, closed=_wrk, version=("-v",)),
    Tool(
        "wrk2",
        "wrk2",
        "wrk2",
        Source(hint="not packaged; built from github.com/giltene/wrk2, its `wrk` put in PATH as `wrk2`"),
        parse.wrk,
        open=_wrk2,
        version=("-v",),
    ),
    Tool("ab", "ab", "ab", Source(apt="apache2-utils"), parse.ab, closed=_ab, version=("-V",)),
    Tool("h2load (HTTP/1.1)", "h2load", "h2load", Source(apt="nghttp2-client"), parse.h2load, _h2load, _h2load),
    Tool("oha", "oha", "oha", Source(crate="oha"), parse.oha, _oha, _oha),
    Tool("rewrk", "rewrk", "rewrk", Source(crate="rewrk"), parse.rewrk, closed=_rewrk),
    Tool("drill", "drill", "drill", Source(crate="drill"), parse.drill, closed=_drill),
    Tool("hey", "hey", "hey", Source(apt="hey"), parse.hey, _hey, _hey, version=()),
    Tool(
        "vegeta",
        "vegeta",
        "vegeta",
        Source(apt="vegeta", go="github.com/tsenart/vegeta/v12@latest"),
        parse.vegeta,
        _vegeta,
        _vegeta,
        version=("-version",),
    ),
    Tool(
        "k6",
        "k6",
        "k6",
        Source(hint="see grafana.com/docs/k6/latest/set-up/install-k6; put it in PATH"),
        parse.k6,
        _k6,
        _k6,
        version=("version",),
    ),
    Tool("siege", "siege", "siege", Source(apt="siege"), parse.siege, closed=_siege),
    Tool(
        "autocannon",
        "autocannon",
        "autocannon",
        Source(npm="autocannon"),
        parse.autocannon,
        _autocannon,
        _autocannon,
    ),
    Tool("Artillery", "artillery", "artillery", Source(npm="artillery"), parse.artillery, _artillery, _artillery),
    Tool("Locust FastHttpUser", "locust", "locust", _LOCUST, parse.locust, closed=_locust("FastHttpUser")),
    Tool("Locust HttpUser", "locust", "locust", _LOCUST, parse.locust, closed=_locust("HttpUser")),
)
