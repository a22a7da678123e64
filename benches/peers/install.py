"""Installs the tools that are missing, with apt-get, cargo, pip and npm.

Everything but the Debian packages goes into one cache folder. What cannot be installed is said in one line each, and
nothing else is stopped by it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from server import find_nginx
from tools import Source, Tool, find

_NICE = ["nice", "-n", "19"]
Say = Callable[[str], None]


def how(source: Source) -> str:
    """How a missing tool can be had, in a few words."""
    ways = [
        source.apt and f"apt-get install {source.apt}",
        source.crate and f"cargo install --locked {source.crate}",
        source.pip and f"pip install {source.pip}",
        source.npm and f"npm install {source.npm}",
        source.go and f"go install {source.go}",
        source.hint,
    ]
    return " or ".join(way for way in ways if way)


def install_missing(tools: Sequence[Tool], cache: Path, say: Say) -> None:
    """Installs nginx and each tool that is not found; programs that several rows share once."""
    if find_nginx() is None:
        _try("nginx", [_apt("nginx")], say)
    missing = {tool.family: tool for tool in tools if find(tool.program, cache) is None}
    for name, tool in missing.items():
        if commands := _commands(tool.source, cache):
            _try(name, commands, say)
        else:
            say(f"{name}: cannot be installed here; {how(tool.source)}")


def _commands(source: Source, cache: Path) -> list[list[str]]:
    """The commands that install a tool, in order; none where it cannot be installed by this script."""
    if source.apt and _is_packaged(source.apt):
        return [_apt(source.apt)]
    if source.crate and shutil.which("cargo"):
        return [[*_NICE, "cargo", "install", "--locked", "--root", str(cache / "cargo"), source.crate]]
    if source.pip:
        venv = cache / "venv"
        pip = [str(venv / "bin/pip"), "install", "--quiet", source.pip]
        return [[sys.executable, "-m", "venv", str(venv)], [*_NICE, *pip]]
    if source.npm and shutil.which("npm"):
        npm = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache / "npm"), source.npm]
        return [[*_NICE, *npm]]
    if source.go and shutil.which("go"):
        return [[*_NICE, "env", f"GOBIN={cache / 'go/bin'}", "go", "install", source.go]]
    return []


def _apt(package: str) -> list[str]:
    """The command for a Debian package."""
    return ["apt-get", "install", "--yes", "--no-install-recommends", package]


def _is_packaged(package: str) -> bool:
    """Whether Debian's lists on this machine have the package."""
    if shutil.which("apt-cache") is None:
        return False
    return subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode == 0


def _try(name: str, commands: Sequence[Sequence[str]], say: Say) -> None:
    """Runs the commands until one fails, and says how it went."""
    for command in commands:
        say(f"{name}: {' '.join(command)}")
        if problem := _problem_of(command):
            say(f"{name}: not installed: {problem}")
            return


def _problem_of(command: Sequence[str]) -> str | None:
    """Runs one command; what went wrong, in one line, if anything did."""
    # Artillery's packages would fetch a browser that no test here needs.
    environment = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    wrong = [line for line in lines if re.match(r"(?:npm )?(?:error|E:)", line, re.IGNORECASE)]
    return (wrong or lines or [f"exit status {done.returncode}"])[0]
