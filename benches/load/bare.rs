//! The yardstick: the least that sends a request with reqwest and reads its response. A client per user over one TLS
//! configuration, a runtime per thread, the same options as loadgen's transport.

use reqwest::{
    Client, Method, Request, Url,
    header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT},
    redirect, retry,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    runtime::{Builder, LocalOptions},
    task::JoinSet,
};

/// The TLS configuration that all users share.
pub fn tls() -> ClientConfig {
    let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}

/// Sends requests for so long, and returns how many were answered.
pub fn run(url: &Url, tls: &ClientConfig, users: usize, threads: usize, time: Duration) -> u64 {
    let stop = AtomicBool::new(false);
    let share = users / threads;
    thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| thread_of(url, tls, share, &stop))).collect();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn thread_of(url: &Url, tls: &ClientConfig, users: usize, stop: &AtomicBool) -> u64 {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
    // Tasks outlive borrows: each has its own count, and asks a flag of its own thread.
    let stopped = Rc::new(Cell::new(false));
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..users {
            tasks.spawn_local(user(client(tls), url.clone(), Rc::clone(&stopped)));
        }
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stopped.set(true);
        tasks.join_all().await.into_iter().sum()
    })
}

/// Users that each send a request, one after the other within `ramp`, and keep their connection until `end`.
pub fn hold(url: &Url, tls: &ClientConfig, users: usize, threads: usize, ramp: Duration, end: Duration) {
    let share = users / threads;
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let runtime =
                    Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
                runtime.block_on(async {
                    let mut tasks = JoinSet::new();
                    for user in 0..share {
                        let (client, url) = (client(tls), url.clone());
                        let start = ramp * user as u32 / share as u32;
                        tasks.spawn_local(async move {
                            tokio::time::sleep(start).await;
                            client.get(url).send().await.unwrap().bytes().await.unwrap();
                            tokio::time::sleep(end.saturating_sub(start)).await;
                        });
                    }
                    tasks.join_all().await;
                });
            });
        }
    });
}

fn client(tls: &ClientConfig) -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .pool_idle_timeout(None)
        .build()
        .unwrap()
}

async fn user(client: Client, url: Url, stopped: Rc<Cell<bool>>) -> u64 {
    // Those that loadgen sends.
    let headers = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("*/*")),
        (USER_AGENT, HeaderValue::from_static("loadgen/0.1.0")),
    ]);
    let mut answered = 0;
    while !stopped.get() {
        let mut request = Request::new(Method::GET, url.clone());
        *request.headers_mut() = headers.clone();
        let mut response = client.execute(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut length = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            length += chunk.len();
        }
        assert!(length > 0);
        answered += 1;
    }
    answered
}
