//! `loadgen plan`: what would happen, without anything being sent.

use super::{args::PlanArguments, scenario_input::ScenarioInput, world::World};
use crate::{
    model::ExitCode,
    plan::{Inputs, add_schedules, compile, outline},
    report::{outline::outline_text, plan_v1},
    scenario,
};

pub(super) fn run(arguments: &PlanArguments, world: &mut World) -> ExitCode {
    let input = match ScenarioInput::read(&arguments.file, &arguments.scenario, world) {
        Ok(input) => input,
        Err(code) => return code,
    };
    let inputs = Inputs {
        env: input.env.clone(),
        demo_url: None,
        seed: arguments.scenario.seed.unwrap_or(0),
        files: input.files.clone(),
    };
    let reading = scenario::read(&input.source, &input.options);
    let (scenario, plan) = match compile(reading, &inputs) {
        Ok(compiled) => compiled,
        Err(faults) => return input.refuse(&faults, world),
    };
    let mut outline = outline(&scenario, &plan, &input.file, input.options.environment.as_deref());
    if arguments.json {
        add_schedules(&mut outline, &plan, arguments.schedule);
        let json = plan_v1::plan(&outline).to_json();
        world.say(&String::from_utf8_lossy(&json));
    } else {
        world.say(&outline_text(&outline, world.width(), world.colours()));
    }
    ExitCode::Passed
}
