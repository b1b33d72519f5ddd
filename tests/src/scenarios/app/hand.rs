//! A gate held by the window of the app.

use super::windows::Screen;
use crate::scenarios::EVENT;
use crate::scenarios::gate::{Clocks, FRAME_MS, Hand, NotHere, Steady};
use anyhow::{Context, Result, ensure};
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::{DeviceId, GateId, Serial};
use gateline_scanner::controller::{
    Confirmation, InfoShown, ScanShown, StatusLine, SyncSummary, TicketShown,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The fewest keys in a row that the screens take for a hand scanner's; what is
/// shorter, or no keyboard has, comes before the camera.
const SCANNER_KEYS: usize = 12;

pub(super) struct Held {
    screen: Arc<Screen>,
    wall_ms: Arc<AtomicI64>,
    steady: Arc<Steady>,
}

/// What the gate told the screens, and the panel that they made of it.
#[derive(Deserialize)]
struct Seen<T> {
    shown: T,
    panel: Option<Panel>,
}

/// A panel over the screen.
#[derive(Debug, Deserialize)]
struct Panel {
    answer: Option<String>,
    reason: Option<String>,
    confirmation: Option<Confirmation>,
    text: String,
}

#[derive(Deserialize)]
struct Before {
    heard: usize,
    logged: u64,
}

impl Held {
    /// The window has the clocks before it has the store.
    pub(super) fn new(screen: Arc<Screen>, clocks: Clocks) -> Result<Self> {
        let wall_ms = Arc::new(AtomicI64::new(clocks.wall.0));
        screen.steering.clock(clocks.wall.0, clocks.steady.ms())?;
        let (told, wall) = (Arc::clone(&screen), Arc::clone(&wall_ms));
        clocks.steady.tell(Box::new(move |steady_ms| {
            // A program that has ended says so to whoever asks it next.
            let _ended = told.steering.clock(wall.load(Ordering::SeqCst), steady_ms);
        }));
        Ok(Self {
            screen,
            wall_ms,
            steady: clocks.steady,
        })
    }

    async fn scanned(&self, act: &str, given: Value) -> Result<ScanShown> {
        let seen: Seen<ScanShown> = self.screen.act(act, given).await?;
        if let Some(panel) = &seen.panel {
            panel.says_scan(&seen.shown)?;
        }
        Ok(seen.shown)
    }
}

impl Hand for Held {
    fn set_clock(&self, wall: Timestamp) -> Result<()> {
        self.wall_ms.store(wall.0, Ordering::SeqCst);
        self.screen.steering.clock(wall.0, self.steady.ms())
    }

    async fn enrol(&self, code: &str, name: &str) -> Result<DeviceId> {
        let given = json!({"code": code, "device": name});
        self.screen.act("enrol", given).await
    }

    async fn choose(&self, gate: Option<GateId>, direction: Direction) -> Result<()> {
        let given = json!({"event": EVENT, "gate": gate, "direction": direction});
        match self.screen.act("choose", given).await? {
            Value::Null => Ok(()),
            _ => Err(NotHere(
                "its screens offer an event's gates, and no standing at none of them",
            )
            .into()),
        }
    }

    async fn status(&self) -> Result<StatusLine> {
        self.screen.act("status", json!({})).await
    }

    async fn sync(&self) -> Result<SyncSummary> {
        let summary = self.screen.act("sync", json!({})).await?;
        self.screen.steering.status()?;
        Ok(summary)
    }

    async fn scan(&self, text: &str) -> Result<ScanShown> {
        let typed = text.chars().count() >= SCANNER_KEYS && !text.contains(char::is_control);
        if typed {
            return self.scanned("scan", json!({"text": text})).await;
        }
        let shown = self.hold(text, 1).await?.pop();
        shown.context("the camera saw the code, and nothing was shown")
    }

    async fn info(&self, text: &str) -> Result<InfoShown> {
        let seen: Seen<InfoShown> = self.screen.act("info", json!({"text": text})).await?;
        if let Some(panel) = &seen.panel {
            panel.says(&seen.shown.answer, seen.shown.ticket.as_ref())?;
        }
        Ok(seen.shown)
    }

    async fn hold(&self, text: &str, frames: u32) -> Result<Vec<ScanShown>> {
        let before: Before = self.screen.act("before", json!({})).await?;
        for _ in 0..frames {
            self.screen.steering.frame(text)?;
            self.steady.pass_ms(FRAME_MS);
        }
        let count = self.status().await?.scans_logged - before.logged;
        let given = json!({"before": before.heard, "count": count});
        let seen: Seen<Vec<ScanShown>> = self.screen.act("seen", given).await?;
        if let (Some(panel), Some(last)) = (&seen.panel, seen.shown.last()) {
            panel.says_scan(last)?;
        }
        Ok(seen.shown)
    }

    async fn admit(&self, serial: Serial) -> Result<ScanShown> {
        self.scanned("admit", json!({"serial": serial})).await
    }

    async fn override_last(&self, reason: &str, pin: Option<&str>) -> Result<ScanShown> {
        let given = json!({"reason": reason, "pin": pin});
        self.scanned("override", given).await
    }

    async fn undo(&self) -> Result<()> {
        self.screen.act("undo", json!({})).await
    }

    async fn search(&self, text: &str) -> Result<Vec<Serial>> {
        self.screen.act("search", json!({"text": text})).await
    }

    async fn dialog(&self, open: bool) -> Result<()> {
        self.screen.act("dialog", json!({"open": open})).await
    }

    async fn close(self) -> Result<()> {
        // The window goes on: over another store.
        Ok(())
    }
}

impl Panel {
    fn says_scan(&self, shown: &ScanShown) -> Result<()> {
        let answer = match &shown.answer {
            Answer::Admit(_) => "admit",
            Answer::Refuse(_) => "refuse",
        };
        ensure!(
            self.answer.as_deref() == Some(answer) && self.confirmation == Some(shown.confirmation),
            "the screen says {self:?}, the gate {shown:?}"
        );
        self.says(&shown.answer, shown.ticket.as_ref())
    }

    /// The reason of a refusal, and everything that staff must see of a ticket.
    fn says(&self, answer: &Answer, ticket: Option<&TicketShown>) -> Result<()> {
        if let Answer::Refuse(refusal) = answer {
            let named = serde_json::to_value(refusal)?;
            ensure!(
                self.reason.as_deref() == named["reason"].as_str(),
                "the screen says {self:?}, the gate {named}"
            );
        }
        for words in ticket.into_iter().flat_map(|ticket| {
            let rest = [&ticket.name, &ticket.seat, &ticket.note];
            [Some(&ticket.type_name)]
                .into_iter()
                .chain(rest.map(Option::as_ref))
        }) {
            let Some(words) = words else { continue };
            ensure!(self.text.contains(words), "{words:?} is not in {self:?}");
        }
        Ok(())
    }
}
