//! Whole-system tests: shipped binaries, real protocols, one test binary.

mod app;
mod app_access;
#[cfg(unix)]
mod app_devices;
#[cfg(target_os = "linux")]
mod app_endurance;
mod app_keys;
mod app_kiosk;
mod app_pair;
mod app_queue;
mod app_trouble;
mod crowd;
mod deploy;
mod on_sale;
mod quiet_logs;
mod scenarios;
mod story;
mod tidy;
#[cfg(unix)]
mod traces;
mod two_gates;
#[cfg(target_os = "linux")]
mod unwritable_logs;
