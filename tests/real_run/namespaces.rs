//! Shortages that only a network of one's own can have: no local port left, and a DNS server that answers badly or not
//! at all. Each run gets a network and a view of `/etc` that nobody else sees (Linux).
//!
//! Where namespaces are not permitted these tests say so and are skipped; with `LOADGEN_REQUIRE_NAMESPACES` set they
//! fail.

use super::{
    harness::{Finished, Sandbox},
    target::scenario,
};
use std::{
    env, fs,
    process::{Command, Stdio},
    time::Duration,
};

/// As nobody in particular, who is root inside, or as root.
const WAYS: [&str; 2] = ["-Urmn", "-mn"];

/// The words that put a program into namespaces of its own.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn permitted() -> Option<[&'static str; 2]> {
    let works = |way: &&str| {
        let words = [*way, "sh", "-c", "PATH=$PATH:/usr/sbin:/sbin ip link set lo up"];
        let mut command = Command::new("unshare");
        let status = command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let way = WAYS.into_iter().find(works);
    if way.is_none() {
        assert!(
            env::var_os("LOADGEN_REQUIRE_NAMESPACES").is_none(),
            "namespaces are required and not permitted"
        );
        eprintln!(
            "skipped: namespaces of one's own are not permitted here, or `unshare` and `ip` are missing"
        );
    }
    way.map(|way| ["unshare", way])
}

/// Runs a scenario in a network that has only a loopback, after these lines of a shell.
fn run_inside(way: [&str; 2], sandbox: &Sandbox, before: &str, text: &str) -> Finished {
    sandbox.file("scenario.yaml", text);
    sandbox.file(
        "inside.sh",
        format!("set -e\nPATH=$PATH:/usr/sbin:/sbin\nip link set lo up\n{before}\nset +e\n\"$@\"\n"),
    );
    sandbox.start_under(&[&way[..], &["sh", "inside.sh"]].concat(), &["run", "scenario.yaml"]).wait()
}

/// The demo API listens on one of the ports, so nine or ten are left for its clients.
#[test]
fn more_users_than_local_ports_is_local_ports() {
    let Some(way) = permitted() else { return };
    let text = scenario("demo", 20, 500, "").replace("get: /", "get: /health");
    let range = "echo '40000 40009' > /proc/sys/net/ipv4/ip_local_port_range";
    let run = run_inside(way, &Sandbox::new(), range, &text);
    run.assert_code(0);
    let summary = run.summary();
    let (without, answered) = (summary.errors("local_ports"), summary.statuses("root", 200));
    assert!(without > 0 && answered > 0, "{:#}", summary.at("/requests"));
    assert_eq!(summary.all_errors(), without, "{:#}", summary.at("/errors"));
    assert_eq!(summary.count("http_reqs"), without + answered);
    run.assert_says(&["local_ports"]);
}

/// A network with nothing but a loopback has no way to anywhere else.
#[test]
fn what_no_route_leads_to_is_told_as_the_system_tells_it() {
    let Some(way) = permitted() else { return };
    let text = "load: { users: 2, iterations_per_user: 2, max_duration: 10s }\n\
                flow: [ { get: 'http://192.0.2.1/', name: root } ]\n";
    let run = run_inside(way, &Sandbox::new(), "", text);
    run.assert_code(99);
    let summary = run.summary();
    assert_eq!((summary.errors("other"), summary.count("http_reqs")), (4, 4), "{:#}", summary.at("/errors"));
    run.assert_says(&["Network is unreachable"]);
}

/// A DNS server that answers by the name it is asked for, and a web server for the one that it knows.
const SERVERS: &str = r#"
import http.server, os, socket, struct, threading

class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *words):
        pass

web = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Web)
threading.Thread(target=web.serve_forever, daemon=True).start()
dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("127.0.0.1", 53))
dns.settimeout(60)
open("ready", "w").close()
while True:
    try:
        query, client = dns.recvfrom(512)
    except TimeoutError:
        os._exit(0)
    end = query.index(b"\0", 12) + 5
    name, kind = query[13:13 + query[12]].decode(), struct.unpack("!H", query[end - 4:end - 2])[0]
    if name == "silent":
        continue
    code = {"unknown": 3, "broken": 2}.get(name, 0)
    known = code == 0 and kind == 1
    answer = struct.pack("!HHHHHH", struct.unpack("!H", query[:2])[0], 0x8180 | code, 1, int(known), 0, 0)
    answer += query[12:end]
    if known:
        answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([127, 0, 0, 1])
    dns.sendto(answer, client)
"#;

/// Starts the servers inside, and has names looked up there and nowhere else.
fn with_servers(sandbox: &Sandbox, options: &str) -> String {
    sandbox.file("servers.py", SERVERS);
    sandbox.file("resolv.conf", format!("nameserver 127.0.0.1\noptions {options}\n"));
    sandbox.file("nsswitch.conf", "hosts: files dns\n");
    let mut lines = "timeout 60 python3 servers.py &\ntrap \"kill $!\" EXIT\n".to_owned();
    for name in ["resolv.conf", "nsswitch.conf"] {
        if fs::exists(format!("/etc/{name}")).unwrap_or(false) {
            lines.push_str(&format!("mount --bind {name} /etc/{name}\n"));
        }
    }
    lines + "while [ ! -e ready ]; do kill -0 $!; sleep 0.05; done"
}

#[test]
fn what_a_dns_server_does_not_answer_is_dns() {
    let Some(way) = permitted() else { return };
    let sandbox = Sandbox::new();
    let before = with_servers(&sandbox, "timeout:1 attempts:1");
    let step = |name: &str| {
        format!("  - {{ get: 'http://{name}.test:8080/', name: {name}, on_failure: continue }}\n")
    };
    let text = format!(
        "load: {{ users: 1, iterations_per_user: 2, max_duration: 30s }}\nhttp: {{ timeout: 10s }}\nflow:\n{}",
        ["unknown", "broken", "silent", "good"].map(step).concat()
    );
    let run = run_inside(way, &sandbox, &before, &text);
    run.assert_code(0);
    let summary = run.summary();
    for name in ["unknown", "broken", "silent"] {
        assert_eq!(summary.named("requests", name)["errors"]["dns"], 2, "{name} {:#}", summary.at("/errors"));
    }
    assert_eq!((summary.statuses("good", 200), summary.count("http_reqs")), (2, 8));
}

/// A resolver that still waits holds up neither the request nor the end of the run.
#[test]
fn a_silent_dns_server_does_not_outlast_the_timeout() {
    let Some(way) = permitted() else { return };
    let sandbox = Sandbox::new();
    let before = with_servers(&sandbox, "timeout:30 attempts:2");
    let text = "target: http://silent.test:8080\nload: { users: 2, iterations_per_user: 2, max_duration: 10s }\n\
                http: { timeout: 500ms }\nflow: [ { get: /, name: root } ]\n";
    let run = run_inside(way, &sandbox, &before, text);
    run.assert_code(99);
    let summary = run.summary();
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (4, 4), "{:#}", summary.at("/errors"));
    assert_eq!(summary.errors("timeout") + summary.errors("dns"), 4, "{:#}", summary.at("/errors"));
    assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
}

/// The system's resolver cannot be cut; it must not keep the process.
#[test]
fn a_silent_dns_server_does_not_keep_a_run_whose_teardown_asks_it() {
    let Some(way) = permitted() else { return };
    let sandbox = Sandbox::new();
    let before = with_servers(&sandbox, "timeout:30 attempts:2");
    let text = "target: http://good.test:8080\nload: { users: 1, duration: 500ms, graceful_stop: 500ms }\n\
                think_time: 10ms\nflow: [ { get: /, name: root } ]\n\
                teardown: [ { get: 'http://silent.test:8080/' } ]\n";
    let run = run_inside(way, &sandbox, &before, text);
    run.assert_code(0);
    assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
    let told = run.summary().at("/teardown/errors/0").as_str().unwrap();
    assert!(told.starts_with("cut by the end of its time"), "{told}");
}

/// Nobody answers there, and nobody says so.
#[test]
fn connections_that_are_never_made_do_not_keep_the_run() {
    let Some(way) = permitted() else { return };
    let text = "target: http://192.0.2.1\nload: { users: 3, duration: 500ms, graceful_stop: 500ms }\n\
                http: { timeout: 10m, connect_timeout: 10m }\nflow: [ { get: /, name: root } ]\n";
    let before = "ip link set lo up\nip route add 192.0.2.0/24 dev lo";
    let run = run_inside(way, &Sandbox::new(), before, text);
    run.assert_code(99);
    assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
    let summary = run.summary();
    assert_eq!(
        (summary.count("interrupted_iterations"), summary.count("http_reqs")),
        (3, 0),
        "{}",
        run.both()
    );
}
