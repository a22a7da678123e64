//! The target: the least that answers HTTP/1.1, in a child process, so that its CPU time is not the client's.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

/// The argument that makes a bench the target.
const SERVE: &str = "--serve-as-target";
const BODY: &str = r#"{"id":7,"a":1,"name":"a small thing","tags":["one","two"],"active":true}"#;

/// The child process; it ends with this value.
pub struct Target {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Target {
    /// Starts this very program as the target.
    pub fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().parse().unwrap() }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers requests until whoever started this program closes its input; `false` where that was not asked for.
pub fn serve_if_asked() -> bool {
    if env::args().nth(1).as_deref() != Some(SERVE) {
        return false;
    }
    super::open_files();
    thread::spawn(|| Builder::new_current_thread().enable_all().build().unwrap().block_on(serve()));
    // The other end of the pipe closes with the process that holds it, however that ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    true
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr().unwrap()).unwrap();
    out.flush().unwrap();
    let head = format!("content-type: application/json\r\ncontent-length: {}", BODY.len());
    let answer: &str = Box::leak(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{BODY}").into_boxed_str());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer_all(stream, answer.as_bytes()));
    }
}

/// Answers one request after the other, as keep-alive clients send them.
async fn answer_all(mut stream: TcpStream, answer: &[u8]) {
    let _ = stream.set_nodelay(true);
    let (mut buffer, mut filled) = (vec![0; 4096], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await {
        filled += read;
        if !is_whole(&buffer[..filled]) {
            continue;
        }
        filled = 0;
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// Whether all of a request is there: its head, and the body that the head announces.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&request[..end]).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    request.len() >= end + 4 + length.map_or(0, |length| length.trim().parse().unwrap())
}
