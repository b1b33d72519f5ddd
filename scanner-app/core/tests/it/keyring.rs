//! The store's key in a real keyring (Secret Service), by the shipped binary. Each test
//! has a D-Bus session and a keyring of its own.
#![cfg(target_os = "linux")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Starts an unlocked keyring, and then what it is given.
const WITH_KEYRING: &str = r#"printf x | gnome-keyring-daemon --unlock --components=secrets \
    --control-directory "$HOME/control" >"$HOME/daemon.log" 2>&1; exec "$0" "$@""#;

const GATE: &str = env!("CARGO_BIN_EXE_gateline-gate");

/// Somebody who is logged in, with a keyring of their own.
struct Desktop {
    home: tempfile::TempDir,
}

impl Desktop {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("control")).unwrap();
        Self { home }
    }

    /// What the gate's status says, with this keyring unlocked.
    fn status(&self, store: &Path) -> Value {
        let mut command = Command::new("dbus-run-session");
        command
            .args(["--", "sh", "-c", WITH_KEYRING, GATE])
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env("XDG_DATA_HOME", self.home.path().join("data"));
        status(command, store)
    }
}

fn status(mut command: Command, store: &Path) -> Value {
    let output = command
        .arg("--store")
        .arg(store)
        .args(["--store-key", "keyring", "status"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or_else(|| panic!("{words}"));
    serde_json::from_str(line).unwrap()
}

/// The same where nobody is logged in.
fn status_without_keyring(store: &Path) -> Value {
    let nowhere = store.parent().unwrap();
    let mut command = Command::new(GATE);
    command
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("XDG_RUNTIME_DIR", nowhere);
    status(command, store)
}

/// A folder that a gate may open: only an enrolment makes one.
fn empty_store() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("gate");
    std::fs::create_dir(&store).unwrap();
    std::fs::write(store.join("store.db"), b"").unwrap();
    (folder, store)
}

#[test]
fn a_key_in_the_keyring_is_in_no_file_and_opens_the_store_again() {
    let (desktop, (_folder, store)) = (Desktop::new(), empty_store());
    assert_eq!(desktop.status(&store)["store_key"], "keyring");
    assert!(!store.join("store.key").exists());
    assert_eq!(desktop.status(&store)["store_key"], "keyring");
}

#[test]
fn a_store_whose_keyring_is_away_or_another_ones_is_not_touched() {
    let (desktop, (_folder, store)) = (Desktop::new(), empty_store());
    desktop.status(&store);
    let message = |answer: Value| answer["error"]["message"].as_str().unwrap().to_owned();
    let away = message(status_without_keyring(&store));
    assert!(away.contains("unlock it"), "{away}");
    let stranger = message(Desktop::new().status(&store));
    assert!(stranger.contains("does not hold the key"), "{stranger}");
    assert!(!store.join("store.key").exists());
    assert_eq!(desktop.status(&store)["store_key"], "keyring");
}

#[test]
fn without_a_keyring_the_key_is_in_a_file_and_stays_there() {
    let (desktop, (_folder, store)) = (Desktop::new(), empty_store());
    assert_eq!(status_without_keyring(&store)["store_key"], "file");
    assert_eq!(desktop.status(&store)["store_key"], "file");
    assert!(!store.join("store.keyring").exists());
}
