//! Round after round: let everybody work, hit somebody at the planned moment, start
//! again, look whether everything is still true.

use crate::checker::{self, Checked, Finding};
use crate::clients::journal::Told;
use crate::places::Place;
use crate::plan::{Moment, Power, Round, Start, Victim};
use crate::power::{Extent, Watched};
use crate::report::{Hit, Report};
use crate::world::{GATES, World, older};
use anyhow::{Context, Result, ensure};
use gateline_tests::seed::Rng;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a place is waited for before the victim is hit anyway.
const REACHED: Duration = Duration::from_millis(1_500);
/// How long a countdown in changes of files may take.
const COUNTED: Duration = Duration::from_millis(400);
/// How long everybody works at least between two hits.
const WORK: Duration = Duration::from_millis(120);

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rounds.
    pub rounds: u64,
    /// Everything is checked after so many rounds, and at the end.
    pub full_check_every: u64,
}

/// Runs a campaign in an empty folder. `progress` is told of each round.
///
/// # Errors
/// When the world cannot be made or does not come to rest. What is wrong in it is
/// no error but in the report.
pub async fn run(
    folder: &Path,
    seed: u64,
    size: Size,
    mut progress: impl FnMut(&Report),
) -> Result<Report> {
    let start = Instant::now();
    let mut world = World::open(folder, seed).await?;
    let mut report = Report::new(seed, size.rounds);
    world.crowd.go();
    for number in 0..size.rounds {
        let plan = Round::of(seed, number, GATES);
        round(&mut world, seed, number, &plan, &mut report)
            .await
            .with_context(|| format!("round {number} of seed {seed}: {plan:?}"))?;
        world.crowd.are_well()?;
        light_check(&world, number, &mut report)?;
        let last = number + 1 == size.rounds;
        if last || (number + 1) % size.full_check_every == 0 {
            world
                .come_to_rest()
                .await
                .with_context(|| format!("after round {number} of seed {seed}"))?;
            let checked = checker::check(&world.crowd.folders)?;
            note(&mut report, number, &checked);
            report.counts = checked.counts;
            report.full_checks += 1;
            if !last {
                world.crowd.go_on();
            }
        }
        report.rounds_done = number + 1;
        report.seconds = start.elapsed().as_secs_f64();
        progress(&report);
    }
    world.end().await?;
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

fn light_check(world: &World, number: u64, report: &mut Report) -> Result<()> {
    let fresh: Vec<Told> = world
        .crowd
        .journals
        .iter()
        .flat_map(|it| it.fresh())
        .collect();
    let checked = checker::check_fresh(&world.crowd.folders, &fresh)?;
    report.light_answers += checked.counts.answers as u64;
    note(report, number, &checked);
    Ok(())
}

fn note(report: &mut Report, number: u64, checked: &Checked) {
    for finding in &checked.findings {
        let known = |it: &(u64, Finding)| it.1 == *finding;
        if !report.findings.iter().any(known) {
            report.findings.push((number, finding.clone()));
        }
    }
}

async fn round(
    world: &mut World,
    seed: u64,
    number: u64,
    plan: &Round,
    report: &mut Report,
) -> Result<()> {
    for (slot, gate) in world.crowd.gates.iter().enumerate() {
        gate.line.set_up(!plan.cut_off.contains(&slot));
    }
    if let Some(slot) = plan.new_gate {
        world.crowd.gates[slot].line.set_up(true);
        world.crowd.replace_gate(slot).await?;
    } else {
        tokio::time::sleep(WORK).await;
    }
    let gate = match plan.victim {
        Victim::Gate(slot) => Some(slot),
        Victim::Backend | Victim::Everything => None,
    };
    let struck = strike(world, plan, gate).await?;
    let mut rng = Rng::of(seed, &format!("power {number}"));
    let backend_down = matches!(plan.victim, Victim::Backend | Victim::Everything);
    let gates_down: Vec<usize> = match plan.victim {
        Victim::Backend => Vec::new(),
        Victim::Gate(slot) => vec![slot],
        Victim::Everything => (0..world.crowd.gates.len()).collect(),
    };
    if backend_down {
        let lost = cut(&world.disk, plan.power, &mut rng)?;
        report.hit(Hit::backend(struck.backend, plan.power, lost));
        restart_backend(world, plan, &mut rng, report).await?;
    }
    for slot in gates_down {
        let lost = cut(&world.crowd.gates[slot].disk, plan.power, &mut rng)?;
        report.hit(Hit::gate(struck.gates[slot], plan.power, lost));
        restart_gate(world, slot, plan, &mut rng, report).await?;
    }
    Ok(())
}

/// What was under way when it was hit: at the server, and at each gate.
struct Struck {
    backend: Place,
    gates: Vec<Place>,
}

/// Waits for the moment and kills.
async fn strike(world: &mut World, plan: &Round, gate: Option<usize>) -> Result<Struck> {
    let (awaited, after) = match plan.moment {
        Moment::After(ms) => (None, ms),
        Moment::At(place, ms) => (Some(place), ms),
        Moment::AtWrite(place, _) | Moment::AtSync(place, _) => (Some(place), 0),
    };
    let mut reached = None;
    if let Some(place) = awaited
        && world.crowd.places.reached(place, gate, REACHED).await
    {
        reached = Some(place);
    }
    tokio::time::sleep(Duration::from_millis(after)).await;
    count_down(world, plan.moment, gate).await?;
    let first = |gate| world.crowd.places.under_way(gate).into_iter().next();
    let mut struck = Struck {
        backend: first(None).unwrap_or(Place::Idle),
        gates: (0..world.crowd.gates.len())
            .map(|slot| first(Some(slot)).unwrap_or(Place::Idle))
            .collect(),
    };
    match (reached, gate) {
        (Some(place), Some(slot)) => struck.gates[slot] = place,
        (Some(place), None) => struck.backend = place,
        (None, _) => {}
    }
    if gate.is_none() {
        world.backend.kill()?;
    }
    for (slot, hit) in world.crowd.gates.iter_mut().enumerate() {
        if plan.victim == Victim::Everything || gate == Some(slot) {
            hit.bring_down().await?;
        }
    }
    let disks = world.crowd.gates.iter().map(|slot| &slot.disk);
    for disk in disks.chain([&world.disk]) {
        disk.controls.call_off()?;
    }
    Ok(struck)
}

/// Lets the victim count down to its death, and waits for that for a while.
async fn count_down(world: &mut World, moment: Moment, gate: Option<usize>) -> Result<()> {
    let disk = match gate {
        Some(slot) => &world.crowd.gates[slot].disk,
        None => &world.disk,
    };
    match moment {
        Moment::AtWrite(_, changes) => disk.controls.kill_before(changes)?,
        Moment::AtSync(_, syncs) => disk.controls.kill_before_sync(syncs)?,
        Moment::After(_) | Moment::At(..) => return Ok(()),
    }
    match gate {
        Some(slot) => drop(world.crowd.gates[slot].dies(COUNTED).await),
        None => wait_for_death(world).await?,
    }
    Ok(())
}

/// Waits for the end of a server whose countdown runs, for a while.
async fn wait_for_death(world: &mut World) -> Result<()> {
    let start = Instant::now();
    while world.backend.ended()?.is_none() && start.elapsed() < COUNTED {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Cuts the power as planned; what was lost, in sectors and names.
fn cut(disk: &Watched, power: Power, rng: &mut Rng) -> Result<u64> {
    let undone = match power {
        Power::Stays => return Ok(0),
        Power::LosesAll => disk.cut(Extent::All)?,
        Power::LosesSome => disk.cut(Extent::Some(rng))?,
    };
    Ok(undone.sectors + undone.names)
}

async fn restart_backend(
    world: &mut World,
    plan: &Round,
    rng: &mut Rng,
    report: &mut Report,
) -> Result<()> {
    let (place, changes) = match plan.start {
        Start::Plain => return world.backend.start_again().await,
        Start::KilledAt(changes) => (Place::StartingUp, changes),
        Start::MigrationKilledAt(changes) => {
            world.disk.settle()?;
            report.steps_taken_back += older::age_backend(&world.crowd.folders.backend())? as u64;
            (Place::Migrating, changes)
        }
    };
    world.disk.controls.kill_before(changes)?;
    world.backend.begin()?;
    wait_for_death(world).await?;
    world.backend.kill()?;
    world.disk.controls.call_off()?;
    let lost = cut(&world.disk, plan.power, rng)?;
    report.hit(Hit::backend(place, plan.power, lost));
    world.backend.start_again().await
}

async fn restart_gate(
    world: &mut World,
    slot: usize,
    plan: &Round,
    rng: &mut Rng,
    report: &mut Report,
) -> Result<()> {
    let gate = &mut world.crowd.gates[slot];
    let store = world.crowd.folders.gates().join(&gate.name);
    let (place, changes) = match plan.start {
        Start::Plain => {
            gate.bring_up();
            return Ok(());
        }
        Start::KilledAt(changes) => (Place::StartingUp, changes),
        Start::MigrationKilledAt(changes) => {
            let enrolled = checker::GateStore::open(&store)?.is_some();
            if enrolled {
                gate.disk.settle()?;
                report.steps_taken_back += u64::from(older::age_gate(&store)?);
            }
            (Place::Migrating, changes)
        }
    };
    gate.disk.controls.kill_before(changes)?;
    gate.bring_up();
    let died = gate.runs_and_dies(COUNTED).await;
    gate.bring_down().await?;
    gate.disk.controls.call_off()?;
    let lost = cut(&gate.disk, plan.power, rng)?;
    report.hit(Hit::gate(place, plan.power, lost));
    report.counted_down += u64::from(died);
    gate.bring_up();
    Ok(())
}

/// Fails when something is wrong.
///
/// # Errors
/// The findings.
pub fn sound(report: &Report) -> Result<()> {
    let lines: Vec<String> = report
        .findings
        .iter()
        .map(|(round, it)| format!("round {round}: {:?}: {}", it.fault, it.what))
        .collect();
    ensure!(
        lines.is_empty(),
        "seed {}: {} findings\n{}",
        report.seed,
        lines.len(),
        lines.join("\n")
    );
    Ok(())
}
