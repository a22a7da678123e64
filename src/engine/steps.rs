//! Carrying out steps one after the other, with all that branches, loops, waits and ends.

use super::{actor::Actor, transport::Transports};
use crate::model::StopScope;
use crate::{
    model::{FailureKind, FailureSite, TaskId},
    plan::{Check, Condition, Loop, RenderError, Step, StepKind, Times},
};
use futures_util::{StreamExt, stream};
use serde_json::Value as Json;

/// What follows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next one.
    Next,
    /// Nothing of what this ends.
    Stop(Stopped),
}

/// An early end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stopped {
    /// What ends.
    pub scope: StopScope,
    /// Whether a failure ended it.
    pub failed: bool,
}

impl Flow {
    fn failed_iteration() -> Self {
        Self::Stop(Stopped { scope: StopScope::Iteration, failed: true })
    }

    /// What follows two steps that ran side by side: the wider end of both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Next, flow) | (flow, Self::Next) => flow,
            (Self::Stop(one), Self::Stop(two)) => {
                let wider = if width(one.scope) >= width(two.scope) { one.scope } else { two.scope };
                Self::Stop(Stopped { scope: wider, failed: one.failed || two.failed })
            }
        }
    }
}

fn width(scope: StopScope) -> u8 {
    match scope {
        StopScope::Iteration => 0,
        StopScope::User => 1,
        StopScope::Run => 2,
    }
}

impl<F: Transports> Actor<F> {
    /// Carries out steps of a task.
    pub async fn run_steps(&self, steps: &[Step], task: TaskId) -> Flow {
        for step in steps {
            let flow = match &step.kind {
                StepKind::Request(request) => self.perform(request, step.line).await,
                StepKind::Think(think_time) => {
                    let pause = self.pause(*think_time);
                    self.shared.clock.sleep_until(self.shared.clock.now() + pause).await;
                    Flow::Next
                }
                _ => {
                    self.look_at_clock();
                    match self.at_once(step) {
                        Some(done) => self.checked(done, step, task),
                        // Boxed, because these hold steps themselves.
                        None => Box::pin(self.nested(step, task)).await,
                    }
                }
            };
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    /// A step that waits for nothing; `None` where it is one with steps inside.
    fn at_once(&self, step: &Step) -> Option<Result<Flow, RenderError>> {
        Some(match &step.kind {
            StepKind::Set(settings) => settings
                .iter()
                .try_for_each(|(slot, setting)| {
                    let value = self.with_variables(|variables| setting.value(variables))?;
                    self.slots.borrow_mut()[*slot] = Some(value);
                    Ok(())
                })
                .map(|()| Flow::Next),
            StepKind::Check(checks) => {
                self.check_last(checks);
                Ok(Flow::Next)
            }
            StepKind::Log(template) => {
                self.with_variables(|variables| template.to_text(variables)).map(|text| {
                    self.shared.outlet.log(self.masked(&text));
                    Flow::Next
                })
            }
            StepKind::Stop { scope, condition } => self.stop(*scope, condition.as_ref(), step.line),
            _ => return None,
        })
    }

    fn stop(
        &self,
        scope: StopScope,
        condition: Option<&Condition>,
        line: usize,
    ) -> Result<Flow, RenderError> {
        if let Some(condition) = condition
            && !self.with_variables(|variables| condition.holds(variables))?
        {
            return Ok(Flow::Next);
        }
        if scope == StopScope::Run {
            self.shared.outlet.stop_run(format!("the step on line {line} stopped the run"));
        }
        Ok(Flow::Stop(Stopped { scope, failed: false }))
    }

    async fn nested(&self, step: &Step, task: TaskId) -> Flow {
        match &step.kind {
            StepKind::If { condition, then, otherwise } => {
                match self.with_variables(|variables| condition.holds(variables)) {
                    Ok(true) => self.run_steps(then, task).await,
                    Ok(false) => self.run_steps(otherwise, task).await,
                    Err(error) => self.step_failed(&error, step, task),
                }
            }
            StepKind::Repeat { times, rounds } => self.repeat(times, rounds, step, task).await,
            StepKind::ForEach { list, item, rounds } => {
                match self.with_variables(|variables| list.items(variables)) {
                    Ok(items) => self.for_each(items, *item, rounds, task).await,
                    Err(error) => self.step_failed(&error, step, task),
                }
            }
            StepKind::While { condition, max, rounds } => {
                self.while_loop(condition, *max, rounds, step, task).await
            }
            StepKind::Choose { weights, branches } => {
                let branch = weights.pick(&mut self.randoms.borrow_mut().choices);
                self.run_steps(&branches[branch], task).await
            }
            StepKind::Parallel { steps, max_concurrency } => {
                let side_by_side = stream::iter(steps.chunks(1)).map(|step| self.run_steps(step, task));
                let ended = side_by_side.buffer_unordered(*max_concurrency);
                ended.fold(Flow::Next, |flow, other| async move { flow.and(other) }).await
            }
            StepKind::Group { id, steps } => {
                let (stage, began) = (self.stage(), self.shared.clock.now());
                let flow = self.run_steps(steps, task).await;
                if flow == Flow::Next {
                    let duration = self.shared.clock.now().saturating_sub(began);
                    self.shared.recorder.borrow_mut().group(*id, stage, duration);
                }
                flow
            }
            _ => Flow::Next,
        }
    }

    async fn repeat(&self, times: &Times, rounds: &Loop, step: &Step, task: TaskId) -> Flow {
        let drawn =
            self.with_variables(|variables| times.draw(variables, &mut self.randoms.borrow_mut().choices));
        let times = match drawn {
            Ok(times) => times,
            Err(error) => return self.step_failed(&error, step, task),
        };
        for round in 0..times {
            let flow = self.round(rounds, round, task).await;
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    async fn for_each(&self, items: Vec<Json>, slot: usize, rounds: &Loop, task: TaskId) -> Flow {
        for (round, item) in items.into_iter().enumerate() {
            self.slots.borrow_mut()[slot] = Some(item);
            let flow = self.round(rounds, round as u64, task).await;
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    async fn while_loop(
        &self,
        condition: &Condition,
        max: u64,
        rounds: &Loop,
        step: &Step,
        task: TaskId,
    ) -> Flow {
        for round in 0..max {
            // The condition may look at the round that it decides about.
            self.slots.borrow_mut()[rounds.slot] = Some(Loop::state(round));
            match self.with_variables(|variables| condition.holds(variables)) {
                Ok(true) => {}
                Ok(false) => return Flow::Next,
                Err(error) => return self.step_failed(&error, step, task),
            }
            let flow = self.round(rounds, round, task).await;
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    async fn round(&self, rounds: &Loop, round: u64, task: TaskId) -> Flow {
        // The other users want their turn, even if nothing in this loop, or in those around it, waits.
        tokio::task::coop::consume_budget().await;
        self.slots.borrow_mut()[rounds.slot] = Some(Loop::state(round));
        self.run_steps(&rounds.steps, task).await
    }

    fn checked(&self, done: Result<Flow, RenderError>, step: &Step, task: TaskId) -> Flow {
        done.unwrap_or_else(|error| self.step_failed(&error, step, task))
    }

    /// A step that could not be evaluated ends its iteration.
    fn step_failed(&self, error: &RenderError, step: &Step, task: TaskId) -> Flow {
        let now = self.shared.clock.now();
        self.failures.set(true);
        let sample = || self.masked(&format!("line {}: {error}", step.line));
        let site = FailureSite::Task(task);
        let mut recorder = self.shared.recorder.borrow_mut();
        recorder.failure(self.stage(), site, FailureKind::Template, now, sample);
        Flow::failed_iteration()
    }

    /// Checks on the last response. Where there is none, none of them holds.
    fn check_last(&self, checks: &[Check]) {
        let (last, stage) = (self.last.borrow(), self.stage());
        let response = last.as_ref().map(|kept| kept.response());
        for check in checks {
            let held = response.as_ref().is_some_and(|response| {
                self.with_variables(|variables| check.evaluate(response, variables).is_ok())
            });
            self.shared.recorder.borrow_mut().check(check.id, stage, held);
        }
    }
}
