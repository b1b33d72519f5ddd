//! What is plugged into the scanner's window: its camera, a scanner on a serial line,
//! and pictures that are dropped into it. By the commands that its screens call.

use anyhow::{Result, bail};
use gateline_tests::app::{AppWindow, Display, Driver, WindowOptions};
use gateline_tests::story::photograph;
use gateline_tests::system::{Binaries, wait_until};
use serde_json::{Value, json};
use serialport::{SerialPort, TTYPort};
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn camera_serial_scanner_and_dropped_pictures_can_be_used_in_the_window() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let display = Display::start(1024, 600)?;
    let driver = Driver::start(&display).await?;
    let frames = folder.path().join("frames");
    std::fs::create_dir(&frames)?;
    let options = WindowOptions {
        store: folder.path().join("store"),
        frames: Some(frames.clone()),
        confirm_ms: 250,
    };
    let binaries = Binaries::of_this_build()?;
    let window = AppWindow::open(&binaries, &driver, &options).await?;
    window.see("[data-screen=enrol]").await?;
    a_camera_is_chosen_and_switched_off(&window, &frames).await?;
    a_serial_scanner_is_heard_and_missed(&window).await?;
    pictures_are_read(&window, folder.path()).await?;
    window.close().await
}

async fn a_camera_is_chosen_and_switched_off(window: &AppWindow, frames: &Path) -> Result<()> {
    let listed = call(window, "cameras", json!({})).await?;
    let name = listed[0]["name"].clone();
    assert_eq!(listed, json!([{"index": 0, "name": name}]));
    let half = frames.join(".1.png");
    photograph("1234567890", 1, &half)?;
    std::fs::rename(half, frames.join("1.png"))?;
    let state = become_kind(window, "camera_state", "seeing").await?;
    assert_eq!(state["name"], name);
    assert!(state["width"].as_u64() > Some(100), "{state}");
    let none = json!({"camera": {"kind": "none"}});
    call(window, "use_camera", none).await?;
    become_kind(window, "camera_state", "off").await?;
    let first = json!({"camera": {"kind": "first"}});
    call(window, "use_camera", first).await?;
    become_kind(window, "camera_state", "starting").await?;
    Ok(())
}

async fn a_serial_scanner_is_heard_and_missed(window: &AppWindow) -> Result<()> {
    assert!(call(window, "serial_ports", json!({})).await?.is_array());
    let (scanner, port) = TTYPort::pair()?;
    let path = port.name().unwrap_or_default();
    drop(port);
    let line = json!({"line": {"port": path, "baud": 115_200}});
    call(window, "use_serial", line).await?;
    let state = become_kind(window, "serial_state", "listening").await?;
    assert_eq!(state["path"], path.as_str());
    drop(scanner);
    become_kind(window, "serial_state", "trouble").await?;
    call(window, "use_serial", json!({"line": null})).await?;
    become_kind(window, "serial_state", "off").await?;
    Ok(())
}

/// Before the device is enrolled, a code that was read cannot be scanned.
async fn pictures_are_read(window: &AppWindow, folder: &Path) -> Result<()> {
    let said = drop_picture(window, b"holiday plans").await?;
    assert_eq!(said["ok"], json!({"codes": 0, "trouble": "not_an_image"}));
    let file = folder.join("dropped.png");
    photograph("1234567890", 2, &file)?;
    let said = drop_picture(window, &std::fs::read(&file)?).await?;
    assert_eq!(said["error"]["code"], "not_enrolled", "{said}");
    Ok(())
}

/// Waits until a state is of this kind.
async fn become_kind(window: &AppWindow, command: &str, kind: &str) -> Result<Value> {
    let what = format!("{command} {kind}");
    let waited = wait_until(&what, DEADLINE, async || {
        let state = call(window, command, json!({})).await?;
        Ok((state["kind"] == kind).then_some(state))
    });
    waited.await
}

async fn call(window: &AppWindow, command: &str, arguments: Value) -> Result<Value> {
    let script = "const [name, given, done] = arguments; \
        window.__TAURI_INTERNALS__.invoke(name, given).then( \
            (ok) => done({ok: ok ?? null}), (error) => done({error}));";
    let mut said = window.ask(script, vec![json!(command), arguments]).await?;
    match said.get_mut("ok") {
        Some(ok) => Ok(ok.take()),
        None => bail!("{command}: {}", said["error"]),
    }
}

async fn drop_picture(window: &AppWindow, bytes: &[u8]) -> Result<Value> {
    let script = "const [bytes, done] = arguments; \
        window.__TAURI_INTERNALS__.invoke('scan_image', new Uint8Array(bytes)).then( \
            (ok) => done({ok}), (error) => done({error}));";
    window.ask(script, vec![json!(bytes)]).await
}
