//! Observations of several workers amount to the same, however they are put together.

use super::*;
use crate::{
    measure::{Connections, RequestObservation},
    model::{ConnectionUse, ErrorKind, Phase, PhaseTimes},
};
use proptest::prelude::*;
use std::net::SocketAddr;

/// What is known of a phase of a series: count, extremes, mean and buckets.
type Distribution = (u64, Option<Duration>, Option<Duration>, Option<Duration>, Vec<(u64, u64)>);

fn phase_times() -> impl Strategy<Value = PhaseTimes> {
    let micros = prop_oneof![4 => Just(0), 8 => 1u64..10_000, 1 => 1u64..5_000_000_000];
    proptest::collection::vec(proptest::option::of(micros), Phase::ALL.len()).prop_map(|micros| {
        let mut times = PhaseTimes::default();
        for (phase, us) in Phase::ALL.into_iter().zip(micros) {
            us.into_iter().for_each(|us| times.set(phase, Duration::from_micros(us)));
        }
        times
    })
}

fn connection() -> impl Strategy<Value = ConnectionUse> {
    // More addresses than are told apart.
    (proptest::option::of(0u32..200), any::<bool>(), any::<bool>()).prop_map(|(host, is_new, sent)| {
        let remote = host.map(|host| SocketAddr::from((host.to_be_bytes(), 80)));
        ConnectionUse { remote, is_new, sent }
    })
}

fn request() -> impl Strategy<Value = RequestObservation> {
    let key = (0u32..2, 0u32..2, proptest::option::of(Just(ErrorKind::Reset)));
    // Few different times, so that there are ties.
    let times = (0u64..20, 0u64..20, 0u64..5);
    (key, times, phase_times(), connection(), proptest::option::of(0u128..20)).prop_map(
        |((request, stage, error), (service, response, at), phases, connection, trace_id)| {
            let (request, stage) = (RequestId(request), StageId(stage));
            let status = if error.is_some() { 0 } else { 200 };
            RequestObservation {
                key: RequestKey { request, stage, status, error, protocol: None, failed: error.is_some() },
                service_time: Duration::from_millis(service),
                response_time: Duration::from_millis(response),
                ended_at: Duration::from_millis(at),
                sent_bytes: 1,
                received_bytes: 2,
                phases,
                connection,
                trace_id,
            }
        },
    )
}

fn requests() -> impl Strategy<Value = Vec<RequestObservation>> {
    proptest::collection::vec(request(), 0..40)
}

fn of(requests: &[RequestObservation]) -> Observations {
    let catalog = Catalog::default();
    let mut recorder = crate::measure::Recorder::new(&catalog);
    recorder.swap(Box::new(crate::measure::Recorded { counted: room(), warm_up: None }));
    requests.iter().for_each(|seen| recorder.request(seen));
    recorder.swap(Box::default()).counted
}

/// Observations with room for the requests above.
fn room() -> Observations {
    Observations { requests: vec![Vec::new(); 2], ..Observations::default() }
}

fn merged(parts: &[&Observations]) -> Observations {
    parts.iter().fold(room(), |mut sum, part| {
        sum.merge(part);
        sum
    })
}

type Known = (BTreeMap<(RequestKey, Phase), Distribution>, Connections, Vec<(RequestId, SlowRequest)>);

fn known(seen: &Observations) -> Known {
    let mut phases = BTreeMap::new();
    for (key, stats) in seen.requests() {
        for phase in Phase::ALL {
            let Some(latency) = stats.phases.get(phase) else { continue };
            let (min, max, mean) = (latency.min(), latency.max(), latency.mean());
            phases.insert((*key, phase), (latency.count(), min, max, mean, latency.recorded().collect()));
        }
    }
    let slowest = seen.slowest().map(|(id, slow)| (id, *slow)).collect();
    (phases, seen.connections().clone(), slowest)
}

proptest! {
    // Each case fills dozens of histograms.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn merging_in_any_grouping_is_the_same_as_recording_all(a in requests(), b in requests(), c in requests()) {
        let (oa, ob, oc) = (of(&a), of(&b), of(&c));
        let left = merged(&[&merged(&[&oa, &ob]), &oc]);
        let right = merged(&[&merged(&[&oc, &ob]), &oa]);
        let all = [a, b, c].concat();
        let whole = of(&all);
        prop_assert_eq!(known(&left), known(&whole));
        prop_assert_eq!(known(&right), known(&whole));

        // The slowest are those that a sort of all of them puts first.
        for id in 0..2 {
            let traced = all.iter().filter(|seen| seen.key.request.0 == id && seen.trace_id.is_some());
            let mut times: Vec<Duration> = traced.map(|seen| seen.response_time).collect();
            times.sort_unstable_by(|one, other| other.cmp(one));
            times.truncate(5);
            let kept = whole.slowest().filter(|(of, _)| of.0 == id).map(|(_, slow)| slow.response_time);
            prop_assert_eq!(kept.collect::<Vec<_>>(), times);
        }
    }

    #[test]
    fn what_is_cleared_is_as_new(before in requests(), after in requests()) {
        let mut reused = of(&before);
        reused.clear();
        prop_assert_eq!(known(&reused), known(&room()));
        reused.merge(&of(&after));
        prop_assert_eq!(known(&reused), known(&of(&after)));
    }
}

/// A request of this status that took so many microseconds and began a second after the run.
fn took(status: u16, micros: u64) -> RequestObservation {
    let (request, stage, error) = (RequestId(0), StageId(0), None);
    RequestObservation {
        key: RequestKey { request, stage, status, error, protocol: None, failed: false },
        service_time: Duration::from_micros(micros),
        response_time: Duration::from_micros(micros * 2),
        ended_at: Duration::from_micros(1_000_000 + micros),
        sent_bytes: 1,
        received_bytes: 2,
        phases: PhaseTimes::default(),
        connection: ConnectionUse::default(),
        trace_id: None,
    }
}

/// The bytes of both histograms, and all that is exact beside them.
fn to_the_bit(seen: &Observations) -> Vec<(RequestKey, Vec<u8>, Vec<u8>, String)> {
    let exact = |latency: &Latency| {
        format!("{:?}", (latency.count(), latency.min(), latency.max(), latency.mean(), latency.stddev()))
    };
    let series = seen.requests().map(|(key, stats)| {
        let figures = exact(&stats.duration) + &exact(&stats.response_time);
        (*key, stats.duration.to_v2_deflate(), stats.response_time.to_v2_deflate(), figures)
    });
    let mut series: Vec<_> = series.collect();
    series.sort();
    series
}

#[test]
fn workers_of_any_number_amount_to_one_to_the_bit() {
    // A body, a far tail and what is beyond the histogram's end.
    let samples: Vec<RequestObservation> = (0..20_000u64)
        .map(|n| {
            let micros = match n % 97 {
                0 => 4_000_000_000 + n,
                1..=5 => n * 7_919 % 60_000_000,
                _ => 800 + n * 31 % 5_000,
            };
            took(if n % 11 == 0 { 503 } else { 200 }, micros)
        })
        .collect();
    let whole = to_the_bit(&of(&samples));
    for workers in [1, 2, 7] {
        let mut shares = vec![Vec::new(); workers];
        // The first worker has by far the most.
        samples.iter().enumerate().for_each(|(n, seen)| shares[(n * n / 64 % 13) % workers].push(*seen));
        let seconds = shares.iter().flat_map(|share| share.chunks(997)).map(of).collect::<Vec<_>>();
        let together = merged(&seconds.iter().rev().collect::<Vec<_>>());
        assert!(to_the_bit(&together) == whole, "{workers}");
        assert_eq!(together.last_began(), Duration::from_secs(1));
    }
}

#[test]
fn what_is_folded_is_counted_however_it_is_merged() {
    let catalog = Catalog::default();
    let mut room_for_many = Observations { requests: vec![Vec::new(); 30], ..Observations::default() };
    let mut half = Observations { requests: vec![Vec::new(); 30], ..Observations::new(&catalog) };
    for request in 0..30 {
        for status in 100..600 {
            let key = RequestKey { request: RequestId(request), ..took(status, 1).key };
            half.request_stats(key).count += 3;
        }
    }
    assert_eq!(half.folded(), 3 * 5_000);
    room_for_many.merge(&half);
    room_for_many.merge(&half);
    assert_eq!(room_for_many.requests().map(|(_, stats)| stats.count).sum::<u64>(), 2 * 3 * 15_000);
    assert_eq!(room_for_many.folded(), 2 * 3 * 5_000);
}

#[test]
fn failures_beyond_the_bound_are_counted_without_a_sample() {
    let failing = |first: u32, last: u32| {
        let mut seen = room();
        for task in first..last {
            let site = FailureSite::Request(RequestId(task));
            (0..2).for_each(|_| {
                seen.count_failure(site, FailureKind::Extract, Duration::ZERO, || "a sample".to_owned());
            });
        }
        seen
    };
    let over = failing(0, 1_010);
    assert_eq!((over.failures().count(), over.unlisted_failures()), (1_000, 20));
    let sum = merged(&[&over, &failing(990, 1_005)]);
    let listed: u64 = sum.failures().map(|(_, _, sample)| sample.count).sum();
    assert_eq!((listed, sum.unlisted_failures()), (2_020, 20 + 10));
    assert!(!sum.is_empty());
}

#[test]
fn a_long_sample_is_cut_between_characters() {
    for (text, kept) in [("é".repeat(900), 1_800), ("é".repeat(5_000), 2_003), ("aé".repeat(5_000), 2_002)]
    {
        let mut seen = room();
        let site = FailureSite::Request(RequestId(0));
        seen.count_failure(site, FailureKind::Extract, Duration::ZERO, || text.clone());
        let sample = seen.failures().next().expect("a sample").2.sample.clone();
        assert_eq!(sample.len(), kept, "{}", text.len());
        assert!(text.starts_with(sample.trim_end_matches('…')));
    }
}
