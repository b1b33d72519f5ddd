//! A gate under test: its controller, its store folder, its clock, and what it
//! showed.

use super::{EVENT, Server, T0};
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::GateId;
use gateline_common::time::Timestamp;
use gateline_scanner::clock::Clock;
use gateline_scanner::controller::{
    Controller, GuiIntegration, InfoShown, ScanShown, Settings, StatusLine, SyncSummary,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Clocks that tests set.
pub(crate) struct ManualClock {
    wall: AtomicI64,
    steady: AtomicU64,
}

impl ManualClock {
    fn new() -> Self {
        Self {
            wall: AtomicI64::new(T0.0),
            steady: AtomicU64::new(0),
        }
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.wall
            .fetch_add(i64::try_from(ms).expect("small"), Ordering::SeqCst);
        self.steady.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn set_wall(&self, at: Timestamp) {
        self.wall.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }
    fn steady_ms(&self) -> u64 {
        self.steady.load(Ordering::SeqCst)
    }
}

/// Records what it is shown.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    pub(crate) scans: Arc<Mutex<Vec<ScanShown>>>,
    pub(crate) lines: Arc<Mutex<Vec<StatusLine>>>,
    pub(crate) informed: Arc<Mutex<Vec<InfoShown>>>,
}

impl GuiIntegration for Recorder {
    fn shown(&self, scan: &ScanShown) {
        self.scans.lock().unwrap().push(scan.clone());
    }
    fn informed(&self, info: &InfoShown) {
        self.informed.lock().unwrap().push(info.clone());
    }
    fn status(&self, line: &StatusLine) {
        self.lines.lock().unwrap().push(line.clone());
    }
}

pub(crate) struct Gate {
    pub(crate) controller: Arc<Controller<Recorder>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) shown: Recorder,
    settings: Settings,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Gate {
    /// A gate that is enrolled at `server` and stands at North.
    pub(crate) async fn enrolled(server: &Server) -> Self {
        Self::with(server, Settings::default()).await
    }

    /// The same that gives the server all the time of a slow test machine.
    pub(crate) async fn patient(server: &Server) -> Self {
        let settings = Settings {
            confirm_ms: 30_000,
            ..Settings::default()
        };
        Self::with(server, settings).await
    }

    pub(crate) async fn with(server: &Server, settings: Settings) -> Self {
        let gate = Self::fresh(settings).await;
        let code = server.enrolment_code();
        gate.controller.enrol(&code, "North 1").await.unwrap();
        let at = Some(GateId(1));
        let chosen = gate.controller.choose(EVENT, at, Direction::Entry);
        chosen.await.unwrap();
        gate
    }

    pub(crate) async fn fresh(settings: Settings) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("store");
        let mut gate = Self::open(folder, settings).await;
        gate._temporary = Some(temporary);
        gate
    }

    async fn open(folder: PathBuf, settings: Settings) -> Self {
        let (clock, shown) = (Arc::new(ManualClock::new()), Recorder::default());
        let controller = Controller::open_with_clock(
            &folder,
            settings.clone(),
            shown.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        Self {
            controller: controller.await.unwrap(),
            clock,
            shown,
            settings,
            folder,
            _temporary: None,
        }
    }

    /// A copy of the store as it is now, opened as another gate.
    pub(crate) async fn copy(&self) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("store");
        std::fs::create_dir(&folder).unwrap();
        for file in std::fs::read_dir(&self.folder).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        let mut copy = Self::open(folder, self.settings.clone()).await;
        copy._temporary = Some(temporary);
        copy
    }

    /// The same store opened by the next program; this one must be shut.
    pub(crate) async fn reopened(&self) -> Self {
        Self::open(self.folder.clone(), self.settings.clone()).await
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) async fn scan(&self, text: &str) -> ScanShown {
        self.controller.scan_text(text).await.unwrap()
    }

    pub(crate) async fn sync(&self) -> SyncSummary {
        self.controller.sync_now().await.unwrap()
    }

    /// A sync that fails in this way.
    pub(crate) async fn sync_trouble(&self) -> String {
        let summary = self.sync().await;
        assert!(!summary.complete);
        summary.trouble.expect("trouble").code
    }

    pub(crate) async fn status(&self) -> StatusLine {
        self.controller.status().await.unwrap()
    }

    pub(crate) async fn admits(&self, text: &str) -> Admission {
        match self.scan(text).await.answer {
            Answer::Admit(admission) => admission,
            Answer::Refuse(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    pub(crate) async fn refuses(&self, text: &str) -> Refusal {
        match self.scan(text).await.answer {
            Answer::Refuse(refusal) => refusal,
            Answer::Admit(admission) => panic!("admitted: {admission:?}"),
        }
    }
}

/// Waits for a condition, with a deadline.
pub(crate) async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
