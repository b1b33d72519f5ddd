//! What is shown at which gate: the guests' tickets, and what should not pass.

use super::organizer::{NORTH, SOUTH};
use super::{Festival, Sale, frames};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A gate and the codes that are held in front of it, in order.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// The gate's id in the event.
    pub(super) gate: u64,
    /// The gate's name.
    pub(super) name: &'static str,
    /// The digits of each code.
    pub(super) codes: Vec<String>,
}

/// How the story's codes are spread over the two gates. Every third Standard
/// ticket is shown at both: its buyer sent a copy to a friend.
pub(super) fn queues(festival: &Festival, sales: &[Sale]) -> Result<[Queue; 2]> {
    let mut north = Queue {
        gate: NORTH,
        name: "North",
        codes: Vec::new(),
    };
    let mut south = Queue {
        gate: SOUTH,
        name: "South",
        codes: Vec::new(),
    };
    let of = |ticket_type: u64| {
        sales
            .iter()
            .filter(move |sale| sale.ticket_type == ticket_type)
    };
    let ours = |sale: &&Sale| sale.event == festival.event;
    for (index, sale) in of(festival.standard).filter(ours).enumerate() {
        match index % 3 {
            0 => {
                north.codes.push(sale.code.clone());
                south.codes.push(sale.code.clone());
            }
            1 => north.codes.push(sale.code.clone()),
            _ => south.codes.push(sale.code.clone()),
        }
    }
    for sale in of(festival.vip).filter(ours) {
        south.codes.push(sale.code.clone());
    }
    // The wrong gate, the rule, the other event, a forgery, and a second try.
    let first = |ticket_type: u64, event: u64| {
        sales
            .iter()
            .find(|sale| sale.ticket_type == ticket_type && sale.event == event)
            .map(|sale| sale.code.clone())
            .context("the story needs a ticket of each type")
    };
    north.codes.push(first(festival.vip, festival.event)?);
    north.codes.push(first(festival.late, festival.event)?);
    south
        .codes
        .push(first(festival.other_type, festival.other_event)?);
    south
        .codes
        .push(forge(&first(festival.standard, festival.event)?)?);
    let again = north
        .codes
        .first()
        .cloned()
        .context("somebody is at the North gate")?;
    north.codes.push(again);
    Ok([north, south])
}

/// The same code with one digit of its signature raised by one.
fn forge(digits: &str) -> Result<String> {
    let place = digits.len() - 20;
    let mut forged: Vec<u8> = digits.bytes().collect();
    let digit = forged.get_mut(place).context("a code has 200 digits")?;
    *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    Ok(String::from_utf8(forged)?)
}

/// Photographs the queue's codes into `folder`, one file each, in order.
pub(super) fn photograph(queue: &Queue, folder: &Path) -> Result<PathBuf> {
    let folder = folder.join(queue.name);
    std::fs::create_dir_all(&folder)?;
    for (index, code) in queue.codes.iter().enumerate() {
        let seed = queue.gate << 32 | index as u64;
        frames::photograph(code, seed, &folder.join(format!("{index:04}.png")))?;
    }
    Ok(folder)
}
