//! Makes a world: the event, its ticket types, and everybody in it.

use super::{Crowd, Facts, Folders, HOLD_SECONDS, World};
use crate::power::Watched;
use anyhow::{Context, Result};
use gateline_tests::story::{Festival, set_up};
use gateline_tests::system::{Api, Backend, BackendOptions, Binaries, wait_until};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);
/// Price and first limit of each ticket type; the first type's limit only rises.
const TYPES: &[(i64, i64)] = &[(2500, 12), (900, 20), (0, 8)];

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
        let (festival, facts) = open_sale(&folders, backend.api()?, 1).await?;
        let crowd = Crowd::gather(folders, binaries, &festival, &facts, seed).await?;
        Ok(Self {
            crowd,
            backend,
            disk,
        })
    }
}

/// Sets an event up and puts it on sale, with so many times the smallest limits; its
/// facts are written down.
///
/// # Errors
/// When the server refuses anything.
pub async fn open_sale(folders: &Folders, api: Api, times: i64) -> Result<(Festival, Facts)> {
    let festival = set_up(api).await?;
    let facts = types(&festival.organizer, festival.event, times).await?;
    std::fs::write(folders.facts(), serde_json::to_vec(&facts)?)?;
    on_sale(&festival.organizer, &facts).await?;
    Ok((festival, facts))
}

async fn types(organizer: &Api, event: u64, times: i64) -> Result<Facts> {
    let (mut limits, mut list_prices) = (Vec::new(), Vec::new());
    for (index, (price, limit)) in TYPES.iter().enumerate() {
        let limit = limit * times;
        let body = json!({
            "name": format!("Type {index}"), "limit": limit, "max_per_order": 10,
            "price": {"minor": price, "currency": "EUR"},
        });
        let path = format!("/api/events/{event}/ticket-types");
        let made = organizer.post(&path, &body).await?;
        let id = made["id"].as_u64().context("the type's id")?;
        limits.push((id, limit));
        list_prices.push((id, *price));
    }
    Ok(Facts {
        event,
        rising_type: limits[0].0,
        limits,
        list_prices,
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
