//! Which names a template may use at its place, and compiling templates against them.

use super::{
    expression::Origin,
    expression_faults::offer_value,
    feed::Feed,
    files::{Files, NoFiles},
    functions::{self, Texts},
};
use crate::scenario::{Faults, Span, nearest};
use serde_json::Value as Json;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

/// The names in scope.
#[derive(Debug, Clone)]
pub(super) struct Scope<'e> {
    pub(super) env: &'e BTreeMap<String, String>,
    pub(super) constants: BTreeMap<String, Json>,
    /// The user's variables by name, each with its slot.
    pub(super) variables: Vec<Variable>,
    /// What the loops around this place call their items, the innermost last.
    pub(super) bound: Vec<(String, usize)>,
    /// The next free slot.
    pub(super) next_slot: usize,
    /// The most slots that any place of the workload needs.
    pub(super) most_slots: Rc<Cell<usize>>,
    /// What `setup` leaves to every user, by position.
    pub(super) shared: Vec<String>,
    /// The data feeds by name; nothing behind one that could not be loaded.
    pub(super) feeds: Vec<(String, Option<Arc<Feed>>)>,
    /// Which of them the templates compiled since [`Self::watch_feeds`] use.
    pub(super) used_feeds: Rc<RefCell<BTreeSet<usize>>>,
    /// Whether there are rows here.
    pub(super) rows: bool,
    /// Every name the file gives, where a part of it could not be read.
    pub(super) lost: Option<&'e BTreeSet<String>>,
    /// Whether templates may depend on the user.
    pub(super) users: bool,
    pub(super) files: &'e dyn Files,
    /// The files that were read for `file(…)`, each once for all scopes.
    pub(super) texts: Rc<RefCell<Texts>>,
}

/// A variable of the user.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    slot: usize,
    /// Whether it certainly has a value at this place.
    set: bool,
    /// Where it is set, for messages.
    set_in: String,
}

impl<'e> Scope<'e> {
    /// A scope of constants only.
    pub(super) fn constants(env: &'e BTreeMap<String, String>) -> Self {
        Self {
            env,
            constants: BTreeMap::new(),
            variables: Vec::new(),
            bound: Vec::new(),
            next_slot: 0,
            most_slots: Rc::default(),
            shared: Vec::new(),
            feeds: Vec::new(),
            used_feeds: Rc::default(),
            rows: false,
            lost: None,
            users: false,
            files: &NoFiles,
            texts: Rc::default(),
        }
    }

    /// Takes no name of these for undefined: a part of the file that may define it could not be read.
    pub(super) fn with_lost(mut self, names: Option<&'e BTreeSet<String>>) -> Self {
        self.lost = names;
        self
    }

    /// Lets expressions read these files.
    pub(super) fn with_files(mut self, files: &'e dyn Files) -> Self {
        self.files = files;
        self
    }

    /// Allows what depends on the user, with these variables, each with where it is set.
    pub(super) fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let numbered = variables.into_iter().enumerate();
        self.variables =
            numbered.map(|(slot, (name, set_in))| Variable { name, slot, set: false, set_in }).collect();
        self.next_slot = self.variables.len();
        self.most_slots = Rc::new(Cell::new(self.next_slot));
        self.users = true;
        self
    }

    /// Makes the data feeds known.
    pub(super) fn add_feeds(&mut self, feeds: Vec<(String, Option<Arc<Feed>>)>) {
        self.feeds = feeds;
    }

    /// Lets templates use rows of feeds.
    pub(super) fn with_rows(mut self) -> Self {
        self.rows = true;
        self
    }

    /// Notes from here on, for this scope and those made of it, which feeds are used.
    pub(super) fn watch_feeds(&mut self) {
        self.used_feeds = Rc::default();
    }

    /// The feeds that were used since then.
    pub(super) fn feeds_used(&self) -> Vec<usize> {
        self.used_feeds.borrow().iter().copied().collect()
    }

    /// Makes what `setup` sets readable.
    pub(super) fn share(&mut self, names: Vec<String>) {
        self.shared = names;
    }

    /// Adds or replaces a constant.
    pub(super) fn define(&mut self, name: &str, value: Json) {
        self.constants.insert(name.to_owned(), value);
    }

    /// Notes that a variable has a value from here on; its slot.
    pub(super) fn assign(&mut self, name: &str) -> Option<usize> {
        let variable = self.variables.iter_mut().find(|variable| variable.name == name)?;
        variable.set = true;
        Some(variable.slot)
    }

    /// A scope inside of this one in which a name stands for a new slot.
    pub(super) fn bind(&self, name: &str) -> (Self, usize) {
        let mut inner = self.clone();
        let slot = inner.next_slot;
        inner.next_slot += 1;
        self.most_slots.set(self.most_slots.get().max(inner.next_slot));
        inner.bound.push((name.to_owned(), slot));
        (inner, slot)
    }

    /// Takes over what certainly has a value in all of these, which are ways from here to the same place.
    pub(super) fn join(&mut self, ways: &[Self]) {
        for (index, variable) in self.variables.iter_mut().enumerate() {
            variable.set |= !ways.is_empty() && ways.iter().all(|way| way.variables[index].set);
        }
    }

    /// Takes over what has a value in any of these, all of which were gone.
    pub(super) fn unite(&mut self, ways: &[Self]) {
        for (index, variable) in self.variables.iter_mut().enumerate() {
            variable.set |= ways.iter().any(|way| way.variables[index].set);
        }
    }

    /// Takes no slot that `other` has, which is used at the same time.
    pub(super) fn skip_slots_of(&mut self, other: &Self) {
        self.next_slot = self.next_slot.max(other.next_slot);
    }

    /// Gives none of the slots so far away again, also after the places that they were made for.
    pub(super) fn keep_slots(&mut self) {
        self.next_slot = self.most_slots.get();
    }

    /// Slots that a user needs.
    pub(super) fn slots(&self) -> usize {
        self.most_slots.get()
    }

    /// The names of the user's variables, by slot.
    pub(super) fn variable_names(&self) -> Vec<String> {
        self.variables.iter().map(|variable| variable.name.clone()).collect()
    }

    /// Whether the file gives this name somewhere that could not be read.
    fn is_lost(&self, name: &str) -> bool {
        self.lost.is_some_and(|names| names.contains(name))
    }

    pub(super) fn feed_named(&self, name: &str) -> Option<usize> {
        let hidden = self.bound.iter().any(|(bound, _)| bound == name);
        let named = || self.feeds.iter().position(|(known, _)| known == name);
        if hidden { None } else { named() }
    }

    /// Rows belong to users; `setup` and `teardown` are nobody's.
    pub(super) fn refuse_rows(&self, name: &str, span: Span, faults: &mut Faults) -> Option<()> {
        if self.rows {
            return Some(());
        }
        let fault = faults.report(span, format!("`{name}` is a data feed, and there is no row of it here"));
        fault.label("rows belong to users: use it in tasks, `flow`, `on_start` or `on_stop`");
        None
    }

    /// Whether a name has a value of its own here.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_built_in = matches!(name, "vu" | "iteration") && self.users;
        is_built_in
            || name == "env"
            || self.constants.contains_key(name)
            || self.variables.iter().any(|variable| variable.name == name)
            || self.bound.iter().any(|(bound, _)| bound == name)
            || self.shared.iter().any(|shared| shared == name)
            || self.feed_named(name).is_some()
    }

    pub(super) fn origin(&self, name: &str, span: Span, faults: &mut Faults) -> Option<Origin> {
        if let Some((_, slot)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Some(Origin::Slot(*slot));
        }
        if let Some(feed) = self.feed_named(name) {
            // One that could not be loaded was reported.
            self.feeds.get(feed)?.1.as_ref()?;
            self.refuse_rows(name, span, faults)?;
            self.used_feeds.borrow_mut().insert(feed);
            return Some(Origin::Row(feed));
        }
        let variable = self.variables.iter().find(|variable| variable.name == name);
        if let Some(variable) = variable.filter(|variable| variable.set) {
            return Some(Origin::Slot(variable.slot));
        }
        if let Some(index) = self.shared.iter().position(|shared| shared == name) {
            return Some(Origin::Shared(index));
        }
        if let Some(value) = self.constants.get(name) {
            return Some(Origin::Constant(value.clone()));
        }
        match (name, variable) {
            ("vu", _) if self.users => return Some(Origin::Vu),
            ("iteration", _) if self.users => return Some(Origin::Iteration),
            ("scenario", _) if self.users => return Some(Origin::Scenario),
            _ if functions::is_root(name) => return Some(Origin::Function),
            _ if self.is_lost(name) => return None,
            (_, Some(variable)) => {
                let fault = faults.report(span, format!("`{name}` may have no value here"));
                fault.label(format!("it is only set in {}", variable.set_in));
            }
            _ => self.unknown(name, span, faults),
        }
        None
    }

    /// The slot of a variable that is set somewhere, though not certainly before this place.
    pub(super) fn uncertain(&self, name: &str) -> Option<usize> {
        if self.constants.contains_key(name) || self.shared.iter().any(|shared| shared == name) {
            return None;
        }
        self.variables.iter().find(|variable| variable.name == name).map(|variable| variable.slot)
    }

    fn unknown(&self, name: &str, span: Span, faults: &mut Faults) {
        let built_in = if self.users { ["vu", "iteration", "env"].as_slice() } else { &["env"] };
        let variables = self.variables.iter().map(|variable| &variable.name);
        let bound = self.bound.iter().map(|(name, _)| name);
        let feeds = self.feeds.iter().map(|(name, _)| name);
        let known = variables.chain(bound).chain(feeds).chain(&self.shared).chain(self.constants.keys());
        let known = known.map(String::as_str);
        let near = nearest(name, known.chain(built_in.iter().copied())).map(str::to_owned);
        let fault = faults.report(span, format!("`{name}` is undefined"));
        match near {
            Some(near) => {
                fault.label(format!("did you mean `{near}`?"));
            }
            None if offer_value(name, fault) => {}
            None => {
                fault.label("no variable and no extract has this name");
            }
        }
    }
}
