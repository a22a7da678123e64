//! The live view on a terminal: the panel, drawn over by indicatif.

use super::{
    panel::{Room, panel},
    state::Progress,
    terminal::InPlace,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// All lines are ours. No colours of indicatif's: it would look into the environment for them.
const TEMPLATE: &str = "{msg}";

/// Lines at the bottom of the terminal that are drawn anew at each update.
///
/// Use [`plain_line`](super::plain_line) where there is no terminal.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    terminal: Box<dyn TermLike>,
    color: bool,
}

impl Bar {
    /// A view on this terminal; its size is asked for at each update. Nothing is drawn before the first one.
    pub fn new(terminal: impl TermLike + Clone + 'static, color: bool) -> Self {
        let drawn_on = InPlace::new(terminal.clone());
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::term_like(Box::new(drawn_on)));
        // A template that indicatif did not take would leave its own style: other lines, but lines.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar, terminal: Box::new(InPlace::new(terminal)), color }
    }

    /// Draws where the run stands.
    pub fn update(&self, progress: &Progress) {
        let room = Room {
            columns: usize::from(self.terminal.width()),
            // The line above stays in sight, and the panel never scrolls.
            rows: usize::from(self.terminal.height()).saturating_sub(1).max(1),
            color: self.color,
        };
        self.bar.set_message(panel(progress, room).join("\n"));
    }

    /// Prints a line above the panel, which stays below it. Control characters are the caller's to remove.
    pub fn note(&self, line: &str) {
        self.bar.println(line);
    }

    /// Removes the panel, so that what follows starts on an empty line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
