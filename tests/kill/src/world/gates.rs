//! The gates of the world: each has a slot, a line to the server, a disk; now and
//! then one retires, and a new one takes its slot.

use super::{Folders, Phase};
use crate::clients::gate::{Order, Staff};
use crate::clients::journal::Journal;
use crate::clients::pool::Pool;
use crate::places::Places;
use crate::power::Watched;
use crate::proxy::Line;
use anyhow::{Context, Result};
use gateline_tests::seed::Rng;
use gateline_tests::system::{Api, Binaries, Gate};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

const DEADLINE: Duration = Duration::from_secs(60);

/// A gate that works.
#[derive(Debug)]
pub struct Slot {
    /// What staff call it.
    pub name: String,
    /// Its line to the server.
    pub line: Line,
    /// Its disk.
    pub disk: Watched,
    order: watch::Sender<Order>,
    running: watch::Receiver<bool>,
    pub(super) gate: Gate,
}

/// A gate that works no more; its line stays, as its store knows that address.
#[derive(Debug)]
pub(super) struct Retired {
    pub(super) gate: Gate,
    /// It has sent everything, and will never have more.
    pub(super) has_sent: bool,
    pub(super) _line: Line,
}

/// What every gate of the world has in common.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) binaries: Binaries,
    pub(super) server: SocketAddr,
    pub(super) organizer: Api,
    pub(super) org: String,
    pub(super) event: u64,
    pub(super) pool: Pool,
    pub(super) rng: Rng,
    pub(super) made: usize,
}

impl Slot {
    /// Kills it (or lets it end by the countdown that was set), and waits until it
    /// is dead.
    ///
    /// # Errors
    /// When it does not die.
    pub async fn bring_down(&mut self) -> Result<()> {
        self.order.send_replace(Order::Down);
        let dead = self.running.wait_for(|running| !running);
        tokio::time::timeout(DEADLINE, dead)
            .await
            .context("a killed gate does not end")??;
        Ok(())
    }

    /// Waits until its program has ended by itself; false when it has not within
    /// `limit`.
    pub async fn dies(&mut self, limit: Duration) -> bool {
        let dead = self.running.wait_for(|running| !running);
        tokio::time::timeout(limit, dead).await.is_ok()
    }

    /// Waits until its program has begun and ended by itself; false when it has not
    /// within `limit`.
    pub async fn runs_and_dies(&mut self, limit: Duration) -> bool {
        let both = async {
            let began = self.running.wait_for(|running| *running).await.is_ok();
            began && self.running.wait_for(|running| !running).await.is_ok()
        };
        tokio::time::timeout(limit, both).await.unwrap_or(false)
    }

    /// Lets it work again.
    pub fn bring_up(&self) {
        self.order.send_replace(Order::Run);
    }

    /// The gate, for a command of its own while it is down.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}

impl Ground {
    /// A new gate, and its staff at work.
    pub(super) async fn open(
        &mut self,
        slot: usize,
        folders: &Folders,
        places: &Places,
        phase: &watch::Sender<Phase>,
        clients: &mut JoinSet<Result<()>>,
    ) -> Result<(Slot, Journal)> {
        self.made += 1;
        let name = format!("gate-{:03}", self.made);
        let store = folders.gates().join(&name);
        let disk = Watched::new(&store, &folders.sidecar(&name))?;
        let line = Line::open(self.server, places.clone(), slot).await?;
        let gate = Gate::new(&self.binaries, &store, &name)?.with_environment(disk.environment());
        let journal = Journal::open(&folders.journals(), &name)?;
        let (order, ordered) = watch::channel(Order::Run);
        let (runs, running) = watch::channel(false);
        let staff = Staff {
            gate: gate.clone(),
            slot,
            journal: journal.clone(),
            rng: Rng::new(self.rng.next_number()),
            organizer: self.organizer.clone(),
            org: self.org.clone(),
            event: self.event,
            server: line.url(),
            pool: self.pool.clone(),
            places: places.clone(),
            phase: phase.subscribe(),
            order: ordered,
            running: runs,
        };
        clients.spawn(staff.run());
        let slot = Slot {
            name,
            line,
            disk,
            order,
            running,
            gate,
        };
        Ok((slot, journal))
    }
}
