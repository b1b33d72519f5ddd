//! Kiosk mode: the whole screen, above everything, and no way out without a PIN.
//!
//! Always: it begins only where a PIN would end it, and ends with that PIN alone;
//! neither closing the window nor starting it again does. Only a window whose store
//! cannot be opened, which shows and scans nothing and knows no PIN, lets anybody out.
//! It says nothing about the operating system: whether its own keys lead out of the
//! window is for whoever sets the device up.

use crate::gate::{Answered, Gate};
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{Manager, WebviewWindow, WindowEvent};

/// Is the window a kiosk?
#[derive(Debug, Default)]
pub(crate) struct Kiosk(AtomicBool);

impl Kiosk {
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// # Errors
    /// `NoPin` when nobody could leave it; `Store`.
    pub(crate) async fn enter(&self, gate: &Gate, window: &WebviewWindow) -> Answered<()> {
        let controller = gate.open()?;
        controller.can_be_unlocked().await?;
        controller.keep_kiosk(true).await?;
        self.put(true, window);
        Ok(())
    }

    /// # Errors
    /// `WrongPin`, `Store`.
    pub(crate) async fn leave(
        &self,
        gate: &Gate,
        window: &WebviewWindow,
        pin: &str,
    ) -> Answered<()> {
        let Ok(controller) = gate.open() else {
            self.put(false, window);
            return Ok(());
        };
        controller.check_supervisor(pin).await?;
        self.put(false, window);
        if let Err(error) = controller.keep_kiosk(false).await {
            tracing::warn!(%error, "a kiosk that was left is one again after a restart");
        }
        Ok(())
    }

    /// Goes on where the program ended.
    pub(crate) async fn resume(&self, gate: &Gate, window: &WebviewWindow) {
        if let Ok(controller) = gate.open()
            && let Ok(true) = controller.is_kiosk().await
        {
            self.put(true, window);
        }
    }

    fn put(&self, on: bool, window: &WebviewWindow) {
        self.0.store(on, Ordering::SeqCst);
        let done = window
            .set_fullscreen(on)
            .and_then(|()| window.set_always_on_top(on))
            .and_then(|()| window.set_closable(!on));
        if let Err(error) = done {
            tracing::warn!(%error, "the system does not give the window the whole screen");
        }
    }
}

/// Keeps a kiosk's window open.
pub(crate) fn guard(window: &tauri::Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event
        && window.state::<Kiosk>().is_on()
    {
        api.prevent_close();
    }
}
