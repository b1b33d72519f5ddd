//! The status line: how old the list is, when the server was last heard, what
//! waits, what a supervisor must know.

use super::hook::Hook;
use super::lock::Lock;
use super::preferences::Preferences;
use super::shown::{Chosen, Enrolled, Link, ListShown, StatusLine};
use super::warning::Warning;
use super::{Answered, Controller, ControllerError, GuiIntegration};
use crate::store::{Choice, Identity, Kept, Known, Progress, Rebuilt, Store, little_room};
use gateline_common::catalog::TypeAdmission;
use gateline_common::ids::GateId;
use gateline_common::sync::CLOCK_UNCERTAINTY_UNKNOWN;
use gateline_common::time::Timestamp;
use std::sync::Arc;

/// A wall clock that moved further than this since the last contact was set.
const CLOCK_SET_MS: i64 = 2_000;
/// A clock further off than this is worth a warning.
const CLOCK_OFF_MS: i64 = 30_000;

/// What the store knows for the status line.
struct Facts {
    identity: Option<Identity>,
    known: Option<Arc<Known>>,
    progress: Progress,
    list: Option<ListShown>,
    exposed: Option<u64>,
    forked: bool,
    rebuilt: Option<Rebuilt>,
    list_old_minutes: u32,
    lock: Lock,
    /// Set when they are few.
    free_bytes: Option<u64>,
}

impl<I: GuiIntegration> Controller<I> {
    /// The status line.
    ///
    /// # Errors
    /// `Store` when the store cannot be read.
    pub async fn status(&self) -> Answered<StatusLine> {
        let choice = *super::lock(&self.choice);
        let now = self.clock.now();
        let mut facts = self
            .store
            .call(move |store| Facts::read(store, choice, now))
            .await?;
        facts.free_bytes = self.free_bytes();
        let (steady_ms, link) = (self.clock.steady_ms(), self.syncer.link().clone());
        let confirming =
            self.settings.confirm_ms > 0 && link.is_close(steady_ms, self.settings.contact_ms);
        let moved = link.clock_moved_ms(steady_ms, now.0);
        let revoked = facts
            .identity
            .as_ref()
            .is_some_and(|who| who.revoked_at.is_some());
        let clock = facts.progress.clock;
        Ok(StatusLine {
            enrolled: facts.enrolled(),
            chosen: choice.zip(facts.known.as_deref()).and_then(chosen),
            link: if revoked { Link::Revoked } else { link.link },
            trouble: link.trouble.clone(),
            last_contact_at: facts.progress.contact_at,
            last_contact_age_ms: link.age_ms(steady_ms).or_else(|| {
                let age = now.since_ms(facts.progress.contact_at?);
                Some(u64::try_from(age).unwrap_or(0))
            }),
            confirming,
            exposure: facts.exposed.map(|n| if confirming { 0 } else { n }),
            list: facts.list.clone(),
            scans_waiting: facts.progress.waiting,
            scans_logged: facts.progress.scans_logged,
            scans_quarantined: facts.progress.set_aside,
            clock_offset_ms: clock.offset_ms,
            clock_uncertainty_ms: Some(clock.uncertainty_ms)
                .filter(|ms| *ms != CLOCK_UNCERTAINTY_UNKNOWN),
            store_key: self.store.key_place(),
            hook_trouble: self.hook.as_ref().and_then(Hook::trouble),
            locked: self.unlocked().is_err(),
            lock_pin_set: facts.lock.has_pin(),
            warnings: facts.warnings(moved),
        })
    }

    /// Bytes that may still be written, when these are few.
    fn free_bytes(&self) -> Option<u64> {
        little_room(self.store.folder()).unwrap_or_else(|error| {
            tracing::debug!(%error, "how full the disk is cannot be told");
            None
        })
    }

    pub(super) async fn show_status(&self) {
        match self.status().await {
            Ok(line) => self.gui.status(&line),
            Err(error) => tracing::error!(%error, "the status cannot be read"),
        }
    }
}

impl Facts {
    fn read(
        store: &mut Store,
        choice: Option<Choice>,
        now: Timestamp,
    ) -> Result<Self, ControllerError> {
        let known = store.known()?;
        let preferences: Preferences = store.kept(Kept::Preferences)?;
        let (mut list, mut exposed) = (None, None);
        if let Some(choice) = choice {
            let feed = store.feed(choice.event)?;
            let as_of = feed.and_then(|feed| feed.as_of);
            list = Some(ListShown {
                tickets: store.listed_tickets(choice.event)?,
                complete: feed.is_some_and(|feed| feed.complete),
                as_of,
                age_ms: as_of.map(|at| u64::try_from(now.since_ms(at)).unwrap_or(0)),
                inside: store.people_inside(choice.event)?.everywhere(),
            });
            exposed = Some(exposure(store, known.as_deref(), choice)?);
        }
        Ok(Self {
            identity: store.identity()?,
            progress: store.progress()?,
            forked: store.has_fork()?,
            rebuilt: store.rebuilt()?,
            list_old_minutes: preferences.list_old_minutes,
            lock: Lock::read(store)?,
            free_bytes: None,
            known,
            list,
            exposed,
        })
    }

    fn enrolled(&self) -> Option<Enrolled> {
        let who = self.identity.as_ref()?;
        let manifest = self.known.as_ref().map(|known| &known.manifest);
        Some(Enrolled {
            device: who.device,
            name: who.name.clone(),
            org_name: manifest
                .map(|manifest| manifest.org_name.clone())
                .unwrap_or_default(),
            server: who.server.clone(),
        })
    }

    fn warnings(self, clock_moved_ms: i64) -> Vec<Warning> {
        let off_ms = self.progress.clock.offset_ms;
        let refused = self.progress.rejected;
        let uncounted = self.progress.set_aside.saturating_sub(refused);
        let list = self.list.as_ref();
        let incomplete = list.is_some_and(|list| !list.complete);
        let age_ms = list.filter(|list| list.complete).and_then(|it| it.age_ms);
        let old_ms = u64::from(self.list_old_minutes) * 60_000;
        let when = |is_so: bool, warning: Warning| is_so.then_some(warning);
        [
            when(
                clock_moved_ms.abs() > CLOCK_SET_MS,
                Warning::ClockSet {
                    by_ms: clock_moved_ms,
                },
            ),
            when(
                off_ms.abs() > CLOCK_OFF_MS,
                Warning::ClockOff { by_ms: off_ms },
            ),
            self.rebuilt.map(Warning::from),
            when(self.forked, Warning::Forked),
            when(refused > 0, Warning::RecordsRefused { count: refused }),
            when(
                uncounted > 0,
                Warning::RecordsUncounted { count: uncounted },
            ),
            when(incomplete, Warning::ListIncomplete),
            age_ms
                .filter(|age_ms| *age_ms > old_ms)
                .map(|age_ms| Warning::ListOld { age_ms }),
            self.free_bytes
                .map(|free_bytes| Warning::DiskNearlyFull { free_bytes }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Tickets that this gate would admit now and another device might have
/// admitted without its knowing: good, not admitted as far as is known, and of
/// a type that this gate takes. Nobody else can have admitted them if this is
/// the organization's only device.
fn exposure(store: &Store, known: Option<&Known>, choice: Choice) -> Result<u64, ControllerError> {
    let Some((known, rules)) = known.and_then(|known| Some((known, known.rules(choice.event)?)))
    else {
        return Ok(0);
    };
    if known.manifest.devices.len() < 2 {
        return Ok(0);
    }
    let open = store.open_tickets(choice.event)?.into_iter();
    let exposed = open.filter(|(kind, _)| {
        rules
            .ticket_type(*kind)
            .is_some_and(|kind| takes(&kind.admission, choice.gate))
    });
    Ok(exposed.map(|(_, tickets)| tickets).sum())
}

fn takes(admission: &TypeAdmission, gate: Option<GateId>) -> bool {
    admission.gates.is_empty() || gate.is_some_and(|gate| admission.gates.contains(&gate))
}

pub(super) fn chosen((choice, known): (Choice, &Known)) -> Option<Chosen> {
    let mut events = known.manifest.events.iter();
    let event = events.find(|event| event.event == choice.event)?;
    Some(Chosen {
        event: choice.event,
        title: event.title.clone(),
        gate: choice.gate,
        gate_name: super::show::gate_name(known, choice.event, choice.gate),
        direction: choice.direction,
    })
}
