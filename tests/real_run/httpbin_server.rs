//! An httpbin of its own for a test, under gunicorn, on a free port of 127.0.0.1.
//!
//! It lives in a virtual environment in the folder `httpbin` beside the build's results, where `.ci/run` makes it.
//! Where there is none the tests that need it say so and are skipped; with `LOADGEN_REQUIRE_HTTPBIN` set they fail.

use super::harness::wait_for;
use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// What is asked for to see whether it answers; it is in no log that a test sees.
const READY: &str = "/is-it-ready";

/// gunicorn and its worker, a process group of their own, with everything they write in a folder that goes with them.
pub struct Httpbin {
    child: Child,
    dir: TempDir,
    address: String,
}

/// A line of the access log.
#[derive(Debug)]
#[expect(dead_code, reason = "method and path are shown where a test fails")]
pub struct Line {
    method: String,
    path: String,
    pub status: String,
}

fn gunicorn() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("httpbin").join("bin/gunicorn")
}

impl Httpbin {
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn start() -> Option<Self> {
        let gunicorn = gunicorn();
        if !gunicorn.is_file() {
            let missing = format!("there is no {}", gunicorn.display());
            assert!(env::var_os("LOADGEN_REQUIRE_HTTPBIN").is_none(), "httpbin is required, and {missing}");
            eprintln!("skipped: {missing}");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(gunicorn);
        command.args([
            "--bind",
            "127.0.0.1:0",
            "--workers",
            "1",
            "--worker-class",
            "gthread",
            "--threads",
            "8",
        ]);
        command.args(["--keep-alive", "60", "--timeout", "60", "--access-logformat", "%(m)s %(U)s %(s)s"]);
        for (flag, name) in
            [("--access-logfile", "access.log"), ("--error-logfile", "error.log"), ("--worker-tmp-dir", "")]
        {
            command.arg(flag).arg(dir.path().join(name));
        }
        // Some versions keep a control socket in the home folder.
        command.arg("httpbin:app").current_dir(dir.path()).env("HOME", dir.path()).process_group(0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut httpbin = Self { child, dir, address: String::new() };
        httpbin.address = wait_for("gunicorn", || httpbin.bound_address());
        wait_for("httpbin", || httpbin.answers().then_some(()));
        Some(httpbin)
    }

    /// What it says in its log; nothing yet where it says nothing.
    fn bound_address(&mut self) -> Option<String> {
        let text = fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default();
        assert!(self.child.try_wait().unwrap().is_none(), "gunicorn ended: {text}");
        let (_, rest) = text.split_once("Listening at: http://")?;
        rest.split_once(' ').map(|(address, _)| address.to_owned())
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return false };
        let request = format!("GET {READY} HTTP/1.1\r\nhost: httpbin\r\nconnection: close\r\n\r\n");
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 404")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The log, once it has a line for each of so many requests; it is written after the answer is.
    pub fn log(&self, requests: u64) -> Vec<Line> {
        wait_for("the access log", || {
            let text = fs::read_to_string(self.dir.path().join("access.log")).unwrap();
            let log: Vec<Line> = text.lines().filter_map(Line::parse).collect();
            (log.len() as u64 >= requests).then_some(log)
        })
    }

    /// Signals the whole group, so that no worker is left behind.
    fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args([&format!("-{name}"), "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ').map(str::to_owned);
        let (method, path, status) = (fields.next()?, fields.next()?, fields.next()?);
        (path != READY).then_some(Self { method, path, status })
    }
}

impl Drop for Httpbin {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }
}
