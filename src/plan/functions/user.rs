//! What functions need of the user who calls them: random numbers of its own, and the time.

use super::{
    table::{Answer, Misuse},
    time::Moment,
};
use crate::plan::random::{Stream, UserRandom};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Texts of files, by their paths.
pub(in crate::plan) type Texts = BTreeMap<String, Arc<str>>;

/// What the functions of expressions know of a user: one for each, for as long as it lives.
#[derive(Debug)]
pub struct UserFunctions {
    random: Arc<Mutex<UserRandom>>,
    wall_start: i64,
}

impl UserFunctions {
    /// Those of user `vu` (1-based) in a run of this seed that started so many nanoseconds after 1970 (UTC).
    pub fn new(seed: u64, vu: u64, wall_start_unix_nanos: i64) -> Self {
        let random = UserRandom::new(seed, vu, Stream::Functions);
        Self { random: Arc::new(Mutex::new(random)), wall_start: wall_start_unix_nanos }
    }

    /// What calls at this moment of the run use.
    pub(in crate::plan) fn at(&self, now: Duration, texts: &Arc<Texts>) -> Caller {
        let elapsed = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        let unix_nanos = self.wall_start.saturating_add(elapsed);
        Caller { random: Arc::clone(&self.random), unix_nanos, texts: Arc::clone(texts) }
    }
}

/// A user at a moment, as functions see it.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Caller {
    random: Arc<Mutex<UserRandom>>,
    unix_nanos: i64,
    texts: Arc<Texts>,
}

impl Caller {
    /// Somebody who stands for nobody: for trying out a call whose value is not kept.
    pub fn nobody() -> Self {
        UserFunctions::new(0, 0, 0).at(Duration::ZERO, &Arc::default())
    }

    pub fn random(&self) -> MutexGuard<'_, UserRandom> {
        // A half-drawn number is as random as any.
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn moment(&self) -> Result<Moment, Misuse> {
        Moment::from_unix_nanos(self.unix_nanos)
    }

    pub fn text(&self, path: &str) -> Answer {
        let text = self.texts.get(path).map(|text| Json::from(&**text));
        text.ok_or_else(|| Misuse::new(format!("`{path}` was not read"), "write the path as a text"))
    }
}
