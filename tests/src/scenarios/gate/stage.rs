//! What each step of a scenario is at a gate.

use super::device::copy_of;
use super::gates::{APART_MS, Gates, as_shown};
use super::hand::{Hand, Hands};
use super::server::Upload;
use crate::scenarios::file::{self, Fault};
use crate::scenarios::stage::{Scene, Shown, Stage, StageError};
use crate::scenarios::{Code, World};
use anyhow::{Context, anyhow};
use gateline_admission::Report;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, Serial};
use std::sync::Arc;

impl<H: Hands> Stage for Gates<'_, H> {
    fn world(&self) -> &World {
        &self.world
    }

    fn device_id(&mut self, name: &str) -> Result<DeviceId, StageError> {
        let ids = self.device_ids(name)?;
        ids.last()
            .copied()
            .ok_or_else(|| anyhow!("no such device").into())
    }

    fn device_ids(&mut self, name: &str) -> Result<Vec<DeviceId>, StageError> {
        let ids = self.enrolments.get(name).context("no such device")?;
        Ok(ids.clone())
    }

    fn scan(&mut self, scene: &Scene, code: &Code) -> Result<Shown, StageError> {
        self.take(scene, async |gate| gate.scan(&code.0).await)
    }

    fn info(&mut self, scene: &Scene, code: &Code) -> Result<Shown, StageError> {
        let device = self.device(scene)?;
        let shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            device.hand.info(&code.0).await
        })?;
        Ok(Shown {
            answer: shown.answer,
            confirmed: false,
            note: shown.ticket.and_then(|ticket| ticket.note),
        })
    }

    fn hold(
        &mut self,
        scene: &Scene,
        code: &Code,
        frames: u32,
    ) -> Result<Option<Shown>, StageError> {
        let device = self.device(scene)?;
        self.steady.pass_ms(APART_MS);
        let mut shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            device.hand.hold(&code.0, frames).await
        })?;
        let last = shown.pop();
        if !shown.is_empty() {
            return Err(anyhow!("one code was {} scans", shown.len() + 1).into());
        }
        Ok(last.map(as_shown))
    }

    fn admit(&mut self, scene: &Scene, serial: Serial) -> Result<Shown, StageError> {
        self.take(scene, async |gate| gate.admit(serial).await)
    }

    fn override_last(
        &mut self,
        scene: &Scene,
        given: &file::Override,
    ) -> Result<Shown, StageError> {
        self.take(scene, async |gate| {
            gate.override_last(&given.reason, given.pin.as_deref())
                .await
        })
    }

    fn undo(&mut self, scene: &Scene) -> Result<(), StageError> {
        let device = self.device(scene)?;
        self.runtime.block_on(device.hand.undo())?;
        Ok(())
    }

    fn search(&mut self, scene: &Scene, text: &str) -> Result<Vec<Serial>, StageError> {
        let device = self.device(scene)?;
        Ok(self.runtime.block_on(device.hand.search(text))?)
    }

    fn sync(&mut self, scene: &Scene, how: file::Sync) -> Result<(), StageError> {
        let device = self.device(scene)?;
        let broken = match how {
            file::Sync::Full => return self.exchange(device),
            file::Sync::Unreadable => {
                return Err(StageError::CannotApply(
                    "a gate writes no record of another version than its own",
                ));
            }
            file::Sync::Twice => Upload::AnswerLost,
            file::Sync::Half => Upload::Half,
        };
        self.books().upload = broken;
        let outcome = self.exchange(device);
        self.books().upload = Upload::Good;
        match (how, outcome) {
            (file::Sync::Twice, Err(StageError::SyncFailed(_))) => self.exchange(device),
            (file::Sync::Twice, Ok(())) => Err(anyhow!("no answer, and no trouble").into()),
            (_, outcome) => outcome,
        }
    }

    fn change(&mut self, at: Timestamp, change: &file::Change) -> Result<(), StageError> {
        Ok(self.books().change(&self.world, at, change)?)
    }

    fn revoke(&mut self, scene: &Scene) -> Result<(), StageError> {
        let id = self.device_id(&scene.device)?;
        self.books().revoke(id);
        Ok(())
    }

    fn wipe(&mut self, scene: &Scene) -> Result<(), StageError> {
        self.revoke(scene)?;
        self.devices.remove(&scene.device);
        Ok(self.enrol(&scene.device, scene.at, true)?)
    }

    fn copy(&mut self, scene: &Scene) -> Result<(), StageError> {
        let copy = self.device(scene)?.copy_of_store()?;
        self.copies.insert(scene.device.clone(), copy);
        Ok(())
    }

    fn restore(&mut self, scene: &Scene) -> Result<(), StageError> {
        let copy = self.copies.get(&scene.device).context("there is no copy")?;
        let store = copy_of(copy.path())?;
        let device = self.devices.remove(&scene.device);
        let device = device.context("no such device")?;
        let opening = device.over(self.hands, store, scene.at, Arc::clone(&self.steady));
        let device = self.runtime.block_on(opening)?;
        self.devices.insert(scene.device.clone(), device);
        Ok(())
    }

    fn dialog(&mut self, scene: &Scene, open: bool) -> Result<(), StageError> {
        let device = self.device(scene)?;
        Ok(self.runtime.block_on(device.hand.dialog(open))?)
    }

    fn fault(&mut self, scene: &Scene, fault: Fault) -> Result<(), StageError> {
        if fault == Fault::WrongCertificate {
            return Err(StageError::CannotApply(
                "its server speaks no TLS: the gate's own tests show it another certificate",
            ));
        }
        self.device(scene)?;
        let mut books = self.books();
        books.fault = fault;
        if fault == Fault::ForeignCursor {
            books.begin_new_history();
        }
        Ok(())
    }

    fn logged(&mut self, device: &str) -> Result<u64, StageError> {
        let device = self.devices.get(device).context("no such device")?;
        let status = self.runtime.block_on(device.hand.status())?;
        Ok(status.scans_logged)
    }

    fn report(&mut self) -> Result<Report, StageError> {
        Ok(self.books().report()?)
    }
}
