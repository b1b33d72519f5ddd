//! Uploads of what gates scanned: verified, and on disk.

use super::closed_loop::closed_loop;
use super::gates::{BATCH, Gate, Place};
use super::{memory, on_one_thread};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::gate::server::Server;
use crate::latency::Unit;
use anyhow::Result;

const GATES: u32 = 16;
const RATE: f64 = 20_000.0;
/// What a gate that is online sends.
const SMALL_BATCH: usize = 20;

/// Measures.
///
/// # Errors
/// When a record is not stored.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let records = context.pick(200_000, 3_200);
    let mut figures = one(context, BATCH, records, Some(Goal::AtLeast(RATE)))?;
    figures.extend(one(context, SMALL_BATCH, records / 4, None)?);
    Ok(figures)
}

fn one(context: &Context, batch: usize, records: u64, goal: Option<Goal>) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    on_one_thread(async {
        let server = Server::start(context, folder.path(), records).await?;
        let mut gates = Vec::new();
        let mut rules_version = 0;
        for n in 0..GATES {
            let (gate, version) = Gate::enrol(&server, n).await?;
            gates.push(gate);
            rules_version = version;
        }
        context.note(&format!("{records} scans are signed"));
        let place = Place::of(server.event, server.ticket_type, rules_version);
        for n in 0..records {
            gates[n as usize % GATES as usize].scan(&place, n, batch)?;
        }
        for gate in &mut gates {
            gate.seal(&[])?;
            gate.connect(&server).await?;
        }
        let process = server.process()?;
        let run = closed_loop(&mut gates, u64::MAX, &[process]).await?;
        let how = format!(
            "{GATES} gates send what {records} scans left in their logs, in batches of {batch}, \
             each answered when chain, batch and code signatures are verified and it is on disk \
             with everything that follows from it; {}",
            run.shares()
        );
        let name = |what: &str| format!("{what}, batches of {batch}");
        let mut figures =
            vec![Figure::new(&name("records uploaded"), run.rate(), "/s", &how).with_goal(goal)];
        let wanted = [(0.5, None), (0.99, None)];
        let latencies = &run.latencies;
        figures.extend(latencies.figures(&name("upload"), Unit::Ms, &wanted, &how));
        figures.push(run.server_time(&name("server's processor time per record"), &how));
        figures.push(memory(
            process,
            &name("memory of the server after uploads"),
        )?);
        Ok(figures)
    })
}
