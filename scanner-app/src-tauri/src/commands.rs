//! What the webview may ask for. Each is one call of the controller; errors go
//! back as `{code, message}`.

use crate::window::Window;
use gateline_common::decision::Direction;
use gateline_common::ids::{EventId, GateId, Serial};
use gateline_scanner::controller::{
    Chosen, Controller, ControllerError, Enrolled, EventShown, ScanShown, StatusLine, SyncSummary,
    TicketFound, UndoShown,
};
use std::sync::Arc;
use tauri::{State, ipc};

type Answered<T> = Result<T, ControllerError>;

/// The controller, or why its store could not be opened.
pub(crate) struct Gate(pub(crate) Answered<Arc<Controller<Window>>>);

impl Gate {
    fn open(&self) -> Answered<&Controller<Window>> {
        match &self.0 {
            Ok(controller) => Ok(controller),
            Err(error) => Err(error.clone()),
        }
    }

    /// Ends the background work and the store's threads. What was not sent stays
    /// in the store.
    pub(crate) async fn close(&self) {
        let Ok(controller) = self.open() else { return };
        if let Err(error) = controller.close(None).await {
            tracing::warn!(%error, "the gate was not closed in good order");
        }
        controller.shut().await;
    }
}

type Held<'a> = State<'a, Gate>;

#[tauri::command]
async fn status(gate: Held<'_>) -> Answered<StatusLine> {
    gate.open()?.status().await
}

#[tauri::command]
async fn enrol(gate: Held<'_>, code: &str, name: &str) -> Answered<Enrolled> {
    gate.open()?.enrol(code, name).await
}

#[tauri::command]
async fn events(gate: Held<'_>) -> Answered<Vec<EventShown>> {
    gate.open()?.events().await
}

#[tauri::command]
async fn choose(
    held: Held<'_>,
    event: EventId,
    gate: Option<GateId>,
    direction: Direction,
) -> Answered<Chosen> {
    held.open()?.choose(event, gate, direction).await
}

#[tauri::command]
async fn scan_text(gate: Held<'_>, text: &str) -> Answered<ScanShown> {
    gate.open()?.scan_text(text).await
}

#[tauri::command]
async fn undo_last(gate: Held<'_>) -> Answered<UndoShown> {
    gate.open()?.undo_last().await
}

#[tauri::command]
async fn override_last(gate: Held<'_>, reason: &str, pin: Option<&str>) -> Answered<ScanShown> {
    gate.open()?.override_last(reason, pin).await
}

#[tauri::command]
async fn search(gate: Held<'_>, text: &str) -> Answered<Vec<TicketFound>> {
    gate.open()?.search(text).await
}

#[tauri::command]
async fn admit_listed(gate: Held<'_>, serial: Serial) -> Answered<ScanShown> {
    gate.open()?.admit_listed(serial).await
}

#[tauri::command]
async fn sync_now(gate: Held<'_>) -> Answered<SyncSummary> {
    gate.open()?.sync_now().await
}

/// The camera's newest picture, as soon as it is another one than `seen`.
#[tauri::command]
async fn preview(window: State<'_, Window>, seen: u32) -> Result<ipc::Response, ()> {
    Ok(ipc::Response::new(window.next_picture(seen).await))
}

/// Why the camera gives no picture.
#[tauri::command]
fn camera_trouble(window: State<'_, Window>) -> Option<String> {
    window.camera_trouble()
}

/// All of the above.
pub(crate) fn handler() -> impl Fn(ipc::Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        status,
        enrol,
        events,
        choose,
        scan_text,
        undo_last,
        override_last,
        search,
        admit_listed,
        sync_now,
        preview,
        camera_trouble,
    ]
}
