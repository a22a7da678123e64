//! A disk that is full, at the start, in the middle and at the end: the run goes on, its results are printed, and
//! nothing half written is left. Each run gets a small file system of its own (Linux).

use super::{
    harness::{Finished, Sandbox},
    target::{OK, Target, scenario},
};
use std::{
    env, fs,
    process::{Command, Stdio},
};

/// The words that put a program where it may mount: as root, or as nobody in particular who is root inside. With
/// `LOADGEN_REQUIRE_NAMESPACES` set there must be a way.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn permitted() -> Option<[&'static str; 2]> {
    let works = |way: &&str| {
        let mut command = Command::new("unshare");
        command.args([*way, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let way = ["-Urm", "-m"].into_iter().find(works);
    if way.is_none() {
        assert!(env::var_os("LOADGEN_REQUIRE_NAMESPACES").is_none(), "a mount of one's own is not permitted");
        eprintln!("skipped: a mount of one's own is not permitted here, or `unshare` is missing");
    }
    way.map(|way| ["unshare", way])
}

/// Runs a scenario whose results go to a file system that is mounted with these options, while `beside` is done by a
/// shell; the files that are left, with their sizes.
fn run_on(options: &str, beside: &str, text: &str) -> Option<(Finished, String)> {
    let way = permitted()?;
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", text);
    let lines = format!(
        "mkdir results && mount -t tmpfs -o {options} tmpfs results || exit 90\n\
         ( {beside} ) & beside=$!\n\"$@\"\ncode=$?\nwait $beside\n\
         find results -type f ! -name fill -size -1M -printf '%f %s\\n' > left\nexit $code\n"
    );
    sandbox.file("inside.sh", lines);
    let run =
        sandbox.start_under(&[&way[..], &["sh", "inside.sh"]].concat(), &["run", "scenario.yaml"]).wait();
    let left = fs::read_to_string(sandbox.path().join("left")).unwrap();
    Some((run, left))
}

/// Neither a part of a file nor an empty one, and no summary that is not whole.
#[track_caller]
fn assert_nothing_half(left: &str, run: &Finished) {
    for line in left.lines() {
        let (name, size) = line.split_once(' ').unwrap();
        assert!(!name.ends_with(".part") && name != "summary.json" && size != "0", "{left}\n{}", run.both());
    }
}

const FILL: &str =
    "until ls results/* >ls.txt 2>&1; do sleep 0.02; done; dd if=/dev/zero of=results/fill bs=1k";

#[test]
fn a_full_disk_costs_the_files_and_not_the_run() {
    for (what, options, beside, says) in [
        // No room for one more name.
        ("full at the start", "size=1m,nr_inodes=1", ":", "No space left"),
        ("not to be written to", "ro", ":", "Read-only file system"),
        ("full in the middle", "size=64k", FILL, "No space left"),
        ("full at the end", "size=4k", ":", "No space left"),
    ] {
        let target = Target::answering(OK);
        let text = scenario(&target.url(), 2, 700, "");
        let Some((run, left)) = run_on(options, beside, &text) else { return };
        assert_eq!(run.code, 97, "{what} {}", run.both());
        assert_nothing_half(&left, &run);
        assert!(target.seen.requests() > 5, "{what}: the run did not go on");
        assert!(run.stdout.starts_with("FAILED  the results could not be written"), "{what} {}", run.both());
        run.assert_says(&[says, "root", "Service time", "exit code 97"]);
        assert!(!run.stdout.contains("Results:"), "{what} {}", run.both());
    }
}

#[test]
fn a_broken_threshold_is_worse_than_a_full_disk() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 2, 300, "thresholds: { http_req_duration: max < 1us }\n");
    let Some((run, left)) = run_on("size=4k", ":", &text) else { return };
    run.assert_code(99);
    assert_nothing_half(&left, &run);
    run.assert_says(&["1 of 1 threshold failed", "the results could not be written"]);
    assert!(target.seen.requests() > 5, "{}", run.both());
}

/// The results have a place, and what was asked for besides has none.
#[test]
fn a_full_disk_costs_the_file_that_was_asked_for_and_neither_the_run_nor_its_results() {
    let (Some(way), target, sandbox) = (permitted(), Target::answering(OK), Sandbox::new()) else { return };
    sandbox.file("scenario.yaml", scenario(&target.url(), 2, 1_200, ""));
    sandbox.file(
        "inside.sh",
        "mkdir out && mount -t tmpfs -o size=8k tmpfs out || exit 90\n\
         dd if=/dev/zero of=out/fill bs=1k 2>dd.txt\n\
         \"$@\"\ncode=$?\nls out > left\nexit $code\n",
    );
    let words = ["run", "scenario.yaml", "--out", "csv=out/rows.csv", "--out", "jsonl=lines.jsonl"];
    let run = sandbox.start_under(&[&way[..], &["sh", "inside.sh"]].concat(), &words).wait();
    run.assert_code(97);
    run.assert_says(&[
        "csv=out/rows.csv cannot be written: No space left on device",
        "the run goes on without it",
        "out/rows.csv could not be written: No space left",
        "--out FORMAT=FILE` makes it from the journal",
        "Service time",
    ]);
    assert!(target.seen.requests() > 5, "{}", run.both());
    assert_eq!(fs::read_to_string(sandbox.path().join("left")).unwrap(), "fill\n");
    let lines = fs::read_to_string(sandbox.path().join("lines.jsonl")).unwrap();
    assert!(lines.lines().count() >= 2, "{lines}");
}

/// The signal for it would end the process without a word.
#[test]
fn a_limit_on_the_size_of_files_ends_no_run() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 2, 400, ""));
    // Enough for what is printed, which goes to a file here.
    let run = sandbox.start_under(&["prlimit", "--fsize=6000"], &["run", "scenario.yaml"]).wait();
    run.assert_code(97);
    run.assert_says(&["File too large", "Service time", "exit code 97"]);
    let mut find = Command::new("find");
    find.args(["results", "-name", "*.part", "-o", "-name", "summary*"]).current_dir(sandbox.path());
    let left = find.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn a_place_that_can_have_no_folder_is_97() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let run = sandbox
        .start_scenario(&scenario(&target.url(), 1, 200, ""), &["--results", "/dev/full/there"])
        .wait();
    run.assert_code(97);
    run.assert_says(&["results cannot be written to /dev/full/there", "--results DIR", "root"]);
}
