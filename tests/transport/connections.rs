//! How connections are kept, shared and given up: what the target counts is what the transport says.

use super::lab::{Lab, Subject, Went, assert_saw, whole};
use futures_util::future::join_all;
use http::Method;
use loadgen::plan::{Connections, TransportOptions};
use loadgen_testbed::Target;
use std::time::Duration;
use tokio::time::sleep;

fn new_ones(went: &[Went]) -> usize {
    went.iter().filter(|went| went.moments.is_new).count()
}

async fn a_connection_serves_one_request_after_the_other<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for number in 0..20 {
        let went = user.get(&target.url("/")).await;
        went.assert_answer(200, "ok");
        assert_eq!((went.moments.is_new, went.moments.remote), (number == 0, Some(target.address())));
    }
    assert_saw(target.truth(), 1, 20);
}

async fn requests_at_once_have_a_connection_each<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let url = target.url("/delay/head/30");
    let went = join_all((0..5).map(|_| user.get(&url))).await;
    went.iter().for_each(|went| went.assert_answer(200, "late"));
    assert_eq!(new_ones(&went), 5);
    assert_saw(target.truth(), 5, 5);
    // All five are kept.
    let again = join_all((0..5).map(|_| user.get(&url))).await;
    assert_eq!(new_ones(&again), 0);
    assert_saw(target.truth(), 5, 10);
}

async fn each_user_has_its_own<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let users = lab.users_with(TransportOptions::default(), 3);
    for round in 0..2 {
        for user in &users {
            assert_eq!(user.get(&target.url("/")).await.moments.is_new, round == 0);
        }
    }
    assert_saw(target.truth(), 3, 6);
}

async fn users_can_share_them<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let connections = Connections::Shared { max_idle_per_host: 2 };
    let users = lab.users_with(TransportOptions { connections, ..TransportOptions::default() }, 5);
    for user in &users {
        user.get(&target.url("/")).await.assert_answer(200, "ok");
    }
    assert_saw(target.truth(), 1, 5);
    let url = target.url("/delay/head/30");
    let went = join_all(users.iter().map(|user| user.get(&url))).await;
    assert_eq!(new_ones(&went), 4);
    // Only two of them were kept.
    let again = join_all(users.iter().map(|user| user.get(&url))).await;
    assert_eq!(new_ones(&again), 3);
    assert_saw(target.truth(), 8, 15);
}

async fn without_reuse_each_request_has_its_own<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user_with(TransportOptions { reuse: false, ..TransportOptions::default() });
    for _ in 0..3 {
        let went = user.get(&target.url("/")).await;
        went.assert_answer(200, "ok");
        assert!(went.moments.is_new);
    }
    assert_saw(target.truth(), 3, 3);
    assert!(target.truth().requests().iter().all(|request| request.header("connection") == Some("close")));
    target.truth().await_all_closed();
}

async fn a_target_that_wants_to_close_is_heeded<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for _ in 0..3 {
        let went = user.get(&target.url("/connection-close")).await;
        went.assert_answer(200, "bye");
        assert!(went.moments.is_new);
    }
    assert_saw(target.truth(), 3, 3);
}

async fn a_connection_goes_to_one_place_only<S: Subject>(lab: Lab<S>) {
    let targets = [Target::site(), Target::site()];
    let user = lab.user();
    for round in 0..3 {
        for target in &targets {
            let went = user.get(&target.url("/")).await;
            assert_eq!((went.moments.is_new, went.moments.remote), (round == 0, Some(target.address())));
        }
    }
    targets.iter().for_each(|target| assert_saw(target.truth(), 1, 3));
}

async fn connections_come_from_the_local_address<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let local = "127.0.0.7".parse().unwrap();
    let user = lab.user_with(TransportOptions { local_address: Some(local), ..TransportOptions::default() });
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    assert_eq!(target.truth().connections()[0].peer().unwrap().ip(), local);
}

/// It closes with the answer on its way, or just after: whoever notices has a new connection, and nothing is sent twice.
async fn a_keep_alive_that_is_not_meant_costs_no_request<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for number in 1..=10 {
        user.get(&target.url("/keep/close")).await.assert_answer(200, "kept");
        target.truth().await_that("it has been closed", |truth| {
            truth.connections().last().unwrap().closed_at().is_some()
        });
        // The client's own side runs on this thread, too.
        sleep(Duration::from_millis(5)).await;
        assert_saw(target.truth(), number, number);
    }
}

/// The first connection has been idle for too long by the time of the second request.
async fn a_connection_that_was_closed_when_idle_is_not_used_again<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    user.get(&target.url("/keep/close-after/30")).await.assert_answer(200, "kept");
    target.truth().await_all_closed();
    // The client's own side runs on this thread, too.
    sleep(Duration::from_millis(5)).await;
    let mut request = user.request(&target.url("/"));
    (request.method, request.body) = (Method::POST, whole("body"));
    let went = user.send(request).await;
    went.assert_answer(200, "ok");
    assert!(went.moments.is_new);
    assert_saw(target.truth(), 2, 2);
}

async fn a_dropped_user_closes_its_connections<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    drop(user);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    target.truth().await_all_closed();
}

conform![
    a_connection_goes_to_one_place_only,
    a_connection_serves_one_request_after_the_other,
    a_connection_that_was_closed_when_idle_is_not_used_again,
    a_dropped_user_closes_its_connections,
    a_keep_alive_that_is_not_meant_costs_no_request,
    a_target_that_wants_to_close_is_heeded,
    connections_come_from_the_local_address,
    each_user_has_its_own,
    requests_at_once_have_a_connection_each,
    users_can_share_them,
    without_reuse_each_request_has_its_own,
];
