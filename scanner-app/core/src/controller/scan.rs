//! Scanning: decide and log, then, for an admission while the server is close,
//! its answer or the deadline, whichever comes first.

use super::decide::{Seen, Waiver, decide_and_log, decide_only};
use super::hook::Passed;
use super::names::names;
use super::shown::{Confirmation, ScanShown};
use super::{Answered, Controller, ControllerError, ControllerErrorCode, GuiIntegration};
use super::{Place, show};
use crate::sync::{Asked, SyncError};
use gateline_common::decision::Answer;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::time::timeout;

impl<I: GuiIntegration> Controller<I> {
    /// Scans what a hand scanner typed. A camera that sees the same code beside it is
    /// the same scan.
    ///
    /// # Errors
    /// `Locked`, `NoEvent`, `NotEnrolled`, `Revoked`, `UnknownPlace`, `BadManifest`;
    /// `NotLogged` when it could not be written: nobody is let in on it.
    pub async fn scan_text(&self, text: &str) -> Answered<ScanShown> {
        self.is_new_to_camera(text);
        let scanned = self.scan(Seen::text(text), None).await;
        if scanned.is_err() {
            super::lock(&self.debounce).forget(text);
        }
        scanned
    }

    /// Has the camera seen this code for a while? Now it has.
    fn is_new_to_camera(&self, text: &str) -> bool {
        let now_ms = self.clock.steady_ms();
        super::lock(&self.debounce).is_new(text, now_ms, self.settings.same_code_ms)
    }

    /// Scans, or looks up, what came from a device that the window does not see.
    /// The answer goes to the shell.
    ///
    /// # Errors
    /// As [`Controller::scan_text`].
    pub async fn hear(&self, text: &str) -> Answered<()> {
        if self.looks_up_only() {
            self.inform(text).await
        } else {
            self.scan_text(text).await.map(drop)
        }
    }

    /// From here on codes of the camera and of [`Controller::hear`] are looked up
    /// only, or scanned again.
    pub fn look_up_only(&self, on: bool) {
        self.looking_up.store(on, Ordering::SeqCst);
    }

    fn looks_up_only(&self) -> bool {
        self.looking_up.load(Ordering::SeqCst)
    }

    async fn inform(&self, text: &str) -> Answered<()> {
        self.gui.informed(&self.info(text).await?);
        Ok(())
    }

    /// Scans what the camera read in one frame. The same code in frame after
    /// frame is one scan; foreign codes beside one of ours are ignored. While
    /// codes are looked up only, nothing is scanned.
    ///
    /// # Errors
    /// As [`Controller::scan_text`].
    pub async fn scan_codes(&self, texts: &[String]) -> Answered<Vec<ScanShown>> {
        let mut read: Vec<(&String, Seen)> =
            texts.iter().map(|text| (text, Seen::text(text))).collect();
        if read.iter().any(|(_, seen)| seen.is_ours()) {
            read.retain(|(_, seen)| seen.is_ours());
        }
        let mut shown = Vec::new();
        for (text, seen) in read {
            if !self.is_new_to_camera(text) {
                continue;
            }
            let taken = if self.looks_up_only() {
                self.inform(text).await
            } else {
                self.scan(seen, None).await.map(|scan| shown.push(scan))
            };
            if let Err(error) = taken {
                super::lock(&self.debounce).forget(text);
                return Err(error);
            }
        }
        Ok(shown)
    }

    pub(super) async fn scan(&self, seen: Seen, waiver: Option<Waiver>) -> Answered<ScanShown> {
        let started = Instant::now();
        let place = self.place().await?;
        let clock = Arc::clone(&self.clock);
        let (again, event) = (seen.clone(), place.choice.event);
        let asks = self.server_is_close();
        let held = self.syncer.held();
        let (seq, decided, hold) = self
            .store
            .call(move |store| {
                let (seq, decided) = decide_and_log(store, &*clock, place, &seen, waiver.as_ref())?;
                let asks = asks && decided.decision.answer.is_admitted();
                let hold = asks.then(|| held.hold(seq));
                Ok::<_, ControllerError>((seq, decided, hold))
            })
            .await?;
        let decided_ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        let mut shown = decided.scan(seq, place.choice, decided_ms);
        if let Some(hold) = hold {
            let answer = self.confirmed(event, seq).await;
            drop(hold);
            if let Some(answer) = answer {
                shown.confirmation = Confirmation::Confirmed;
                self.replace_answer(&mut shown, answer, place, again).await;
            }
        } else {
            self.syncer.nudge();
        }
        self.gui.shown(&shown);
        if let Some(hook) = &self.hook
            && let Some(guest) = Passed::of(&shown, place.choice)
        {
            hook.run(guest);
        }
        self.show_status().await;
        Ok(shown)
    }

    fn server_is_close(&self) -> bool {
        let now_ms = self.clock.steady_ms();
        self.settings.confirm_ms > 0
            && self
                .syncer
                .link()
                .is_close(now_ms, self.settings.contact_ms)
    }

    /// The server's answer, if it comes in time.
    async fn confirmed(&self, event: gateline_common::ids::EventId, seq: u64) -> Option<Answer> {
        let asked = Asked::default();
        let syncer = Arc::clone(&self.syncer);
        let mine = asked.clone();
        let mut asking = tokio::spawn(async move { syncer.confirm(event, seq, mine).await });
        let deadline = Duration::from_millis(self.settings.confirm_ms);
        let answer = match timeout(deadline, &mut asking).await {
            Ok(answer) => answer,
            // Nobody answered yet: this gate's own answer stands from now on,
            // whatever the server says later.
            Err(_) if asked.settle() => {
                self.syncer.link().too_slow();
                self.syncer.nudge();
                return None;
            }
            // The answer came at the last moment and is being written.
            Err(_) => asking.await,
        };
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.note_store_trouble(&error);
                None
            }
            Err(_) => None,
        }
    }

    fn note_store_trouble(&self, error: &SyncError) {
        if let SyncError::Store(error) = error {
            tracing::error!(%error, "the server's answer could not be kept");
        }
    }

    /// Shows the server's answer in place of the gate's own.
    async fn replace_answer(
        &self,
        shown: &mut ScanShown,
        answer: Answer,
        place: Place,
        seen: Seen,
    ) {
        if shown.answer == answer {
            return;
        }
        let clock = Arc::clone(&self.clock);
        let again = self
            .store
            .call(move |store| decide_only(store, &*clock, place, &seen))
            .await;
        shown.headline = show::headline(&answer).to_owned();
        shown.next.clear();
        shown.steps.clear();
        shown.answer = answer;
        if let Ok(mut again) = again {
            let own = again.scan(shown.seq, place.choice, shown.decided_ms);
            if own.answer.is_admitted() == shown.answer.is_admitted() {
                shown.next = own.next;
                shown.steps = own.steps;
                shown.override_needs = own.override_needs;
            }
            again.decision.answer = shown.answer.clone();
            shown.words = again.words(place.choice.event);
            shown.names = names(&shown.answer, &again.known, place.choice.event);
        }
    }

    /// Who scans, and where.
    pub(super) async fn place(&self) -> Answered<Place> {
        self.unlocked()?;
        let connected = self.syncer.connected().await?;
        if connected.who.revoked_at.is_some() {
            return Err(ControllerError::new(
                ControllerErrorCode::Revoked,
                "this device was revoked by the organizer: it scans no more",
            ));
        }
        let choice = super::lock(&self.choice).ok_or_else(|| {
            ControllerError::new(
                ControllerErrorCode::NoEvent,
                "choose an event and a gate first",
            )
        })?;
        Ok(Place {
            device: connected.who.device,
            choice,
        })
    }
}

impl Seen {
    fn is_ours(&self) -> bool {
        match self {
            Self::Text { codes, .. } => !codes.is_empty(),
            Self::Listed(_) => true,
        }
    }
}
