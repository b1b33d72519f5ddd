//! Sign, verify and decide: the pure functions, one core.

use super::material::{code, event, event_key, listed, manifest};
use crate::context::Context;
use crate::figure::Figure;
use crate::latency::{Latencies, Unit};
use anyhow::{Context as _, Result, ensure};
use gateline_admission::{Context as Moment, EventRules, NobodyCounted, Presented, decide};
use gateline_common::decision::Direction;
use gateline_common::ids::DeviceId;
use gateline_scanner::clock::{Clock, SystemClock};
use std::hint::black_box;
use ticket_crypto::{Keyring, TicketCode, Verification, candidates};
use uuid::Uuid;

const WANTED: [(f64, Option<crate::figure::Goal>); 2] = [(0.5, None), (0.99, None)];

/// Measures.
///
/// # Errors
/// When a code does not verify or is not admitted.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let rounds: u64 = context.pick(20_000, 500);
    let key = event_key();
    let mut signing = Latencies::new()?;
    let codes: Vec<TicketCode> = (0..rounds)
        .map(|n| signing.time(|| black_box(code(&key, n))))
        .collect();
    let now = SystemClock::default().now();
    let mut figures = signing.figures(
        "sign a ticket",
        Unit::Us,
        &WANTED,
        &format!("`ticket_crypto::issue`, {rounds} tickets, one core"),
    );
    figures.extend(verifying(&codes, &Keyring::new(&event(now).keys))?);
    figures.extend(deciding(&codes)?);
    Ok(figures)
}

fn verifying(codes: &[TicketCode], keyring: &Keyring) -> Result<Vec<Figure>> {
    let mut verifying = Latencies::new()?;
    for code in codes {
        let found = verifying.time(|| keyring.verify(black_box(code)));
        ensure!(
            matches!(found, Verification::Good { .. }),
            "a code of our own does not verify"
        );
    }
    Ok(verifying.figures(
        "verify a ticket",
        Unit::Us,
        &WANTED,
        &format!("`Keyring::verify`, {} codes, one core", codes.len()),
    ))
}

fn deciding(codes: &[TicketCode]) -> Result<Vec<Figure>> {
    let now = SystemClock::default().now();
    let manifest = manifest(now);
    let event = manifest.events.first().context("the event")?;
    let rules = EventRules::compile(event).context("the event's rules")?;
    let moment = Moment {
        now,
        device: DeviceId(Uuid::from_u128(1)),
        gate: None,
        direction: Direction::Entry,
        highest_epoch: None,
        occupancy: &NobodyCounted,
        proof_used: false,
        waive: None,
    };
    let texts: Vec<String> = codes.iter().map(TicketCode::to_digits).collect();
    let mut deciding = Latencies::new()?;
    for (n, text) in texts.iter().enumerate() {
        let ticket = listed(n as u64);
        let decision = deciding.time(|| {
            let codes = candidates(black_box(text));
            let presented = Presented::Candidates(&codes);
            decide(&rules, &manifest, &presented, Some(&ticket), &[], &moment)
        });
        ensure!(
            decision.answer.is_admitted(),
            "a good ticket is refused: {:?}",
            decision.answer
        );
    }
    Ok(deciding.figures(
        "decide in memory",
        Unit::Us,
        &WANTED,
        &format!(
            "`candidates` of the text and `admission::decide`, {} texts, one core",
            texts.len()
        ),
    ))
}
