//! Memory of users that hold a connection, beside a bare reqwest client each, and of users that only think, with the
//! CPU time of a pause.
//!
//! Each case is a process of its own: memory that was in use once is not given back at once.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends by panicking, and prints what it saw"
)]

mod load;

use load::{Target, bare, cpu_time, open_files, resident_bytes, whole};
use reqwest::Url;
use std::{
    env,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const THREADS: usize = 2;
/// In which users start.
const RAMP: Duration = Duration::from_secs(3);
/// From the start to the moment from which on they are looked at, and for how long that is.
const SETTLED: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(4);

/// A case: its name, its users, and whether they pause, once a second.
const CASES: [(&str, usize, bool); 3] = [
    ("bare reqwest, connected", 4_000, false),
    ("loadgen, connected", 4_000, true),
    ("loadgen, only thinking", 100_000, true),
];

fn main() {
    if load::serve_if_asked() {
        return;
    }
    let mut arguments = env::args().skip_while(|argument| argument != "--case").skip(1);
    if let (Some(case), Some(url)) = (arguments.next(), arguments.next()) {
        return look(case.parse().unwrap(), &url);
    }
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let target = Target::start();
    println!("\n| case | users | KiB of each | CPU time of a pause, µs |\n|---|---|---|---|");
    for case in 0..CASES.len() {
        let url = format!("http://{}", target.address);
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--case", &case.to_string(), &url]).stdout(Stdio::piped());
        let said = child.spawn().unwrap().wait_with_output().unwrap();
        assert!(said.status.success());
        print!("{}", String::from_utf8(said.stdout).unwrap());
    }
    println!(
        "\nA connected user has sent a request and keeps its connection. Users of loadgen pause once a second."
    );
}

/// Runs a case in this process and says what it took.
fn look(case: usize, url: &str) {
    open_files();
    let (name, users, pauses) = CASES[case];
    let before = resident_bytes();
    let end = SETTLED + LOOK;
    let (url, work) = (url.to_owned(), move |url: String| match case {
        0 => bare::hold(&Url::parse(&url).unwrap(), &bare::tls(), users, THREADS, RAMP, end + LOOK),
        _ => whole::hold(&url, users, case == 1, RAMP, end + LOOK),
    });
    thread::spawn(move || work(url));
    thread::sleep(SETTLED);
    let cpu = cpu_time();
    thread::sleep(LOOK);
    let each_pause = (cpu_time() - cpu).as_secs_f64() * 1e6 / (users as f64 * LOOK.as_secs_f64());
    let each = (resident_bytes() - before) as f64 / 1024.0 / users as f64;
    let pause = if pauses { format!("{each_pause:.2}") } else { String::new() };
    println!("| {name} | {users} | {each:.1} | {pause} |");
}
