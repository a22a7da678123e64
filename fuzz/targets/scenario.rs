//! Any text as a scenario: read, compiled, evaluated, in each of its environments; what is wrong with it printed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::scenario::{Options, environments};
use loadgen_fuzz::{evaluate, inputs, plan_of};

const MOST_ENVIRONMENTS: usize = 2;
const BODY: &[u8] = b"{\"id\": 7, \"items\": [{\"sku\": \"a\"}, null], \"token\": \"abc\"}";

fuzz_target!(|source: &str| {
    let inputs = inputs([]);
    let named = environments(source).into_iter().take(MOST_ENVIRONMENTS).map(Some);
    for environment in std::iter::once(None).chain(named) {
        let options = Options { environment, ..Options::default() };
        if let Some((_, plan)) = plan_of(source, &options, &inputs) {
            evaluate(&plan, BODY);
        }
    }
});
