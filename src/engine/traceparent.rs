//! The ids of W3C Trace Context: one for each request, so that a slow one can be looked up in the target's traces.
//! Whether requests have them, and which are remembered, is decided elsewhere.

use ::http::HeaderValue;
use std::fmt;

/// The golden ratio in 64 bits: as a step it visits every state of a splitmix64 stream.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The id of a trace; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl TraceId {
    /// The id of its nth span, for the nth request that is sent under it: never zero, and different for every
    /// n within a trace.
    pub fn span(self, n: u32) -> u64 {
        let stream = mix(self.0 as u64 ^ (self.0 >> 64) as u64);
        let span = mix(stream.wrapping_add(u64::from(n).wrapping_mul(STEP)));
        // Only one state in 2^64 gives nothing, and that state itself is something.
        if span == 0 { stream | 1 } else { span }
    }
}

/// The trace ids of a user.
///
/// The upper half is the user's, the lower one counts, both mixed by a bijection: no two requests of a run share an
/// id. Two runs differ in their key, 64 bits of which make it unlikely enough that they do.
#[derive(Debug, Clone)]
pub(super) struct TraceIds {
    user: u64,
    next: u64,
}

impl TraceIds {
    /// Those of a user in the run with this seed, which started then (nanoseconds since 1970).
    pub fn new(seed: u64, start_unix_nanos: u64, user: u64) -> Self {
        let run = mix(mix(seed) ^ start_unix_nanos);
        let user = mix(run.wrapping_add(user.wrapping_mul(STEP)));
        Self { user, next: mix(run ^ user) }
    }

    /// The next one.
    pub fn next(&mut self) -> TraceId {
        loop {
            self.next = self.next.wrapping_add(STEP);
            let id = u128::from(self.user) << 64 | u128::from(mix(self.next));
            if id != 0 {
                return TraceId(id);
            }
        }
    }
}

/// The `traceparent` header of a request: version 00, sampled.
pub(super) fn header(trace: TraceId, span: u64) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-01";
    let mut write = |at: usize, digits: usize, value: u128| {
        for place in 0..digits {
            let nibble = (value >> (4 * (digits - 1 - place))) as usize & 0xf;
            text[at + place] = DIGITS[nibble];
        }
    };
    write(3, 32, trace.0);
    write(36, 16, u128::from(span));
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
}

/// splitmix64's output function (Steele, Lea and Flood, 2014): a bijection in which every bit depends on all.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn the_mixing_is_splitmix64() {
        // The first outputs of the reference implementation for the seed 1234567.
        let mut state = 1_234_567u64;
        let outputs = [(); 3].map(|()| {
            state = state.wrapping_add(STEP);
            mix(state)
        });
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn the_header_is_as_the_standard_writes_it() {
        let trace = TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        let value = header(trace, 0x00f0_67aa_0ba9_02b7);
        assert_eq!(value, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(header(TraceId(1), 2), "00-00000000000000000000000000000001-0000000000000002-01");
    }

    #[test]
    fn ids_are_unique_over_users_runs_and_requests() {
        let mut seen = HashSet::new();
        for (seed, start) in [(0, 0), (0, 1), (1, 0), (7, 1_700_000_000_000_000_000)] {
            for user in 0..200 {
                let mut ids = TraceIds::new(seed, start, user);
                assert!((0..100).all(|_| seen.insert(ids.next())));
            }
        }
        assert_eq!(seen.len(), 4 * 200 * 100);
    }

    #[test]
    fn the_lower_bits_which_samplers_look_at_are_even() {
        let mut ids = TraceIds::new(1, 2, 3);
        let mut ones = [0u32; 64];
        for _ in 0..4_000 {
            let id = ids.next().0 as u64;
            ones.iter_mut().enumerate().for_each(|(bit, ones)| *ones += (id >> bit & 1) as u32);
        }
        // Five standard deviations, 31.6 each.
        assert!(ones.iter().all(|ones| (1_842..=2_158).contains(ones)), "{ones:?}");
    }

    #[test]
    fn an_id_costs_no_allocation() {
        let cost = allocation_counter::measure(|| {
            let trace = TraceIds::new(1, 2, 3).next();
            assert_ne!(trace.span(0), trace.span(1));
        });
        assert_eq!(cost.count_total, 0);
    }

    proptest! {
        #[test]
        fn a_header_has_its_form_and_nothing_of_it_is_zero(
            seed: u64, start: u64, user: u64, requests in 1..20usize, n: u32,
        ) {
            let mut ids = TraceIds::new(seed, start, user);
            for _ in 0..requests {
                let trace = ids.next();
                let text = header(trace, trace.span(n));
                let text = text.to_str().expect("text");
                prop_assert_eq!(text, format!("00-{trace}-{:016x}-01", trace.span(n)));
                prop_assert!(trace.0 != 0 && trace.span(n) != 0 && trace.span(n) != trace.span(n ^ 1));
            }
        }
    }
}
