//! The organizer: signs up, founds an organization, and sets up events.

use crate::system::Api;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The North gate's id.
pub(super) const NORTH: u64 = 1;
/// The South gate's id.
pub(super) const SOUTH: u64 = 2;
const HOUR_MS: u64 = 3_600_000;

/// What was set up.
#[derive(Debug, Clone)]
pub struct Festival {
    /// The organizer's client.
    pub organizer: Api,
    /// The organization.
    pub org: String,
    /// The festival.
    pub event: u64,
    /// Another event of the same organizer.
    pub other_event: u64,
    /// Ticket type "Standard".
    pub standard: u64,
    /// Ticket type "VIP", which only the South gate takes.
    pub vip: u64,
    /// Ticket type "Late pass", which a rule keeps out until the evening.
    pub late: u64,
    /// The other event's only ticket type.
    pub other_type: u64,
}

/// Sets up "Harbour Lights", with three ticket types, two gates and a rule, and
/// a second event, and puts both on sale.
///
/// # Errors
/// When the server refuses anything.
pub async fn set_up(mut organizer: Api) -> Result<Festival> {
    organizer
        .sign_up("Olga Organizer", "olga@harbour.example")
        .await?;
    let org = organizer
        .post("/api/organizations", &json!({"name": "Harbour Events"}))
        .await?;
    organizer.take_token(&org)?;
    let org = text(&org["organization"], "id")?;
    let venue = json!({
        "org": org, "name": "Old Harbour", "address": "Quay 1, 20457 Hamburg",
    });
    let venue = organizer.post("/api/venues", &venue).await?;
    let now = now_ms()?;

    let event = festival(&org, &text(&venue, "id")?, now);
    let event = number(&organizer.post("/api/events", &event).await?, "id")?;
    let standard =
        json!({"name": "Standard", "price": euro(3900), "limit": 60, "max_per_order": 4});
    let vip = json!({
        "name": "VIP", "price": euro(12900), "limit": 10, "max_per_order": 4,
        "admission": {"gates": [SOUTH]},
    });
    let late = json!({"name": "Late pass", "price": euro(1900), "limit": 20, "max_per_order": 4});
    let standard = add_type(&organizer, event, &standard).await?;
    let vip = add_type(&organizer, event, &vip).await?;
    let late = add_type(&organizer, event, &late).await?;
    let rules = json!({"rules": [{
        "id": 1, "name": "Late passes are let in from the evening on", "ticket_types": [late],
        "condition": {"between": [now + 6 * HOUR_MS, now + 12 * HOUR_MS]},
    }]});
    organizer
        .patch(&format!("/api/events/{event}"), &rules)
        .await?;

    let other_event = json!({
        "org": org, "title": "Winter Ball", "description": "Another evening.", "category": "party",
        "venue": text(&venue, "id")?, "timezone": "Europe/Berlin",
        "starts_at": now + 240 * HOUR_MS, "ends_at": now + 246 * HOUR_MS,
        "gates": [{"id": 1, "name": "Main door"}],
    });
    let other_event = number(&organizer.post("/api/events", &other_event).await?, "id")?;
    let ball = json!({"name": "Ball", "price": euro(5000), "limit": 20, "max_per_order": 4});
    let other_type = add_type(&organizer, other_event, &ball).await?;
    for event in [event, other_event] {
        organizer
            .post(&format!("/api/events/{event}/publish"), &json!({}))
            .await?;
    }
    Ok(Festival {
        organizer,
        org,
        event,
        other_event,
        standard,
        vip,
        late,
        other_type,
    })
}

fn festival(org: &str, venue: &str, now: u64) -> Value {
    json!({
        "org": org, "title": "Harbour Lights", "category": "festival", "venue": venue,
        "description": "Two stages, one harbour, and lights until midnight.",
        "timezone": "Europe/Berlin",
        "starts_at": now - HOUR_MS, "ends_at": now + 12 * HOUR_MS,
        "gates": [{"id": NORTH, "name": "North gate"}, {"id": SOUTH, "name": "South gate"}],
        "policy": {"re_entry": "never", "admit_unlisted": true},
    })
}

async fn add_type(organizer: &Api, event: u64, body: &Value) -> Result<u64> {
    let path = format!("/api/events/{event}/ticket-types");
    number(&organizer.post(&path, body).await?, "id")
}

fn euro(minor: u64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

#[expect(
    clippy::disallowed_methods,
    reason = "the organizer looks at the calendar"
)]
fn now_ms() -> Result<u64> {
    Ok(u64::try_from(
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis(),
    )?)
}

/// The text `name` of `value`.
pub(super) fn text(value: &Value, name: &str) -> Result<String> {
    let found = value[name].as_str().map(ToOwned::to_owned);
    found.with_context(|| format!("no text `{name}` in {value}"))
}

/// The number `name` of `value`.
pub(super) fn number(value: &Value, name: &str) -> Result<u64> {
    value[name]
        .as_u64()
        .with_context(|| format!("no number `{name}` in {value}"))
}
