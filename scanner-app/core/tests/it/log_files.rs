//! The log as a signed file: what was changed in it is found.

use crate::support::{Gate, Mode, Server, listed};
use gateline_common::decision::Answer;
use gateline_common::sync::{Record, RecordBody};
use gateline_scanner::controller::{ControllerErrorCode as Code, Settings};
use gateline_scanner::log_file::{Found, Keys, Problem, verify};
use gateline_scanner::store::Store;
use ticket_crypto::SigningKey;

/// A gate that scanned, and its log as a file.
async fn exported() -> (Gate, Vec<u8>) {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    gate.admits(&server.digits(1)).await;
    gate.refuses(&server.digits(1)).await;
    gate.refuses("noise").await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(2)).await;
    gate.controller.undo_last().await.unwrap();
    let path = gate.folder().join("log.jsonl");
    let written = gate.controller.export_log(&path).await.unwrap();
    assert_eq!(written.path, path.display().to_string());
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(written.records as usize + 2, lines(&bytes).len());
    (gate, bytes)
}

fn lines(file: &[u8]) -> Vec<Vec<u8>> {
    file.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn checked(file: &[u8]) -> Found {
    verify(file, Keys::default()).unwrap()
}

#[tokio::test]
async fn a_log_that_was_exported_is_sound_and_says_whose_it_is() {
    let (gate, file) = exported().await;
    let found = checked(&file);
    assert!(found.sound, "{found:?}");
    let head = found.head.clone().unwrap();
    assert_eq!(
        (head.name.as_str(), head.org_name.as_str()),
        ("North 1", "Field and Stage")
    );
    assert_eq!(found.receipts.forged, 0);
    assert!(found.receipts.genuine > 0 && found.receipts.up_to > 0);
    let keys = Keys {
        device: Some(head.device_key),
        root: Some(head.root_key),
    };
    assert!(verify(file.as_slice(), keys).unwrap().sound);
    let other = Keys {
        device: Some(head.root_key),
        root: Some(head.device_key),
    };
    let wanted = [Problem::OtherDeviceKey, Problem::OtherRootKey];
    assert_eq!(verify(file.as_slice(), other).unwrap().problems, wanted);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(gate.folder().join("log.jsonl")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
    assert!(!gate.folder().join("log.jsonl.part").exists());
}

#[tokio::test]
async fn one_changed_bit_anywhere_is_found() {
    let (_gate, file) = exported().await;
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(!checked(&changed).sound, "byte {place}");
    }
}

#[tokio::test]
async fn what_is_cut_off_left_out_swapped_or_added_is_found() {
    let (_gate, file) = exported().await;
    let all = lines(&file);
    for kept in 0..all.len() {
        let short = all[..kept].concat();
        assert!(!checked(&short).sound, "{kept} lines");
    }
    assert_eq!(checked(&all[..3].concat()).problems, [Problem::CutShort]);
    assert!(!checked(&file[..file.len() - 1]).sound);
    for left_out in 0..all.len() {
        let mut fewer = all.clone();
        fewer.remove(left_out);
        assert!(!checked(&fewer.concat()).sound, "without line {left_out}");
    }
    let mut swapped = all.clone();
    swapped.swap(1, 2);
    let found = checked(&swapped.concat());
    assert!(
        found.problems.contains(&Problem::OutOfOrder { line: 3 }),
        "{found:?}"
    );
    let longer = [file.as_slice(), b"{}\n"].concat();
    assert_eq!(checked(&longer).problems, [Problem::BehindTheTail]);
    for none in [&b""[..], b"hello\n", b"{}"] {
        assert_eq!(checked(none).problems, [Problem::NotALog]);
    }
}

#[tokio::test]
async fn another_devices_key_does_not_sign_for_this_one() {
    let (gate, file) = exported().await;
    // A forger has a store of the same device with another key.
    gate.controller.shut().await;
    let mut store = Store::open(gate.folder()).unwrap();
    let seed = SigningKey::from_seed([9; 32]);
    let sql = "UPDATE device SET signing_seed = ?";
    store.db().execute(sql, [seed.seed().as_slice()]).unwrap();
    let at = checked(&file).head.unwrap().exported_at;
    let forged = gate.folder().join("forged.jsonl");
    gateline_scanner::log_file::write(&mut store, at, &forged).unwrap();
    let forged = lines(&std::fs::read(&forged).unwrap());
    let mut mixed = lines(&file);
    let tail = mixed.len() - 1;
    mixed[tail].clone_from(&forged[tail]);
    assert_eq!(checked(&mixed.concat()).problems, [Problem::NotSigned]);
    // Signed through and through with the other key it holds together, and shows
    // that key.
    let key = checked(&file).head.map(|head| head.device_key);
    let keys = Keys {
        device: key,
        root: None,
    };
    let whole = verify(forged.concat().as_slice(), keys).unwrap();
    assert_eq!(whole.problems, [Problem::OtherDeviceKey]);
}

#[tokio::test]
async fn a_record_that_was_rewritten_breaks_the_chain_even_when_signed_again() {
    let (gate, _) = exported().await;
    gate.controller.shut().await;
    let mut store = Store::open(gate.folder()).unwrap();
    let first = store.records_from(1, 1, 1 << 20).unwrap().remove(0);
    let mut record = Record::from_bytes(&first.bytes).unwrap();
    if let RecordBody::Scan(scan) = &mut record.body {
        scan.answer = Answer::Refuse(gateline_common::decision::Refusal::Blocked);
    }
    let bytes = record.to_bytes().unwrap();
    let sql = "DROP TRIGGER log_is_never_changed; DROP TRIGGER log_is_never_shortened";
    store.db().execute_batch(sql).unwrap();
    let hash = Record::hash(&bytes);
    let sql = "UPDATE log SET bytes = ?, hash = ? WHERE seq = 1";
    store.db().execute(sql, (&bytes, hash.0)).unwrap();
    let path = gate.folder().join("rewritten.jsonl");
    let at = gateline_common::Timestamp(0);
    gateline_scanner::log_file::write(&mut store, at, &path).unwrap();
    let found = checked(&std::fs::read(&path).unwrap());
    assert_eq!(found.problems, [Problem::NotChained { line: 3 }]);
    let sql = "DELETE FROM log WHERE seq = 2";
    store.db().execute(sql, []).unwrap();
    gateline_scanner::log_file::write(&mut store, at, &path).unwrap();
    let found = checked(&std::fs::read(&path).unwrap());
    assert_eq!((found.gaps[0].after, found.gaps[0].before), (1, 3));
    assert!(!found.sound);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_leaves_nothing_and_says_so() {
    let (gate, _) = exported().await;
    let nowhere = gate.folder().join("nowhere").join("log.jsonl");
    let error = gate.controller.export_log(&nowhere).await.unwrap_err();
    assert_eq!(error.code, Code::NotWritten);
    let it = &gate.controller;
    it.set_lock_pin(None, Some("2468")).await.unwrap();
    it.lock().await.unwrap();
    let folder = gate.folder().to_owned();
    let locked = it.export_log_into(folder.clone()).await.unwrap_err();
    assert_eq!(locked.code, Code::Locked);
    it.unlock("2468").await.unwrap();
    let named = it.export_log_into(folder).await.unwrap();
    assert!(
        named
            .path
            .ends_with("gateline-log-north-1-20260424T030640Z.jsonl"),
        "{}",
        named.path
    );
    let fresh = Gate::fresh(Settings::default()).await;
    let path = fresh.folder().join("log.jsonl");
    let error = fresh.controller.export_log(&path).await.unwrap_err();
    assert_eq!(error.code, Code::NotEnrolled);
    assert!(!path.exists());
}
