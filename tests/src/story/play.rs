//! The story from its first to its last scene.

use super::buyers::{buy_all, wishes};
use super::door::{Queue, photograph, queues};
use super::{Festival, Journal, Shown, Tally, compare, set_up};
use crate::system::{Binaries, Form, Gate, Shop, wait_until};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How large the story is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Buyers of the festival.
    pub buyers: usize,
}

/// How the story ended.
#[derive(Debug)]
pub struct Outcome {
    /// The figures.
    pub tally: Tally,
    /// The organizer's report, as a person reads it.
    pub report: String,
}

/// Plays the story in the folder `stage`; `say` gets each scene's heading.
///
/// # Errors
/// When anything does not go as the story has it.
pub async fn play(stage: &Path, form: Form, size: Size, say: &dyn Fn(&str)) -> Result<Outcome> {
    let binaries = Binaries::of_this_build()?;
    say(match &form {
        Form::Embedded => "starting the backend on an embedded store",
        Form::Distributed(_) => "starting every service twice, on MongoDB, RabbitMQ and Redis",
    });
    let mut backend = Shop::open(&binaries, &stage.join("backend"), form).await?;
    say("the organizer sets up two events, three ticket types, two gates and a rule");
    let festival = set_up(backend.api()?).await?;
    let wishes = wishes(&festival, size.buyers);
    say(&format!("{} people sign up and buy", wishes.len()));
    let mut journal = Journal {
        sales: buy_all(&backend.api()?, &wishes).await?,
        ..Journal::default()
    };
    journal.paid = wishes
        .iter()
        .flat_map(|wish| &wish.lines)
        .map(|(_, quantity)| *quantity as usize)
        .sum();

    say("two gates enrol and sync");
    let queues = queues(&festival, &journal.sales)?;
    let mut gates = Vec::new();
    for queue in &queues {
        gates.push(open_gate(&binaries, stage, &festival, queue).await?);
    }
    list_arrives(&gates, &journal, &festival).await?;

    say("the backend is killed; both gates scan on");
    backend.kill()?;
    let scans: Vec<_> = gates
        .iter()
        .zip(&queues)
        .map(|(gate, queue)| scan(gate.clone(), queue.clone(), stage, festival.event))
        .collect::<Result<_>>()?;
    for scan in scans {
        journal.shown.extend(scan.await??);
    }

    say("the backend comes back; both gates sync");
    backend.start_again().await?;
    for gate in &gates {
        gate.sync()?;
    }
    let path = format!("/api/checkin/events/{}/report", festival.event);
    let report = festival.organizer.get(&path).await?;
    let tally = compare(&journal, &report)?;
    let report = festival
        .organizer
        .get_bytes(&format!("{path}?format=text"))
        .await?;
    Ok(Outcome {
        tally,
        report: String::from_utf8(report)?,
    })
}

async fn open_gate(
    binaries: &Binaries,
    stage: &Path,
    festival: &Festival,
    queue: &Queue,
) -> Result<Gate> {
    let body = json!({"org": festival.org, "name": queue.name});
    let code = festival
        .organizer
        .post("/api/checkin/enrolment-codes", &body)
        .await?;
    let code = code["code"]
        .as_str()
        .context("the answer has no enrolment code")?;
    let gate = Gate::new(binaries, &stage.join("gates").join(queue.name), queue.name)?;
    gate.enrol(code)?;
    Ok(gate)
}

/// Tickets reach the gates' list over the bus: sync until all are there.
async fn list_arrives(gates: &[Gate], journal: &Journal, festival: &Festival) -> Result<()> {
    let sold = journal
        .sales
        .iter()
        .filter(|sale| sale.event == festival.event)
        .count() as u64;
    for gate in gates {
        wait_until(
            "the list to be complete",
            Duration::from_secs(60),
            async || {
                gate.sync()?;
                let status = gate.status()?;
                Ok((listed(&status, festival.event) == Some(sold)).then_some(()))
            },
        )
        .await?;
    }
    Ok(())
}

fn listed(status: &Value, event: u64) -> Option<u64> {
    let events = status["events"].as_array()?;
    let event = events
        .iter()
        .find(|candidate| candidate["event"].as_u64() == Some(event))?;
    event["tickets"].as_u64()
}

fn scan(
    gate: Gate,
    queue: Queue,
    stage: &Path,
    event: u64,
) -> Result<tokio::task::JoinHandle<Result<Vec<Shown>>>> {
    let frames = photograph(&queue, &stage.join("frames"))?;
    Ok(tokio::task::spawn_blocking(move || {
        let lines = gate.scan_frames(event, queue.gate, &frames)?;
        let name = gate.name.clone();
        Ok(lines
            .into_iter()
            .map(|line| Shown {
                gate: name.clone(),
                line,
            })
            .collect())
    }))
}
