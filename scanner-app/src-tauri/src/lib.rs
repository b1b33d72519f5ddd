//! The scanner's window: a thin shell around `gateline_scanner::controller`. It
//! is a library so that a program other than the shipped one can open the same
//! window, with the same commands and capabilities, over a clock and frames of
//! its own.
//!
//! Always: nothing is decided here; a command is one call of the controller.
//! The window has no way to the network, to files or to other programs.

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod catalogue;
mod commands;
mod eye;
mod gate;
mod inlet;
mod kiosk;
mod stay;
mod window;

pub use eye::Sight;
pub use gate::Place;

use eye::Cameras;
use gate::Gate;
use gateline_scanner::clock::{Clock, SystemClock};
use gateline_scanner::controller::{ControllerError, Settings};
use gateline_scanner::serial::SerialScanner;
use inlet::Inlet;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::{App, AppHandle, Manager, RunEvent};
use window::Window;

/// Called once with the window when it is there.
pub type Started = Box<dyn FnOnce(Shell) + Send>;

/// What a window opens with.
pub struct Options {
    /// Folder of the encrypted store; without it, one in the user's data folder.
    pub store: Option<PathBuf>,
    /// How the gate behaves.
    pub settings: Settings,
    /// Exchange with the server in the background?
    pub background: bool,
    /// Where its times come from.
    pub clock: Arc<dyn Clock>,
    /// What it looks at.
    pub sight: Sight,
    /// For a program that has something to say while the window is open.
    pub started: Option<Started>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store: None,
            settings: Settings::default(),
            background: true,
            clock: Arc::new(SystemClock::default()),
            sight: Sight::Camera(0),
            started: None,
        }
    }
}

/// The open window, for the program that opened it.
#[derive(Clone)]
pub struct Shell(AppHandle);

impl Shell {
    /// Closes the store, and opens another in its place.
    ///
    /// # Errors
    /// As [`gateline_scanner::controller::Controller::open`]; the window is then
    /// without a store.
    pub async fn open(&self, place: Place) -> Result<(), ControllerError> {
        let gate = Arc::clone(&self.0.state::<Arc<Gate>>());
        gate.move_to(place).await.map(drop)
    }

    /// Tells the screens how things stand, as the background work does after
    /// each exchange.
    ///
    /// # Errors
    /// As [`gateline_scanner::controller::Controller::status`].
    pub async fn tell_status(&self) -> Result<(), ControllerError> {
        let gate = Arc::clone(&self.0.state::<Arc<Gate>>());
        gate.tell().await.map(drop)
    }

    /// Closes the window; [`run`] returns.
    pub fn close(&self) {
        self.0.exit(0);
    }
}

/// Logs to standard error as `RUST_LOG` says.
pub fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        // A log that cannot be written is no reason not to scan.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Opens the window and returns when it was closed.
pub fn run(options: Options) -> ExitCode {
    let built = tauri::Builder::default()
        .plugin(stay::guard())
        .manage(kiosk::Kiosk::default())
        .on_window_event(kiosk::guard)
        .invoke_handler(commands::handler())
        .setup(move |app| Ok(set_up(app, options)?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                // A program that ended around an open store would pull the
                // encryption library away from under its threads.
                if let RunEvent::Exit = event {
                    app.state::<SerialScanner>().close();
                    app.state::<Cameras>().close();
                    tauri::async_runtime::block_on(app.state::<Arc<Gate>>().close());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            ExitCode::FAILURE
        }
    }
}

/// Opens the store and the camera. A store that cannot be opened is no reason
/// not to open the window, which then says what is wrong with it.
fn set_up(app: &mut App, options: Options) -> tauri::Result<()> {
    let store = match options.store {
        Some(folder) => folder,
        None => app.path().app_local_data_dir()?.join("gate"),
    };
    let place = Place {
        store,
        settings: options.settings,
        background: options.background,
    };
    let window = Window::new(app.handle().clone());
    let gate = Arc::new(Gate::new(place, options.clock, window.clone()));
    if let Err(error) = tauri::async_runtime::block_on(gate.reopen()) {
        tracing::error!(%error, "the store cannot be opened");
    }
    if let Some(window) = app.get_webview_window("main") {
        let kiosk = app.state::<kiosk::Kiosk>();
        tauri::async_runtime::block_on(kiosk.resume(&gate, &window));
    }
    let inlet = Inlet {
        gate: Arc::clone(&gate),
        window: window.clone(),
    };
    app.manage(Cameras::open(options.sight, inlet.clone()));
    app.manage(SerialScanner::open(inlet.clone()));
    app.manage(inlet);
    app.manage(window);
    app.manage(gate);
    if let Some(started) = options.started {
        started(Shell(app.handle().clone()));
    }
    Ok(())
}
