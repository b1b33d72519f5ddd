//! A limit on guessing: per account, not per network address, because a venue's
//! people share one. Kept in this process; a restart forgives.

use super::email::Email;
use super::error::AuthError;
use gateline_common::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: i64 = 15 * 60 * 1000;
const MOST_ACCOUNTS: usize = 100_000;

/// Failed attempts by account.
pub(super) struct Attempts {
    allowed: u32,
    failures: Mutex<HashMap<Email, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Attempts {
    pub(super) fn new(allowed: u32) -> Self {
        Self {
            allowed: allowed.max(1),
            failures: Mutex::default(),
        }
    }

    /// Counts an attempt as failed until [`Self::succeeded`], so that attempts
    /// at the same moment count too.
    pub(super) fn begin(&self, account: &Email, now: Timestamp) -> Result<(), AuthError> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_ACCOUNTS {
            failures.retain(|_, kept| now.since_ms(kept.since) < WINDOW_MS);
        }
        let fresh = Failures {
            count: 0,
            since: now,
        };
        let kept = failures.entry(account.clone()).or_insert(fresh);
        if now.since_ms(kept.since) >= WINDOW_MS {
            *kept = fresh;
        }
        if kept.count >= self.allowed {
            let wait_ms = WINDOW_MS - now.since_ms(kept.since);
            let wait_seconds = wait_ms.div_euclid(1000) + 1;
            return Err(AuthError::TooManyAttempts { wait_seconds });
        }
        kept.count += 1;
        Ok(())
    }

    /// The right password: nothing was guessed.
    pub(super) fn succeeded(&self, account: &Email) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_failures_an_account_waits_and_others_do_not() {
        let attempts = Attempts::new(2);
        let ada = Email::parse("ada@example.org").unwrap();
        let bob = Email::parse("bob@example.org").unwrap();
        attempts.begin(&ada, Timestamp(0)).unwrap();
        attempts.begin(&ada, Timestamp(1)).unwrap();
        assert!(attempts.begin(&ada, Timestamp(2)).is_err());
        attempts.begin(&bob, Timestamp(2)).unwrap();
        attempts.begin(&ada, Timestamp(WINDOW_MS)).unwrap();
    }

    #[test]
    fn a_success_forgives_the_failures_before() {
        let attempts = Attempts::new(2);
        let ada = Email::parse("ada@example.org").unwrap();
        for at in 0..10 {
            attempts.begin(&ada, Timestamp(at)).unwrap();
            attempts.succeeded(&ada);
        }
    }
}
