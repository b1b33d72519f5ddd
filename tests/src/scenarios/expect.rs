//! Compares what was shown with what the scenario says.

use super::stage::{Shown, Stage, StageError};
use super::{Scenario, World, file};
use anyhow::{anyhow, ensure};
use gateline_admission::Report;
use gateline_common::decision::{Admission, Answer, Refusal};
use gateline_common::ids::{DeviceId, Serial};
use std::collections::{BTreeMap, BTreeSet};

/// The name of an answer, as the scenario files write it.
pub(super) fn answer_name(answer: &Answer) -> String {
    let name = match answer {
        Answer::Admit(Admission::Entry) => "entry",
        Answer::Admit(Admission::ReEntry) => "re_entry",
        Answer::Admit(Admission::Exit) => "exit",
        Answer::Admit(Admission::Unlisted) => "unlisted",
        Answer::Refuse(refusal) => {
            let json = serde_json::to_value(refusal).unwrap_or_default();
            return json["reason"].as_str().unwrap_or_default().to_owned();
        }
    };
    name.to_owned()
}

pub(super) fn shown(
    step: &file::Step,
    shown: &Shown,
    scenario: &Scenario,
    stage: &mut dyn Stage,
) -> Result<(), StageError> {
    let answer = answer_name(&shown.answer);
    let expected = step
        .answer
        .as_deref()
        .ok_or_else(|| anyhow!("what answer is expected?"))?;
    if answer != expected {
        return Err(anyhow!("{expected} expected, {:?} shown", shown.answer).into());
    }
    if let Some(details) = &step.details {
        let device = details
            .device
            .as_ref()
            .map(|name| stage.device_ids(name))
            .transpose()?;
        compare_details(details, device.as_deref(), &shown.answer, &scenario.world)?;
    }
    if step
        .confirmed
        .is_some_and(|expected| expected != shown.confirmed)
    {
        return Err(anyhow!("confirmed: {}", shown.confirmed).into());
    }
    if step.note.is_some() && step.note != shown.note {
        return Err(anyhow!("the note shown is {:?}", shown.note).into());
    }
    Ok(())
}

fn compare_details(
    details: &file::Details,
    devices: Option<&[DeviceId]>,
    answer: &Answer,
    world: &World,
) -> anyhow::Result<()> {
    let Answer::Refuse(refusal) = answer else {
        anyhow::bail!("only refusals have details");
    };
    let at = |text: &Option<String>| text.as_ref().map(|text| world.at(text)).transpose();
    let gate = details
        .gate
        .as_ref()
        .map(|name| world.gate(name))
        .transpose()?;
    let agrees = match refusal {
        Refusal::AlreadyAdmitted {
            at: first,
            gate: where_,
            device,
        } => {
            at(&details.at)?.is_none_or(|at| at == *first)
                && gate.is_none_or(|gate| gate == *where_)
                && devices.is_none_or(|ids| ids.contains(device))
        }
        Refusal::WrongGate { gates } => {
            gate.is_none_or(|gate| gates.iter().copied().map(Some).eq([gate]))
        }
        Refusal::Rule { name, .. } => details.rule.as_ref().is_none_or(|rule| rule == name),
        Refusal::WrongEvent { title, .. } => details
            .title
            .as_ref()
            .is_none_or(|expected| title.as_deref().unwrap_or_default() == expected),
        Refusal::NotYetValid { from } => at(&details.from)?.is_none_or(|at| at == *from),
        Refusal::NoLongerValid { until } => at(&details.until)?.is_none_or(|at| at == *until),
        _ => false,
    };
    ensure!(agrees, "{details:?} expected, {refusal:?} shown");
    Ok(())
}

pub(super) fn found(step: &file::Step, found: &[Serial], world: &World) -> anyhow::Result<()> {
    let expected = step
        .found
        .as_ref()
        .ok_or_else(|| anyhow!("what is to be found?"))?;
    let expected: BTreeSet<_> = expected
        .iter()
        .map(|name| world.serial(name))
        .collect::<Result<_, _>>()?;
    let found: BTreeSet<_> = found.iter().copied().collect();
    ensure!(found == expected, "found {found:?}, expected {expected:?}");
    Ok(())
}

pub(super) fn report(
    expected: &file::Report,
    report: &Report,
    scenario: &Scenario,
    stage: &mut dyn Stage,
) -> Result<(), StageError> {
    let mut devices = BTreeMap::new();
    for name in ["A", "B", "C"] {
        // A device that the scenario never uses may not exist.
        for id in stage.device_ids(name).unwrap_or_default() {
            devices.insert(id, name.to_owned());
        }
    }
    let seen = read_back(expected, report, scenario, &devices);
    if seen == *expected {
        return Ok(());
    }
    Err(anyhow!("expected {expected:#?}\nfound {seen:#?}\nin {report:#?}").into())
}

/// The report in the words of the scenario file; what that leaves open is left
/// as it says.
fn read_back(
    expected: &file::Report,
    report: &Report,
    scenario: &Scenario,
    devices: &BTreeMap<DeviceId, String>,
) -> file::Report {
    let device = |id: DeviceId| devices.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let ticket = |serial: Serial| {
        let name = scenario.world.ticket_name(serial);
        name.map_or_else(|| serial.to_string(), str::to_owned)
    };
    let mut seen = file::Report {
        overruns: report.totals.overruns.len(),
        withdrawn: report.totals.withdrawn,
        undone: report.totals.undone,
        admitted: expected.admitted.map(|_| report.totals.admitted),
        ..file::Report::default()
    };
    for one in &report.tickets {
        if let Some(counted) = &one.admission {
            seen.counted
                .insert(ticket(one.serial), device(counted.device));
        }
        seen.wrongly_refused
            .extend(one.wrongly_refused.iter().map(|_| ticket(one.serial)));
        for conflict in &one.conflicts {
            let asked = expected.conflicts.get(seen.conflicts.len());
            let provable = asked.and_then(|asked| asked.provable);
            seen.conflicts.push(file::Conflict {
                ticket: ticket(one.serial),
                cause: conflict.cause,
                counted: conflict
                    .counted
                    .as_ref()
                    .map(|counted| device(counted.device)),
                other: device(conflict.other.device),
                provable: provable.map(|_| conflict.order_provable),
            });
        }
    }
    for one in &report.devices {
        if !one.trace.forks.is_empty() {
            seen.forks.push(device(one.device));
        }
        if !one.trace.quarantined.is_empty() {
            *seen.quarantined.entry(device(one.device)).or_default() += one.trace.quarantined.len();
        }
    }
    seen
}
