//! Strike after strike while everybody works; now and then all that was begun is let
//! come to its end, and everything is checked.

use super::plan::Strike;
use super::report::Report;
use super::world::ChaosWorld;
use crate::checker::Backend;
use crate::clients::journal::{self, Answer};
use anyhow::{Result, ensure};
use gateline_tests::seed::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Strikes at most.
    pub strikes: u64,
    /// No strike begins after this.
    pub time: Duration,
    /// Strikes between two checks of everything.
    pub check_every: u64,
    /// Processes of each service at the beginning.
    pub each: usize,
}

/// Runs in an empty folder, with `mongodb` as the database's program. `progress` is
/// told of each strike.
///
/// # Errors
/// When the world cannot be made, or something does not start again. What is wrong in
/// it is no error but in the report.
pub async fn run(
    folder: &Path,
    mongodb: &Path,
    seed: u64,
    size: Size,
    mut progress: impl FnMut(&Report),
) -> Result<Report> {
    let mut world = ChaosWorld::open(folder, mongodb, size.each, seed).await?;
    let mut report = Report::new(seed);
    let (start, mut rng) = (Instant::now(), Rng::of(seed, "which process"));
    world.crowd.go();
    for number in 0..size.strikes {
        if start.elapsed() > size.time {
            break;
        }
        let strike = Strike::of(seed, number);
        hit(&mut world, &strike, &mut rng, &mut report).await?;
        world.crowd.are_well()?;
        if (number + 1) % size.check_every == 0 {
            report.checked(world.come_to_rest().await?);
            world.crowd.go_on();
        }
        report.seconds = start.elapsed().as_secs_f64();
        progress(&report);
    }
    report.checked(world.come_to_rest().await?);
    report.refused = refusals(&world)?;
    report.prices = prices(&world)?;
    report.seconds = start.elapsed().as_secs_f64();
    world.crowd.end().await?;
    Ok(report)
}

async fn hit(
    world: &mut ChaosWorld,
    strike: &Strike,
    rng: &mut Rng,
    report: &mut Report,
) -> Result<()> {
    tokio::time::sleep(Duration::from_millis(strike.after)).await;
    let mut killed = world.strike(strike.victim, rng.below(64)).await?;
    if let Some(also) = strike.also {
        tokio::time::sleep(Duration::from_millis(strike.down / 2)).await;
        killed += world.strike(also, rng.below(64)).await?;
    }
    report.struck(strike, killed);
    if strike.victim.is_killed() {
        tokio::time::sleep(Duration::from_millis(strike.down)).await;
        world.start_again().await?;
    }
    Ok(())
}

fn refusals(world: &ChaosWorld) -> Result<BTreeMap<String, usize>> {
    let mut refusals = BTreeMap::new();
    for told in journal::read(&world.crowd.folders.journals())? {
        if let Answer::Refused { status, code } = told.answer {
            let answer = format!("{:?}: {status} {code}", told.kind);
            *refusals.entry(answer).or_default() += 1;
        }
    }
    Ok(refusals)
}

fn prices(world: &ChaosWorld) -> Result<usize> {
    let backend = Backend::open(&world.crowd.folders.backend())?;
    let sql = "SELECT count(*) FROM pricing_history";
    let count: i64 = backend.0.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(count)?)
}

/// Fails when something is wrong.
///
/// # Errors
/// The findings.
pub fn sound(report: &Report) -> Result<()> {
    ensure!(report.findings.is_empty(), "{report}");
    Ok(())
}
