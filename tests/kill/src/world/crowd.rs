//! Everybody who works against a backend: buyers, an organizer, gates with their
//! lines. What they work against is not their concern: one process, or many.

use super::gates::{Ground, Retired};
use super::{BUYERS, Facts, Folders, GATES, Phase, Slot};
use crate::clients::ask::Person;
use crate::clients::buyer::Buyer;
use crate::clients::journal::Journal;
use crate::clients::organizer::Organizer;
use crate::clients::pool::Pool;
use crate::places::{Place, Places};
use anyhow::{Context, Result};
use gateline_tests::seed::Rng;
use gateline_tests::story::Festival;
use gateline_tests::system::{Api, Binaries, Gate, wait_until};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long anybody may take to finish what was begun.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);

/// Everybody, and what they were told.
#[derive(Debug)]
pub struct Crowd {
    /// Where the world lies.
    pub folders: Folders,
    /// The gates.
    pub gates: Vec<Slot>,
    /// What is under way.
    pub places: Places,
    /// What clients were told.
    pub journals: Vec<Journal>,
    phase: watch::Sender<Phase>,
    clients: JoinSet<Result<()>>,
    ground: Ground,
    retired: Vec<Retired>,
}

impl Crowd {
    /// Everybody comes, and waits for [`Crowd::go`].
    ///
    /// # Errors
    /// When the server refuses anybody.
    pub async fn gather(
        folders: Folders,
        binaries: Binaries,
        festival: &Festival,
        facts: &Facts,
        seed: u64,
    ) -> Result<Self> {
        let organizer = festival.organizer.clone();
        let address = organizer.base().replace("http://", "").parse()?;
        let mut rng = Rng::of(seed, "clients");
        let mut crowd = Self {
            ground: Ground {
                binaries,
                server: address,
                organizer: organizer.clone(),
                org: festival.org.clone(),
                event: festival.event,
                pool: Pool::default(),
                rng: Rng::new(rng.next_number()),
                made: 0,
            },
            folders,
            gates: Vec::new(),
            places: Places::default(),
            journals: Vec::new(),
            phase: watch::channel(Phase::Pause).0,
            clients: JoinSet::new(),
            retired: Vec::new(),
        };
        crowd.people(organizer, facts, &mut rng).await?;
        for slot in 0..GATES {
            let slot = crowd.open_gate(slot).await?;
            crowd.gates.push(slot);
        }
        Ok(crowd)
    }

    async fn people(&mut self, organizer: Api, facts: &Facts, rng: &mut Rng) -> Result<()> {
        let pool = self.ground.pool.clone();
        for number in 0..BUYERS {
            let name = format!("buyer-{number}");
            let mut api = organizer.anonymous();
            api.sign_up(&name, &format!("{name}@guests.example"))
                .await?;
            let buyer = Buyer {
                person: self.person(api, &name)?,
                name,
                rng: Rng::new(rng.next_number()),
                event: facts.event,
                types: facts.limits.iter().map(|(id, _)| *id).collect(),
                pool: pool.clone(),
                requests: 0,
            };
            self.clients.spawn(buyer.run());
        }
        let organizer = Organizer {
            person: self.person(organizer, "organizer")?,
            rng: Rng::new(rng.next_number()),
            event: facts.event,
            limits: facts.limits.clone(),
            list_prices: facts.list_prices.clone(),
            pool,
        };
        self.clients.spawn(organizer.run());
        Ok(())
    }

    fn person(&mut self, api: Api, name: &str) -> Result<Person> {
        let journal = Journal::open(&self.folders.journals(), name)?;
        self.journals.push(journal.clone());
        Ok(Person {
            api,
            journal,
            places: self.places.clone(),
            phase: self.phase.subscribe(),
        })
    }

    async fn open_gate(&mut self, slot: usize) -> Result<Slot> {
        let opened = self.ground.open(
            slot,
            &self.folders,
            &self.places,
            &self.phase,
            &mut self.clients,
        );
        let (slot, journal) = opened.await?;
        self.journals.push(journal);
        Ok(slot)
    }

    /// Lets everybody work.
    pub fn go(&self) {
        self.phase.send_replace(Phase::Go);
    }

    /// Fails when a client has.
    ///
    /// # Errors
    /// The client's.
    pub fn are_well(&mut self) -> Result<()> {
        while let Some(ended) = self.clients.try_join_next() {
            ended??;
        }
        Ok(())
    }

    /// The gate in this slot retires, and a new one takes its place.
    ///
    /// # Errors
    /// When the new one cannot be made.
    pub async fn replace_gate(&mut self, slot: usize) -> Result<()> {
        self.gates[slot].bring_down().await?;
        let new = self.open_gate(slot).await?;
        let old = std::mem::replace(&mut self.gates[slot], new);
        old.line.set_up(true);
        self.retired.push(Retired {
            gate: old.gate,
            has_sent: false,
            _line: old.line,
        });
        Ok(())
    }

    /// Lets everybody finish what was begun, and waits for that. The server must
    /// answer.
    ///
    /// # Errors
    /// When somebody does not finish, or failed.
    pub async fn pause(&mut self) -> Result<()> {
        self.phase.send_replace(Phase::Pause);
        for slot in &mut self.gates {
            slot.line.set_up(true);
            let ended = slot.dies(DEADLINE).await;
            anyhow::ensure!(ended, "{} does not close", slot.name);
            slot.bring_down().await?;
        }
        let places = self.places.clone();
        wait_until("people to finish", DEADLINE, async || {
            let busy = places
                .under_way(None)
                .iter()
                .any(|place| *place != Place::Idle);
            Ok((!busy).then_some(()))
        })
        .await?;
        self.are_well()
    }

    /// Lets every gate send all that it has.
    ///
    /// # Errors
    /// When one does not get it sent.
    pub async fn send_all(&mut self) -> Result<()> {
        for gate in self.sending_gates() {
            let gate = gate.clone();
            wait_until("a gate's last sync", DEADLINE, async || {
                let gate = gate.clone();
                let synced = tokio::task::spawn_blocking(move || gate.sync()).await?;
                let lines = match synced {
                    Ok(lines) => lines,
                    // Never enrolled: nothing to send.
                    Err(error) if error.to_string().contains("not_enrolled") => {
                        return Ok(Some(()));
                    }
                    // The server is busy, or not there yet.
                    Err(error) if error.to_string().contains("\"trouble\":{") => {
                        return Ok(None);
                    }
                    Err(error) => return Err(error),
                };
                let summary = lines.last().cloned().unwrap_or(Value::Null);
                let done = summary["complete"] == true && summary["records_sent"] == 0;
                Ok(done.then_some(()))
            })
            .await
            .with_context(|| gate.name.clone())?;
        }
        for retired in &mut self.retired {
            retired.has_sent = true;
        }
        Ok(())
    }

    /// Every gate that may have something to send.
    fn sending_gates(&self) -> Vec<&Gate> {
        let working = self.gates.iter().map(Slot::gate);
        let retired = self.retired.iter().filter(|retired| !retired.has_sent);
        working
            .chain(retired.map(|retired| &retired.gate))
            .collect()
    }

    /// Lets everybody work again after a rest.
    pub fn go_on(&self) {
        for slot in &self.gates {
            slot.bring_up();
        }
        self.go();
    }

    /// Ends everybody's work.
    ///
    /// # Errors
    /// When a client failed.
    pub async fn end(mut self) -> Result<()> {
        self.phase.send_replace(Phase::End);
        for slot in &self.gates {
            slot.bring_up();
        }
        while let Some(ended) = self.clients.join_next().await {
            ended??;
        }
        Ok(())
    }
}
