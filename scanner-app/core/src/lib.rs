//! The core of the scanner app.

pub mod controller;
pub mod decode;
pub mod frame;
#[cfg(any(test, feature = "synth"))]
pub mod synth;
