//! A limit on guessing passwords that no stranger can turn against the owner.
//!
//! Each attempt is taken from the budget of who makes it: a session that proves
//! its password again, a device that signed in to the account before, or a
//! stranger, who is counted per account and network, and with all strangers at
//! the account together. Never per network alone, because a venue's people share
//! one. Kept in this process; a restart forgives.
//!
//! Always true: what strangers do leaves the budgets of sessions and known
//! devices alone; in each window an account takes at most [`STRANGERS`] times
//! the allowed failures from strangers, wherever they are.

use super::email::Email;
use super::error::AuthError;
use gateline_common::Timestamp;
use gateline_common::ids::SessionId;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: i64 = 15 * 60 * 1000;
const MOST_BUDGETS: usize = 100_000;
/// How many times the failures of one network all of them may have together.
const STRANGERS: u32 = 10;

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody who is signed in.
    Session(SessionId),
    /// A device that signed in to the account before, by its mark.
    Known([u8; 16]),
    /// Anybody else, at this account and from this address.
    Stranger(Email, IpAddr),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Budget {
    Session(SessionId),
    Known([u8; 16]),
    Network(Email, IpAddr),
    Strangers(Email),
}

impl Origin {
    /// What an attempt is taken from, and how many times the usual it holds.
    fn budgets(&self) -> Vec<(Budget, u32)> {
        match self {
            Self::Session(session) => vec![(Budget::Session(*session), 1)],
            Self::Known(device) => vec![(Budget::Known(*device), 1)],
            Self::Stranger(account, address) => vec![
                (Budget::Network(account.clone(), network(*address)), 1),
                (Budget::Strangers(account.clone()), STRANGERS),
            ],
        }
    }
}

/// The part of an address that one customer of a provider has: all of IPv4, the
/// first 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        address => address,
    }
}

/// Failed attempts by budget.
pub(super) struct Attempts {
    allowed: u32,
    failures: Mutex<HashMap<Budget, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Failures {
    fn is_over(self, now: Timestamp) -> bool {
        now.since_ms(self.since) >= WINDOW_MS
    }
}

impl Attempts {
    pub(super) fn new(allowed: u32) -> Self {
        Self {
            allowed: allowed.max(1),
            failures: Mutex::default(),
        }
    }

    /// Counts an attempt as failed until [`Self::succeeded`], so that attempts
    /// at the same moment count too. One that is refused is not counted.
    pub(super) fn begin(&self, origin: &Origin, now: Timestamp) -> Result<(), AuthError> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_BUDGETS {
            failures.retain(|_, kept| !kept.is_over(now));
        }
        let budgets = origin.budgets();
        for (budget, times) in &budgets {
            let kept = failures.get(budget).filter(|kept| !kept.is_over(now));
            if let Some(kept) = kept
                && kept.count >= self.allowed.saturating_mul(*times)
            {
                let wait_ms = WINDOW_MS - now.since_ms(kept.since);
                let wait_seconds = wait_ms.div_euclid(1000) + 1;
                return Err(AuthError::TooManyAttempts { wait_seconds });
            }
        }
        let fresh = Failures {
            count: 0,
            since: now,
        };
        for (budget, _) in budgets {
            let kept = failures.entry(budget).or_insert(fresh);
            if kept.is_over(now) {
                *kept = fresh;
            }
            kept.count += 1;
        }
        Ok(())
    }

    /// The password was not even looked at: the attempt was none.
    pub(super) fn taken_back(&self, origin: &Origin) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (budget, _) in origin.budgets() {
            if let Some(kept) = failures.get_mut(&budget) {
                kept.count = kept.count.saturating_sub(1);
            }
        }
    }

    /// The right password: nothing was guessed. Forgives who found it; what
    /// other strangers did at the account stays counted.
    pub(super) fn succeeded(&self, origin: &Origin) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (budget, times) in origin.budgets() {
            if times == 1 {
                failures.remove(&budget);
            } else if let Some(kept) = failures.get_mut(&budget) {
                kept.count = kept.count.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stranger(account: &str, address: &str) -> Origin {
        let account = Email::parse(account).unwrap();
        Origin::Stranger(account, address.parse().unwrap())
    }

    #[test]
    fn who_fails_too_often_waits_and_nobody_else_does() {
        let attempts = Attempts::new(2);
        let guesser = stranger("ada@example.org", "192.0.2.1");
        attempts.begin(&guesser, Timestamp(0)).unwrap();
        attempts.begin(&guesser, Timestamp(1)).unwrap();
        assert!(attempts.begin(&guesser, Timestamp(2)).is_err());
        let others = [
            stranger("bob@example.org", "192.0.2.1"),
            stranger("ada@example.org", "192.0.2.2"),
            Origin::Known([1; 16]),
            Origin::Session(SessionId(Uuid::nil())),
        ];
        for other in &others {
            attempts.begin(other, Timestamp(2)).unwrap();
        }
        attempts.begin(&guesser, Timestamp(WINDOW_MS)).unwrap();
    }

    #[test]
    fn strangers_of_a_thousand_networks_share_one_budget_and_leave_known_devices_theirs() {
        let attempts = Attempts::new(3);
        let guesses = (0..1000).map(|n| format!("192.0.{}.{}", n / 250, n % 250));
        let taken = guesses.filter(|address| {
            let guesser = stranger("ada@example.org", address);
            attempts.begin(&guesser, Timestamp(5)).is_ok()
        });
        assert_eq!(taken.count(), 30);
        let known = Origin::Known([1; 16]);
        attempts.begin(&known, Timestamp(6)).unwrap();
    }

    #[test]
    fn one_customer_is_one_network_however_many_addresses_it_has() {
        let attempts = Attempts::new(1);
        let first = stranger("ada@example.org", "2001:db8:0:1::1");
        let second = stranger("ada@example.org", "2001:db8:0:1:ffff::2");
        let neighbour = stranger("ada@example.org", "2001:db8:0:2::1");
        attempts.begin(&first, Timestamp(0)).unwrap();
        assert!(attempts.begin(&second, Timestamp(0)).is_err());
        attempts.begin(&neighbour, Timestamp(0)).unwrap();
    }

    #[test]
    fn an_attempt_that_was_none_counts_neither_for_nor_against() {
        let attempts = Attempts::new(2);
        let guesser = stranger("ada@example.org", "192.0.2.1");
        attempts.begin(&guesser, Timestamp(0)).unwrap();
        for _ in 0..100 {
            attempts.begin(&guesser, Timestamp(0)).unwrap();
            attempts.taken_back(&guesser);
        }
        attempts.begin(&guesser, Timestamp(0)).unwrap();
        assert!(attempts.begin(&guesser, Timestamp(0)).is_err());
    }

    #[test]
    fn a_success_forgives_its_own_failures_and_not_those_of_others() {
        let attempts = Attempts::new(2);
        let owner = stranger("ada@example.org", "192.0.2.1");
        for at in 0..100 {
            attempts.begin(&owner, Timestamp(at)).unwrap();
            attempts.succeeded(&owner);
        }
        for n in 0..20 {
            let guesser = stranger("ada@example.org", &format!("192.0.2.{}", 100 + n / 2));
            attempts.begin(&guesser, Timestamp(100)).unwrap();
        }
        assert!(attempts.begin(&owner, Timestamp(100)).is_err());
    }
}
