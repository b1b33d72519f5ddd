//! What an organizer may enter. The rules of the door are checked by compiling
//! them as gates do.

use super::{Event, EventError, Place, TicketType, Venue, references};
use crate::shared::text::is_forbidden_in_line;
use gateline_admission::{EventRules, RulesError};
use gateline_common::Timestamp;
use gateline_common::sync::{EventManifest, TicketTypeInfo};
use std::collections::BTreeSet;

/// The first and the last instant at which something may happen: a ticket
/// code counts days in 16 bits, and outlives its event by 400 of them.
const EARLIEST: Timestamp = Timestamp(946_684_800_000); // 2000-01-01
const LATEST: Timestamp = Timestamp(4_102_444_800_000); // 2100-01-01

const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_NAME: usize = 120;
const MAX_ADDRESS: usize = 300;
const MAX_URL: usize = 2_000;
const MAX_TAGS: usize = 20;
const MAX_TAG: usize = 40;
const MAX_PARTS: usize = 500;
const MAX_PRICE_MINOR: i64 = 1_000_000_000_000;

/// Everything about an event and its ticket types, one of which was entered.
pub(super) fn event_with_type(event: &Event, entered: &TicketType) -> Result<(), EventError> {
    one_type(entered)?;
    if !entered.deleted {
        references::of_type(event, entered)?;
    }
    self::event(event)
}

/// Everything about an event and its ticket types.
pub(super) fn event(event: &Event) -> Result<(), EventError> {
    line("title", &event.title, 1, MAX_TITLE)?;
    text("description", &event.description, MAX_DESCRIPTION)?;
    tags(&event.tags)?;
    if let Place::Online(url) = &event.place {
        online_url(url)?;
    }
    within("starts_at", event.starts_at)?;
    within("ends_at", event.ends_at)?;
    if event.ends_at <= event.starts_at {
        return Err(EventError::invalid(
            "ends_at",
            "the event must end after it starts",
        ));
    }
    for (field, count) in [
        ("gates", event.gates.len()),
        ("zones", event.zones.len()),
        ("rules", event.rules.len()),
        ("ticket_types", event.ticket_types.len()),
    ] {
        if count > MAX_PARTS {
            return Err(EventError::invalid(field, format!("at most {MAX_PARTS}")));
        }
    }
    for ticket_type in event.live_types() {
        one_type(ticket_type)?;
    }
    one_currency(event)?;
    names(event)?;
    references::of_event(event)?;
    let policy = &event.policy;
    in_order("policy.doors_close", policy.doors_open, policy.doors_close)?;
    rules(event)
}

/// A venue's own fields.
pub(super) fn venue(venue: &Venue) -> Result<(), EventError> {
    line("name", &venue.name, 1, MAX_NAME)?;
    line("address", &venue.address, 0, MAX_ADDRESS)?;
    text("notes", &venue.notes, MAX_DESCRIPTION)
}

/// A PIN that supervisors type at a gate.
pub(super) fn pin(pin: &str) -> Result<(), EventError> {
    if (4..=12).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err(EventError::invalid(
        "supervisor_pin",
        "a PIN is 4 to 12 digits",
    ))
}

fn one_type(ticket_type: &TicketType) -> Result<(), EventError> {
    line("name", &ticket_type.name, 1, MAX_NAME)?;
    if !(0..=MAX_PRICE_MINOR).contains(&ticket_type.price.minor) {
        return Err(EventError::invalid(
            "price",
            "a price is not negative, and has a bound",
        ));
    }
    if ticket_type.max_per_order == 0 || ticket_type.max_per_order > 1_000 {
        return Err(EventError::invalid("max_per_order", "between 1 and 1000"));
    }
    if ticket_type.limit > 10_000_000 {
        return Err(EventError::invalid("limit", "at most 10000000"));
    }
    let admission = &ticket_type.admission;
    for (field, most) in [
        ("admission.max_entries", admission.max_entries),
        (
            "admission.max_entries_per_day",
            admission.max_entries_per_day,
        ),
    ] {
        if most == Some(0) {
            return Err(EventError::invalid(field, "at least 1; null is no limit"));
        }
    }
    in_order(
        "admission.valid_until",
        admission.valid_from,
        admission.valid_until,
    )?;
    in_order("sale_ends", ticket_type.sale_starts, ticket_type.sale_ends)
}

fn in_order(
    field: &str,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Result<(), EventError> {
    match (begin, end) {
        (Some(begin), Some(end)) if end <= begin => Err(EventError::invalid(
            field,
            "the end must come after the begin",
        )),
        _ => Ok(()),
    }
}

/// An order has one total, so an event has one currency.
fn one_currency(event: &Event) -> Result<(), EventError> {
    let mut currencies = event.live_types().map(|t| t.price.currency);
    let first = currencies.next();
    if currencies.all(|currency| Some(currency) == first) {
        return Ok(());
    }
    Err(EventError::invalid(
        "price",
        "all ticket types of an event have one currency",
    ))
}

fn names(event: &Event) -> Result<(), EventError> {
    let mut gates = BTreeSet::new();
    for (at, gate) in event.gates.iter().enumerate() {
        let field = format!("gates[{at}].name");
        line(&field, &gate.name, 1, MAX_NAME)?;
        if !gates.insert(gate.name.trim().to_lowercase()) {
            let message = "another gate has this name, and staff could not tell them apart";
            return Err(EventError::invalid(field, message));
        }
    }
    for (at, zone) in event.zones.iter().enumerate() {
        line(&format!("zones[{at}].name"), &zone.name, 1, MAX_NAME)?;
    }
    for (at, rule) in event.rules.iter().enumerate() {
        line(&format!("rules[{at}].name"), &rule.name, 1, MAX_ADDRESS)?;
    }
    Ok(())
}

/// Compiles the event as a gate does: time zone, references, zones, ranges.
fn rules(event: &Event) -> Result<(), EventError> {
    let manifest = EventManifest {
        event: event.id,
        title: event.title.clone(),
        timezone: event.timezone.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        cancelled: false,
        rules_version: event.version,
        policy: event.policy.clone(),
        supervisor_pin: event.supervisor_pin,
        keys: Vec::new(),
        gates: event.gates.clone(),
        zones: event.zones.clone(),
        ticket_types: event.live_types().map(type_info).collect(),
        rules: event.rules.clone(),
    };
    match EventRules::compile(&manifest) {
        Ok(_) => Ok(()),
        Err(error) => Err(EventError::invalid(field_of(&error), error.to_string())),
    }
}

fn type_info(ticket_type: &TicketType) -> TicketTypeInfo {
    TicketTypeInfo {
        id: ticket_type.id,
        name: ticket_type.name.clone(),
        admission: ticket_type.admission.clone(),
    }
}

/// The field that an organizer must look at.
fn field_of(error: &RulesError) -> &'static str {
    match error {
        RulesError::TimeZone(_) => "timezone",
        RulesError::ZoneCycle(_) => "zones",
        RulesError::Twice { kind, .. } => match *kind {
            "gate" => "gates",
            "zone" => "zones",
            "ticket type" => "ticket_types",
            _ => "rules",
        },
        _ => "rules",
    }
}

fn within(field: &str, at: Timestamp) -> Result<(), EventError> {
    if (EARLIEST..=LATEST).contains(&at) {
        return Ok(());
    }
    Err(EventError::invalid(
        field,
        "between the years 2000 and 2100",
    ))
}

fn tags(tags: &[String]) -> Result<(), EventError> {
    if tags.len() > MAX_TAGS {
        return Err(EventError::invalid("tags", format!("at most {MAX_TAGS}")));
    }
    let mut tags = tags.iter().enumerate();
    tags.try_for_each(|(at, tag)| line(&format!("tags[{at}]"), tag, 1, MAX_TAG))
}

fn online_url(url: &str) -> Result<(), EventError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    if plain && url.len() <= MAX_URL && host.is_some_and(|host| !host.is_empty()) {
        return Ok(());
    }
    Err(EventError::invalid(
        "online_url",
        "a web address that begins with https:// or http://",
    ))
}

/// One line of text: within its length, no control characters (those that turn
/// the direction of writing neither), not blank.
fn line(field: &str, value: &str, least: usize, most: usize) -> Result<(), EventError> {
    let length = value.chars().count();
    if length > most || value.trim().chars().count() < least {
        let message = format!("between {least} and {most} characters");
        return Err(EventError::invalid(field, message));
    }
    if value.contains(is_forbidden_in_line) {
        return Err(EventError::invalid(
            field,
            "one line, without control characters",
        ));
    }
    Ok(())
}

fn text(field: &str, value: &str, most: usize) -> Result<(), EventError> {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if value.chars().count() > most || value.contains(control) {
        let message = format!("at most {most} characters of plain text");
        return Err(EventError::invalid(field, message));
    }
    Ok(())
}
