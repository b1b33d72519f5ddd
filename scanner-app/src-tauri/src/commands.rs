//! What the webview may ask for. Each is one call of the controller; errors go
//! back as `{code, message}`.

use crate::gate::{Answered, Gate};
use crate::window::Window;
use gateline_common::decision::Direction;
use gateline_common::ids::{EventId, GateId, Serial};
use gateline_scanner::controller::{
    Chosen, Enrolled, EventShown, Figures, HistoryEntry, InfoShown, Preferences, ScanShown,
    StatusLine, SyncSummary, TicketFound, UndoShown,
};
use std::sync::Arc;
use tauri::{State, ipc};

type Held<'a> = State<'a, Arc<Gate>>;

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

/// Tries again to open the store that could not be opened.
#[tauri::command]
async fn reopen(gate: Held<'_>) -> Answered<StatusLine> {
    gate.reopen().await
}

/// What a scan of this text would answer now; nothing is logged.
#[tauri::command]
async fn info(gate: Held<'_>, text: &str) -> Answered<InfoShown> {
    gate.open()?.info(text).await
}

#[tauri::command]
async fn figures(gate: Held<'_>) -> Answered<Figures> {
    gate.open()?.figures().await
}

#[tauri::command]
async fn history(
    gate: Held<'_>,
    before_seq: Option<u64>,
    limit: u32,
) -> Answered<Vec<HistoryEntry>> {
    gate.open()?.history(before_seq, limit).await
}

#[tauri::command]
async fn preferences(gate: Held<'_>) -> Answered<Preferences> {
    gate.open()?.preferences().await
}

#[tauri::command]
async fn set_preferences(gate: Held<'_>, preferences: Preferences) -> Answered<()> {
    gate.open()?.set_preferences(preferences).await
}

#[tauri::command]
async fn set_lock_pin(gate: Held<'_>, old: Option<&str>, new: Option<&str>) -> Answered<()> {
    gate.open()?.set_lock_pin(old, new).await
}

#[tauri::command]
async fn lock(gate: Held<'_>) -> Answered<()> {
    gate.open()?.lock().await
}

#[tauri::command]
async fn unlock(gate: Held<'_>, pin: &str) -> Answered<()> {
    gate.open()?.unlock(pin).await
}

#[tauri::command]
async fn check_supervisor(gate: Held<'_>, pin: &str) -> Answered<()> {
    gate.open()?.check_supervisor(pin).await
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
        info,
        undo_last,
        override_last,
        search,
        admit_listed,
        sync_now,
        reopen,
        figures,
        history,
        preferences,
        set_preferences,
        set_lock_pin,
        lock,
        unlock,
        check_supervisor,
        preview,
        camera_trouble,
    ]
}
