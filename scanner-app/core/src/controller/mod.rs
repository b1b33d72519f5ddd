//! The controller: from a scanned text to the answer on the screen.
//!
//! Always true: what is shown is on disk before (I8); there is no mode switch,
//! and a refusal never waits for the network (I9). The controller knows no
//! window and no terminal; it tells its [`GuiIntegration`], and it is driven by
//! method calls. It must not decide: `gateline_admission` does.

mod debounce;
mod decide;
mod error;
mod exchange;
mod export;
mod figures;
mod history;
mod hook;
mod lock;
mod names;
mod operator;
mod pin;
mod preferences;
mod scan;
mod settings;
mod show;
mod shown;
mod status;
mod warning;

pub use error::{ControllerError, ControllerErrorCode};
pub use export::Exported;
pub use figures::{DeviceFigures, Figures, TypeFigures};
pub use history::{HistoryEntry, Presented};
pub use hook::{HookTrouble, OnAdmit, OnAdmitArgs};
pub use names::{Limit, Names, Step};
pub use preferences::{CameraPreference, Language, Preferences, SerialLine, TextSize, Theme};
pub use settings::Settings;
pub use shown::{
    Chosen, Confirmation, Enrolled, EventShown, GateShown, GuiIntegration, InfoShown, Link,
    ListShown, OverrideNeeds, PassageShown, Preview, ScanShown, StatusLine, SyncSummary,
    TicketFound, TicketShown, Trouble, UndoShown,
};
pub use warning::Warning;

use crate::clock::{Clock, SystemClock};
use crate::store::{Choice, StoreOwner, list, progress};
use crate::sync::{self, Running, Syncer};
use debounce::Debounce;
use decide::{Place, known};
use gateline_common::decision::Direction;
use gateline_common::ids::{EventId, GateId};
use gateline_common::sync::EnrolmentCode;
use hook::Hook;
use lock::Lock;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// The gate. Cheap to share (`Arc`); every method may be called at any time.
pub struct Controller<I: GuiIntegration> {
    gui: I,
    settings: Settings,
    clock: Arc<dyn Clock>,
    store: StoreOwner,
    syncer: Arc<Syncer>,
    choice: Mutex<Option<Choice>>,
    debounce: Mutex<Debounce>,
    wrong_pins: Mutex<(u32, u64)>,
    /// PINs are tried one after another.
    pin_turn: tokio::sync::Mutex<()>,
    locked: AtomicBool,
    hook: Option<Hook>,
    looking_up: AtomicBool,
    background: Mutex<Option<(Running, JoinHandle<()>)>>,
}

type Answered<T> = Result<T, ControllerError>;

impl<I: GuiIntegration> Controller<I> {
    /// Opens the store in `dir`, or makes one.
    ///
    /// # Errors
    /// `Store` when it is damaged, of another key, or cannot be written.
    pub async fn open(dir: &Path, settings: Settings, gui: I) -> Answered<Arc<Self>> {
        Self::open_with_clock(dir, settings, gui, Arc::new(SystemClock::default())).await
    }

    /// The same with the times of `clock`.
    ///
    /// # Errors
    /// As [`Controller::open`].
    pub async fn open_with_clock(
        dir: &Path,
        settings: Settings,
        gui: I,
        clock: Arc<dyn Clock>,
    ) -> Answered<Arc<Self>> {
        let (dir, key_place) = (dir.to_owned(), settings.store_key);
        let store = tokio::task::spawn_blocking(move || StoreOwner::open(&dir, key_place))
            .await
            .map_err(|_| closed())??;
        let (choice, locked) = store
            .call(|store| Ok::<_, ControllerError>((store.choice()?, Lock::read(store)?.locked)))
            .await?;
        let syncer = Syncer::new(store.clone(), Arc::clone(&clock), settings.confirm_ms);
        let program = settings.on_admit.clone();
        Ok(Arc::new_cyclic(|gate| Self {
            hook: program.map(|program| Hook::start(program, gate.clone())),
            gui,
            settings,
            clock,
            store,
            syncer: Arc::new(syncer),
            choice: Mutex::new(choice),
            debounce: Mutex::default(),
            wrong_pins: Mutex::default(),
            pin_turn: tokio::sync::Mutex::default(),
            locked: AtomicBool::new(locked),
            looking_up: AtomicBool::default(),
            background: Mutex::default(),
        }))
    }

    /// Syncs in the background until [`Controller::close`], and shows the status
    /// after each exchange. Needs a Tokio runtime. Before the device is enrolled
    /// this does nothing but wait.
    pub fn start_sync(self: &Arc<Self>) {
        let mut background = lock(&self.background);
        if background.is_none() {
            let gate = Arc::downgrade(self);
            let syncer = Arc::clone(&self.syncer);
            let telling = tokio::spawn(async move {
                if let Some(gate) = gate.upgrade()
                    && let Err(error) = gate.read_ahead().await
                {
                    tracing::warn!(%error, "the list could not be read ahead");
                }
                loop {
                    syncer.changed().await;
                    let Some(gate) = gate.upgrade() else { return };
                    gate.show_status().await;
                }
            });
            *background = Some((self.syncer.start(self.settings.poll_ms), telling));
        }
    }

    /// Ends the background work; with `final_sync_ms` after one last exchange
    /// that takes at most so long. Nothing is lost when it does not succeed.
    ///
    /// # Errors
    /// `Store` when the store cannot be read.
    pub async fn close(&self, final_sync_ms: Option<u64>) -> Answered<Option<SyncSummary>> {
        let background = lock(&self.background).take();
        if let Some((running, telling)) = background {
            running.stop().await;
            telling.abort();
        }
        if let Some(hook) = &self.hook {
            hook.finish().await;
        }
        let Some(ms) = final_sync_ms else {
            return Ok(None);
        };
        self.sync_within(Some(Duration::from_millis(ms)))
            .await
            .map(Some)
    }

    /// Ends the store's threads and waits for them: a program whose window or
    /// camera may still hold this gate calls it last. Nothing works afterwards.
    pub async fn shut(&self) {
        let store = self.store.clone();
        if tokio::task::spawn_blocking(move || store.close())
            .await
            .is_err()
        {
            tracing::error!("the store was not closed in good order");
        }
    }

    /// Enrols this device with the organizer's one-time code. A revoked device
    /// becomes a new one, with a new key and an empty log, once the server has
    /// receipted all of its records.
    ///
    /// # Errors
    /// `NotAnEnrolmentCode`, `AlreadyEnrolled`, `Unsent`, `Locked`, `Sync`, `Store`.
    pub async fn enrol(&self, code_text: &str, name: &str) -> Answered<Enrolled> {
        self.unlocked()?;
        let code: EnrolmentCode = code_text.parse().map_err(|_| {
            ControllerError::new(
                ControllerErrorCode::NotAnEnrolmentCode,
                "this is no enrolment code; ask the organizer for a new one",
            )
        })?;
        // Before the code is used up; and nothing of an earlier enrolment is under
        // way while another takes its place.
        let _still = self.syncer.still().await;
        self.store.call(|store| store.has_room()).await?;
        let new = sync::enrol(&code, name, &*self.clock).await?;
        let at = self.clock.now();
        let shown = self
            .store
            .call(move |store| {
                store.enrol(&new.identity)?;
                store.keep_manifest(&new.manifest)?;
                store.write(|db| progress::note_contact(db, at, new.clock))?;
                let org_name = known(store)?.manifest.org_name.clone();
                Ok::<_, ControllerError>(Enrolled {
                    device: new.identity.device,
                    name: new.identity.name,
                    org_name,
                    server: new.identity.server,
                })
            })
            .await?;
        self.syncer.forget();
        *lock(&self.choice) = None;
        self.syncer.wake();
        self.show_status().await;
        Ok(shown)
    }

    /// The events that the gate can be set to.
    ///
    /// # Errors
    /// `NotEnrolled`, `Store`.
    pub async fn events(&self) -> Answered<Vec<EventShown>> {
        self.unlocked()?;
        self.syncer.connected().await?;
        self.store
            .call(|store| {
                let known = known(store)?;
                let mut shown = Vec::new();
                for event in &known.manifest.events {
                    let gates = event.gates.iter().map(|gate| GateShown {
                        gate: gate.id,
                        name: gate.name.clone(),
                    });
                    shown.push(EventShown {
                        event: event.event,
                        title: event.title.clone(),
                        timezone: event.timezone.clone(),
                        starts_at: event.starts_at,
                        ends_at: event.ends_at,
                        gates: gates.collect(),
                        tickets: store.listed_tickets(event.event)?,
                        complete: store.feed(event.event)?.is_some_and(|feed| feed.complete),
                    });
                }
                Ok(shown)
            })
            .await
    }

    /// Sets the gate to an event, a gate of it and a direction. Kept in the store.
    ///
    /// # Errors
    /// `UnknownPlace`, `BadManifest`, `NotEnrolled`, `Store`.
    pub async fn choose(
        &self,
        event: EventId,
        gate: Option<GateId>,
        direction: Direction,
    ) -> Answered<Chosen> {
        self.unlocked()?;
        self.syncer.connected().await?;
        let choice = Choice {
            event,
            gate,
            direction,
        };
        let chosen = self
            .store
            .call(move |store| {
                let known = known(store)?;
                let rules = decide::rules(&known, choice)?;
                if gate.is_some_and(|gate| rules.gate(gate).is_none()) {
                    return Err(ControllerError::new(
                        ControllerErrorCode::UnknownPlace,
                        "this event has no such gate",
                    ));
                }
                store.choose(choice)?;
                status::chosen((choice, &known)).ok_or_else(closed)
            })
            .await?;
        *lock(&self.choice) = Some(choice);
        self.show_status().await;
        self.read_ahead().await?;
        Ok(chosen)
    }

    /// Reads as much of the list as is kept in memory, piece by piece: without it
    /// every first scan of a part of a long list would wait for the disk.
    async fn read_ahead(&self) -> Answered<()> {
        let Some(event) = lock(&self.choice).map(|choice| choice.event) else {
            return Ok(());
        };
        let mut after = Some(0);
        while let Some(row) = after {
            after = self
                .store
                .call(move |store| list::read_ahead(store.db(), event, row))
                .await?;
        }
        Ok(())
    }
}

fn closed() -> ControllerError {
    ControllerError::new(ControllerErrorCode::Closed, "the gate is closed")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves nothing half-written in these small values.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
