"""Runs one tool once and measures it from outside: requests by the server's count, CPU time, memory.

CPU time is what `wait4` says of the child and of every descendant that was waited for, its start included. Memory is
the peak resident size from `/proc` (`VmHWM`), summed over the processes of the child's session. `ru_maxrss` would not
do: it is never below the size of the process that started the child, which here is Python.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Sample = tuple[float, int]
TICK = 0.05
LOOK_FOR_OTHERS_EVERY = 10
EDGE = 0.01


class ToolError(Exception):
    """A tool failed, hung or sent nothing; the text is one line for the report."""


@dataclass(frozen=True)
class Measured:
    """One run of one tool."""

    requests: int
    rate: float
    cpu_seconds: float
    peak_bytes: int
    processes: int
    stdout: str

    @property
    def cpu_us(self) -> float:
        """CPU time of the client per request, in microseconds."""
        return self.cpu_seconds * 1e6 / self.requests


def measure(command: Sequence[str], folder: Path, served: Callable[[], int], timeout: float) -> Measured:
    """Runs `command` in `folder` to its end, at most `timeout` seconds, while counting what the server is sent."""
    out, err = folder / "stdout", folder / "stderr"
    before = served()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        try:
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise ToolError(f"could not be started: {error}") from error
    try:
        watch = _Watch(child.pid, served)
        in_time = watch.until_end(timeout)
    finally:
        usage = _end(child)
    if not in_time:
        raise ToolError(f"ended after {timeout:g} s, as it had not ended by itself")
    if child.returncode != 0:
        raise ToolError(_first_line(err, out) or f"exit status {child.returncode}")
    return _measured(watch, before, usage.ru_utime + usage.ru_stime, out)


def _measured(watch: _Watch, before: int, cpu_seconds: float, out: Path) -> Measured:
    """Puts together what was seen of a run that ended well."""
    watch.sample()
    samples = [(at, count - before) for at, count in watch.samples]
    requests = samples[-1][1]
    if requests <= 0:
        raise ToolError("the server was sent no request")
    return Measured(
        requests=requests,
        rate=middle_rate(samples),
        cpu_seconds=cpu_seconds,
        peak_bytes=sum(watch.peaks.values()),
        processes=len(watch.peaks),
        stdout=out.read_text(errors="replace"),
    )


class _Watch:
    """Looks at a running child at every tick: the server's count, and the memory of the child's session."""

    def __init__(self, pid: int, served: Callable[[], int]) -> None:
        self.pid = pid
        self.samples: list[Sample] = []
        self.peaks: dict[int, int] = {}
        self._served = served

    def sample(self) -> None:
        """Notes the server's count."""
        self.samples.append((time.monotonic(), self._served()))

    def until_end(self, timeout: float) -> bool:
        """Watches until the child ends (it is left to be waited for), or `timeout` seconds are over: then false."""
        until = time.monotonic() + timeout
        tick = 0
        while not _has_ended(self.pid):
            if time.monotonic() > until:
                return False
            self.sample()
            self._look_at_memory(all_of_them=tick % LOOK_FOR_OTHERS_EVERY == LOOK_FOR_OTHERS_EVERY - 1)
            tick += 1
            time.sleep(TICK)
        return True

    def _look_at_memory(self, all_of_them: bool) -> None:
        """Updates the peaks; reading all of `/proc` is dear, so the descendants are looked for only now and then."""
        for pid in _session_of(self.pid) if all_of_them else [self.pid]:
            peak = _peak_bytes(pid)
            if peak:
                self.peaks[pid] = max(peak, self.peaks.get(pid, 0))


def middle_rate(samples: Sequence[Sample]) -> float:
    """Requests per second between the first and the last hundredth of the requests.

    The tool's start, a probe ahead of the load and a straggler behind it do not count. `samples` are (seconds, count
    since the start), in order; between two of them the count is taken to grow evenly.
    """
    total = samples[-1][1]
    seconds = _time_of(samples, total * (1 - EDGE)) - _time_of(samples, total * EDGE)
    if seconds <= 0:
        raise ToolError(f"{total} requests came too fast to tell their rate")
    return total * (1 - 2 * EDGE) / seconds


def _time_of(samples: Sequence[Sample], count: float) -> float:
    """When the count reached `count`."""
    for (at, have), (then, more) in itertools.pairwise(samples):
        if more >= count > have:
            return at + (then - at) * (count - have) / (more - have)
    return samples[0][0]


def _has_ended(pid: int) -> bool:
    """Whether the child has ended; it stays to be waited for, so that its id cannot go to another process."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Ends whatever is left of the child's process group, by its id, and gives what the child used."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage


def environment(folder: Path) -> dict[str, str]:
    """The environment of a tool: a home of its own, so that none writes into the user's, and nothing sent home."""
    return {
        **os.environ,
        "HOME": str(folder),
        "ARTILLERY_DISABLE_TELEMETRY": "true",
        "K6_NO_USAGE_REPORT": "true",
        "NO_UPDATE_NOTIFIER": "1",
        "NO_COLOR": "1",
    }


def _first_line(*files: Path) -> str:
    """The first line that is not blank, of the first file that has one."""
    for file in files:
        for line in file.read_text(errors="replace").splitlines():
            if line.strip():
                return line.strip()[:200]
    return ""


def _session_of(leader: int) -> list[int]:
    """Every process of the session that `leader` leads."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.getsid(int(entry)) == leader:
                    found.append(int(entry))
            except OSError:
                continue
    return found


def _peak_bytes(pid: int) -> int:
    """The peak resident size of a process; 0 where it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
