//! What users say to whoever follows the run: lines of `log`, and that a step ends the run. Bounded, so that a
//! `log` in a tight loop cannot fill the memory.

use super::pool::Event;
use std::cell::Cell;
use tokio::sync::mpsc::UnboundedSender;

/// Most lines of a worker in an interval; what is left out is counted.
const MOST_LINES: u32 = 20;

/// A worker's way to say things.
#[derive(Debug)]
pub(super) struct Outlet {
    events: UnboundedSender<Event>,
    lines: Cell<u32>,
    left_out: Cell<u64>,
    stopped: Cell<bool>,
}

impl Outlet {
    pub fn new(events: UnboundedSender<Event>) -> Self {
        Self { events, lines: Cell::new(0), left_out: Cell::new(0), stopped: Cell::new(false) }
    }

    /// Says a line, unless too many were said in this interval.
    pub fn log(&self, text: String) {
        if self.lines.get() >= MOST_LINES {
            self.left_out.set(self.left_out.get() + 1);
            return;
        }
        self.lines.set(self.lines.get() + 1);
        // Where nobody listens any more, the run is over.
        let _ = self.events.send(Event::Logged(text));
    }

    /// Ends the run; only the first reason counts.
    pub fn stop_run(&self, reason: String) {
        if !self.stopped.replace(true) {
            let _ = self.events.send(Event::StopAsked(reason));
        }
    }

    /// A new interval begins.
    pub fn next_interval(&self) {
        self.lines.set(0);
        let left_out = self.left_out.replace(0);
        if left_out > 0 {
            let _ = self.events.send(Event::Logged(format!("… and {left_out} more lines in this second")));
        }
    }
}
