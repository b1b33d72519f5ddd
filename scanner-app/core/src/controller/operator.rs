//! What staff do beside scanning: undo, override, search, admit from a search
//! result, and ask about a code without burning it.

use super::decide::{Seen, Waiver, decide_only, known, not_logged};
use super::show::{passage_shown, ticket_shown};
use super::shown::{InfoShown, ScanShown, TicketFound, UndoShown};
use super::{Answered, Controller, ControllerError, ControllerErrorCode as Code, GuiIntegration};
use crate::store::progress::clock_reading;
use crate::store::{Store, StoreError, list, log};
use crate::sync::{forget_passage, ticket_of};
use gateline_common::decision::Answer;
use gateline_common::ids::Serial;
use gateline_common::sync::RecordBody;
use std::sync::Arc;

impl<I: GuiIntegration> Controller<I> {
    /// Shows what a scan would answer. Burns nothing, logs nothing.
    ///
    /// # Errors
    /// As [`Controller::scan_text`].
    pub async fn info(&self, text: &str) -> Answered<InfoShown> {
        let place = self.place().await?;
        let (seen, clock) = (Seen::text(text), Arc::clone(&self.clock));
        let decided = self
            .store
            .call(move |store| decide_only(store, &*clock, place, &seen))
            .await?;
        Ok(decided.info(place.choice.event))
    }

    /// Takes the last scan back: see [`Controller::undo`].
    ///
    /// # Errors
    /// As [`Controller::undo`].
    pub async fn undo_last(&self) -> Answered<UndoShown> {
        self.undo(None).await
    }

    /// Takes the scan with this number back (the last one without it), when it
    /// admitted somebody and still stands. The log keeps both. Whoever saw a scan
    /// names it: another reader may have the next guest's under way.
    ///
    /// # Errors
    /// `NothingToUndo`; `NotLogged` when it could not be written.
    pub async fn undo(&self, seq: Option<u64>) -> Answered<UndoShown> {
        let place = self.place().await?;
        let clock = Arc::clone(&self.clock);
        let undone = self
            .store
            .call(move |store| {
                let known = known(store)?;
                let nothing = |why| ControllerError::new(Code::NothingToUndo, why);
                let last = own_scan(store, seq)?
                    .filter(|last| last.shown().is_admitted())
                    .ok_or_else(|| {
                        nothing("the last scan let nobody in: there is nothing to undo")
                    })?;
                if last.undone {
                    return Err(nothing("the last scan was undone already"));
                }
                let undo = |db: &rusqlite::Transaction<'_>| {
                    let body = RecordBody::Undo { seq: last.seq };
                    let logged = log::append(db, clock.now(), clock_reading(db)?, body)?;
                    forget_passage(db, Some(&known), place.device, last.seq)?;
                    Ok::<_, StoreError>(logged.seq)
                };
                let seq = store.write(undo).map_err(not_logged)?;
                let serial = ticket_of(&last.scan).map(|(_, serial)| serial);
                Ok::<_, ControllerError>(UndoShown {
                    seq,
                    undone: last.seq,
                    serial,
                    words: match serial {
                        Some(serial) => format!("Undone: ticket {serial} was not let through"),
                        None => "Undone".into(),
                    },
                })
            })
            .await?;
        self.syncer.nudge();
        self.show_status().await;
        Ok(undone)
    }

    /// Waives the refusal of the last scan: see [`Controller::override_scan`].
    ///
    /// # Errors
    /// As [`Controller::override_scan`].
    pub async fn override_last(&self, reason: &str, pin: Option<&str>) -> Answered<ScanShown> {
        self.override_scan(None, reason, pin).await
    }

    /// Waives the refusal of the scan with this number (the last one without it)
    /// and decides again.
    ///
    /// # Errors
    /// `NothingToOverride`, `OverrideForbidden`, `ReasonMissing`, `WrongPin`, and
    /// those of [`Controller::scan_text`].
    pub async fn override_scan(
        &self,
        seq: Option<u64>,
        reason: &str,
        pin: Option<&str>,
    ) -> Answered<ScanShown> {
        self.unlocked()?;
        // Nothing was tried, so nothing that was wrong before is forgotten for it.
        let pin = pin.filter(|pin| !pin.is_empty());
        let last = self
            .store
            .call(move |store| own_scan(store, seq).map_err(ControllerError::from))
            .await?;
        let refused = last.and_then(|last| match last.shown() {
            Answer::Refuse(refusal) => Some((refusal.clone(), last.scan.subject)),
            Answer::Admit(_) => None,
        });
        let (waived, subject) = refused.ok_or_else(|| {
            ControllerError::new(
                Code::NothingToOverride,
                "the last scan was not refused: there is nothing to override",
            )
        })?;
        let seen = Seen::again(&subject).ok_or_else(|| {
            ControllerError::new(
                Code::OverrideForbidden,
                "what is no ticket cannot be overridden; search the list instead",
            )
        })?;
        self.pin_attempts(pin)?;
        let waiver = Waiver {
            waived,
            reason: reason.to_owned(),
            pin: pin.map(str::to_owned),
        };
        let result = self.scan(seen, Some(waiver)).await;
        self.note_pin(pin, &result);
        result
    }

    /// Searches the chosen event's list by part of a name, by serial or by order
    /// code: words by their first letters, from the third letter on any part of them.
    /// Runs beside scans, and takes the place of a search that is not answered yet.
    ///
    /// # Errors
    /// `SearchTooShort`, `NoEvent`, `Superseded`, `Store`.
    pub async fn search(&self, text: &str) -> Answered<Vec<TicketFound>> {
        let event = self.place().await?.choice.event;
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(ControllerError::new(
                Code::SearchTooShort,
                "type a part of the name, the serial or the order code",
            ));
        }
        self.store
            .search(move |store| {
                let known = known(store)?;
                let mut found = Vec::new();
                for (serial, ticket) in store.search_list(event, &text)? {
                    let history = list::history(store.db(), event, serial)?;
                    found.push(TicketFound {
                        ticket: ticket_shown(&known, event, serial, Some(&ticket)),
                        status: ticket.status,
                        last_passage: history
                            .last()
                            .map(|passage| passage_shown(&known, event, passage)),
                    });
                }
                Ok(found)
            })
            .await
    }

    /// Admits a ticket from a search result: no code was verified, and the log
    /// says so.
    ///
    /// # Errors
    /// `UnknownTicket`, and those of [`Controller::scan_text`].
    pub async fn admit_listed(&self, serial: Serial) -> Answered<ScanShown> {
        let event = self.place().await?.choice.event;
        let listed = self
            .store
            .call(move |store| {
                list::listed(store.db(), event, serial).map_err(ControllerError::from)
            })
            .await?;
        if listed.is_none() {
            return Err(ControllerError::new(
                Code::UnknownTicket,
                "this ticket is not on the list of the chosen event",
            ));
        }
        self.scan(Seen::Listed(serial), None).await
    }

    /// After some wrong PINs, the next may be tried after a pause.
    pub(super) fn pin_attempts(&self, pin: Option<&str>) -> Answered<()> {
        const MOST_WRONG: u32 = 5;
        const PAUSE_MS: u64 = 30_000;
        let (wrong, last_ms) = *super::lock(&self.wrong_pins);
        let since = self.clock.steady_ms().saturating_sub(last_ms);
        if pin.is_some() && wrong >= MOST_WRONG && since < PAUSE_MS {
            return Err(ControllerError::new(
                Code::WrongPin,
                "too many wrong PINs: wait half a minute",
            ));
        }
        Ok(())
    }

    pub(super) fn note_pin<T>(&self, pin: Option<&str>, result: &Answered<T>) {
        let mut wrong = super::lock(&self.wrong_pins);
        match result {
            Err(error) if error.code == Code::WrongPin && pin.is_some() => {
                *wrong = (wrong.0.saturating_add(1), self.clock.steady_ms());
            }
            Ok(_) if pin.is_some() => *wrong = (0, 0),
            _ => {}
        }
    }
}

/// The scan with this number; the last one without it.
fn own_scan(store: &Store, seq: Option<u64>) -> Result<Option<log::OwnScan>, StoreError> {
    match seq {
        Some(seq) => log::scan(store.db(), seq),
        None => log::last_scan(store.db()),
    }
}
