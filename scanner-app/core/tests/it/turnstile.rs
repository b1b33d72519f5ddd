//! The program that is run for each guest who is let through.
#![cfg(unix)]

use crate::program;
use crate::support::{Gate, Mode, Server, listed, wait_until};
use gateline_common::decision::Direction;
use gateline_common::ids::{GateId, Serial};
use gateline_common::time::Timestamp;
use gateline_scanner::controller::{HookTrouble, OnAdmit, Settings};
use std::path::Path;
use tempfile::TempDir;

/// Writes one line for each run.
const NOTE: &str = r#"printf '%s|' "$GATELINE_EVENT" "$GATELINE_GATE" "$GATELINE_DIRECTION" \
    "$GATELINE_SEQ" "$GATELINE_CONFIRMATION" >>"$0"; echo "$GATELINE_SERIAL" >>"$0""#;

fn running(script: &str, file: &Path) -> Settings {
    let arguments = ["-c".into(), script.into(), file.into()];
    Settings {
        on_admit: Some(OnAdmit {
            program: "sh".into(),
            arguments: arguments.to_vec(),
        }),
        ..Settings::default()
    }
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A gate without network at North, with three guests on its list.
async fn gate(settings: Settings) -> (Server, Gate) {
    let server = Server::start().await;
    for serial in 1..=3 {
        server.list(serial, listed("Ada Byron"));
    }
    let gate = Gate::with(&server, settings).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    (server, gate)
}

fn file() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("turnstile");
    (folder, file)
}

#[tokio::test]
async fn the_turnstile_opens_for_each_who_is_let_through_and_for_nobody_else() {
    let (_folder, file) = file();
    let (server, gate) = gate(running(NOTE, &file)).await;
    gate.admits(&server.digits(1)).await;
    gate.refuses(&server.digits(1)).await;
    gate.refuses("noise").await;
    gate.controller.info(&server.digits(2)).await.unwrap();
    gate.admits(&server.digits(2)).await;
    gate.controller.undo_last().await.unwrap();
    let out = gate
        .controller
        .choose(crate::support::EVENT, Some(GateId(1)), Direction::Exit);
    out.await.unwrap();
    gate.admits(&server.digits(1)).await;
    gate.controller.close(None).await.unwrap();
    let (one, two) = (Serial::truncate(1), Serial::truncate(2));
    let found = lines(&file);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], format!("7|1|entry|1|unconfirmed|{one}"));
    assert!(found[1].ends_with(&two.to_string()), "{found:?}");
    assert!(found[2].contains("|exit|") && found[2].ends_with(&one.to_string()));
    assert_eq!(gate.status().await.hook_trouble, None);
}

#[tokio::test]
async fn a_turnstile_that_fails_delays_no_answer_and_is_told_until_it_works() {
    let (_folder, file) = file();
    let script = r#"test -e "$0" || exit 7"#;
    let (server, gate) = gate(running(script, &file)).await;
    gate.admits(&server.digits(1)).await;
    let failed = Some(HookTrouble::Failed { exit_code: Some(7) });
    wait_until("the failure is told", async || {
        gate.status().await.hook_trouble == failed
    })
    .await;
    wait_until("the window is told", async || {
        let lines = gate.shown.lines.lock().unwrap();
        lines.iter().any(|line| line.hook_trouble == failed)
    })
    .await;
    std::fs::write(&file, "").unwrap();
    gate.admits(&server.digits(2)).await;
    wait_until("it works again", async || {
        gate.status().await.hook_trouble.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_turnstile_that_is_not_there_is_told() {
    let settings = Settings {
        on_admit: Some(OnAdmit {
            program: "no-such-turnstile".into(),
            arguments: Vec::new(),
        }),
        ..Settings::default()
    };
    let (server, gate) = gate(settings).await;
    gate.admits(&server.digits(1)).await;
    wait_until("it is told", async || {
        matches!(
            gate.status().await.hook_trouble,
            Some(HookTrouble::NotStarted { .. })
        )
    })
    .await;
}

#[tokio::test]
async fn a_turnstile_that_hangs_is_killed_and_those_behind_it_are_let_through() {
    let (_folder, file) = file();
    let script = r#"test -e "$0" && exit 0; touch "$0"; exec sleep 600"#;
    let (server, gate) = gate(running(script, &file)).await;
    let begun = std::time::Instant::now();
    gate.admits(&server.digits(1)).await;
    gate.admits(&server.digits(2)).await;
    assert!(begun.elapsed().as_secs() < 4, "it delayed an answer");
    let told = || {
        let lines = gate.shown.lines.lock().unwrap();
        let mut troubles: Vec<_> = lines.iter().map(|line| line.hook_trouble.clone()).collect();
        troubles.dedup();
        troubles
    };
    wait_until("the next one runs", async || told().len() == 3).await;
    let slow = Some(HookTrouble::TooSlow { limit_ms: 5_000 });
    assert_eq!(told(), [None, slow, None]);
}

#[tokio::test]
async fn nobody_waits_long_for_a_turnstile_that_is_behind() {
    let (_folder, file) = file();
    let (server, gate) = gate(running("exec sleep 600", &file)).await;
    let more_than_wait = 18;
    for serial in 1..=more_than_wait {
        gate.admits(&server.digits(serial)).await;
    }
    let trouble = gate.status().await.hook_trouble;
    assert_eq!(trouble, Some(HookTrouble::LeftOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_without_a_window_opens_its_turnstile_before_it_ends() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    // The program goes by the real clock.
    server
        .memory()
        .world
        .change(|event| event.ends_at = Timestamp(i64::MAX / 2));
    let (folder, file) = file();
    let store = folder.path().join("gate");
    let enrol = ["enrol", &server.enrolment_code()];
    assert_eq!(program::gate(&store, &enrol, "").await.0, Some(0));
    let place = ["scan", "--event", "7", "--gate", "north"];
    let turnstile = ["--on-admit", "sh", "--on-admit-arg", "-c"];
    let script = ["--on-admit-arg", NOTE, "--on-admit-arg"];
    let file_name = file.to_str().unwrap();
    let scan = [&place[..], &turnstile, &script, &[file_name]].concat();
    let (exit, shown) = program::gate(&store, &scan, &server.digits(1)).await;
    assert_eq!((exit, shown.len()), (Some(0), 1));
    assert_eq!(lines(&file).len(), 1);
}
