//! Against nginx, whose access log is somebody else's count.
//!
//! Where there is no nginx these tests say so and are skipped; with `LOADGEN_REQUIRE_NGINX` set they fail.

use super::{
    harness::{run_scenario, wait_for},
    summary::Summary,
    target::closed_port,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const PAGE: usize = 1_000;
const FILE: usize = 300_000;

/// One process in the foreground, with everything it writes in a folder that goes with it.
struct Nginx {
    child: Child,
    dir: TempDir,
    port: u16,
}

/// A line of the access log.
#[derive(Debug)]
struct Line {
    connection: u64,
    method: String,
    path: String,
    status: u16,
    request_bytes: u64,
    body_bytes: u64,
    request_body: String,
}

fn binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian keeps it where only root looks.
    let folders =
        env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

impl Nginx {
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn start() -> Option<Self> {
        let Some(binary) = binary() else {
            assert!(env::var_os("LOADGEN_REQUIRE_NGINX").is_none(), "nginx is required and was not found");
            eprintln!("skipped: there is no nginx in PATH or /usr/sbin");
            return None;
        };
        // Another process may take the port in between.
        let started = (0..5).find_map(|_| Self::try_start(&binary));
        Some(started.unwrap_or_else(|| panic!("nginx does not start")))
    }

    fn try_start(binary: &PathBuf) -> Option<Self> {
        let (dir, port) = (tempfile::tempdir().unwrap(), closed_port());
        let at = dir.path().display().to_string();
        fs::write(dir.path().join("page.txt"), "p".repeat(PAGE)).unwrap();
        fs::write(dir.path().join("file.bin"), "f".repeat(FILE)).unwrap();
        let config = dir.path().join("nginx.conf");
        fs::write(&config, CONFIG.replace("@DIR@", &at).replace("@PORT@", &port.to_string())).unwrap();
        let mut command = Command::new(binary);
        command.arg("-p").arg(dir.path()).arg("-e").arg(dir.path().join("error.log")).arg("-c").arg(&config);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut nginx = Self { child, dir, port };
        let up = wait_for("nginx", || {
            if nginx.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
        });
        up.then_some(nginx)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The log, once it has a line for each of so many requests; it is written after the answer is.
    fn log(&self, requests: u64) -> Vec<Line> {
        wait_for("the access log", || {
            let text = fs::read_to_string(self.dir.path().join("access.log")).unwrap();
            (text.lines().count() as u64 >= requests).then(|| text.lines().map(Line::parse).collect())
        })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Line {
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.splitn(7, ' ').collect();
        let number = |at: usize| fields[at].parse::<u64>().unwrap();
        Self {
            connection: number(0),
            method: fields[1].to_owned(),
            path: fields[2].to_owned(),
            status: number(3) as u16,
            request_bytes: number(4),
            body_bytes: number(5),
            request_body: fields[6].to_owned(),
        }
    }
}

/// `proxy_pass` makes nginx read a request's body, which `return` would leave alone.
const CONFIG: &str = r#"
daemon off;
master_process off;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log;
events { worker_connections 256; }
http {
  log_format counts escape=none '$connection $request_method $uri $status $request_length $body_bytes_sent $request_body';
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  keepalive_requests 1000000;
  server {
    listen unix:@DIR@/upstream.sock;
    access_log off;
    location / { return 201 "created\n"; }
  }
  server {
    listen 127.0.0.1:@PORT@;
    root @DIR@;
    access_log @DIR@/access.log counts;
    location = /busy { return 503; }
    location = /broken { return 500; }
    location = /upload { client_body_in_single_buffer on; proxy_pass http://unix:@DIR@/upstream.sock; }
  }
}
"#;

fn scenario(url: &str, users: u64, last_task: &str) -> String {
    let task = |name: &str, keys: &str| format!("  - {{ name: {name}, {keys} }}\n");
    [
        format!("target: {url}\nload: {{ users: {users}, duration: 1s }}\nthink_time: 1ms..5ms\ntasks:\n"),
        task("page", "weight: 3, get: /page.txt"),
        task("file", "get: /file.bin"),
        task("missing", "get: /missing"),
        task("upload", "post: /upload, body: 'user ${vu} says hello'"),
        task(last_task, &format!("get: /{last_task}")),
    ]
    .concat()
}

/// Request by request and status by status, and the bytes of the bodies in both directions.
fn assert_same_books(summary: &Summary, log: &[Line], last_task: &str) {
    assert_eq!(log.len() as u64, summary.count("http_reqs"));
    assert_eq!(summary.all_errors(), 0);
    let mut theirs: BTreeMap<(&str, u16), u64> = BTreeMap::new();
    for line in log {
        *theirs.entry((&line.path, line.status)).or_default() += 1;
    }
    let last = (format!("/{last_task}"), if last_task == "busy" { 503 } else { 500 });
    let known = [
        ("page", "/page.txt", 200),
        ("file", "/file.bin", 200),
        ("missing", "/missing", 404),
        ("upload", "/upload", 201),
        (last_task, last.0.as_str(), last.1),
    ];
    for (name, path, status) in known {
        let count = theirs.remove(&(path, status)).unwrap_or(0);
        assert!(count > 0, "{name} never came");
        assert_eq!(summary.statuses(name, status), count, "{name}");
        assert_eq!(summary.named("requests", name)["count"], count, "{name}");
    }
    assert!(theirs.is_empty(), "{theirs:?}");
    let failed = log.iter().filter(|line| line.status >= 400).count();
    assert_eq!(summary.at("/metrics/http_req_failed/passes"), failed);
    assert_eq!(log.iter().map(|line| line.body_bytes).sum::<u64>(), summary.count("data_received"));
    assert_eq!(
        summary.named("requests", "page")["received_bytes"],
        PAGE as u64 * summary.statuses("page", 200)
    );
    assert_eq!(
        summary.named("requests", "file")["received_bytes"],
        FILE as u64 * summary.statuses("file", 200)
    );
    assert_bodies(summary, log);
}

fn assert_bodies(summary: &Summary, log: &[Line]) {
    let uploads: Vec<&Line> = log.iter().filter(|line| line.path == "/upload").collect();
    let users: BTreeSet<&str> = uploads.iter().map(|line| line.request_body.as_str()).collect();
    for line in &uploads {
        let user = line.request_body.strip_prefix("user ").and_then(|rest| rest.strip_suffix(" says hello"));
        assert!(user.is_some_and(|user| user.parse::<u64>().is_ok()), "{line:?}");
        assert!(line.method == "POST" && line.request_bytes > line.request_body.len() as u64, "{line:?}");
    }
    assert!(users.len() > 1, "{users:?}");
    let sent: usize = uploads.iter().map(|line| line.request_body.len()).sum();
    assert_eq!(summary.count("data_sent"), sent as u64);
}

fn connections(log: &[Line]) -> u64 {
    log.iter().map(|line| line.connection).collect::<BTreeSet<_>>().len() as u64
}

#[test]
fn nginx_counts_the_same_over_one_connection_a_user() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_scenario(&scenario(&nginx.url(), 6, "busy"));
    run.assert_code(0);
    let summary = run.summary();
    let log = nginx.log(summary.count("http_reqs"));
    assert_same_books(summary, &log, "busy");
    assert_eq!(connections(&log), 6);
}

/// nginx ends the connection with each 500, and says so: the next request needs a new one.
#[test]
fn nginx_counts_the_same_where_it_closes_connections() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_scenario(&scenario(&nginx.url(), 6, "broken"));
    run.assert_code(0);
    let summary = run.summary();
    let log = nginx.log(summary.count("http_reqs"));
    assert_same_books(summary, &log, "broken");
    let closed = summary.statuses("broken", 500);
    assert!((closed..=closed + 6).contains(&connections(&log)), "{} for {closed}", connections(&log));
}
