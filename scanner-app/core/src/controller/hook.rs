//! The turnstile: a program that is run once for each guest who was shown green.
//!
//! Always: it runs after the answer is on the screen and never delays one; in order,
//! one at a time; and at most [`LIMIT`] long. A guest whose turn would come too late is
//! left out rather than a gate opened for nobody, and the status line says so. It is
//! named on the command line only; nothing that was scanned is a part of its arguments.

use super::shown::ScanShown;
use super::{Confirmation, Controller, GuiIntegration, lock};
use crate::store::Choice;
use gateline_common::decision::Direction;
use gateline_common::ids::Serial;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A program that is still running after so long is killed.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// Guests who wait for it, at most.
const MOST_WAITING: usize = 16;

/// The program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAdmit {
    /// Its file, or its name on the path.
    pub program: PathBuf,
    /// Its arguments, always the same.
    pub arguments: Vec<OsString>,
}

/// The same as arguments of a command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OnAdmitArgs {
    /// Run this program once for each guest who is let through (a turnstile, a lamp).
    /// It finds who and where in the variables GATELINE_EVENT, GATELINE_GATE,
    /// GATELINE_DIRECTION, GATELINE_SERIAL, GATELINE_SEQ and GATELINE_CONFIRMATION,
    /// and has 5 seconds.
    #[arg(long, value_name = "PROGRAM")]
    on_admit: Option<PathBuf>,
    /// An argument for that program; may be repeated.
    #[arg(
        long,
        value_name = "ARGUMENT",
        requires = "on_admit",
        allow_hyphen_values = true
    )]
    on_admit_arg: Vec<OsString>,
}

impl From<OnAdmitArgs> for Option<OnAdmit> {
    fn from(args: OnAdmitArgs) -> Self {
        Some(OnAdmit {
            program: args.on_admit?,
            arguments: args.on_admit_arg,
        })
    }
}

/// Why it did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HookTrouble {
    /// It could not be started.
    NotStarted {
        /// What the operating system said.
        reason: String,
    },
    /// It ended with an error.
    Failed {
        /// Its exit code; `None` when a signal ended it.
        exit_code: Option<i32>,
    },
    /// It was killed.
    TooSlow {
        /// After so many milliseconds.
        limit_ms: u64,
    },
    /// It was not run for a guest: too many were waiting for it.
    LeftOut,
}

/// A guest who was let through, for the program's environment.
#[derive(Debug)]
pub(super) struct Passed {
    choice: Choice,
    serial: Option<Serial>,
    seq: u64,
    confirmation: Confirmation,
}

impl Passed {
    /// `None` for a refusal.
    pub(super) fn of(shown: &ScanShown, choice: Choice) -> Option<Self> {
        shown.answer.is_admitted().then(|| Self {
            choice,
            serial: shown.ticket.as_ref().map(|ticket| ticket.serial),
            seq: shown.seq,
            confirmation: shown.confirmation,
        })
    }

    /// A variable that does not apply is not there, whatever this program was given.
    fn variables(&self) -> [(&'static str, Option<String>); 6] {
        let direction = match self.choice.direction {
            Direction::Entry => "entry",
            Direction::Exit => "exit",
        };
        let confirmation = match self.confirmation {
            Confirmation::Confirmed => "confirmed",
            Confirmation::Unconfirmed => "unconfirmed",
            Confirmation::NotAsked => "not_asked",
        };
        [
            ("GATELINE_EVENT", Some(self.choice.event.to_string())),
            (
                "GATELINE_GATE",
                self.choice.gate.map(|gate| gate.to_string()),
            ),
            ("GATELINE_DIRECTION", Some(direction.to_owned())),
            (
                "GATELINE_SERIAL",
                self.serial.map(|serial| serial.to_string()),
            ),
            ("GATELINE_SEQ", Some(self.seq.to_string())),
            ("GATELINE_CONFIRMATION", Some(confirmation.to_owned())),
        ]
    }
}

/// The queue in front of the program.
pub(super) struct Hook {
    waiting: Mutex<Option<mpsc::Sender<Passed>>>,
    running: Mutex<Option<JoinHandle<()>>>,
    trouble: Arc<Mutex<Option<HookTrouble>>>,
}

impl Hook {
    /// Starts to wait for guests. Needs a Tokio runtime.
    pub(super) fn start<I: GuiIntegration>(program: OnAdmit, gate: Weak<Controller<I>>) -> Self {
        let (waiting, mut guests) = mpsc::channel::<Passed>(MOST_WAITING);
        let trouble = Arc::<Mutex<Option<HookTrouble>>>::default();
        let told = Arc::clone(&trouble);
        let running = tokio::spawn(async move {
            while let Some(guest) = guests.recv().await {
                let outcome = run(&program, &guest).await.err();
                if let Some(trouble) = &outcome {
                    tracing::warn!(seq = guest.seq, ?trouble, "the program of the gate failed");
                }
                let before = std::mem::replace(&mut *lock(&told), outcome.clone());
                if before != outcome
                    && let Some(gate) = gate.upgrade()
                {
                    gate.show_status().await;
                }
            }
        });
        Self {
            waiting: Mutex::new(Some(waiting)),
            running: Mutex::new(Some(running)),
            trouble,
        }
    }

    /// Has the program run for this guest, as soon as it has run for those before.
    /// Returns at once.
    pub(super) fn run(&self, guest: Passed) {
        let seq = guest.seq;
        let waiting = lock(&self.waiting);
        if waiting
            .as_ref()
            .is_some_and(|it| it.try_send(guest).is_err())
        {
            tracing::warn!(seq, "the program of the gate is behind: it is not run");
            *lock(&self.trouble) = Some(HookTrouble::LeftOut);
        }
    }

    /// Why it did not do its work the last time.
    pub(super) fn trouble(&self) -> Option<HookTrouble> {
        lock(&self.trouble).clone()
    }

    /// Waits until it has run for everybody who waits, and not longer than [`LIMIT`].
    pub(super) async fn finish(&self) {
        lock(&self.waiting).take();
        let running = lock(&self.running).take();
        let Some(mut running) = running else { return };
        if timeout(LIMIT, &mut running).await.is_err() {
            tracing::warn!("the program of the gate did not end in time");
            running.abort();
        }
    }
}

async fn run(program: &OnAdmit, guest: &Passed) -> Result<(), HookTrouble> {
    let mut command = Command::new(&program.program);
    command
        .args(&program.arguments)
        .stdin(Stdio::null())
        // Standard output is the gate's own, for its answers.
        .stdout(Stdio::null())
        .kill_on_drop(true);
    for (name, value) in guest.variables() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let not_started = |error: io::Error| HookTrouble::NotStarted {
        reason: error.to_string(),
    };
    let mut process = command.spawn().map_err(not_started)?;
    match timeout(LIMIT, process.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(HookTrouble::Failed {
            exit_code: status.code(),
        }),
        Ok(Err(error)) => Err(not_started(error)),
        Err(_) => {
            if let Err(error) = process.kill().await {
                tracing::warn!(%error, "the program of the gate cannot be killed");
            }
            Err(HookTrouble::TooSlow {
                limit_ms: u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX),
            })
        }
    }
}
