//! An nginx of its own for a test, with an access log and certificates that are made when it starts.
//!
//! Where there is no nginx the tests that need it say so and are skipped; with `LOADGEN_REQUIRE_NGINX` set they fail.

use super::harness::wait_for;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::{
    collections::BTreeSet,
    env, fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Bytes of `/page.txt`.
pub const PAGE: usize = 1_000;
/// Bytes of `/file.bin`.
pub const FILE: usize = 300_000;
/// A name that the server's certificate is for, besides the loopback's address.
pub const NAME: &str = "shop.test";

/// One process in the foreground, with everything it writes in a folder that goes with it.
pub struct Nginx {
    child: Child,
    dir: TempDir,
    ports: [u16; 4],
}

/// A line of the access log.
#[derive(Debug)]
pub struct Line {
    pub connection: u64,
    pub method: String,
    pub path: String,
    pub status: u16,
    /// Of the request, head and body.
    pub request_bytes: u64,
    /// Of the response, head and body.
    pub sent_bytes: u64,
    /// Of its body.
    pub body_bytes: u64,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// `TLSv1.3`, or `-`.
    pub tls: String,
    /// What the client asked for by name in the handshake, or `-`.
    pub server_name: String,
    /// What became of the client's certificate: `SUCCESS`, `NONE`, or `-` without TLS.
    pub client_certificate: String,
    /// With dashes for commas and blanks; `-` where there is none.
    pub accept_encoding: String,
    pub request_body: String,
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
    pub fn start() -> Option<Self> {
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
        let (dir, ports) = (tempfile::tempdir().unwrap(), closed_ports());
        fs::write(dir.path().join("page.txt"), "p".repeat(PAGE)).unwrap();
        fs::write(dir.path().join("file.bin"), "f".repeat(FILE)).unwrap();
        write_certificates(dir.path());
        let config = dir.path().join("nginx.conf");
        let mut text = CONFIG.replace("@DIR@", &dir.path().display().to_string());
        for (name, port) in ["@PORT@", "@TLS@", "@TLS12@", "@MUTUAL@"].into_iter().zip(ports) {
            text = text.replace(name, &port.to_string());
        }
        fs::write(&config, text).unwrap();
        let mut command = Command::new(binary);
        command.arg("-p").arg(dir.path()).arg("-e").arg(dir.path().join("error.log")).arg("-c").arg(&config);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut nginx = Self { child, dir, ports };
        let up = wait_for("nginx", || {
            if nginx.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            TcpStream::connect(("127.0.0.1", ports[0])).is_ok().then_some(true)
        });
        up.then_some(nginx)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// With TLS of any version, and HTTP/2 where both sides agree on it.
    pub fn tls_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports[1])
    }

    /// With TLS 1.2 and nothing newer.
    pub fn tls_1_2_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports[2])
    }

    /// With TLS, and only for clients with a certificate.
    pub fn mutual_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports[3])
    }

    /// One of the files that were made for it: `ca.pem`, `client.pem`, `client.key`.
    pub fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(name)).unwrap()
    }

    /// The log, once it has a line for each of so many requests; it is written after the answer is.
    pub fn log(&self, requests: u64) -> Vec<Line> {
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
        let fields: Vec<&str> = line.splitn(13, ' ').collect();
        let number = |at: usize| fields[at].parse::<u64>().unwrap();
        Self {
            connection: number(0),
            method: fields[1].to_owned(),
            path: fields[2].to_owned(),
            status: number(3) as u16,
            request_bytes: number(4),
            sent_bytes: number(5),
            body_bytes: number(6),
            protocol: fields[7].to_owned(),
            tls: fields[8].to_owned(),
            server_name: fields[9].to_owned(),
            client_certificate: fields[10].to_owned(),
            accept_encoding: fields[11].to_owned(),
            request_body: fields[12].to_owned(),
        }
    }
}

/// Ports on which nobody listens; held together, so that they differ.
fn closed_ports() -> [u16; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// An authority, a server's certificate for [`NAME`] and the loopback, and a client's.
fn write_certificates(dir: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "an authority of tests");
    let its_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    fs::write(dir.join("ca.pem"), its_certificate.pem()).unwrap();
    let uses = [
        ("server", ExtendedKeyUsagePurpose::ServerAuth, vec![NAME.to_owned(), "127.0.0.1".to_owned()]),
        ("client", ExtendedKeyUsagePurpose::ClientAuth, vec!["a-client.test".to_owned()]),
    ];
    for (name, purpose, names) in uses {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![purpose];
        let certificate = params.signed_by(&key, &issuer).unwrap();
        fs::write(dir.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(dir.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

/// How many connections the requests of a log came over.
pub fn connections(log: &[Line]) -> u64 {
    log.iter().map(|line| line.connection).collect::<BTreeSet<_>>().len() as u64
}

/// `proxy_pass` makes nginx read a request's body, which `return` would leave alone. `ssi` makes the length of a body
/// unknown beforehand, and so chunked.
const CONFIG: &str = r#"
daemon off;
master_process off;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log;
events { worker_connections 256; }
http {
  map $http_accept_encoding $asked { "" "-"; "~*^(?<first>[a-z]+)$" $first; default "several"; }
  map $ssl_protocol $tls { "" "-"; default $ssl_protocol; }
  map $ssl_server_name $named { "" "-"; default $ssl_server_name; }
  map $ssl_client_verify $client { "" "-"; default $ssl_client_verify; }
  log_format counts escape=none '$connection $request_method $uri $status $request_length $bytes_sent $body_bytes_sent $server_protocol $tls $named $client $asked $request_body';
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  keepalive_requests 1000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate @DIR@/server.pem;
  ssl_certificate_key @DIR@/server.key;
  root @DIR@;
  server {
    listen unix:@DIR@/upstream.sock;
    access_log off;
    location / { return 201 "created\n"; }
  }
  server {
    listen 127.0.0.1:@PORT@;
    access_log @DIR@/access.log counts;
    location = /busy { return 503; }
    location = /broken { return 500; }
    location = /upload { client_body_in_single_buffer on; proxy_pass http://unix:@DIR@/upstream.sock; }
    location = /small { client_max_body_size 1k; proxy_pass http://unix:@DIR@/upstream.sock; }
    location = /empty { return 204; }
    location = /zipped { alias @DIR@/page.txt; default_type text/plain; gzip on; gzip_types text/plain; gzip_min_length 1; }
    location = /chunked { alias @DIR@/page.txt; default_type text/plain; ssi on; ssi_types text/plain; }
    location = /brief { alias @DIR@/page.txt; keepalive_timeout 100ms; }
    location = /moved { return 301 /page.txt; }
    location = /moved-twice { absolute_redirect off; return 302 /moved; }
    location = /moved-upload { return 307 /upload; }
    location = /moved-round { return 302 /moved-round; }
    location = /moved-to-file { return 302 file:///etc/hostname; }
  }
  server {
    listen 127.0.0.1:@TLS@ ssl http2;
    access_log @DIR@/access.log counts;
    location = /moved { return 301 /page.txt; }
    location = /moved-to-plain { return 302 http://127.0.0.1:@PORT@/page.txt; }
    location = /upload { client_body_in_single_buffer on; proxy_pass http://unix:@DIR@/upstream.sock; }
  }
  server {
    listen 127.0.0.1:@TLS12@ ssl;
    ssl_protocols TLSv1.2;
    access_log @DIR@/access.log counts;
  }
  server {
    listen 127.0.0.1:@MUTUAL@ ssl;
    ssl_client_certificate @DIR@/ca.pem;
    ssl_verify_client on;
    access_log @DIR@/access.log counts;
  }
}
"#;
