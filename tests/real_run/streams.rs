//! Standard streams that are closed, full, read by somebody who leaves, or a terminal of an odd kind: the run finishes,
//! its results are whole, and the exit code is that of the verdict.

use super::{
    harness::{Finished, Sandbox, wait_for},
    summary::Summary,
    target::{OK, Target, scenario},
};
use std::{
    fs,
    process::{Command, Stdio},
};

/// Runs the binary by way of a shell's line, in which `"$@"` is the binary.
fn run_by(line: &str, text: &str, arguments: &[&str]) -> (Sandbox, Finished) {
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", text);
    let run = sandbox
        .start_under(&["sh", "-c", line, "sh"], &[&["run", "scenario.yaml"], arguments].concat())
        .wait();
    (sandbox, run)
}

/// A pipe's own code is that of its last command.
const HEAD: &str = "{ \"$@\"; echo $? > code; } | head -1; exit $(cat code)";

const WAYS: [(&str, &str); 8] = [
    ("no standard output", "exec \"$@\" >&-"),
    ("no standard error", "exec \"$@\" 2>&-"),
    ("no stream at all", "exec \"$@\" >&- 2>&- <&-"),
    ("a full standard output", "exec \"$@\" >/dev/full"),
    ("both full", "exec \"$@\" >/dev/full 2>/dev/full"),
    ("one line is read", HEAD),
    ("nobody reads", "{ \"$@\"; echo $? > code; } 2>&1 | true; exit $(cat code)"),
    ("a dumb terminal that is none", "TERM=dumb exec \"$@\""),
];

#[test]
fn whatever_becomes_of_the_streams_the_verdict_and_the_results_are_whole() {
    for (what, line) in WAYS {
        for (limit, code) in [("rate == 0%", 0), ("rate > 50%", 99)] {
            let target = Target::answering(OK);
            let threshold = format!("thresholds: {{ http_req_failed: {limit} }}\n");
            let (_sandbox, run) = run_by(line, &scenario(&target.url(), 2, 250, &threshold), &[]);
            assert_eq!(run.code, code, "{what} {}", run.both());
            assert_eq!(run.summary().count("http_reqs"), target.seen.requests(), "{what}");
        }
    }
}

/// Somebody who closes a pipe has read enough; a disk that is full has lost the only results there are.
#[test]
fn results_that_were_neither_written_nor_printed_are_97() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 1, 200, "");
    let (_sandbox, run) = run_by("exec \"$@\" >/dev/full", &text, &["--no-results"]);
    run.assert_code(97);
    run.assert_says(&["the results could not be printed", "No space left"]);
    let (_sandbox, run) = run_by(HEAD, &text, &["--no-results"]);
    run.assert_code(0);
}

/// Runs a command on a terminal of so many columns, and writes down what it draws. After the first so many bytes it
/// closes the terminal (`close`) or has somebody press Ctrl-C (`press`).
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
columns, enough, end, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
child, screen = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(command[0], command)
drawn = b""
while True:
    if len(drawn) >= enough and end == "close":
        break
    if len(drawn) >= enough and end == "press":
        os.write(screen, b"\x03")
        end = "pressed"
    try:
        more = os.read(screen, 4096)
    except OSError:
        break
    if not more:
        break
    drawn += more
os.close(screen)
with open("drawn", "wb") as file:
    file.write(drawn)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// What was drawn on a terminal, the exit code, and the summary.
fn run_on_terminal(term: &str, columns: &str, end: [&str; 2], text: &str) -> Option<(String, i32, Summary)> {
    let python =
        Command::new("python3").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        return None;
    }
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", text);
    let script = sandbox.file("terminal.py", TERMINAL).display().to_string();
    let term = format!("TERM={term}");
    let words =
        ["env", "-u", "NO_COLOR", "--default-signal=HUP", &term, "python3", &script, columns, end[0], end[1]];
    let run = sandbox.start_under(&words, &["run", "scenario.yaml"]).wait();
    let drawn = wait_for("what was drawn", || fs::read(sandbox.path().join("drawn")).ok());
    let drawn = String::from_utf8_lossy(&drawn).into_owned();
    assert!(!drawn.contains("panicked"), "{drawn}");
    let summary = Summary::parse(&run.summary().0.to_string());
    Some((drawn, run.code, summary))
}

#[test]
fn a_terminal_of_any_kind_and_width_shows_the_run_and_its_verdict() {
    for (term, columns) in
        [("xterm-256color", "100"), ("xterm", "20"), ("xterm", "1"), ("dumb", "80"), ("dumb", "20")]
    {
        let target = Target::answering(OK);
        let text = scenario(&target.url(), 2, 1_200, "thresholds: { http_req_failed: rate == 0% }\n");
        let Some((drawn, code, summary)) = run_on_terminal(term, columns, ["0", "-"], &text) else { return };
        assert_eq!(code, 0, "{drawn}");
        assert_eq!(summary.count("http_reqs"), target.seen.requests());
        assert_eq!(drawn.contains('\u{1b}'), term != "dumb", "{term} {drawn:?}");
        assert!(drawn.contains("PASSED"), "{drawn}");
    }
}

/// The terminal is closed while the bar is drawn on it: the system says so, and writing to it fails from then on.
#[test]
fn a_terminal_that_is_closed_ends_the_run_gently() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 2, 600_000, "thresholds: { http_req_failed: rate == 0% }\n");
    let Some((_, code, summary)) = run_on_terminal("xterm", "80", ["300", "close"], &text) else { return };
    assert_eq!(code, 105);
    assert!(summary.reason().contains("stopped by SIGHUP"), "{}", summary.reason());
    assert_eq!(summary.count("interrupted_iterations"), 0);
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
}

/// `text` without the escapes of colours and those that clear.
fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let end = |part: &str| part.find(|c: char| c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    first + &parts.map(|part| &part[end(part)..]).collect::<String>()
}

/// What the terminal writes for Ctrl-C stands on the panel's last line, and goes with it.
#[test]
fn a_pressed_ctrl_c_leaves_no_stale_bar() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 2, 600_000, "");
    for columns in [40, 80] {
        let wide = columns.to_string();
        let Some((drawn, code, _)) = run_on_terminal("xterm", &wide, ["300", "press"], &text) else { return };
        assert_eq!(code, 105, "{drawn}");
        let (before, after) = drawn.split_once("^C").unwrap_or_else(|| panic!("{drawn:?}"));
        let line = without_escapes(before.rsplit(['\r', '\n']).next().unwrap());
        assert!(line.starts_with("Generator") && line.chars().count() <= columns - 2, "{line:?}");
        // Up to its first line, and all of it is written over, or cleared below a note that is longer than a line.
        let next = after.strip_prefix("\u{1b}[5A\r").unwrap_or_else(|| panic!("{after:?}"));
        let clears = next.split("\u{1b}[J").next().unwrap().matches("\u{1b}[K").count();
        assert!(clears >= 6 || next.starts_with("\u{1b}[J"), "{after:?}");
    }
}
