//! Between the run and a thread that takes what is over: a queue that never makes the run wait and never grows beyond a
//! bound. Where it is full, what comes is joined to what came last, so that nothing is lost but how fine it was.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Most items that wait one by one. A second of a large scenario takes megabytes.
pub(super) const MOST_WAITING: usize = 16;

/// What can wait in a queue.
pub(super) trait Joins: Sized {
    /// Appends what follows; gives back what cannot be joined to this.
    fn join(&mut self, next: Self) -> Option<Self>;
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
    done: bool,
}

/// A queue with one taker.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let state = State { waiting: VecDeque::new(), closed: false, done: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<T: Joins> Queue<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an item; whether it was joined to the one before it. A queue that is closed takes nothing.
    pub fn push(&self, item: T) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        let full = state.waiting.len() >= MOST_WAITING;
        let left = match state.waiting.back_mut() {
            Some(last) if full => last.join(item),
            _ => Some(item),
        };
        let joined = left.is_none();
        state.waiting.extend(left);
        drop(state);
        self.changed.notify_all();
        joined
    }

    /// The next item, waited for; `None` when there will be none.
    pub fn next(&self) -> Option<T> {
        let nothing = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        let mut state =
            self.changed.wait_while(self.state(), nothing).unwrap_or_else(PoisonError::into_inner);
        state.waiting.pop_front()
    }

    /// Nothing more comes; what waits is still given out.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// The taker takes no more; what waits is let go.
    pub fn done(&self) {
        let mut state = self.state();
        (state.closed, state.done) = (true, true);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        // Freeing it can take its time.
        drop(waiting);
        self.changed.notify_all();
    }

    /// Waits until the taker is done, but no longer than this; whether it is.
    pub fn wait(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), patience, |state| !state.done);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, thread};

    /// Numbers that can be joined, and words that cannot.
    #[derive(Debug, PartialEq, Eq)]
    enum Item {
        Numbers(Vec<u32>),
        Word,
    }

    impl Joins for Item {
        fn join(&mut self, next: Self) -> Option<Self> {
            match (self, next) {
                (Self::Numbers(mine), Self::Numbers(more)) => {
                    mine.extend(more);
                    None
                }
                (_, next) => Some(next),
            }
        }
    }

    #[test]
    fn what_waits_is_bounded_and_nothing_is_lost() {
        let queue = Queue::default();
        queue.push(Item::Word);
        let joined = (0..1_000).filter(|number| queue.push(Item::Numbers(vec![*number]))).count();
        assert!(!queue.push(Item::Word), "a word is joined to nothing");
        queue.close();
        assert!(!queue.push(Item::Word), "nothing comes behind the end");
        let taken: Vec<Item> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!((taken.len(), joined), (MOST_WAITING + 1, 1_000 - (MOST_WAITING - 1)));
        let numbers = taken.iter().filter_map(|item| match item {
            Item::Numbers(numbers) => Some(numbers),
            Item::Word => None,
        });
        assert!(numbers.flatten().copied().eq(0..1_000));
    }

    #[test]
    fn whoever_takes_no_more_keeps_nobody_waiting() {
        let queue = Arc::new(Queue::default());
        queue.push(Item::Word);
        let its = Arc::clone(&queue);
        let taker = thread::spawn(move || {
            assert_eq!(its.next(), Some(Item::Word));
            its.done();
        });
        assert!(queue.wait(Duration::from_secs(600)));
        taker.join().expect("it ends");
        assert!(!queue.push(Item::Word));
        assert_eq!(queue.next(), None);
    }
}
