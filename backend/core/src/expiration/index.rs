//! The index of the schedule: which deadlines come next, handed to one instance
//! at a time, so that several share the work.
//!
//! It is a help and no truth: it may be emptied, away or behind. The schedule is
//! the store's, and what the index has missed is found there.

use super::Deadline;
use crate::shared::StoreError;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// What a claim found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Deadlines that passed, now this claimer's for a while; and when to look
    /// again, if there are any others.
    These(Vec<Deadline>, Option<Timestamp>),
    /// The index is new, or was emptied: fill it from the store first.
    Empty,
}

/// The index.
#[async_trait]
pub trait DueIndex: Send + Sync {
    /// Notes a deadline, unless it knows of a higher version of the order. One
    /// that was claimed is free again.
    async fn set(&self, deadline: Deadline) -> Result<(), StoreError>;
    /// Forgets the order, up to this version.
    async fn remove(&self, order: OrderId, version: u64) -> Result<(), StoreError>;
    /// Hands out up to `limit` deadlines that have passed at `now`, earliest
    /// first. For `for_ms` nobody else gets them; then, if they were not
    /// removed, somebody does.
    async fn claim(&self, now: Timestamp, limit: u32, for_ms: i64) -> Result<Claimed, StoreError>;
    /// Notes all of these, and that it is filled.
    async fn fill(&self, deadlines: &[Deadline]) -> Result<(), StoreError>;
}

/// The index in the memory of this process.
#[derive(Debug, Default)]
pub struct InProcessDueIndex(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    filled: bool,
    /// When each is to be handed out: when it is due, or when a claim ends.
    turns: BTreeSet<(Timestamp, OrderId)>,
    known: HashMap<OrderId, (Deadline, Timestamp)>,
}

impl Entries {
    fn set(&mut self, deadline: Deadline) {
        match self.known.get(&deadline.order) {
            Some((known, _)) if known.version > deadline.version => {}
            _ => self.turn(deadline, deadline.due),
        }
    }

    fn turn(&mut self, deadline: Deadline, at: Timestamp) {
        let order = deadline.order;
        if let Some((_, before)) = self.known.insert(order, (deadline, at)) {
            self.turns.remove(&(before, order));
        }
        self.turns.insert((at, order));
    }
}

impl InProcessDueIndex {
    fn with<T>(&self, what: impl FnOnce(&mut Entries) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl DueIndex for InProcessDueIndex {
    async fn set(&self, deadline: Deadline) -> Result<(), StoreError> {
        self.with(|entries| entries.set(deadline));
        Ok(())
    }

    async fn remove(&self, order: OrderId, version: u64) -> Result<(), StoreError> {
        self.with(|entries| {
            if let Some((known, at)) = entries.known.get(&order).copied()
                && known.version <= version
            {
                entries.known.remove(&order);
                entries.turns.remove(&(at, order));
            }
        });
        Ok(())
    }

    async fn claim(&self, now: Timestamp, limit: u32, for_ms: i64) -> Result<Claimed, StoreError> {
        Ok(self.with(|entries| {
            if !entries.filled {
                return Claimed::Empty;
            }
            let passed = entries.turns.iter().take_while(|(at, _)| *at <= now);
            let passed = passed.take(usize::try_from(limit).unwrap_or(usize::MAX));
            let orders: Vec<OrderId> = passed.map(|(_, order)| *order).collect();
            let mut claimed = Vec::with_capacity(orders.len());
            for order in orders {
                if let Some((deadline, _)) = entries.known.get(&order).copied() {
                    entries.turn(deadline, now.plus_ms(for_ms));
                    claimed.push(deadline);
                }
            }
            Claimed::These(claimed, entries.turns.first().map(|(at, _)| *at))
        }))
    }

    async fn fill(&self, deadlines: &[Deadline]) -> Result<(), StoreError> {
        self.with(|entries| {
            for deadline in deadlines {
                entries.set(*deadline);
            }
            entries.filled = true;
        });
        Ok(())
    }
}
