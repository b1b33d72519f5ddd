//! How the controller behaves where the event does not say.

use super::OnAdmit;
use crate::store::StoreKeyPlace;

/// Times, all in milliseconds; and what this program wants of its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long an admission waits for the server; 0 never asks.
    pub confirm_ms: u64,
    /// The same code within so long at the camera is one scan.
    pub same_code_ms: u64,
    /// Admissions are confirmed while the last contact is younger than this.
    pub contact_ms: u64,
    /// Time between two exchanges when nothing wakes the sync loop.
    pub poll_ms: u64,
    /// Where the key of a new store is kept; a file where there is no keyring.
    pub store_key: StoreKeyPlace,
    /// A program that is run for each guest who is let through.
    pub on_admit: Option<OnAdmit>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            confirm_ms: 250,
            same_code_ms: 5_000,
            contact_ms: 10_000,
            poll_ms: 5_000,
            store_key: StoreKeyPlace::File,
            on_admit: None,
        }
    }
}
