//! Plays a scenario's steps on a stage.

use super::stage::{Scene, Shown, Stage, StageError};
use super::{Cell, Scenario, expect, file};
use anyhow::{anyhow, bail};
use gateline_common::decision::Direction;

/// Plays `scenario` on `stage`, for the driver called `driver`.
pub fn play(scenario: &Scenario, driver: &str, stage: &mut dyn Stage) -> Cell {
    if let Some(reason) = scenario.text.not_on.get(driver) {
        return Cell::CannotApply(reason.clone());
    }
    for (at, step) in scenario.text.steps.iter().enumerate() {
        match take(scenario, step, stage) {
            Ok(()) => {}
            Err(StageError::CannotApply(reason)) => return Cell::CannotApply(reason.to_owned()),
            Err(error) => return Cell::Wrong(format!("step {}: {}", at + 1, told(error))),
        }
    }
    let Some(expected) = &scenario.text.report else {
        return Cell::Matched;
    };
    match stage.report() {
        Err(StageError::CannotApply(reason)) => Cell::CannotApply(reason.to_owned()),
        Err(error) => Cell::Wrong(format!("report: {}", told(error))),
        Ok(report) => match expect::report(expected, &report, scenario, stage) {
            Ok(()) => Cell::Matched,
            Err(error) => Cell::Wrong(format!("report: {}", told(error))),
        },
    }
}

fn told(error: StageError) -> String {
    match error {
        StageError::CannotApply(reason) => reason.to_owned(),
        StageError::NotAccepted(why) => format!("the override was not accepted: {why}"),
        StageError::SyncFailed(why) => format!("the exchange failed: {why}"),
        StageError::Failed(error) => format!("{error:#}"),
    }
}

fn take(scenario: &Scenario, step: &file::Step, stage: &mut dyn Stage) -> Result<(), StageError> {
    let scene = scene(scenario, step)?;
    let outcome = act(scenario, step, &scene, stage);
    match (outcome, &step.not_accepted, step.sync_fails) {
        (Err(StageError::NotAccepted(why)), Some(expected), _) => {
            if why != expected {
                return Err(anyhow!("expected {expected}, not {why}").into());
            }
        }
        (Err(StageError::SyncFailed(_)), _, true) => {}
        (Err(error), _, _) => return Err(error),
        (Ok(_), Some(expected), _) => {
            return Err(anyhow!("the override was accepted, expected {expected}").into());
        }
        (Ok(_), None, true) => return Err(anyhow!("the exchange did not fail").into()),
        (Ok(Some(shown)), None, false) => expect::shown(step, &shown, scenario, stage)?,
        (Ok(None), None, false) if step.answer.is_some() => {
            return Err(anyhow!("this step shows nothing, and expects an answer").into());
        }
        (Ok(None), None, false) => {}
    }
    if let Some(expected) = step.logged {
        let logged = stage.logged(&scene.device)?;
        if logged != expected {
            return Err(anyhow!("{logged} scans in the log, expected {expected}").into());
        }
    }
    Ok(())
}

fn scene(scenario: &Scenario, step: &file::Step) -> anyhow::Result<Scene> {
    Ok(Scene {
        at: scenario.world.at(&step.at)?,
        clock_ahead_ms: step.clock_minutes * 60_000,
        device: step.device.clone().unwrap_or_else(|| "A".into()),
        gate: scenario
            .world
            .gate(step.gate.as_deref().unwrap_or("North"))?,
        direction: step.direction.unwrap_or(Direction::Entry),
        online: step.online,
    })
}

fn act(
    scenario: &Scenario,
    step: &file::Step,
    scene: &Scene,
    stage: &mut dyn Stage,
) -> Result<Option<Shown>, StageError> {
    one_action(step)?;
    let world = &scenario.world;
    if let Some(code) = &step.scan {
        return stage.scan(scene, &world.code(code)?).map(Some);
    }
    if let Some(code) = &step.info {
        return stage.info(scene, &world.code(code)?).map(Some);
    }
    if let Some(code) = &step.hold {
        return stage.hold(scene, &world.code(code)?, step.frames);
    }
    if let Some(name) = &step.admit {
        return stage.admit(scene, world.serial(name)?).map(Some);
    }
    if let Some(given) = &step.overridden {
        return stage.override_last(scene, given).map(Some);
    }
    if let Some(text) = &step.search {
        let found = stage.search(scene, text)?;
        return expect::found(step, &found, world)
            .map(|()| None)
            .map_err(Into::into);
    }
    if let Some(how) = step.sync {
        return stage.sync(scene, how).map(|()| None);
    }
    if let Some(change) = &step.change {
        return stage.change(scene.at, change).map(|()| None);
    }
    if let Some(open) = step.dialog {
        return stage.dialog(scene, open).map(|()| None);
    }
    if let Some(fault) = step.fault {
        return stage.fault(scene, fault).map(|()| None);
    }
    match (step.undo, step.revoke, step.wipe, step.copy) {
        (true, ..) => stage.undo(scene),
        (_, true, ..) => stage.revoke(scene),
        (_, _, true, _) => stage.wipe(scene),
        (.., true) => stage.copy(scene),
        _ => stage.restore(scene),
    }
    .map(|()| None)
}

fn one_action(step: &file::Step) -> anyhow::Result<()> {
    let actions = [
        step.scan.is_some(),
        step.info.is_some(),
        step.hold.is_some(),
        step.admit.is_some(),
        step.overridden.is_some(),
        step.undo,
        step.search.is_some(),
        step.sync.is_some(),
        step.change.is_some(),
        step.revoke,
        step.wipe,
        step.copy,
        step.restore,
        step.dialog.is_some(),
        step.fault.is_some(),
    ];
    match actions.into_iter().filter(|action| *action).count() {
        1 => Ok(()),
        many => bail!("a step does one thing, not {many}"),
    }
}
