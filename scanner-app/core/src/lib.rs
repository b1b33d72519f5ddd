//! The core of the scanner app: frames and decoding, the local store, sync, and
//! the controller that decides and shows. A window (Tauri) or a terminal
//! (`gateline-gate`) is a thin shell around it.
//!
//! Always true: a scan is on disk before it is shown; scanning needs no network
//! and no mode switch; the rules are those of `gateline_admission`. There is no
//! Tauri here, and no server code.

pub mod clock;
pub mod controller;
pub mod decode;
pub mod eye;
pub mod frame;
pub mod log_file;
pub mod serial;
pub mod store;
pub mod sync;
#[cfg(any(test, feature = "synth"))]
pub mod synth;
