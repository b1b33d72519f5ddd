//! The driver over the gate itself: the scanner's controllers with their
//! encrypted stores, each a device of a server that speaks the sync protocol.
//!
//! Always true: a gate learns what it knows by enrolling and exchanging, as in
//! life, and a scan that the scenario does not call online is decided without a
//! request to anybody. The window and the camera are not part of it: codes come as
//! text, a dialog as the search that staff make in it.

mod clock;
mod device;
mod server;

use self::clock::Steady;
use self::device::{Blind, Device, copy_of};
use self::server::{Books, SyncServer, Upload};
use super::file::{self, Fault};
use super::stage::{Online, Scene, Shown, Stage, StageError};
use super::{Cell, Code, Driver, Scenario, World, play};
use anyhow::{Context, anyhow, ensure};
use gateline_admission::Report;
use gateline_common::Timestamp;
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::Direction;
use gateline_common::ids::{DeviceId, Serial};
use gateline_scanner::controller::{
    Confirmation, Controller, ControllerError, ControllerErrorCode, ScanShown, Settings,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Time between two steps that are not online: the last contact is no longer
/// close then, and a hand that holds a code has gone.
const APART_MS: u64 = 60_000;
const FRAME_MS: u64 = 33;
/// How long a gate waits for an answer that will come too late.
const SHORT_MS: u64 = 50;
/// The same for one that will come in time, on a machine under load.
const LONG_MS: u64 = 30_000;

/// The driver.
pub struct Gate {
    runtime: Runtime,
}

impl Gate {
    /// # Errors
    /// When the system gives no threads.
    pub fn new() -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        Ok(Self { runtime })
    }
}

impl Driver for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        match Gates::new(&self.runtime, scenario) {
            Ok(mut stage) => play(scenario, self.name(), &mut stage),
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}

struct Gates<'a> {
    runtime: &'a Runtime,
    world: World,
    server: SyncServer,
    steady: Arc<Steady>,
    settings: Settings,
    devices: BTreeMap<String, Device>,
    enrolments: BTreeMap<String, Vec<DeviceId>>,
    copies: BTreeMap<String, TempDir>,
    /// Does a download of the list have to count every ticket?
    list_is_whole: bool,
}

impl<'a> Gates<'a> {
    /// Every device that the scenario names is enrolled and in sync; what was
    /// sold since then they do not know.
    fn new(runtime: &'a Runtime, scenario: &Scenario) -> anyhow::Result<Self> {
        let world = scenario.world.clone();
        let steps = &scenario.text.steps;
        let begins = world.at(&steps.first().context("a scenario has steps")?.at)?;
        let steady = Arc::new(Steady::default());
        let any = |online| steps.iter().any(|step| step.online == online);
        let confirm_ms = match any(Online::Late) {
            true => SHORT_MS,
            false if any(Online::Yes) => LONG_MS,
            false => Settings::default().confirm_ms,
        };
        let server = runtime.block_on(SyncServer::open(&world, Arc::clone(&steady)))?;
        let mut gates = Self {
            runtime,
            world,
            server,
            steady,
            settings: Settings {
                confirm_ms,
                ..Settings::default()
            },
            devices: BTreeMap::new(),
            enrolments: BTreeMap::new(),
            copies: BTreeMap::new(),
            list_is_whole: false,
        };
        // Where the download is what fails, it is the first one.
        let downloads = steps.iter().filter_map(|step| step.fault).any(|fault| {
            matches!(
                fault,
                Fault::CutDownload | Fault::ListChanges | Fault::Restart
            )
        });
        gates.list_is_whole = downloads;
        let names = steps.iter().map(|step| step.device.as_deref());
        let names: BTreeSet<&str> = names.map(|name| name.unwrap_or("A")).collect();
        for name in names {
            gates.enrol(name, begins, !downloads)?;
        }
        gates.books().publish();
        Ok(gates)
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.server.books()
    }

    /// A device with a new store.
    fn enrol(&mut self, name: &str, at: Timestamp, in_sync: bool) -> anyhow::Result<()> {
        self.books().now = at;
        let code = self.server.enrolment_code();
        let (settings, steady) = (self.settings.clone(), Arc::clone(&self.steady));
        let (device, id) = self.runtime.block_on(async {
            let device = Device::open(tempfile::tempdir()?, settings, at, steady).await?;
            let id = device.controller.enrol(&code, name).await?.device;
            let choice = device
                .controller
                .choose(super::EVENT, None, Direction::Entry);
            choice.await?;
            if in_sync {
                let summary = device.controller.sync_now().await?;
                ensure!(summary.complete, "{:?}", summary.trouble);
            }
            Ok((device, id))
        })?;
        self.devices.insert(name.to_owned(), device);
        let enrolments = self.enrolments.entry(name.to_owned());
        enrolments.or_default().push(id);
        Ok(())
    }

    /// The device of a scene, its clock set.
    fn device(&self, scene: &Scene) -> anyhow::Result<&Device> {
        let device = self.devices.get(&scene.device).context("no such device")?;
        device.set_clock(scene);
        self.books().now = scene.at;
        Ok(device)
    }

    /// Scans in one of the gate's ways, online or not.
    fn take<F>(
        &mut self,
        scene: &Scene,
        scan: impl FnOnce(Arc<Controller<Blind>>) -> F,
    ) -> Result<Shown, StageError>
    where
        F: Future<Output = Result<ScanShown, ControllerError>>,
    {
        let device = self.device(scene)?;
        let asked = self.books().asked;
        match scene.online {
            Online::No => self.steady.pass_ms(APART_MS),
            Online::Yes => {}
            Online::Late => self.server.hold_answers(true),
        }
        let shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            scan(Arc::clone(&device.controller)).await
        });
        self.server.hold_answers(false);
        if scene.online == Online::No && self.books().asked != asked {
            return Err(anyhow!("a gate that is offline asked the server").into());
        }
        let policy = self.world.event().policy.overrides;
        let shown = shown.map_err(|error| not_accepted(error, policy))?;
        Ok(as_shown(shown))
    }

    fn exchange(&self, device: &Device) -> Result<(), StageError> {
        let summary = self.runtime.block_on(device.controller.sync_now())?;
        match summary.trouble {
            None => {}
            // It has been told: everything is sent, and it scans no more.
            Some(trouble) if trouble.code == "device_revoked" => {}
            Some(trouble) => return Err(StageError::SyncFailed(trouble.message)),
        }
        if summary.scans_waiting > 0 {
            return Err(anyhow!("{} scans still wait", summary.scans_waiting).into());
        }
        if self.list_is_whole {
            let status = self.runtime.block_on(device.controller.status())?;
            let list = status.list.context("no list")?;
            let listed = self.books().listed();
            if !list.complete || list.tickets != listed {
                return Err(anyhow!("{list:?} is not the list of {listed}").into());
            }
        }
        Ok(())
    }
}

fn as_shown(shown: ScanShown) -> Shown {
    Shown {
        answer: shown.answer,
        confirmed: shown.confirmation == Confirmation::Confirmed,
        note: shown.ticket.and_then(|ticket| ticket.note),
    }
}

fn not_accepted(error: ControllerError, policy: OverridePolicy) -> StageError {
    match error.code {
        ControllerErrorCode::OverrideForbidden if policy == OverridePolicy::Forbidden => {
            StageError::NotAccepted("forbidden")
        }
        ControllerErrorCode::OverrideForbidden => StageError::NotAccepted("not_waivable"),
        ControllerErrorCode::ReasonMissing => StageError::NotAccepted("no_reason"),
        ControllerErrorCode::WrongPin => StageError::NotAccepted("no_pin"),
        _ => error.into(),
    }
}

impl Stage for Gates<'_> {
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
        self.take(scene, |gate| async move { gate.scan_text(&code.0).await })
    }

    fn info(&mut self, scene: &Scene, code: &Code) -> Result<Shown, StageError> {
        let device = self.device(scene)?;
        let shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            device.controller.info(&code.0).await
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
        let texts = [code.0.clone()];
        let mut shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            let mut shown = Vec::new();
            for _ in 0..frames {
                shown.extend(device.controller.scan_codes(&texts).await?);
                self.steady.pass_ms(FRAME_MS);
            }
            Ok::<_, ControllerError>(shown)
        })?;
        let last = shown.pop();
        if !shown.is_empty() {
            return Err(anyhow!("one code was {} scans", shown.len() + 1).into());
        }
        Ok(last.map(as_shown))
    }

    fn admit(&mut self, scene: &Scene, serial: Serial) -> Result<Shown, StageError> {
        self.take(scene, |gate| async move { gate.admit_listed(serial).await })
    }

    fn override_last(
        &mut self,
        scene: &Scene,
        given: &file::Override,
    ) -> Result<Shown, StageError> {
        self.take(scene, |gate| async move {
            gate.override_last(&given.reason, given.pin.as_deref())
                .await
        })
    }

    fn undo(&mut self, scene: &Scene) -> Result<(), StageError> {
        let device = self.device(scene)?;
        self.runtime.block_on(device.controller.undo_last())?;
        Ok(())
    }

    fn search(&mut self, scene: &Scene, text: &str) -> Result<Vec<Serial>, StageError> {
        let device = self.device(scene)?;
        let found = self.runtime.block_on(device.controller.search(text))?;
        Ok(found.into_iter().map(|found| found.ticket.serial).collect())
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
        let opening = device.over(store, scene.at, Arc::clone(&self.steady));
        let device = self.runtime.block_on(opening)?;
        self.devices.insert(scene.device.clone(), device);
        Ok(())
    }

    fn dialog(&mut self, scene: &Scene, open: bool) -> Result<(), StageError> {
        let device = self.device(scene)?;
        if open {
            // What staff do in one: the results stay on the screen.
            self.runtime.block_on(device.controller.search("ann"))?;
        }
        Ok(())
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
        let status = self.runtime.block_on(device.controller.status())?;
        Ok(status.scans_logged)
    }

    fn report(&mut self) -> Result<Report, StageError> {
        Ok(self.books().report()?)
    }
}
