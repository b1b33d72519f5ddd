//! Embeds the screens and declares which commands the window may call.
//!
//! The screens must have been built before (`cargo xtask ui`); a build without
//! them stops here with that advice.

/// Every command of `src/commands.rs`; the window's capability names each.
const COMMANDS: &[&str] = &[
    "status",
    "enrol",
    "events",
    "choose",
    "scan_text",
    "info",
    "look_up_only",
    "undo_last",
    "override_last",
    "search",
    "admit_listed",
    "sync_now",
    "figures",
    "history",
    "preferences",
    "set_preferences",
    "set_lock_pin",
    "lock",
    "unlock",
    "check_supervisor",
    "export_log",
    "kiosk",
    "enter_kiosk",
    "leave_kiosk",
    "reopen",
    "preview",
    "cameras",
    "use_camera",
    "camera_state",
    "serial_ports",
    "use_serial",
    "serial_state",
    "scan_image",
];

fn main() {
    println!("cargo:rerun-if-changed=../ui/dist");
    assert!(
        std::path::Path::new("../ui/dist/index.html").is_file(),
        "the scanner's screens are not built: run `cargo xtask ui` first"
    );
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}
