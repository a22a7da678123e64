"""Tests of the peers bench: reading each tool's output, medians and ratios, the table, the measuring of a child.

    python3 -m unittest discover -s benches/peers
"""

from __future__ import annotations

import os
import select
import signal
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import parse
import run
import table
from install import how
from measure import Measured, ToolError, measure, middle_rate
from parse import Reported
from table import Row, Run
from tools import TOOLS, Setting, Source

WRK = """\
Running 1s test @ http://127.0.0.1:18999/items/1
  2 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.33ms    2.09ms  16.09ms   85.25%
    Req/Sec    19.10k     4.68k   27.48k    60.00%
  Latency Distribution
     50%   65.00us
     75%    2.05ms
     90%    4.27ms
     99%    8.51ms
  38204 requests in 1.01s, 6.30MB read
Requests/sec:  37778.72
Transfer/sec:      6.23MB
"""
# After wrk2's documentation.
WRK2 = """\
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    1.05ms
 75.000%    1.49ms
 99.000%    2.30ms
 99.900%    2.60ms
  149996 requests in 30.00s, 11.74MB read
Requests/sec:   4999.87
"""
HEY = """\

Summary:
  Total:	2.0097 secs
  Slowest:	0.0107 secs
  Requests/sec:	398.0686

Latency distribution:
  10% in 0.0001 secs
  50% in 0.0003 secs
  99% in 0.0104 secs
"""
AB = """\
Concurrency Level:      8
Complete requests:      72424
Requests per second:    36211.64 [#/sec] (mean)
Time per request:       0.221 [ms] (mean)
Percentage of the requests served within a certain time (ms)
  50%      0
  99%      2
 100%     21 (longest request)
"""
H2LOAD = """\
Stopped all clients for thread #1

finished in 2.00s, 80954.50 req/s, 13.36MB/s
requests: 161909 total, 161917 started, 161909 done, 161909 succeeded, 0 failed, 0 errored, 0 timeout
"""
SIEGE = """\
New configuration template added to /tmp/home/.siege
Run siege -C to view the current settings in that file

{	"transactions":			       30548,
	"elapsed_time":			        1.81,
	"transaction_rate":		    16877.35,
	"failed_transactions":		           0
}
"""
OHA = """\
{
  "summary": { "successRate": 1.0, "total": 1.005157893, "requestsPerSec": 15467.221725333455 },
  "latencyPercentiles": { "p10": 0.000204077, "p50": 0.000226723, "p99": 0.004769889, "p99.9": 0.005058202 }
}
"""
AUTOCANNON = """\
{"url":"http://127.0.0.1:18999/x","connections":8,"2xx":453,"latency":{"average":6.92,"p50":2,"p97_5":37,"p99":39},\
"requests":{"average":226.5,"mean":226.5,"total":453}}
"""
ARTILLERY = """\
http.response_time:
  median: ...................................................................... 99
  p99: ......................................................................... 999
All VUs finished. Total time: 4 seconds

--------------------------------
Summary report @ 08:50:08(+0000)
--------------------------------

http.codes.200: ................................................................ 400
http.request_rate: ............................................................. 162/sec
http.requests: ................................................................. 400
http.response_time:
  min: ......................................................................... 0
  median: ...................................................................... 6
  p95: ......................................................................... 16
  p99: ......................................................................... 23.8
vusers.session_length:
  median: ...................................................................... 10.3
  p99: ......................................................................... 40
"""
LOCUST = """\
[
    {
        "name": "/items/1",
        "last_request_timestamp": 1000.0,
        "start_time": 998.0,
        "num_requests": 100,
        "response_times": { "72": 1, "2": 40, "1": 20, "15": 37, "9": 2 }
    }
]
"""
DRILL = """\
item                      Median time per request   0ms
item                      99.0'th percentile        8ms

Time taken for tests      0.4 seconds
Total requests            3000
Requests per second       7350.32 [#/sec]
Median time per request   1ms
99.0'th percentile        6ms
99.5'th percentile        7ms
"""
REWRK = """\
{"latency_avg":0.32108,"latency_max":20.375695,"requests_avg":24871.680532486564,"requests_total":49773}
"""
# After Vegeta's documentation.
VEGETA = """\
{"latencies":{"total":1,"mean":2,"50th":400818,"95th":1,"99th":3660505,"max":2},"rate":4999.64,"throughput":4998.9}
"""
# After k6's documentation.
K6 = """\
    http_req_duration..............: med=1.04ms  p(99)=3.6ms
      { expected_response:true }...: med=9.99ms  p(99)=9.9ms
    http_reqs......................: 133823 26764.2/s
"""
LOADGEN = """\
PASSED  no thresholds were set, and iterations completed

peers against http://127.0.0.1:18999
2s · 8 users · 38,303 requests · 19,092 req/s · 0% failed · 710.7 KiB received

Service time     count  failed  rate/s    avg    p50    p90     p95     p99     max
  item          38,303       0  19,092  414us  154us  354us  2.52ms  ~5.59ms  18.6ms
  all requests  38,303       0  19,092  414us  154us  354us  2.52ms  ~5.59ms  18.6ms

Iterations  completed  failed  interrupted    avg     p95
  item         38,303       0            0  418us  2.53ms
"""

OUTPUTS = [
    ("wrk", parse.wrk, WRK, Reported(37778.72, 0.065, 8.51)),
    ("wrk2", parse.wrk, WRK2, Reported(4999.87, 1.05, 2.30)),
    ("hey", parse.hey, HEY, Reported(398.0686, 0.3, 10.4)),
    ("ab", parse.ab, AB, Reported(36211.64, 0, 2)),
    ("h2load", parse.h2load, H2LOAD, Reported(80954.50)),
    ("siege", parse.siege, SIEGE, Reported(16877.35)),
    ("oha", parse.oha, OHA, Reported(15467.221725333455, 0.226723, 4.769889)),
    ("autocannon", parse.autocannon, AUTOCANNON, Reported(226.5, 2, 39)),
    ("artillery", parse.artillery, ARTILLERY, Reported(162, 6, 23.8)),
    ("locust", parse.locust, LOCUST, Reported(50, 2, 15)),
    ("drill", parse.drill, DRILL, Reported(7350.32, 1, 6)),
    ("rewrk", parse.rewrk, REWRK, Reported(24871.680532486564)),
    ("vegeta", parse.vegeta, VEGETA, Reported(4999.64, 0.400818, 3.660505)),
    ("k6", parse.k6, K6, Reported(26764.2, 1.04, 3.6)),
    ("loadgen", parse.loadgen, LOADGEN, Reported(19092, 0.154, 5.59)),
]


def run_of(round_number: int, cpu_us: float, rate: float = 100.0, peak: int = 10_000_000, **others: object) -> Run:
    """A run with the figures that a test is about."""
    reported = others.pop("reported", Reported())
    assert isinstance(reported, Reported)
    processes = others.pop("processes", 1)
    assert isinstance(processes, int)
    return Run(round_number, Measured(1000, rate, cpu_us * 1e-3, peak, processes, ""), reported)


class Parsing(unittest.TestCase):
    def test_output_of_each_tool(self) -> None:
        for name, read, text, expected in OUTPUTS:
            with self.subTest(name):
                found = read(text)
                for field in ("rate", "p50_ms", "p99_ms"):
                    self.assertEqual(getattr(found, field) is None, getattr(expected, field) is None, field)
                    if getattr(expected, field) is not None:
                        self.assertAlmostEqual(getattr(found, field), getattr(expected, field), places=6, msg=field)

    def test_latency_goes_before_service_time(self) -> None:
        latency = "Latency  count  p50  p99\n  all requests  3  7ms  9ms\n\n"
        self.assertEqual(parse.loadgen(LOADGEN + "\n" + latency).p99_ms, 9)

    def test_output_without_json_is_an_error(self) -> None:
        for read in (parse.oha, parse.siege, parse.autocannon, parse.vegeta, parse.locust):
            with self.subTest(read.__name__), self.assertRaises(ValueError):
                read("Error: connection refused\n")

    def test_text_without_figures_has_none(self) -> None:
        for read in (parse.wrk, parse.hey, parse.ab, parse.h2load, parse.k6, parse.artillery, parse.loadgen):
            with self.subTest(read.__name__):
                self.assertEqual(read("nothing\n"), Reported())

    def test_times(self) -> None:
        for text, expected in [("805us", 0.805), ("~4.94ms", 4.94), ("1.5s", 1500), ("2m", 120_000), ("12", None)]:
            self.assertEqual(parse.to_ms(text), expected, text)


class Maths(unittest.TestCase):
    def test_median(self) -> None:
        self.assertEqual(table.median([3, 1, 2]), 2)
        self.assertEqual(table.median([4, 1]), 2.5)
        self.assertIsNone(table.median([]))

    def test_ratio_is_taken_within_rounds(self) -> None:
        # The machine became ten times slower in round 2, for both alike.
        reference = Row("loadgen", [run_of(1, 10), run_of(2, 100), run_of(3, 10)])
        other = Row("wrk", [run_of(2, 50), run_of(3, 5)])
        self.assertAlmostEqual(table.ratio(other, reference, table.cpu_us) or 0, 0.5)

    def test_no_ratio_without_a_common_round(self) -> None:
        self.assertIsNone(table.ratio(Row("wrk", [run_of(1, 1)]), Row("loadgen", [run_of(2, 1)]), table.cpu_us))
        self.assertIsNone(table.ratio(Row("wrk", [run_of(1, 1)]), None, table.cpu_us))

    def test_rate_leaves_out_a_slow_start_and_a_straggler(self) -> None:
        steady = [(10 + i / 10, i * 100) for i in range(51)]
        samples = [(0.0, 0), *steady, (25.0, 5000), (25.1, 5001)]
        self.assertAlmostEqual(middle_rate(samples), 1000, delta=2)

    def test_rate_of_one_burst_is_refused(self) -> None:
        with self.assertRaises(ToolError):
            middle_rate([(1.0, 7), (2.0, 7)])

    def test_rounds_begin_at_other_places(self) -> None:
        tools = list(TOOLS[:6])
        orders = [run.rotated(tools, turn, 3) for turn in range(3)]
        self.assertEqual([order[0] for order in orders], [tools[0], tools[2], tools[4]])
        for order in orders:
            self.assertCountEqual([tool.name for tool in order], [tool.name for tool in tools])


class Tables(unittest.TestCase):
    def test_cheapest_first_and_absent_last(self) -> None:
        rows = [
            Row("absent", missing="not found (apt-get install absent)"),
            Row("loadgen", [run_of(1, 20, 1000.4), run_of(2, 30, 2000)]),
            Row("refused", problems=["round 1: warning: a|b"]),
            Row("wrk", [run_of(1, 5, 123456, 2_500_000), run_of(2, 6, 123456, 2_500_000)]),
        ]
        self.assertEqual(
            table.markdown(rows, table.CLOSED),
            textwrap.dedent("""\
                | tool | requests/s | client CPU µs/request | CPU ÷ loadgen | peak memory MB | memory ÷ loadgen |
                |---|---:|---:|---:|---:|---:|
                | wrk | 123,456 (123,456–123,456) | 5.50 (5.00–6.00) | 0.23× | 2.50 | 0.25× |
                | loadgen | 1,500 (1,000–2,000) | 25.0 (20.0–30.0) | 1.00× | 10.0 | 1.00× |
                | absent | not run: not found (apt-get install absent) |  |  |  |  |
                | refused | not run: warning: a\\|b |  |  |  |  |"""),
        )

    def test_open_table_has_percentiles_and_no_ratio_without_loadgen(self) -> None:
        rows = [Row("oha", [run_of(1, 28, 4998, reported=Reported(5000, 0.25, 12.345))]), Row("loadgen")]
        line = table.markdown(rows, table.OPEN).splitlines()[2]
        self.assertEqual(line, "| oha | 4,998 | 28.0 | – | 0.25 ms | 12.3 ms | 10.0 | – |")

    def test_remarks(self) -> None:
        rows = [
            Row("honest", [run_of(1, 1, 100, reported=Reported(104))]),
            Row("boaster", [run_of(1, 1, 100, reported=Reported(120), processes=3)], ["round 2: ended after 25 s"]),
        ]
        self.assertEqual(
            table.remarks(rows),
            [
                "boaster: not measured in round 2: ended after 25 s",
                "boaster: memory is the sum over 3 processes, shared pages counted in each",
                "boaster: its own figure for requests/s is +20% off the server's",
            ],
        )

    def test_how_to_get_a_tool(self) -> None:
        self.assertEqual(how(Source(apt="a", go="b")), "apt-get install a or go install b")
        for tool in TOOLS:
            self.assertTrue(how(tool.source), tool.name)


class Tools(unittest.TestCase):
    def test_every_command_drives_the_target_as_hard_as_asked(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for rate in (None, 5000):
                setting = Setting(Path(folder), "http://127.0.0.1:9", 50, 7, rate)
                for tool in TOOLS:
                    build = tool.build(setting)
                    if build is None:
                        continue
                    for old in Path(folder).iterdir():
                        old.unlink()
                    words = " ".join(build(f"/bin/{tool.program}", setting))
                    told = words + "".join(path.read_text() for path in Path(folder).iterdir())
                    with self.subTest(tool.name, rate=rate):
                        self.assertIn("http://127.0.0.1:9", told)
                        self.assertIn("50", told)
                        self.assertTrue(rate is None or "5000" in told or "100" in told)


class Measuring(unittest.TestCase):
    """Real children: this Python, with a counter that stands for the server."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.count = 0

    def served(self) -> int:
        self.count += 100
        return self.count

    def measure(self, code: str, timeout: float = 30.0) -> Measured:
        return measure([sys.executable, "-c", code], self.folder, self.served, timeout)

    def test_cpu_of_a_descendant_counts(self) -> None:
        burn = "import time\nwhile time.process_time() < 0.5: pass"
        found = self.measure(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nprint('done')")
        self.assertGreaterEqual(found.cpu_seconds, 0.5)
        self.assertEqual(found.stdout, "done\n")
        self.assertEqual(found.requests % 100, 0)

    def test_memory_is_that_of_the_child_and_not_of_this_process(self) -> None:
        ballast = bytearray(os.urandom(1)) * 200_000_000
        found = self.measure("import time\ntime.sleep(0.3)")
        self.assertLess(found.peak_bytes, len(ballast) // 2)
        self.assertGreater(found.peak_bytes, 0)

    def test_failure_is_told_by_the_first_line_of_stderr(self) -> None:
        with self.assertRaisesRegex(ToolError, "^no such rate$"):
            self.measure("import sys\nsys.stderr.write('\\nno such rate\\nhelp\\n')\nsys.exit(104)")

    def test_a_missing_program_is_told(self) -> None:
        with self.assertRaisesRegex(ToolError, "could not be started"):
            measure([str(self.folder / "absent")], self.folder, self.served, 1)

    def test_no_request_is_a_failure(self) -> None:
        with self.assertRaisesRegex(ToolError, "no request"):
            measure([sys.executable, "-c", ""], self.folder, lambda: 7, 30)

    def test_a_hanging_tool_is_ended_with_its_children(self) -> None:
        os.mkfifo(self.folder / "alive")
        reader = os.open(self.folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        calls = 0

        def served() -> int:
            nonlocal calls
            calls += 1
            if calls == 2:
                self.assertEqual(self.next_byte(reader), b"s")
            return calls

        grandchild = "import time\nf = open('alive', 'wb', 0)\nf.write(b's')\ntime.sleep(60)\nf.write(b'e')"
        child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {grandchild!r}])"
        with self.assertRaisesRegex(ToolError, "^ended after 0.2 s"):
            measure([sys.executable, "-c", child], self.folder, served, 0.2)
        self.assertEqual(self.next_byte(reader), b"", "the end of the file comes when its last writer has ended")

    def next_byte(self, reader: int) -> bytes:
        """Waits for a byte from the grandchild, or for its end."""
        self.assertTrue(select.select([reader], [], [], 30)[0], "nothing came")
        return os.read(reader, 1)


class CommandLine(unittest.TestCase):
    def test_defaults(self) -> None:
        options = run.arguments([])
        self.assertEqual((options.rounds, options.seconds, options.users, options.open_rate), (3, 5, 64, 5000))
        self.assertIsNone(options.only)

    def test_faults_end_with_status_two(self) -> None:
        for words in (["--rounds", "0"], ["--users", "many"], ["--only", "wrk,nosuch"]):
            with self.subTest(words), self.assertRaises(SystemExit) as ended, open(os.devnull, "w") as null:
                old, sys.stderr = sys.stderr, null
                try:
                    run.arguments(words)
                finally:
                    sys.stderr = old
            self.assertEqual(ended.exception.code, 2)

    def test_sigterm_unwinds(self) -> None:
        with self.assertRaises(SystemExit):
            run._stop(signal.SIGTERM, None)


if __name__ == "__main__":
    unittest.main()
