//! The lock of the app: while it is locked it neither scans, nor shows, nor changes
//! anything; syncing goes on. It opens with the device's PIN or the supervisor's PIN
//! of the chosen event.
//!
//! Always true: a locked device that is started again is locked, and a kiosk is a kiosk
//! again; PINs are tried one after another, and after some wrong ones the next is tried
//! after a pause.

use super::{Answered, Controller, ControllerError, ControllerErrorCode as Code, GuiIntegration};
use super::{decide, pin};
use crate::store::{Choice, Kept, Store};
use gateline_admission::supervisor_pin_hash;
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

/// The lock as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Lock {
    /// The hash of the device's PIN.
    pin: Option<String>,
    /// Is it locked?
    pub(super) locked: bool,
    /// Is it a kiosk?
    kiosk: bool,
}

impl Lock {
    pub(super) fn read(store: &Store) -> Result<Self, ControllerError> {
        Ok(store.kept(Kept::Lock)?)
    }

    pub(super) fn has_pin(&self) -> bool {
        self.pin.is_some()
    }
}

impl<I: GuiIntegration> Controller<I> {
    /// Nothing but what is said to be answered then is answered while it is locked.
    pub(super) fn unlocked(&self) -> Answered<()> {
        match self.locked.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(ControllerError::new(
                Code::Locked,
                "this gate is locked: unlock it with its PIN or the supervisor's",
            )),
        }
    }

    /// Sets, changes or (with `new` = `None`) removes the device's PIN. Where one is
    /// set, `old` must be it.
    ///
    /// # Errors
    /// `BadPin` when `new` is not 4 to 12 digits; `WrongPin`, `Locked`, `Store`.
    pub async fn set_lock_pin(&self, old: Option<&str>, new: Option<&str>) -> Answered<()> {
        self.unlocked()?;
        if new.is_some_and(|new| !pin::is_pin(new)) {
            return Err(ControllerError::new(
                Code::BadPin,
                "a PIN has 4 to 12 digits",
            ));
        }
        let _one_at_a_time = self.pin_turn.lock().await;
        let mut lock = self.store.call(|store| Lock::read(store)).await?;
        if let Some(kept) = lock.pin.clone() {
            let old = old.unwrap_or_default().to_owned();
            self.tried(move || pin::is_same(&old, &kept)).await?;
        }
        lock.pin = match new.map(str::to_owned) {
            Some(new) => Some(apart(move || pin::hash(&new)).await?.ok_or_else(|| {
                ControllerError::new(Code::Store, "the PIN cannot be hashed: no memory is left")
            })?),
            None => None,
        };
        self.keep_lock(lock).await
    }

    /// Locks the app.
    ///
    /// # Errors
    /// `NoPin` when there is no PIN that would unlock it; `Store`.
    pub async fn lock(&self) -> Answered<()> {
        let _one_at_a_time = self.pin_turn.lock().await;
        let mut lock = self.lockable().await?;
        // From now on, whatever becomes of the disk.
        self.locked.store(true, Ordering::SeqCst);
        lock.locked = true;
        self.keep_lock(lock).await
    }

    /// Would a PIN let staff back in? Asked before kiosk mode begins.
    ///
    /// # Errors
    /// `NoPin`, `Store`.
    pub async fn can_be_unlocked(&self) -> Answered<()> {
        self.lockable().await.map(drop)
    }

    async fn lockable(&self) -> Answered<Lock> {
        let (lock, supervised) = self.pins().await?;
        if lock.has_pin() || supervised {
            return Ok(lock);
        }
        Err(ControllerError::new(
            Code::NoPin,
            "set a PIN first: nothing would unlock this gate",
        ))
    }

    /// Unlocks the app with the device's PIN or the supervisor's of the chosen event.
    /// When neither is set any more, because the event lost its own or is gone, that
    /// of another event; and where there is none at all, any will do.
    ///
    /// # Errors
    /// `WrongPin`, `Store`.
    pub async fn unlock(&self, pin: &str) -> Answered<()> {
        let _one_at_a_time = self.pin_turn.lock().await;
        self.unlocks(pin).await?;
        let mut lock = self.store.call(|store| Lock::read(store)).await?;
        lock.locked = false;
        self.keep_lock(lock).await?;
        self.locked.store(false, Ordering::SeqCst);
        self.show_status().await;
        Ok(())
    }

    /// Keeps whether this device is a kiosk, for when it is started again.
    ///
    /// # Errors
    /// `Store`.
    pub async fn keep_kiosk(&self, on: bool) -> Answered<()> {
        let _one_at_a_time = self.pin_turn.lock().await;
        let mut lock = self.store.call(|store| Lock::read(store)).await?;
        lock.kiosk = on;
        self.keep_lock(lock).await
    }

    /// Was it a kiosk when it ended?
    ///
    /// # Errors
    /// `Store`.
    pub async fn is_kiosk(&self) -> Answered<bool> {
        let lock = self.store.call(|store| Lock::read(store)).await?;
        Ok(lock.kiosk)
    }

    /// Would this PIN unlock the app? For leaving the kiosk mode.
    ///
    /// # Errors
    /// `WrongPin`, `Store`.
    pub async fn check_supervisor(&self, pin: &str) -> Answered<()> {
        let _one_at_a_time = self.pin_turn.lock().await;
        self.unlocks(pin).await
    }

    async fn unlocks(&self, pin: &str) -> Answered<()> {
        let choice = *super::lock(&self.choice);
        let tried = pin.to_owned();
        let (lock, known, same) = self
            .store
            .call(move |store| {
                let lock = Lock::read(store)?;
                let (known, same) = match supervisor(store, choice, &tried)? {
                    (false, _) if !lock.has_pin() => any_supervisor(store, &tried)?,
                    chosens => chosens,
                };
                Ok::<_, ControllerError>((lock, known, same))
            })
            .await?;
        if !known && !lock.has_pin() {
            return Ok(());
        }
        let tried = pin.to_owned();
        let is_devices = move || lock.pin.is_some_and(|kept| pin::is_same(&tried, &kept));
        self.tried(move || same || is_devices()).await
    }

    /// The lock, and whether the chosen event has a supervisor's PIN.
    async fn pins(&self) -> Answered<(Lock, bool)> {
        let choice = *super::lock(&self.choice);
        self.store
            .call(move |store| Ok((Lock::read(store)?, supervisor(store, choice, "")?.0)))
            .await
    }

    /// Is it the PIN? Wrong ones are counted, and too many are not tried at all.
    async fn tried(&self, is_right: impl FnOnce() -> bool + Send + 'static) -> Answered<()> {
        self.pin_attempts(Some(""))?;
        let result = match apart(is_right).await? {
            true => Ok(()),
            false => Err(ControllerError::new(Code::WrongPin, "this is not the PIN")),
        };
        self.note_pin(Some(""), &result);
        result
    }

    async fn keep_lock(&self, lock: Lock) -> Answered<()> {
        self.store
            .call(move |store| Ok::<_, ControllerError>(store.keep(Kept::Lock, &lock)?))
            .await?;
        self.show_status().await;
        Ok(())
    }
}

/// Has the chosen event a supervisor's PIN, and is this it?
fn supervisor(
    store: &mut Store,
    choice: Option<Choice>,
    pin: &str,
) -> Result<(bool, bool), ControllerError> {
    let (Some(choice), Some(known)) = (choice, store.known()?) else {
        return Ok((false, false));
    };
    let Ok(rules) = decide::rules(&known, choice) else {
        return Ok((false, false));
    };
    let known = rules.manifest().supervisor_pin.is_some();
    Ok((known, rules.is_supervisor_pin(pin)))
}

/// Has any event a supervisor's PIN, and is this one of these?
fn any_supervisor(store: &mut Store, pin: &str) -> Result<(bool, bool), ControllerError> {
    let known = store.known()?;
    let events = known.iter().flat_map(|known| &known.manifest.events);
    let pins = events.filter_map(|event| Some((event.event, event.supervisor_pin?)));
    Ok(pins.fold((false, false), |(_, same), (event, hash)| {
        (true, same || supervisor_pin_hash(event, pin) == hash)
    }))
}

/// A hash takes tens of milliseconds: off the threads that others wait for.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answered<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| super::closed())
}
