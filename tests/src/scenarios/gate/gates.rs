//! The gates of a scenario and the server that they exchange with.

use super::clock::Steady;
use super::device::{Device, code_of};
use super::hand::{Hand, Hands, NotHere};
use super::server::{Books, SyncServer};
use crate::scenarios::file::Fault;
use crate::scenarios::stage::{Online, Scene, Shown, StageError};
use crate::scenarios::{Scenario, World};
use anyhow::{Context, anyhow, ensure};
use gateline_common::Timestamp;
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::Direction;
use gateline_common::ids::DeviceId;
use gateline_scanner::controller::{Confirmation, ControllerErrorCode, ScanShown, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Time between two steps that are not online: the last contact is no longer
/// close then, and a hand that holds a code has gone.
pub(super) const APART_MS: u64 = 60_000;
/// How long a gate waits for an answer that will come too late.
const SHORT_MS: u64 = 50;
/// The same for one that will come in time, on a machine under load.
const LONG_MS: u64 = 30_000;

pub(in crate::scenarios) struct Gates<'a, H: Hands> {
    pub(super) runtime: &'a Runtime,
    pub(super) hands: &'a H,
    pub(super) world: World,
    pub(super) server: SyncServer,
    pub(super) steady: Arc<Steady>,
    settings: Settings,
    pub(super) devices: BTreeMap<String, Device<H::Hand>>,
    pub(super) enrolments: BTreeMap<String, Vec<DeviceId>>,
    pub(super) copies: BTreeMap<String, TempDir>,
    /// Does a download of the list have to count every ticket?
    list_is_whole: bool,
}

impl<'a, H: Hands> Gates<'a, H> {
    /// Every device that the scenario names is enrolled and in sync; what was
    /// sold since then they do not know.
    pub(in crate::scenarios) fn new(
        runtime: &'a Runtime,
        hands: &'a H,
        scenario: &Scenario,
    ) -> anyhow::Result<Self> {
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
            hands,
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

    pub(super) fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.server.books()
    }

    /// A device with a new store.
    pub(super) fn enrol(&mut self, name: &str, at: Timestamp, in_sync: bool) -> anyhow::Result<()> {
        self.books().now = at;
        let code = self.server.enrolment_code();
        let first = self.world.event().gates.first().map(|gate| gate.id);
        let (settings, steady) = (self.settings.clone(), Arc::clone(&self.steady));
        let (device, id) = self.runtime.block_on(async {
            let store = tempfile::tempdir()?;
            let device = Device::open(self.hands, name, store, settings, at, steady).await?;
            let id = device.hand.enrol(&code, name).await?;
            device.hand.choose(first, Direction::Entry).await?;
            if in_sync {
                let summary = device.hand.sync().await?;
                ensure!(summary.complete, "{:?}", summary.trouble);
            }
            anyhow::Ok((device, id))
        })?;
        self.devices.insert(name.to_owned(), device);
        let enrolments = self.enrolments.entry(name.to_owned());
        enrolments.or_default().push(id);
        Ok(())
    }

    /// The device of a scene, its clock set.
    pub(super) fn device(&self, scene: &Scene) -> anyhow::Result<&Device<H::Hand>> {
        let device = self.devices.get(&scene.device).context("no such device")?;
        device.set_clock(scene)?;
        self.books().now = scene.at;
        Ok(device)
    }

    /// Scans in one of the gate's ways, online or not.
    pub(super) fn take(
        &mut self,
        scene: &Scene,
        scan: impl AsyncFnOnce(&H::Hand) -> anyhow::Result<ScanShown>,
    ) -> Result<Shown, StageError> {
        let device = self.device(scene)?;
        let asked = self.books().asked;
        match scene.online {
            Online::No => self.steady.pass_ms(APART_MS),
            Online::Yes => {}
            Online::Late => self.server.hold_answers(true),
        }
        let shown = self.runtime.block_on(async {
            device.stand(scene).await?;
            scan(&device.hand).await
        });
        self.server.hold_answers(false);
        if scene.online == Online::No && self.books().asked != asked {
            return Err(anyhow!("a gate that is offline asked the server").into());
        }
        let policy = self.world.event().policy.overrides;
        let shown = shown.map_err(|error| not_accepted(error, policy))?;
        Ok(as_shown(shown))
    }

    pub(super) fn exchange(&self, device: &Device<H::Hand>) -> Result<(), StageError> {
        let summary = self.runtime.block_on(device.hand.sync())?;
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
            let status = self.runtime.block_on(device.hand.status())?;
            let list = status.list.context("no list")?;
            let listed = self.books().listed();
            if !list.complete || list.tickets != listed {
                return Err(anyhow!("{list:?} is not the list of {listed}").into());
            }
        }
        Ok(())
    }
}

pub(super) fn as_shown(shown: ScanShown) -> Shown {
    Shown {
        answer: shown.answer,
        confirmed: shown.confirmation == Confirmation::Confirmed,
        note: shown.ticket.and_then(|ticket| ticket.note),
    }
}

fn not_accepted(error: anyhow::Error, policy: OverridePolicy) -> StageError {
    if let Some(NotHere(why)) = error.downcast_ref() {
        return StageError::CannotApply(why);
    }
    match code_of(&error) {
        Some(ControllerErrorCode::OverrideForbidden) if policy == OverridePolicy::Forbidden => {
            StageError::NotAccepted("forbidden")
        }
        Some(ControllerErrorCode::OverrideForbidden) => StageError::NotAccepted("not_waivable"),
        Some(ControllerErrorCode::ReasonMissing) => StageError::NotAccepted("no_reason"),
        Some(ControllerErrorCode::WrongPin) => StageError::NotAccepted("no_pin"),
        _ => error.into(),
    }
}
