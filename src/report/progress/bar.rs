//! The live view on a terminal: one line that is drawn over, by indicatif.

use super::{
    line::{Progress, plain_line},
    terminal::Unpadded,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use std::time::Duration;

/// The bar is short, so that the line behind it fits into 80 columns; what does not fit is cut at its end. No
/// colours: indicatif would look into the environment for them.
const TEMPLATE: &str = "[{bar:6}] {wide_msg}";

/// A line at the bottom of the terminal that is drawn anew at each update.
///
/// Use [`plain_line`] where there is no terminal.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar for a load of this length on this terminal. Nothing is drawn before the first update.
    pub fn new(terminal: impl TermLike + 'static, planned: Duration) -> Self {
        let target = ProgressDrawTarget::term_like(Box::new(Unpadded::new(terminal)));
        let bar = ProgressBar::with_draw_target(Some(millis(planned)), target);
        // A template that indicatif did not take would leave its own style: plainer, but a bar.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar }
    }

    /// Draws where the run stands.
    pub fn update(&self, progress: &Progress) {
        // Each of the two draws; the line first, since the bar alone would be seen to jump.
        self.bar.set_message(plain_line(progress));
        self.bar.update(|state| state.set_pos(millis(progress.elapsed.min(progress.planned))));
    }

    /// Prints a line above the bar, which stays below it. Control characters are the caller's to remove.
    pub fn note(&self, line: &str) {
        self.bar.println(line);
    }

    /// Removes the bar, so that what follows starts on an empty line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
