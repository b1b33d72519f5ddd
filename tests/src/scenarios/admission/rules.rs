//! A scenario's devices, which decide by `admission`, before some [`Office`].

use super::device::Device;
use super::office::Office;
use crate::scenarios::stage::{Online, Scene, Shown, Stage, StageError};
use crate::scenarios::{Code, World, file};
use anyhow::anyhow;
use gateline_admission::{Decision, NextStep, OverrideRefused, Report};
use gateline_common::Timestamp;
use gateline_common::decision::{Admission, Answer, Direction};
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{Override, RecordBody, Subject};
use std::collections::BTreeMap;

/// Whose answers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scenarios) enum Voice {
    /// The device's own, and the server's where the scene is online.
    Own,
    /// The server's, always: the device logs an admission of whatever it sees,
    /// and asks.
    Server,
}

/// Devices before an office.
pub(in crate::scenarios) struct Rules<O> {
    world: World,
    office: O,
    voice: Voice,
    devices: BTreeMap<String, Vec<Device>>,
    copies: BTreeMap<String, Device>,
    /// The last answer at each device.
    answers: BTreeMap<String, Answer>,
}

impl<O: Office> Rules<O> {
    pub(in crate::scenarios) fn new(world: &World, office: O, voice: Voice) -> Self {
        Self {
            world: world.clone(),
            office,
            voice,
            devices: BTreeMap::new(),
            copies: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// The latest enrolment of the device; the first is made when it is first
    /// named, with what the list was at the beginning.
    fn device(&mut self, name: &str) -> Result<&mut Device, StageError> {
        let enrolments = self.devices.entry(name.to_owned()).or_default();
        if enrolments.is_empty() {
            let (id, manifest) = (self.office.enrol(name)?, self.office.beginning());
            enrolments.push(Device::new(id, manifest, &self.world)?);
        }
        enrolments
            .last_mut()
            .ok_or_else(|| anyhow!("no device {name}").into())
    }

    /// Decides, logs, and asks the server where the scene (or the voice) says so.
    fn take(
        &mut self,
        scene: &Scene,
        subject: Subject,
        overridden: Option<Override>,
    ) -> Result<Shown, StageError> {
        if self.voice == Voice::Server && scene.online == Online::Late {
            return Err(StageError::CannotApply(
                "a gate that the server answers too late shows its own answer",
            ));
        }
        let asks = self.voice == Voice::Server || scene.online != Online::No;
        let voice = self.voice;
        let device = self.device(&scene.device)?;
        let mut decision = device.decide(scene, &subject, overridden.as_ref())?;
        if voice == Voice::Server {
            decision.answer = Answer::Admit(match scene.direction {
                Direction::Entry => Admission::Entry,
                Direction::Exit => Admission::Exit,
            });
        }
        let seq = device.log_scan(scene, subject, &decision, overridden)?;
        let mut shown = shown(&decision);
        if asks && shown.answer.is_admitted() {
            let (id, pending) = (device.id, device.pending());
            if scene.online == Online::Late {
                self.office.receive(id, &pending, scene.at)?;
            } else {
                shown.answer = self.office.confirm(id, &pending, scene.at)?;
                shown.confirmed = true;
            }
            if !shown.answer.is_admitted() {
                let body = RecordBody::Withdrawal {
                    seq,
                    answer: shown.answer.clone(),
                };
                self.device(&scene.device)?.log(scene, body)?;
            }
        }
        self.answers
            .insert(scene.device.clone(), shown.answer.clone());
        Ok(shown)
    }
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

impl<O: Office> Stage for Rules<O> {
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
        if self.voice == Voice::Server {
            return Err(StageError::CannotApply(
                "the server is asked about admissions: it has no look-up that burns nothing",
            ));
        }
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
        let waived = self.answers.get(&scene.device).cloned();
        let device = self.device(&scene.device)?;
        let last = device.last_scan();
        let (last, waived) = last
            .zip(waived)
            .ok_or_else(|| anyhow!("nothing was scanned"))?;
        let pin = given.pin.as_deref();
        let overridden = Override {
            waived,
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
            self.office.receive(id, &pending, scene.at)?;
            return Err(StageError::SyncFailed("the connection broke".into()));
        }
        if how == file::Sync::Twice {
            self.office.receive(id, &pending, scene.at)?;
        }
        let receipt = self.office.receive(id, &pending, scene.at)?;
        let feed = self.office.feed(id, scene.at)?;
        let device = self.device(&scene.device)?;
        device.sent();
        if let Some(receipt) = receipt {
            device.log(scene, RecordBody::Receipt(receipt))?;
        }
        device.learn(feed)?;
        Ok(())
    }

    fn change(&mut self, at: Timestamp, change: &file::Change) -> Result<(), StageError> {
        Ok(self.office.change(&self.world, at, change)?)
    }

    fn revoke(&mut self, scene: &Scene) -> Result<(), StageError> {
        let id = self.device(&scene.device)?.id;
        Ok(self.office.revoke(id)?)
    }

    fn wipe(&mut self, scene: &Scene) -> Result<(), StageError> {
        let old = self.device(&scene.device)?.id;
        self.office.revoke(old)?;
        let id = self.office.enrol(&scene.device)?;
        let mut device = Device::new(id, self.office.beginning(), &self.world)?;
        device.learn(self.office.feed(id, scene.at)?)?;
        let enrolments = self.devices.entry(scene.device.clone()).or_default();
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
        Ok(self.office.report()?)
    }
}
