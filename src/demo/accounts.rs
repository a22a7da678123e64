//! Who is logged in: tokens, and the users behind them.
//!
//! Deliberately no security: passwords are not kept, and a token can be guessed from the seed. Tokens are
//! bounded in number, so that a long run does not fill the memory.

use std::collections::VecDeque;

/// Tokens that are alive at once; the log-in after that ends the oldest one.
const CAPACITY: usize = 100_000;

/// A log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// The how-manieth log-in of this demo it is, from 0.
    pub(super) login: u64,
    /// Who logged in.
    pub(super) user: User,
}

/// A user, wholly determined by the email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    /// Such as `user-0c4f8a21`; the same for the same email.
    pub(super) id: String,
    /// As it was given.
    pub(super) email: String,
    /// What stands before the `@`.
    pub(super) name: String,
    /// Days in a row, 0 to 99.
    pub(super) streak: u64,
}

impl User {
    fn new(email: &str) -> Self {
        let hash = fnv1a(email);
        Self {
            id: format!("user-{:08x}", hash >> 32),
            email: email.to_owned(),
            name: email.split('@').next().unwrap_or_default().to_owned(),
            streak: hash % 100,
        }
    }
}

/// The log-ins that are alive. They are numbered without gaps, so those alive are the last few numbers, and
/// a token is found by its number.
#[derive(Debug)]
pub(super) struct Accounts {
    seed: u64,
    capacity: usize,
    next: u64,
    alive: VecDeque<User>,
}

impl Accounts {
    /// Nobody logged in yet.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, capacity: CAPACITY, next: 0, alive: VecDeque::new() }
    }

    /// Logs a user in: the token, and whose it is.
    pub(super) fn login(&mut self, email: &str) -> (String, User) {
        let user = User::new(email);
        let token = self.token(self.next);
        self.next += 1;
        self.alive.push_back(user.clone());
        if self.alive.len() > self.capacity {
            self.alive.pop_front();
        }
        (token, user)
    }

    /// Whose token it is, if it is alive.
    pub(super) fn find(&self, token: &str) -> Option<Session> {
        let login = token.rsplit('-').next()?.parse().ok()?;
        if self.token(login) != token {
            return None;
        }
        let oldest = self.next - self.alive.len() as u64;
        let at = usize::try_from(login.checked_sub(oldest)?).ok()?;
        Some(Session { login, user: self.alive.get(at)?.clone() })
    }

    fn token(&self, login: u64) -> String {
        format!("demo-{:016x}-{login:08}", self.seed)
    }
}

/// The 64-bit FNV-1a hash (RFC 9923), because the standard library's may change with its version.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_for_the_same_seed_and_number() {
        let (mut one, mut two) = (Accounts::new(9), Accounts::new(9));
        for email in ["a@b", "c@d"] {
            assert_eq!(one.login(email).0, two.login(email).0);
        }
        assert_ne!(one.login("a@b").0, Accounts::new(8).login("a@b").0);
    }

    #[test]
    fn a_token_finds_its_user_and_nothing_else_does() {
        let mut accounts = Accounts::new(1);
        let tokens = ["ann@x", "bob@x"].map(|email| accounts.login(email).0);
        let bob = accounts.find(&tokens[1]).unwrap();
        assert_eq!((bob.login, bob.user.email.as_str(), bob.user.name.as_str()), (1, "bob@x", "bob"));
        for stranger in ["", "-", "demo", "1", "demo-0000000000000001-1", "demo-0000000000000001-00000002"] {
            assert_eq!(accounts.find(stranger), None, "{stranger:?}");
        }
    }

    #[test]
    fn the_oldest_token_gives_way() {
        let mut accounts = Accounts { capacity: 2, ..Accounts::new(1) };
        let tokens = ["a@x", "b@x", "c@x"].map(|email| accounts.login(email).0);
        assert_eq!(tokens.map(|token| accounts.find(&token).is_some()), [false, true, true]);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }
}
