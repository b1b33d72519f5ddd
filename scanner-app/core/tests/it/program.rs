//! The shipped binary `gateline-gate`, as a stranger would use it.

use crate::support::{Mode, Server, listed};
use gateline_common::time::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

pub(crate) async fn gate(
    store: &Path,
    arguments: &[&str],
    input: &str,
) -> (Option<i32>, Vec<Value>) {
    let (exit, lines, _) = gate_and_words(store, arguments, input).await;
    (exit, lines)
}

/// Exit code, answers, and what was said beside them.
async fn gate_and_words(
    store: &Path,
    arguments: &[&str],
    input: &str,
) -> (Option<i32>, Vec<Value>, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_gateline-gate"))
        .arg("--store")
        .arg(store)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    // A program that does not read its input may have ended by now.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = process.wait_with_output().await.unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let text = String::from_utf8(stdout).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line));
    let said = String::from_utf8(stderr).unwrap();
    (status.code(), lines.collect(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_is_enrolled_synced_and_scans_from_standard_input() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    // The program goes by the real clock.
    server
        .memory()
        .world
        .change(|event| event.ends_at = Timestamp(i64::MAX / 2));
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("gate");
    let code = server.enrolment_code();
    let (exit, lines) = gate(&store, &["enrol", &code, "--name", "North 1"], "").await;
    assert_eq!(
        (exit, lines[0]["org_name"].as_str()),
        (Some(0), Some("Field and Stage"))
    );
    let (exit, lines) = gate(&store, &["sync"], "").await;
    assert_eq!((exit, &lines[0]["complete"]), (Some(0), &Value::Bool(true)));
    let (_, lines) = gate(&store, &["status"], "").await;
    assert_eq!(lines[0]["events"][0]["tickets"], 1);
    server.set(Mode::Failing);
    let input = format!("{}\r\n\r\nnoise\n{}\n", server.digits(1), server.digits(1));
    let scan = ["scan", "--event", "7", "--gate", "north"];
    let (exit, lines) = gate(&store, &scan, &input).await;
    assert_eq!(exit, Some(0), "a server that is away is no failure");
    let reason = |line: &Value| line["answer"]["refuse"]["reason"].clone();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["answer"]["admit"], "entry");
    assert_eq!(reason(&lines[1]), "malformed");
    assert_eq!(reason(&lines[2]), "already_admitted");
    assert_eq!(gate(&store, &["sync"], "").await.0, Some(3));
    server.set(Mode::Good);
    assert_eq!(gate(&store, &["sync"], "").await.0, Some(0));
    assert_eq!(server.scans().len(), 3);
    let (_, lines) = gate(&store, &["status"], "").await;
    assert_eq!(lines[0]["link"], "online");
    assert!(lines[0]["last_contact_age_ms"].as_u64().unwrap() < 60_000);
    server.set(Mode::Failing);
    let (exit, lines) = gate(&store, &["status"], "").await;
    assert_eq!((exit, &lines[0]["link"]), (Some(0), &"offline".into()));
    assert_eq!(lines[0]["trouble"]["code"], "server_error");
    server.set(Mode::Good);
    let (exit, lines) = gate(&store, &["search", "byron"], "").await;
    assert_eq!((exit, lines.len()), (Some(0), 1));
    let (exit, lines) = gate(&store, &["undo"], "").await;
    assert_eq!(
        (exit, &lines[0]["error"]["code"]),
        (Some(1), &"nothing_to_undo".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_an_error_line_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("gate");
    for (arguments, code) in [
        (&["scan"][..], "not_enrolled"),
        (&["sync"], "not_enrolled"),
        (&["enrol", "hello"], "not_an_enrolment_code"),
    ] {
        let (exit, lines) = gate(&store, arguments, "").await;
        assert_eq!(exit, Some(1), "{arguments:?}");
        assert_eq!(lines[0]["error"]["code"], code, "{arguments:?}");
        let message = lines[0]["error"]["message"].as_str().unwrap();
        assert!(code != "not_enrolled" || message.contains("enrol it first"));
    }
    assert_eq!(
        gate(&store, &["scan", "--no-such-flag"], "").await.0,
        Some(2)
    );
    let (exit, _) = gate(&store, &["status"], "").await;
    assert_eq!(exit, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_was_not_chosen_is_asked_for_and_the_last_one_is_named() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("gate");
    let code = server.enrolment_code();
    assert_eq!(gate(&store, &["enrol", &code], "").await.0, Some(0));
    for (arguments, code, words) in [
        (
            &["scan"][..],
            "no_event",
            "choose an event with --event: 7 (",
        ),
        (
            &["scan", "--event", "7"],
            "no_gate",
            "choose a gate with --gate: 1 (North)",
        ),
        (
            &["scan", "--event", "99"],
            "unknown_place",
            "there is no such event",
        ),
    ] {
        let (exit, lines) = gate(&store, arguments, "").await;
        let error = &lines[0]["error"];
        assert_eq!((exit, &error["code"]), (Some(1), &code.into()));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
    let chosen = ["scan", "--event", "7", "--gate", "north"];
    let (exit, _, said) = gate_and_words(&store, &chosen, "").await;
    assert_eq!((exit, said.contains(": North, entry")), (Some(0), true));
    let (exit, _, said) = gate_and_words(&store, &["scan"], "").await;
    assert_eq!((exit, said.contains(": North, entry")), (Some(0), true));
    assert!(!said.contains('\u{1b}'), "no colours in a file: {said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_exported_and_checked_by_a_program_that_has_no_store() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("gate");
    let code = server.enrolment_code();
    assert_eq!(gate(&store, &["enrol", &code], "").await.0, Some(0));
    server.set(Mode::Failing);
    let scan = ["scan", "--event", "7", "--gate", "north"];
    assert_eq!(gate(&store, &scan, "noise\n").await.0, Some(0));
    let file = folder.path().join("log.jsonl");
    let path = file.to_str().unwrap();
    let (exit, lines) = gate(&store, &["export-log", path], "").await;
    assert_eq!((exit, &lines[0]["records"]), (Some(0), &1.into()));
    let nobody = folder.path().join("nobody");
    let (exit, lines) = gate(&nobody, &["verify-log", path], "").await;
    assert_eq!((exit, &lines[0]["sound"]), (Some(0), &true.into()));
    let key = lines[0]["head"]["root_key"].as_str().unwrap();
    let other = ["verify-log", path, "--device-key", key];
    let (exit, lines) = gate(&nobody, &other, "").await;
    assert_eq!(exit, Some(1));
    assert_eq!(lines[0]["problems"][0]["kind"], "other_device_key");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (exit, lines) = gate(&nobody, &["verify-log", path], "").await;
    assert_eq!((exit, &lines[0]["sound"]), (Some(1), &false.into()));
    let (exit, lines) = gate(&nobody, &["verify-log", "nowhere"], "").await;
    assert_eq!(
        (exit, &lines[0]["error"]["code"]),
        (Some(1), &"not_read".into())
    );
    assert!(!nobody.exists());
}
