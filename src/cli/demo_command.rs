//! `loadgen demo`.

use super::{args::DemoArguments, world::World};
use crate::{demo, model::ExitCode, run::wait_for_signal};

pub(super) fn run(arguments: &DemoArguments, world: &mut World) -> ExitCode {
    let config = demo::Config {
        seed: arguments.seed,
        latency_median: arguments.latency,
        latency_sigma: arguments.latency_sigma,
        error_rate: arguments.error_rate,
        slow_start: arguments.slow_start,
        cache_ttl: arguments.cache,
        cached_fraction: arguments.cached_fraction,
    };
    if let Err(error) = config.validate() {
        world.complain(&format!("error: {error}\n"));
        return ExitCode::Usage;
    }
    let demo = match demo::start(arguments.port, config) {
        Ok(demo) => demo,
        Err(error) => {
            world.complain(&format!("error: {error}\n"));
            return ExitCode::Internal;
        }
    };
    let address = format!("demo API on {} (what it saw: {0}/stats); Ctrl-C ends it\n", demo.url());
    // Said only when a signal would be heard: whoever reads the address may send one at once.
    let heard = wait_for_signal(|| world.say(&address));
    demo.stop();
    match heard {
        Ok(_) => ExitCode::Passed,
        Err(error) => {
            world.complain(&format!("error: signals: {error}\n"));
            ExitCode::Internal
        }
    }
}
