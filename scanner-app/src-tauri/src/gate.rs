//! The open gate of this window, which can be opened again.
//!
//! Always: at most one controller has the store open, and what was asked for
//! while it is being opened gets an error, never a hang.

use crate::window::Window;
use gateline_scanner::clock::Clock;
use gateline_scanner::controller::{
    Controller, ControllerError, ControllerErrorCode, GuiIntegration, Settings, StatusLine,
};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

pub(crate) type Answered<T> = Result<T, ControllerError>;

/// Which store, and how the gate behaves over it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder of the store; made when it is not there.
    pub store: PathBuf,
    /// How the gate behaves.
    pub settings: Settings,
    /// Exchange with the server in the background?
    pub background: bool,
}

/// The controller, or why its store could not be opened.
pub(crate) struct Gate {
    /// Held while the store is opened or closed.
    place: Mutex<Place>,
    clock: Arc<dyn Clock>,
    window: Window,
    opened: RwLock<Answered<Arc<Controller<Window>>>>,
}

impl Gate {
    /// A gate whose store is not open yet.
    pub(crate) fn new(place: Place, clock: Arc<dyn Clock>, window: Window) -> Self {
        Self {
            place: Mutex::new(place),
            clock,
            window,
            opened: RwLock::new(Err(not_open())),
        }
    }

    /// The controller.
    ///
    /// # Errors
    /// Why its store could not be opened; `Closed` while it is being opened.
    pub(crate) fn open(&self) -> Answered<Arc<Controller<Window>>> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        opened.clone()
    }

    /// Closes what is open, opens the same store anew, and tells the window.
    pub(crate) async fn reopen(&self) -> Answered<StatusLine> {
        let place = self.place.lock().await;
        self.renew(&place).await
    }

    /// The same with another store.
    pub(crate) async fn move_to(&self, place: Place) -> Answered<StatusLine> {
        let mut held = self.place.lock().await;
        *held = place;
        self.renew(&held).await
    }

    /// Ends the background work and the store's threads. What was not sent stays
    /// in the store.
    pub(crate) async fn close(&self) {
        let _nobody_opens = self.place.lock().await;
        self.shut().await;
    }

    async fn renew(&self, place: &Place) -> Answered<StatusLine> {
        self.shut().await;
        let (settings, window) = (place.settings.clone(), self.window.clone());
        let opening =
            Controller::open_with_clock(&place.store, settings, window, Arc::clone(&self.clock));
        let opened = opening.await;
        if let Ok(controller) = &opened
            && place.background
        {
            controller.start_sync();
        }
        self.put(opened);
        self.tell().await
    }

    /// Tells the window how things stand.
    pub(crate) async fn tell(&self) -> Answered<StatusLine> {
        let line = self.open()?.status().await?;
        self.window.status(&line);
        Ok(line)
    }

    async fn shut(&self) {
        let Some(controller) = self.put(Err(not_open())) else {
            return;
        };
        if let Err(error) = controller.close(None).await {
            tracing::warn!(%error, "the gate was not closed in good order");
        }
        controller.shut().await;
    }

    /// Puts this in the place of what was open, and gives that back.
    fn put(&self, opened: Answered<Arc<Controller<Window>>>) -> Option<Arc<Controller<Window>>> {
        let mut held = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *held, opened).ok()
    }
}

fn not_open() -> ControllerError {
    ControllerError {
        code: ControllerErrorCode::Closed,
        message: "the gate is not open".to_owned(),
    }
}
