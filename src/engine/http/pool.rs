//! Connections that no exchange uses now: a user's own, or those of a worker's users.

use super::{http1::Http1, http2::Http2, origin::Origin};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use tokio::sync::Mutex;
use url::Url;

/// Connections that are kept.
#[derive(Default)]
pub(super) struct Pool {
    #[expect(clippy::vec_box, reason = "one is handed from user to pool and back, and is large")]
    idle: RefCell<Vec<Box<Http1>>>,
    /// Those that take several exchanges at once: one for each place, or more where one has no room left.
    shared: RefCell<Vec<Rc<Http2>>>,
    /// Most idle ones to one place.
    most_idle: Option<usize>,
    /// By place, who makes a connection that others may wait for.
    making: RefCell<Vec<(Rc<Origin>, Rc<Making>)>>,
}

/// Most places that are remembered.
const MOST_PLACES: usize = 100;

/// Making a connection that several may use, to one place.
#[derive(Debug, Default)]
pub(super) struct Making {
    /// Held by who makes one.
    pub lock: Mutex<()>,
    /// Attempts that came to an end.
    pub attempts: Cell<u64>,
    /// Whether the place has been seen to speak HTTP/1: then nobody waits for another's connection.
    pub speaks_http1: Cell<bool>,
}

/// A connection out of the pool.
pub(super) enum Way {
    Http1(Box<Http1>),
    Http2(Rc<Http2>),
}

impl Pool {
    /// A pool with a limit on idle connections to one place.
    pub fn limited(most_idle: usize) -> Self {
        Self { most_idle: Some(most_idle), ..Self::default() }
    }

    /// A connection to where this URL leads, the one last used; those that have ended are dropped.
    pub fn take(&self, url: &Url) -> Option<Way> {
        if let Some(shared) = self.take_shared(url) {
            return Some(Way::Http2(shared));
        }
        let mut idle = self.idle.borrow_mut();
        loop {
            let position = idle.iter().rposition(|connection| connection.origin.is_of(url))?;
            let mut connection = idle.swap_remove(position);
            if connection.is_usable() {
                return Some(Way::Http1(connection));
            }
        }
    }

    fn take_shared(&self, url: &Url) -> Option<Rc<Http2>> {
        if self.shared.borrow().is_empty() {
            return None;
        }
        let mut shared = self.shared.borrow_mut();
        shared.retain(|connection| connection.is_usable());
        shared.iter().find(|connection| connection.has_room() && connection.origin.is_of(url)).cloned()
    }

    /// Keeps a connection, if it is ready for another exchange and there is room.
    pub fn put(&self, connection: Box<Http1>) {
        if !connection.is_idle {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if let Some(most) = self.most_idle {
            let same = idle.iter().filter(|other| other.origin.is(&connection.origin));
            if same.count() >= most {
                return;
            }
        }
        idle.push(connection);
    }

    /// What is known of making connections to this place.
    pub fn making(&self, origin: &Rc<Origin>) -> Rc<Making> {
        let mut making = self.making.borrow_mut();
        if let Some((_, known)) = making.iter().find(|(place, _)| place.is(origin)) {
            return Rc::clone(known);
        }
        if making.len() >= MOST_PLACES {
            making.clear();
        }
        let new = Rc::new(Making::default());
        making.push((Rc::clone(origin), Rc::clone(&new)));
        new
    }

    /// Keeps a connection for all.
    pub fn share(&self, connection: &Rc<Http2>) {
        self.shared.borrow_mut().push(Rc::clone(connection));
    }
}
