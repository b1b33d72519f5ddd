//! Makes a world: the event, its ticket types, and everybody in it.

use super::gates::Ground;
use super::{BUYERS, Facts, Folders, GATES, HOLD_SECONDS, Phase, World};
use crate::clients::ask::Person;
use crate::clients::buyer::Buyer;
use crate::clients::journal::Journal;
use crate::clients::organizer::Organizer;
use crate::clients::pool::Pool;
use crate::places::Places;
use crate::power::Watched;
use anyhow::{Context, Result};
use gateline_tests::seed::Rng;
use gateline_tests::story::set_up;
use gateline_tests::system::{Api, Backend, BackendOptions, Binaries, wait_until};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

const DEADLINE: Duration = Duration::from_secs(60);
/// Price and first limit of each ticket type; the first type's limit only rises.
const TYPES: &[(u64, i64)] = &[(2500, 12), (900, 20), (0, 8)];

impl World {
    /// Makes a world in an empty folder. Nobody works before [`World::go`].
    ///
    /// # Errors
    /// When the server refuses anything, or a program is not built.
    pub async fn open(folder: &Path, seed: u64) -> Result<Self> {
        let folders = Folders::of(folder);
        let binaries = Binaries::of_this_build()?;
        let disk = Watched::new(&folders.backend(), &folders.sidecar("backend"))?;
        let options = BackendOptions {
            arguments: vec![
                "--order-hold-seconds".into(),
                HOLD_SECONDS.to_string(),
                "--log".into(),
                "warn".into(),
            ],
            environment: disk.environment(),
            log: None,
        };
        let backend = Backend::start(&binaries, &folders.backend(), options).await?;
        let festival = set_up(backend.api()?).await?;
        let (organizer, event) = (festival.organizer, festival.event);
        let facts = types(&organizer, event).await?;
        std::fs::write(folders.facts(), serde_json::to_vec(&facts)?)?;
        on_sale(&organizer, &facts).await?;

        let (phase, _) = watch::channel(Phase::Pause);
        let mut rng = Rng::of(seed, "clients");
        let address = backend.url().replace("http://", "").parse()?;
        let mut world = Self {
            ground: Ground {
                binaries,
                server: address,
                organizer: organizer.clone(),
                org: festival.org,
                event,
                pool: Pool::default(),
                rng: Rng::new(rng.next_number()),
                made: 0,
            },
            folders,
            backend,
            disk,
            gates: Vec::new(),
            places: Places::default(),
            journals: Vec::new(),
            phase,
            clients: JoinSet::new(),
            retired: Vec::new(),
        };
        world.people(organizer, &facts, &mut rng).await?;
        for slot in 0..GATES {
            let (slot, journal) = world
                .ground
                .open(
                    slot,
                    &world.folders,
                    &world.places,
                    &world.phase,
                    &mut world.clients,
                )
                .await?;
            world.gates.push(slot);
            world.journals.push(journal);
        }
        Ok(world)
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
}

async fn types(organizer: &Api, event: u64) -> Result<Facts> {
    let mut limits = Vec::new();
    for (index, (price, limit)) in TYPES.iter().enumerate() {
        let body = json!({
            "name": format!("Type {index}"), "limit": limit, "max_per_order": 10,
            "price": {"minor": price, "currency": "EUR"},
        });
        let path = format!("/api/events/{event}/ticket-types");
        let made = organizer.post(&path, &body).await?;
        limits.push((made["id"].as_u64().context("the type's id")?, *limit));
    }
    Ok(Facts {
        event,
        rising_type: limits[0].0,
        limits,
    })
}

async fn on_sale(api: &Api, facts: &Facts) -> Result<()> {
    let path = format!("/api/orders/availability?event={}", facts.event);
    wait_until("the sale to open", DEADLINE, async || {
        let Ok(sale) = api.get(&path).await else {
            return Ok(None);
        };
        let listed = sale["ticket_types"].as_array().cloned().unwrap_or_default();
        let all = facts
            .limits
            .iter()
            .all(|(id, _)| listed.iter().any(|it| it["ticket_type"] == *id));
        Ok(all.then_some(()))
    })
    .await
}
