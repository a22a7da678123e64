//! The demo's thread: from a free port to a listening service, and back.
//!
//! It has a runtime of its own, so that a run's load and its target share no scheduler, and a stop takes
//! everything with it. Deliberately without a graceful end: a demo that is stopped is gone.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use axum::{Router, serve::ListenerExt};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime,
    sync::oneshot,
};

use super::{config::Config, handlers::router, state::Api};

/// Connections that may wait to be accepted: a whole run's users arrive at once.
const BACKLOG: u32 = 1024;

/// A demo that is listening. It stops when dropped.
#[derive(Debug)]
pub struct Demo {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a demo on `127.0.0.1:port`, or on any free port for port 0, and returns once it is listening.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a configuration that does not [validate](Config::validate),
/// [`io::ErrorKind::AddrInUse`] for a port that is taken, and whatever else keeps a thread from starting or
/// a socket from listening.
pub fn start(port: u16, config: Config) -> io::Result<Demo> {
    config.validate().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let (report, listening) = mpsc::sync_channel(1);
    let (stop, stopped) = oneshot::channel();
    let thread =
        thread::Builder::new().name("demo".to_owned()).spawn(move || run(port, config, &report, stopped))?;
    let addr = listening.recv().map_err(|_| io::Error::other("the demo's thread ended early"))??;
    Ok(Demo { addr, stop: Some(stop), thread: Some(thread) })
}

impl Demo {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops it at once, open connections and answers in progress included, and waits until the port is
    /// free.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // The sender's end is the signal.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by then, and there is nothing left to stop.
            let _panicked = thread.join();
        }
    }
}

/// The thread: reports the address or why there is none, and serves until told to stop.
fn run(
    port: u16,
    config: Config,
    report: &mpsc::SyncSender<io::Result<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error))),
    };
    runtime.block_on(async {
        let bound = listen(port).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (addr, listener) = match bound {
            Ok(bound) => bound,
            Err(error) => return drop(report.send(Err(at_port(port, &error)))),
        };
        let app = router(Api::new(config));
        if report.send(Ok(addr)).is_ok() {
            tokio::select! {
                _ = stopped => {}
                () = serve(listener, app) => {}
            }
        }
    });
    // The runtime ends here, and with it every connection and every handler, wherever it stands.
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // A port whose last connections are still fading is free. Elsewhere the option would let two
    // processes share a port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

async fn serve(listener: TcpListener, app: Router) {
    // Without it an answer may wait for the acknowledgement of the one before. It fails only for a
    // connection that is already gone.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // It retries accepting for ever; it does not end with an error.
    let _never = axum::serve(listener, app).await;
}

fn at_port(port: u16, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("the demo cannot listen on 127.0.0.1:{port}: {error}"))
}
