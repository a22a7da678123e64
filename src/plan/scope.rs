//! Which names a template may use at its place, and compiling templates against them.
//!
//! A scope is copied for each task, branch and loop, so that what all of them know is shared between the copies.

use super::{
    expression::{Constant, Origin},
    expression_faults::offer_value,
    feed::Feed,
    files::{Files, NoFiles},
    functions::{self, Texts},
};
use crate::scenario::{Faults, Given, Span, similar};
use serde_json::Value as Json;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

/// Names that have a value only while a user runs.
const OF_USERS: [&str; 5] = ["vu", "iteration", "scenario", "workload", "task"];
/// Bits of a word of [`Scope::set`].
const BITS: usize = u64::BITS as usize;

/// The names in scope.
#[derive(Debug, Clone)]
pub(super) struct Scope<'e> {
    pub(super) env: &'e BTreeMap<String, String>,
    constants: Rc<BTreeMap<String, Arc<Constant>>>,
    /// The constants that the place itself has: `workload` and `task`.
    of_place: Vec<(&'static str, Arc<Constant>)>,
    /// The user's variables.
    variables: Rc<Names>,
    /// Which of them certainly have a value at this place, a bit each.
    set: Rc<Vec<u64>>,
    /// What the loops around this place call their items, the innermost last.
    bound: Vec<(String, usize)>,
    /// The next free slot.
    next_slot: usize,
    /// The most slots that any place of the workload needs.
    most_slots: Rc<Cell<usize>>,
    /// What `setup` leaves to every user, by position.
    shared: Rc<Names>,
    /// The data feeds by name; nothing behind one that could not be loaded.
    pub(super) feeds: Rc<Vec<Option<Arc<Feed>>>>,
    feed_names: Rc<Names>,
    /// Which of them the templates compiled since [`Self::watch_feeds`] use.
    pub(super) used_feeds: Rc<RefCell<BTreeSet<usize>>>,
    /// Whether there are rows here.
    rows: bool,
    /// Names that have a value at other places only, each with where.
    elsewhere: Rc<BTreeMap<String, Elsewhere>>,
    /// Every name the file gives, where a part of it could not be read.
    pub(super) lost: Option<&'e Given>,
    /// Whether templates may depend on the user.
    pub(super) users: bool,
    pub(super) files: &'e dyn Files,
    /// The files that were read for `file(…)`, each once for all scopes.
    pub(super) texts: Rc<RefCell<Texts>>,
    /// Bytes that constant expressions made so far, in all scopes.
    pub(super) made: Rc<Cell<usize>>,
}

/// Where a name has a value that has none at another place.
#[derive(Debug, Clone)]
pub(super) enum Elsewhere {
    /// In the steps that are called so.
    Steps(String),
    /// In a constant that is written on this line.
    Constant(usize),
}

/// Names by position, each with where it is set, for messages.
#[derive(Debug, Default)]
struct Names {
    list: Vec<(String, String)>,
    positions: HashMap<String, usize>,
}

impl Names {
    fn new(list: Vec<(String, String)>) -> Self {
        let positions = list.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
        Self { list, positions }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, _)| name.as_str())
    }
}

impl<'e> Scope<'e> {
    /// A scope of constants only.
    pub(super) fn constants(env: &'e BTreeMap<String, String>) -> Self {
        Self {
            env,
            constants: Rc::default(),
            of_place: Vec::new(),
            variables: Rc::default(),
            set: Rc::default(),
            bound: Vec::new(),
            next_slot: 0,
            most_slots: Rc::default(),
            shared: Rc::default(),
            feeds: Rc::default(),
            feed_names: Rc::default(),
            used_feeds: Rc::default(),
            rows: false,
            elsewhere: Rc::default(),
            lost: None,
            users: false,
            files: &NoFiles,
            texts: Rc::default(),
            made: Rc::default(),
        }
    }

    /// Takes no name of these for undefined: a part of the file that may define it could not be read.
    pub(super) fn with_lost(mut self, given: Option<&'e Given>) -> Self {
        self.lost = given;
        self
    }

    /// Lets expressions read these files.
    pub(super) fn with_files(mut self, files: &'e dyn Files) -> Self {
        self.files = files;
        self
    }

    /// Tells of these names, where they are used and have no value, where they have one.
    pub(super) fn with_elsewhere(mut self, names: BTreeMap<String, Elsewhere>) -> Self {
        self.elsewhere = Rc::new(names);
        self
    }

    /// Allows what depends on the user, with these variables, each with where it is set.
    pub(super) fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables: Vec<(String, String)> = variables.into_iter().collect();
        self.next_slot = variables.len();
        self.set = Rc::new(vec![0; variables.len().div_ceil(BITS)]);
        self.variables = Rc::new(Names::new(variables));
        self.most_slots = Rc::new(Cell::new(self.next_slot));
        self.users = true;
        self
    }

    /// Makes the names of the data feeds known, before they are loaded.
    pub(super) fn name_feeds(&mut self, names: impl Iterator<Item = String>) {
        self.feed_names = Rc::new(Names::new(names.map(|name| (name, String::new())).collect()));
    }

    /// Makes the data feeds known, in the order of their names.
    pub(super) fn add_feeds(&mut self, feeds: Vec<Option<Arc<Feed>>>) {
        self.feeds = Rc::new(feeds);
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
    pub(super) fn share(&mut self, names: Vec<(String, String)>) {
        self.shared = Rc::new(Names::new(names));
    }

    /// Adds or replaces a constant.
    pub(super) fn define(&mut self, name: &str, value: Json) {
        Rc::make_mut(&mut self.constants).insert(name.to_owned(), Arc::new(Constant::new(value)));
    }

    /// Says what the place is called: its `workload` or its `task`.
    pub(super) fn name_place(&mut self, key: &'static str, name: &str) {
        self.of_place.retain(|(known, _)| *known != key);
        self.of_place.push((key, Arc::new(Constant::new(Json::from(name)))));
    }

    /// The value of a constant.
    pub(super) fn constant_named(&self, name: &str) -> Option<&Arc<Constant>> {
        let of_place = self.of_place.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        of_place.or_else(|| self.constants.get(name))
    }

    /// Notes that a variable has a value from here on; its slot.
    pub(super) fn assign(&mut self, name: &str) -> Option<usize> {
        let slot = self.variables.position(name)?;
        if !self.is_set(slot)
            && let Some(word) = Rc::make_mut(&mut self.set).get_mut(slot / BITS)
        {
            *word |= 1 << (slot % BITS);
        }
        Some(slot)
    }

    fn is_set(&self, slot: usize) -> bool {
        self.set.get(slot / BITS).is_some_and(|word| word >> (slot % BITS) & 1 == 1)
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
        let Some((first, rest)) = ways.split_first() else { return };
        let mut all = (*first.set).clone();
        for way in rest {
            all.iter_mut().zip(way.set.iter()).for_each(|(word, other)| *word &= other);
        }
        self.take_over(&all);
    }

    /// Takes over what has a value in any of these, all of which were gone.
    pub(super) fn unite(&mut self, ways: &[Self]) {
        for way in ways {
            self.take_over(&way.set);
        }
    }

    fn take_over(&mut self, set: &[u64]) {
        if self.set.iter().zip(set).any(|(word, other)| other & !word != 0) {
            Rc::make_mut(&mut self.set).iter_mut().zip(set).for_each(|(word, other)| *word |= other);
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

    /// How many variables users have.
    pub(super) fn variable_count(&self) -> usize {
        self.variables.list.len()
    }

    /// Whether the file gives this name somewhere that could not be read.
    fn is_lost(&self, name: &str) -> bool {
        self.lost.is_some_and(|given| given.variables.contains(name))
    }

    pub(super) fn feed_named(&self, name: &str) -> Option<usize> {
        let hidden = self.bound.iter().any(|(bound, _)| bound == name);
        if hidden { None } else { self.feed_names.position(name) }
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
            || self.constant_named(name).is_some()
            || self.variables.position(name).is_some()
            || self.bound.iter().any(|(bound, _)| bound == name)
            || self.shared.position(name).is_some()
            || self.feed_named(name).is_some()
    }

    pub(super) fn origin(&self, name: &str, span: Span, faults: &mut Faults) -> Option<Origin> {
        if let Some((_, slot)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Some(Origin::Slot(*slot));
        }
        if let Some(feed) = self.feed_named(name) {
            self.refuse_rows(name, span, faults)?;
            // One that could not be loaded was reported.
            self.feeds.get(feed)?.as_ref()?;
            self.used_feeds.borrow_mut().insert(feed);
            return Some(Origin::Row(feed));
        }
        let variable = self.variables.position(name);
        if let Some(slot) = variable.filter(|slot| self.is_set(*slot)) {
            return Some(Origin::Slot(slot));
        }
        if let Some(index) = self.shared.position(name) {
            return Some(Origin::Shared(index));
        }
        if let Some(value) = self.constant_named(name) {
            return Some(Origin::Constant(Arc::clone(value)));
        }
        match (name, variable) {
            ("vu", _) if self.users => return Some(Origin::Vu),
            ("iteration", _) if self.users => return Some(Origin::Iteration),
            ("scenario", _) if self.users => return Some(Origin::Scenario),
            _ if functions::is_root(name) => return Some(Origin::Function),
            _ if self.is_lost(name) => return None,
            (_, Some(slot)) => {
                let set_in = self.variables.list.get(slot).map_or("", |(_, set_in)| set_in);
                let fault = faults.report(span, format!("`{name}` may have no value here"));
                fault.label(format!("it is only set in {set_in}"));
                fault.help(format!(
                    "give it a value for that case, `${{{name} | default(\"none\")}}`, or set it before"
                ));
            }
            _ => self.unknown(name, span, faults),
        }
        None
    }

    /// The slot of a variable that is set somewhere, though not certainly before this place.
    pub(super) fn uncertain(&self, name: &str) -> Option<usize> {
        if self.constant_named(name).is_some() || self.shared.position(name).is_some() {
            return None;
        }
        self.variables.position(name)
    }

    fn unknown(&self, name: &str, span: Span, faults: &mut Faults) {
        if self.explain_unknown(name, span, faults) {
            return;
        }
        let near = if faults.are_many() { None } else { self.nearest(name) };
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

    fn nearest(&self, name: &str) -> Option<String> {
        let built_in = if self.users { ["vu", "iteration", "env"].as_slice() } else { &["env"] };
        let bound = self.bound.iter().map(|(name, _)| name.as_str());
        let feeds = self.feed_names.names().filter(|_| self.rows);
        let known = self.variables.names().chain(bound).chain(feeds).chain(self.shared.names());
        let constants =
            self.constants.keys().map(String::as_str).chain(self.of_place.iter().map(|(key, _)| *key));
        similar(name, known.chain(constants).chain(built_in.iter().copied())).map(str::to_owned)
    }

    /// Reports a name that has a value, but not here; whether it is one.
    fn explain_unknown(&self, name: &str, span: Span, faults: &mut Faults) -> bool {
        let (message, label) = if name == "loop" {
            let message = "`loop` is undefined: this is outside of loops".to_owned();
            (message, "it is there in the steps of `repeat`, `for_each` and `while`".to_owned())
        } else if self.users {
            let Some(Elsewhere::Steps(place)) = self.elsewhere.get(name) else { return false };
            (format!("`{name}` has no value here"), format!("it only has one in {place}"))
        } else if OF_USERS.contains(&name) {
            let message = format!("`{name}` differs from user to user, and this is a constant of the run");
            (message, format!("use `${{{name}}}` in the step that needs it"))
        } else if name == "target" {
            let message = "`target` is not known yet: it may be made of `variables`".to_owned();
            (message, "use `${target}` in the step that needs it".to_owned())
        } else {
            match self.elsewhere.get(name) {
                Some(Elsewhere::Steps(place)) => {
                    let message =
                        format!("`{name}` is set while the run goes on, and this is a constant of the run");
                    (message, format!("it is set in {place}: use it in a step behind that"))
                }
                Some(Elsewhere::Constant(line)) => {
                    let message = format!("`{name}` is not known yet: it is written on line {line}");
                    (message, "a variable may use those above it".to_owned())
                }
                None => return false,
            }
        };
        let fault = faults.report(span, message);
        fault.label(label);
        if !self.users && OF_USERS.contains(&name) {
            fault.help("`variables` and `target` are the same for all users and all iterations");
            fault.help("to keep a value of a user's own, use a `set` step");
        }
        true
    }
}
