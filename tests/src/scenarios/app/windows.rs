//! The windows: one for each name of a device, open over all scenarios. A new
//! scenario's gate is another store in the same window, and its screens are
//! loaded anew.

use super::hand::Held;
use super::hooks;
use super::steering::{Awaited, Steering};
use crate::app::{AppWindow, Display, Driver};
use crate::scenarios::gate::{Clocks, Hands};
use crate::system::Binaries;
use anyhow::{Context, Result, anyhow, bail};
use gateline_scanner::controller::{ControllerError, Settings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

const PAGE: &str = concat!(include_str!("../../app/staff.js"), include_str!("page.js"));

/// One window, and the line to its program.
pub(super) struct Screen {
    window: AppWindow,
    pub(super) steering: Steering,
    // It ends with the window, which it opened; and so does the first store.
    _driver: Driver,
    _first_store: TempDir,
}

pub(super) struct Windows {
    binaries: Binaries,
    display: Display,
    open: Mutex<BTreeMap<String, Arc<Screen>>>,
}

impl Windows {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            binaries: Binaries::of_this_build()?,
            display: Display::start(1280, 800)?,
            open: Mutex::default(),
        })
    }

    async fn window(&self, name: &str) -> Result<Arc<Screen>> {
        if let Some(screen) = self.held().get(name) {
            return Ok(Arc::clone(screen));
        }
        let screen = Arc::new(self.start().await?);
        self.held().insert(name.to_owned(), Arc::clone(&screen));
        Ok(screen)
    }

    async fn start(&self) -> Result<Screen> {
        let program = self.binaries.path("examples/steered")?;
        let driver = Driver::start(&self.display).await?;
        let first_store = tempfile::tempdir()?;
        let awaited = Awaited::here()?;
        let arguments = [
            format!("--store={}", first_store.path().display()),
            format!("--steer={}", awaited.address()?),
        ];
        let window = AppWindow::start(&program, &arguments, &driver).await?;
        Ok(Screen {
            window,
            steering: awaited.meet()?,
            _driver: driver,
            _first_store: first_store,
        })
    }

    /// Closes them all.
    pub(super) async fn close(&self) {
        let screens = std::mem::take(&mut *self.held());
        for screen in screens.into_values().filter_map(Arc::into_inner) {
            // A window that is gone already is closed.
            let _gone = screen.window.close().await;
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Screen>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hands for Windows {
    type Hand = Held;

    async fn open(
        &self,
        name: &str,
        store: &Path,
        settings: &Settings,
        clocks: Clocks,
    ) -> Result<Held> {
        let screen = self.window(name).await?;
        let held = Held::new(Arc::clone(&screen), clocks)?;
        screen.steering.open(store, settings.confirm_ms)?;
        screen.window.reload().await?;
        screen.act::<String>("begin", json!({})).await?;
        Ok(held)
    }
}

impl Screen {
    /// Does something with the screens (`page.js`).
    pub(super) async fn act<T: DeserializeOwned>(&self, name: &str, given: Value) -> Result<T> {
        let arguments = vec![hooks::all(), json!(name), given];
        let mut said = self.window.ask(PAGE, arguments).await?;
        if let Some(refused) = said.get_mut("refused") {
            let refused: ControllerError = serde_json::from_value(refused.take())?;
            return Err(refused.into());
        }
        if let Some(wrong) = said["wrong"].as_str() {
            bail!("{name}: {wrong}");
        }
        let ok = said.get_mut("ok").map(Value::take);
        let ok = ok.ok_or_else(|| anyhow!("{name}: the page says {said}"))?;
        serde_json::from_value(ok).with_context(|| name.to_owned())
    }
}
