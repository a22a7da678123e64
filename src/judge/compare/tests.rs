//! Comparisons of made-up runs.

mod made_up;
mod objections;
mod simulation;
mod verdicts;
