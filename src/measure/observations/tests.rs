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
