//! The driver over `admission` itself: devices and server are the least that the
//! rules need around them, in memory. It shows what the rules say; the other
//! drivers show that gate and server do what the rules say.

mod device;
pub(super) mod server;

use self::device::Device;
use self::server::Server;
use super::stage::{Online, Scene, Shown, Stage, StageError};
use super::{Cell, Code, Driver, Scenario, World, file, play};
use anyhow::anyhow;
use gateline_admission::{Decision, NextStep, OverrideRefused, Report};
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{Override, RecordBody, Scan, Subject};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The driver.
#[derive(Debug, Default)]
pub struct Admission;

impl Driver for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        match Rules::new(&scenario.world) {
            Ok(mut stage) => play(scenario, self.name(), &mut stage),
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}

struct Rules {
    world: World,
    server: Server,
    devices: BTreeMap<String, Vec<Device>>,
    copies: BTreeMap<String, Device>,
}

impl Rules {
    fn new(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            world: world.clone(),
            server: Server::new(world)?,
            devices: BTreeMap::new(),
            copies: BTreeMap::new(),
        })
    }

    /// The latest enrolment of the device; the first is made when it is first
    /// named, with what the list was at the beginning.
    fn device(&mut self, name: &str) -> Result<&mut Device, StageError> {
        let enrolments = self.devices.entry(name.to_owned()).or_default();
        if enrolments.is_empty() {
            enrolments.push(Device::new(device_id(name, 0), &self.world)?);
        }
        enrolments
            .last_mut()
            .ok_or_else(|| anyhow!("no device {name}").into())
    }

    /// Decides, logs, and asks the server where the scene says so.
    fn take(
        &mut self,
        scene: &Scene,
        subject: Subject,
        overridden: Option<Override>,
    ) -> Result<Shown, StageError> {
        let device = self.device(&scene.device)?;
        let decision = device.decide(scene, &subject, overridden.as_ref())?;
        let seq = device.log_scan(scene, subject, &decision, overridden)?;
        let mut shown = shown(&decision);
        let admitted = shown.answer.is_admitted();
        if scene.online == Online::No || !admitted {
            return Ok(shown);
        }
        let id = device.id;
        let pending = device.pending();
        self.server.receive(id, &pending, scene.at);
        if scene.online == Online::Late {
            return Ok(shown);
        }
        let answer = self.server.confirm(id, seq, scene.at)?;
        shown.confirmed = true;
        if !answer.is_admitted() {
            let body = RecordBody::Withdrawal {
                seq,
                answer: answer.clone(),
            };
            self.device(&scene.device)?.log(scene, body)?;
        }
        shown.answer = answer;
        Ok(shown)
    }
}

pub(super) fn device_id(name: &str, enrolment: usize) -> DeviceId {
    let letter = name.bytes().next().unwrap_or_default();
    DeviceId(Uuid::from_u128(
        0x0d00 + u128::from(letter) * 16 + enrolment as u128,
    ))
}

fn shown(decision: &Decision) -> Shown {
    let note = decision.next.iter().find_map(|step| match step {
        NextStep::ReadNote(note) => Some(note.clone()),
        _ => None,
    });
    Shown {
        answer: decision.answer.clone(),
        confirmed: false,
        note,
    }
}

fn subject(code: &Code) -> Subject {
    match &ticket_crypto::candidates(&code.0)[..] {
        [] => Subject::Foreign {
            hash: gateline_common::Hash::of(&[code.0.as_bytes()]),
            len: code.0.len().try_into().unwrap_or(u32::MAX),
        },
        [code, ..] => Subject::Code(code.bytes().to_vec()),
    }
}

impl Stage for Rules {
    fn world(&self) -> &World {
        &self.world
    }

    fn device_id(&mut self, name: &str) -> Result<DeviceId, StageError> {
        Ok(self.device(name)?.id)
    }

    fn device_ids(&mut self, name: &str) -> Result<Vec<DeviceId>, StageError> {
        self.device(name)?;
        Ok(self.devices[name].iter().map(|device| device.id).collect())
    }

    fn scan(&mut self, scene: &Scene, code: &Code) -> Result<Shown, StageError> {
        self.take(scene, subject(code), None)
    }

    fn info(&mut self, scene: &Scene, code: &Code) -> Result<Shown, StageError> {
        let decision = self
            .device(&scene.device)?
            .decide(scene, &subject(code), None)?;
        Ok(shown(&decision))
    }

    fn admit(&mut self, scene: &Scene, serial: Serial) -> Result<Shown, StageError> {
        self.take(scene, Subject::Listed(serial), None)
    }

    fn override_last(
        &mut self,
        scene: &Scene,
        given: &file::Override,
    ) -> Result<Shown, StageError> {
        let device = self.device(&scene.device)?;
        let last: Scan = device
            .last_scan()
            .ok_or_else(|| anyhow!("nothing was scanned"))?;
        let pin = given.pin.as_deref();
        let overridden = Override {
            waived: last.answer,
            reason: given.reason.clone(),
            supervised: pin.is_some_and(|pin| device.rules.is_supervisor_pin(pin)),
        };
        device
            .rules
            .accept_override(&overridden)
            .map_err(|refused| {
                StageError::NotAccepted(match refused {
                    OverrideRefused::Forbidden => "forbidden",
                    OverrideRefused::NotWaivable => "not_waivable",
                    OverrideRefused::NoReason => "no_reason",
                    OverrideRefused::NoPin => "no_pin",
                })
            })?;
        self.take(scene, last.subject, Some(overridden))
    }

    fn undo(&mut self, scene: &Scene) -> Result<(), StageError> {
        let device = self.device(&scene.device)?;
        let seq = device
            .last_scan_seq()
            .ok_or_else(|| anyhow!("nothing was scanned"))?;
        device.log(scene, RecordBody::Undo { seq })?;
        Ok(())
    }

    fn sync(&mut self, scene: &Scene, how: file::Sync) -> Result<(), StageError> {
        let device = self.device(&scene.device)?;
        if how == file::Sync::Unreadable {
            device.log_unreadable();
        }
        let (id, mut pending) = (device.id, device.pending());
        if how == file::Sync::Half {
            pending.truncate(pending.len() / 2);
            self.server.receive(id, &pending, scene.at);
            return Err(StageError::SyncFailed("the connection broke".into()));
        }
        if how == file::Sync::Twice {
            self.server.receive(id, &pending, scene.at);
        }
        let receipt = self.server.receive(id, &pending, scene.at);
        let feed = self.server.feed(id);
        let device = self.device(&scene.device)?;
        device.sent();
        if let Some(receipt) = receipt {
            device.log(scene, RecordBody::Receipt(receipt))?;
        }
        device.learn(feed)?;
        Ok(())
    }

    fn change(&mut self, at: Timestamp, change: &file::Change) -> Result<(), StageError> {
        Ok(self.server.change(&self.world, at, change)?)
    }

    fn revoke(&mut self, scene: &Scene) -> Result<(), StageError> {
        let id = self.device(&scene.device)?.id;
        self.server.revoke(id);
        Ok(())
    }

    fn wipe(&mut self, scene: &Scene) -> Result<(), StageError> {
        let old = self.device(&scene.device)?.id;
        self.server.revoke(old);
        let enrolments = self.devices.entry(scene.device.clone()).or_default();
        let id = device_id(&scene.device, enrolments.len());
        let mut device = Device::new(id, &self.world)?;
        device.learn(self.server.feed(id))?;
        enrolments.push(device);
        Ok(())
    }

    fn copy(&mut self, scene: &Scene) -> Result<(), StageError> {
        let copy = self.device(&scene.device)?.clone();
        self.copies.insert(scene.device.clone(), copy);
        Ok(())
    }

    fn restore(&mut self, scene: &Scene) -> Result<(), StageError> {
        let copy = self.copies.get(&scene.device).cloned();
        *self.device(&scene.device)? = copy.ok_or_else(|| anyhow!("there is no copy"))?;
        Ok(())
    }

    fn logged(&mut self, device: &str) -> Result<u64, StageError> {
        Ok(self.device(device)?.scans_logged())
    }

    fn report(&mut self) -> Result<Report, StageError> {
        Ok(self.server.report()?)
    }
}

/// The refusal that an override waives.
fn waived(overridden: Option<&Override>) -> Option<&Refusal> {
    match &overridden?.waived {
        Answer::Refuse(refusal) => Some(refusal),
        Answer::Admit(_) => None,
    }
}
