//! What must not get around staff at the scanner's window: a kiosk that is left, used
//! by hand or started again without a PIN, an answer that nobody sees, and a page that
//! takes the screens' place.

use anyhow::{Context, Result, ensure};
use gateline_tests::app::{AppWindow, Scanner, Venue};
use gateline_tests::story::photograph;
use gateline_tests::system::wait_until;
use serde_json::json;
use std::process::Command;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);
const CONFIRM_MS: u64 = 250;
const TABLET: &str = "Tablet 1";
const PIN: &str = "1357";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kiosk_lets_in_and_takes_back_nobody_by_hand_and_ends_with_its_pin_alone() -> Result<()> {
    let venue = Venue::open(2).await?;
    let scanner = venue.scanner(TABLET, 1, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    let pin = json!({"old": null, "new": PIN});
    window.command("set_lock_pin", pin).await?;
    window.press("F6").await?;
    window
        .click("[data-sheet=menu] [data-action=kiosk]")
        .await?;
    window.see("[data-kiosk=true]").await?;

    scanner.scan(&venue.codes[0]).await?;
    window.see("[data-answer=admit]").await?;
    window.gone("[data-action=undo]").await?;
    scanner.scan(&venue.codes[0]).await?;
    window.see("[data-answer=refuse]").await?;
    window.gone("[data-action=override]").await?;
    scanner.close().await?;

    let scanner = venue.unpacked(TABLET, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    window.see("[data-kiosk=true]").await?;
    revoke(&venue, &scanner).await?;
    window.see("[data-screen=enrol]").await?;
    window.click("[data-action=way-out]").await?;
    leave(window, "0000").await?;
    window.see("[data-testid=wrong]").await?;
    leave(window, PIN).await?;
    window.gone("[data-action=leave-kiosk]").await?;
    assert_eq!(window.command("kiosk", json!({})).await?, json!(false));
    scanner.close().await
}

async fn leave(window: &AppWindow, pin: &str) -> Result<()> {
    window.paste("#pin", pin).await?;
    window.click("[data-action=leave-kiosk]").await
}

async fn revoke(venue: &Venue, scanner: &Scanner) -> Result<()> {
    let line = scanner
        .await_status("the scans to be sent", |line| line["scans_waiting"] == 0)
        .await?;
    let device = line["enrolled"]["device"].as_str().context("a device")?;
    let path = format!("/api/checkin/devices/{device}");
    venue.festival.organizer.delete(&path).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_let_in_while_another_gate_is_chosen_is_seen() -> Result<()> {
    let venue = Venue::open(2).await?;
    let scanner = venue.scanner(TABLET, 1, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    for code in &venue.codes {
        window.press("F6").await?;
        window
            .click("[data-sheet=menu] [data-action=change-gate]")
            .await?;
        window.see("[data-screen=choose]").await?;
        // What a camera or a serial line reads is scanned whatever the screen shows.
        window.command("scan_text", json!({"text": code})).await?;
        window.see("[data-answer=admit]").await?;
        window.click("[data-action=next]").await?;
        window.gone("[data-answer]").await?;
    }
    window.press("F6").await?;
    window
        .click("[data-sheet=menu] [data-action=change-gate]")
        .await?;
    window.see("[data-screen=choose]").await?;
    window.hand_scan(&venue.codes[0]).await?;
    window.see("[data-answer=refuse]").await?;
    scanner.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_dropped_or_linked_takes_the_screens_place() -> Result<()> {
    let venue = Venue::open(1).await?;
    let scanner = venue.unpacked(TABLET, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    window.see("[data-screen=enrol]").await?;
    let drop = "const done = arguments[0]; const data = new DataTransfer(); \
        data.items.add(new File(['x'], 'page.html')); const init = {bubbles: true, \
        cancelable: true, dataTransfer: data}; const taken = ['dragover', 'drop'].map( \
        (name) => !document.body.dispatchEvent(new DragEvent(name, init))); done(taken);";
    assert_eq!(window.ask(drop, vec![]).await?, json!([true, true]));
    let go =
        "const [to, done] = arguments; location.href = to; setTimeout(() => done(null), 3000);";
    // A page that goes takes its scripts along.
    let went = window.ask(go, vec![json!(venue.backend.url())]).await;
    assert!(went.is_ok(), "{went:?}");
    let here = window.ask("arguments[0](location.href)", vec![]).await?;
    assert!(
        here.as_str().is_some_and(|it| it.starts_with("tauri:")),
        "{here}"
    );
    window.see("[data-screen=enrol]").await?;
    scanner.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_that_ends_a_code_with_two_keys_presses_nothing() -> Result<()> {
    let venue = Venue::open(1).await?;
    let scanner = venue.scanner(TABLET, 1, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    let script = concat!(
        include_str!("../src/app/staff.js"),
        "const [code, done] = arguments; const pressed = []; \
         for (const key of code) pressKey(key); \
         for (const key of ['Enter', 'Enter', 'Tab']) { \
           const event = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}); \
           document.activeElement.dispatchEvent(event); pressed.push(!event.defaultPrevented); \
         } done(pressed);"
    );
    let pressed = window.ask(script, vec![json!(venue.codes[0])]).await?;
    assert_eq!(pressed, json!([false, false, false]));
    window.see("[data-answer=admit]").await?;
    scanner.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_and_asked_for_twice_at_once_is_neither_lost_nor_doubled() -> Result<()> {
    let venue = Venue::open(1).await?;
    let scanner = venue.scanner(TABLET, 1, None, CONFIRM_MS).await?;
    let window = &scanner.window;
    for _ in 0..120 {
        let noise = json!({"text": "no ticket"});
        window.command("scan_text", noise).await?;
    }
    window.press("Escape").await?;
    window.press("F6").await?;
    window
        .click("[data-sheet=menu] [data-action=history]")
        .await?;
    let twice = "const [css, done] = arguments; const button = document.querySelector(css); \
        button.click(); button.click(); done(null);";
    window.see("[data-action=more]").await?;
    window.ask(twice, vec![json!("[data-action=more]")]).await?;
    await_entries(window, 100).await?;
    window.click("[data-action=more]").await?;
    await_entries(window, 120).await?;

    window.click("[data-action=close]").await?;
    window.press("F6").await?;
    window
        .click("[data-sheet=menu] [data-action=settings]")
        .await?;
    let both = "const done = arguments[0]; const press = (css) => \
        document.querySelector(css).click(); press('[data-setting=theme] [data-value=dark]'); \
        press('[data-setting=text] [data-value=large]'); done(null);";
    window.see("[data-setting=text]").await?;
    window.ask(both, vec![]).await?;
    window.see("html[data-text=large]").await?;
    let kept = window.command("preferences", json!({})).await?;
    assert_eq!(
        (&kept["theme"], &kept["text"]),
        (&json!("dark"), &json!("large"))
    );
    scanner.close().await
}

async fn await_entries(window: &AppWindow, wanted: usize) -> Result<()> {
    let count = "arguments[0](document.querySelectorAll('li[data-seq]').length);";
    wait_until("entries of the history", DEADLINE, async || {
        let shown = window.ask(count, vec![]).await?;
        Ok((shown == json!(wanted)).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_green_answer_does_not_hide_the_red_one_that_came_after_it() -> Result<()> {
    const SLOW_MS: u64 = 3_000;
    let venue = Venue::open(2).await?;
    let scanner = venue.scanner(TABLET, 1, None, SLOW_MS).await?;
    scanner
        .await_status("the server's word", |line| line["confirming"] == true)
        .await?;
    // The server is there, and says nothing until the gate has waited for long enough.
    let server = venue.backend.processes();
    let signal = |name: &str| -> Result<()> {
        let process = server.first().context("a server")?.to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status()?;
        ensure!(sent.success(), "{name} was not sent");
        Ok(())
    };
    signal("STOP")?;
    let window = &scanner.window;
    let both = "const [green, red, done] = arguments; \
        const scan = (text) => window.__TAURI_INTERNALS__.invoke('scan_text', {text}); \
        scan(green); setTimeout(() => scan(red).then(() => done(true)), 300);";
    let codes = vec![json!(venue.codes[0]), json!("no ticket")];
    let told = window.ask(both, codes).await;
    window.see("[data-answer=refuse]").await?;
    window.see("[data-testid=beside]").await?;
    signal("CONT")?;
    told?;
    window.see("[data-answer=refuse]").await?;
    scanner.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_before_the_camera_when_the_window_opens_is_answered_on_the_screen() -> Result<()>
{
    let venue = Venue::open(1).await?;
    let frames = venue.folder("frames");
    std::fs::create_dir_all(&frames)?;
    let scanner = venue.scanner(TABLET, 1, Some(&frames), CONFIRM_MS).await?;
    scanner.close().await?;
    photograph(&venue.codes[0], 1, &frames.join("ticket.png"))?;
    let scanner = venue.unpacked(TABLET, Some(&frames), CONFIRM_MS).await?;
    scanner.window.see("[data-answer=admit]").await?;
    scanner.close().await
}
