//! From a host's name to addresses: those that the scenario names, else the system's resolver, whose answers are kept
//! for a while and asked for once, however many users wait for them.

use super::failure::{Phase, classify};
use crate::{
    engine::{clock::Clock, transport::Failure},
    model::ErrorKind,
    plan::{AddressFamily, DnsOptions},
};
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared, WeakShared},
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    net::IpAddr,
    rc::Rc,
    time::Duration,
};

/// Most names whose addresses are kept: a template may make up as many as it likes.
const MOST_NAMES: usize = 10_000;

type Answer = Result<Rc<Known>, Failure>;
type Asking = LocalBoxFuture<'static, Answer>;

/// The addresses of a name.
#[derive(Debug)]
struct Known {
    addresses: Vec<IpAddr>,
    /// From when on it is asked for anew.
    until: Duration,
    /// Whose turn it is.
    turn: Cell<usize>,
}

/// What a worker knows of names.
pub(super) struct Resolver {
    clock: Clock,
    options: DnsOptions,
    known: RefCell<HashMap<String, Rc<Known>>>,
    /// Questions that somebody waits for.
    asking: RefCell<HashMap<String, WeakShared<Asking>>>,
}

/// Addresses in the order in which they are tried, and how long it took to find them out, where it took anything.
pub(super) struct Found {
    pub addresses: Vec<IpAddr>,
    pub took: Option<Duration>,
}

impl Resolver {
    pub fn new(clock: Clock, options: DnsOptions) -> Self {
        Self { clock, options, known: RefCell::default(), asking: RefCell::default() }
    }

    /// The addresses of this host.
    ///
    /// # Errors
    /// There is no such name, or nobody who knows it.
    pub async fn find(&self, host: &str) -> Result<Found, Failure> {
        if let Some(address) = self.options.hosts.get(host).copied().or_else(|| host.parse().ok()) {
            return Ok(Found { addresses: vec![address], took: None });
        }
        let began = self.clock.now();
        if let Some(known) = self.fresh(host, began) {
            return Ok(Found { addresses: self.in_turn(&known), took: None });
        }
        let asking = self.ask(host);
        let answer = asking.await;
        // Whoever comes now asks anew, or finds what is kept.
        self.asking.borrow_mut().remove(host);
        let known = answer?;
        self.keep(host, &known);
        let took = self.clock.now().saturating_sub(began);
        Ok(Found { addresses: self.in_turn(&known), took: Some(took) })
    }

    fn fresh(&self, host: &str, now: Duration) -> Option<Rc<Known>> {
        self.known.borrow().get(host).filter(|known| now < known.until).cloned()
    }

    fn keep(&self, host: &str, answer: &Rc<Known>) {
        let mut known = self.known.borrow_mut();
        if known.len() >= MOST_NAMES {
            known.clear();
        }
        known.insert(host.to_owned(), Rc::clone(answer));
    }

    fn ask(&self, host: &str) -> Shared<Asking> {
        let mut asking = self.asking.borrow_mut();
        if let Some(question) = asking.get(host).and_then(WeakShared::upgrade) {
            return question;
        }
        let (clock, ttl, name) = (self.clock, self.options.ttl, host.to_owned());
        let question = async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|error| unknown(&error))?;
            let mut addresses: Vec<IpAddr> = Vec::new();
            for address in found {
                if !addresses.contains(&address.ip()) {
                    addresses.push(address.ip());
                }
            }
            if addresses.is_empty() {
                return Err(Failure::new(ErrorKind::Dns, "the name has no address"));
            }
            Ok(Rc::new(Known { addresses, until: clock.now() + ttl, turn: Cell::new(0) }))
        };
        let question = question.boxed_local().shared();
        if let Some(weak) = question.downgrade() {
            asking.insert(host.to_owned(), weak);
        }
        question
    }

    /// The preferred family first. Within it, addresses take turns: a cache that always gave the first one would send
    /// the whole load to one machine of several.
    fn in_turn(&self, known: &Known) -> Vec<IpAddr> {
        let wants_v6 = match self.options.prefer {
            AddressFamily::Any => known.addresses.first().is_some_and(IpAddr::is_ipv6),
            AddressFamily::Ipv4 => false,
            AddressFamily::Ipv6 => true,
        };
        let (mut first, second): (Vec<IpAddr>, Vec<IpAddr>) =
            known.addresses.iter().partition(|address| address.is_ipv6() == wants_v6);
        if !first.is_empty() {
            let turn = known.turn.replace(known.turn.get().wrapping_add(1));
            let count = first.len();
            first.rotate_left(turn % count);
        }
        first.extend(second);
        first
    }
}

/// A look-up needs a file, too; all else that goes wrong with it is about the name.
fn unknown(error: &io::Error) -> Failure {
    let failure = classify(error, Phase::Connecting);
    let kind = if failure.kind == ErrorKind::LocalFiles { failure.kind } else { ErrorKind::Dns };
    Failure { kind, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn resolver(prefer: AddressFamily) -> Resolver {
        let hosts = BTreeMap::from([("api.test".to_owned(), "127.0.0.9".parse().unwrap())]);
        Resolver::new(Clock::start(), DnsOptions { hosts, ttl: Duration::from_secs(10), prefer })
    }

    fn known(addresses: &[&str]) -> Known {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Known { addresses, until: Duration::from_secs(10), turn: Cell::new(0) }
    }

    fn order(resolver: &Resolver, known: &Known) -> Vec<String> {
        resolver.in_turn(known).iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn what_the_scenario_names_and_what_is_an_address_is_not_looked_up() {
        let resolver = resolver(AddressFamily::Any);
        for (host, address) in [("api.test", "127.0.0.9"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")] {
            let found = resolver.find(host).await.unwrap();
            let expected: IpAddr = address.parse().unwrap();
            assert_eq!((found.addresses, found.took), (vec![expected], None), "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_a_failure_is_not_kept() {
        let resolver = resolver(AddressFamily::Any);
        assert!(resolver.find("localhost").await.unwrap().took.is_some());
        assert!(resolver.find("localhost").await.unwrap().took.is_none());
        // Longer than a label may be: refused without asking a network.
        let wrong = format!("{}.invalid", "x".repeat(64));
        for _ in 0..2 {
            assert_eq!(resolver.find(&wrong).await.err().unwrap().kind, ErrorKind::Dns);
            assert!(resolver.asking.borrow().is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_its_time() {
        let resolver = resolver(AddressFamily::Any);
        resolver.keep("kept.test", &Rc::new(known(&["127.0.0.1"])));
        assert!(resolver.fresh("kept.test", Duration::from_millis(9_999)).is_some());
        assert!(resolver.fresh("kept.test", Duration::from_secs(10)).is_none());
    }

    #[tokio::test]
    async fn addresses_of_the_preferred_family_take_turns() {
        let mixed = ["::1", "10.0.0.1", "10.0.0.2", "::2"];
        let any = resolver(AddressFamily::Any);
        let answer = known(&mixed);
        assert_eq!(order(&any, &answer), ["::1", "::2", "10.0.0.1", "10.0.0.2"]);
        assert_eq!(order(&any, &answer), ["::2", "::1", "10.0.0.1", "10.0.0.2"]);
        let v4 = resolver(AddressFamily::Ipv4);
        assert_eq!(order(&v4, &known(&mixed)), ["10.0.0.1", "10.0.0.2", "::1", "::2"]);
        let v6 = resolver(AddressFamily::Ipv6);
        assert_eq!(order(&v6, &known(&["10.0.0.1"])), ["10.0.0.1"]);
    }
}
