//! The tickets that buyers hold in their hands, and which of them were shown where.

use gateline_tests::seed::Rng;
use std::sync::{Arc, Mutex, PoisonError};

/// One ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its order.
    pub order: String,
    /// Its serial, as text.
    pub serial: String,
    /// The digits of its code.
    pub code: String,
    shown: u32,
}

/// All of them. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pool(Arc<Mutex<Vec<Ticket>>>);

impl Pool {
    /// A buyer got this ticket.
    pub fn add(&self, order: &str, serial: &str, code: &str) {
        let mut tickets = self.lock();
        if tickets.iter().all(|ticket| ticket.serial != serial) {
            tickets.push(Ticket {
                order: order.to_owned(),
                serial: serial.to_owned(),
                code: code.to_owned(),
                shown: 0,
            });
        }
    }

    /// Somebody comes to a gate: mostly with a ticket that was not shown yet, now
    /// and then with a copy of one that was, just before or long ago.
    pub fn come(&self, rng: &mut Rng) -> Option<Ticket> {
        let mut tickets = self.lock();
        let count = tickets.len();
        let index = match rng.below(10) {
            0..=4 => tickets.iter().position(|ticket| ticket.shown == 0),
            5..=7 => Some(count.saturating_sub(1 + rng.below(12))),
            _ => None,
        };
        let index = index.unwrap_or_else(|| rng.below(count));
        let ticket = tickets.get_mut(index)?;
        ticket.shown += 1;
        Some(ticket.clone())
    }

    /// Any ticket.
    #[must_use]
    pub fn any(&self, rng: &mut Rng) -> Option<Ticket> {
        let tickets = self.lock();
        tickets.get(rng.below(tickets.len())).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
