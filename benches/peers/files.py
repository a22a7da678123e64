"""The scenario and configuration files that some tools want: text only, each for one GET in a loop without pauses."""

from __future__ import annotations

from pathlib import Path

# drill has no duration: it gets a number of requests, about this many for each second asked for.
DRILL_REQUESTS_PER_SECOND = 15_000

SIEGE = """\
verbose = false
quiet = true
json_output = true
logging = false
protocol = HTTP/1.1
connection = keep-alive
limit = 1024
parser = false
cache = true
"""


def write(path: Path, text: str) -> str:
    """Writes a file and gives its path for a command line."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def loadgen(target: str, load: str) -> str:
    """What an ordinary scenario does each time: a URL from a template, an expectation, a check inside the JSON."""
    return f"""\
name: peers
target: {target}
load: {load}
tasks:
  - name: item
    get: "/items/${{vu}}?n=${{iteration}}"
    expect: status == 200
    check:
      has its id: json $.id == 7
thresholds:
  http_req_failed: rate == 0%
  checks: rate == 100%
"""


def loadgen_bare(target: str, load: str) -> str:
    """What the other tools do."""
    return f"""\
name: peers bare
target: {target}
load: {load}
tasks:
  - name: item
    get: /items/1
"""


def drill(target: str, users: int, seconds: int) -> str:
    """drill's benchmark file."""
    return f"""\
concurrency: {users}
base: '{target}'
iterations: {seconds * DRILL_REQUESTS_PER_SECOND}
plan:
  - name: item
    request:
      url: /items/1
"""


def locust(base: str) -> str:
    """A Locust file with one task."""
    return f"""\
from locust import {base}, task


class Visitor({base}):
    @task
    def item(self):
        self.client.get("/items/1")
"""


def artillery_end(seconds: int) -> str:
    """Artillery's users end when their phase does only if something tells them to."""
    return f"""\
const end = Date.now() + {seconds} * 1000;
module.exports = {{ running: (context, next) => next(Date.now() < end) }};
"""


def artillery(target: str, users: int, seconds: int, rate: int | None) -> str:
    """Artillery's script: `users` that loop until the time is over, or `rate` new users a second with one GET each."""
    get = '- get: { url: "/items/1" }'
    if rate is None:
        phase = f"{{ duration: 1, arrivalCount: {users} }}"
        flow = f"- loop:\n          {get}\n        whileTrue: running"
    else:
        phase = f"{{ duration: {seconds}, arrivalRate: {rate} }}"
        flow = get
    return f"""\
config:
  target: {target}
  processor: ./artillery.cjs
  http: {{ pool: {users} }}
  phases:
    - {phase}
scenarios:
  - flow:
      {flow}
"""


def k6(url: str, users: int, seconds: int, rate: int | None, max_users: int) -> str:
    """k6's script for either model."""
    if rate is None:
        executor = f"executor: 'constant-vus', vus: {users}, duration: '{seconds}s'"
    else:
        arrivals = f"rate: {rate}, timeUnit: '1s', duration: '{seconds}s'"
        executor = f"executor: 'constant-arrival-rate', {arrivals}, preAllocatedVUs: {users}, maxVUs: {max_users}"
    return f"""\
import http from 'k6/http';
export const options = {{ discardResponseBodies: true, scenarios: {{ load: {{ {executor} }} }} }};
export default function () {{ http.get('{url}'); }}
"""
