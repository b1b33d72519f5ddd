//! What the webview may ask for. Each is one call of the controller; errors go
//! back as `{code, message}`.

use crate::eye::Cameras;
use crate::gate::{Answered, Gate};
use crate::inlet::{ImageScanned, Inlet};
use crate::kiosk::Kiosk;
use crate::window::Window;
use gateline_common::decision::Direction;
use gateline_common::ids::{EventId, GateId, Serial};
use gateline_scanner::controller::{
    CameraPreference, Chosen, ControllerError, ControllerErrorCode, Enrolled, EventShown, Exported,
    Figures, HistoryEntry, InfoShown, Preferences, ScanShown, SerialLine, StatusLine, SyncSummary,
    TicketFound, UndoShown,
};
use gateline_scanner::eye::{CameraShown, CameraState};
use gateline_scanner::serial::{SerialChoice, SerialPortShown, SerialScanner, SerialState};
use std::path::PathBuf;
use std::sync::Arc;
use tauri::{AppHandle, Manager, State, WebviewWindow, ipc};

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
async fn undo_last(gate: Held<'_>, seq: Option<u64>) -> Answered<UndoShown> {
    gate.open()?.undo(seq).await
}

#[tauri::command]
async fn override_last(
    gate: Held<'_>,
    seq: Option<u64>,
    reason: &str,
    pin: Option<&str>,
) -> Answered<ScanShown> {
    gate.open()?.override_scan(seq, reason, pin).await
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
async fn reopen(
    gate: Held<'_>,
    kiosk: State<'_, Kiosk>,
    window: WebviewWindow,
) -> Answered<StatusLine> {
    let line = gate.reopen().await?;
    kiosk.resume(&gate, &window).await;
    Ok(line)
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

/// Into the user's documents; where there are none, beside the store.
#[tauri::command]
async fn export_log(app: AppHandle, gate: Held<'_>) -> Answered<Exported> {
    gate.open()?.export_log_into(documents(&app)?).await
}

fn documents(app: &AppHandle) -> Answered<PathBuf> {
    let known = app.path().document_dir().ok().filter(|it| it.is_dir());
    let folder = match known {
        Some(folder) => Ok(folder),
        None => app.path().app_local_data_dir(),
    };
    folder.map_err(|error| ControllerError {
        code: ControllerErrorCode::NotWritten,
        message: error.to_string(),
    })
}

#[tauri::command]
fn kiosk(kiosk: State<'_, Kiosk>) -> bool {
    kiosk.is_on()
}

#[tauri::command]
async fn enter_kiosk(
    gate: Held<'_>,
    kiosk: State<'_, Kiosk>,
    window: WebviewWindow,
) -> Answered<()> {
    kiosk.enter(&gate, &window).await
}

#[tauri::command]
async fn leave_kiosk(
    gate: Held<'_>,
    kiosk: State<'_, Kiosk>,
    window: WebviewWindow,
    pin: &str,
) -> Answered<()> {
    kiosk.leave(&gate, &window, pin).await
}

/// From here on codes that are shown are looked up only, or scanned again.
#[tauri::command]
fn look_up_only(gate: Held<'_>, on: bool) -> Answered<()> {
    gate.open()?.look_up_only(on);
    Ok(())
}

/// The camera's newest picture, as soon as it is another one than `seen`.
#[tauri::command]
async fn preview(window: State<'_, Window>, seen: u32) -> Result<ipc::Response, ()> {
    Ok(ipc::Response::new(window.next_picture(seen).await))
}

/// The cameras there are.
#[tauri::command(async)]
fn cameras(cameras: State<'_, Cameras>) -> Answered<Vec<CameraShown>> {
    cameras.list()
}

/// Looks at this camera from now on, or at none.
#[tauri::command]
fn use_camera(cameras: State<'_, Cameras>, camera: CameraPreference) {
    cameras.look_at(camera);
}

/// How the camera is doing. The screens ask when they listen: then it begins.
#[tauri::command]
fn camera_state(cameras: State<'_, Cameras>) -> CameraState {
    cameras.begin();
    cameras.state()
}

/// The serial ports there are.
#[tauri::command(async)]
fn serial_ports() -> Answered<Vec<SerialPortShown>> {
    gateline_scanner::serial::serial_ports().map_err(|message| ControllerError {
        code: ControllerErrorCode::Frames,
        message,
    })
}

/// Listens to the scanner at this port from now on, or to none.
#[tauri::command]
fn use_serial(scanner: State<'_, SerialScanner>, line: Option<SerialLine>) {
    scanner.use_port(line.map(|SerialLine { port, baud }| SerialChoice { path: port, baud }));
}

/// How the serial scanner is doing.
#[tauri::command]
fn serial_state(scanner: State<'_, SerialScanner>) -> SerialState {
    scanner.state()
}

/// Scans what is in the picture whose bytes are the request's body.
#[tauri::command]
async fn scan_image(inlet: State<'_, Inlet>, request: ipc::Request<'_>) -> Answered<ImageScanned> {
    let ipc::InvokeBody::Raw(bytes) = request.body() else {
        return Err(ControllerError {
            code: ControllerErrorCode::Frames,
            message: "no picture came".to_owned(),
        });
    };
    inlet.image(bytes.clone()).await
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
        look_up_only,
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
        export_log,
        kiosk,
        enter_kiosk,
        leave_kiosk,
        preview,
        cameras,
        use_camera,
        camera_state,
        serial_ports,
        use_serial,
        serial_state,
        scan_image,
    ]
}
