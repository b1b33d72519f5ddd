//! What a supervisor must know before it matters. A warning is data: the screens
//! find the words for it; its `Display` is the English sentence that
//! `gateline-gate` prints.

use crate::store::Rebuilt;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that a supervisor must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// The device's clock was set since the last sync.
    ClockSet {
        /// By so much, milliseconds; negative when it was set back.
        by_ms: i64,
    },
    /// The device's clock is off.
    ClockOff {
        /// Server time minus device time, milliseconds.
        by_ms: i64,
    },
    /// The store was damaged and was rebuilt.
    StoreRebuilt {
        /// Records of its log that were kept.
        kept: u64,
        /// Scans that cannot be read any more.
        lost: u64,
        /// Of these, at most so many that the server does not have.
        lost_unsent: u64,
        /// May more be lost than `lost` says?
        at_least: bool,
        /// The folder with the damaged files, within the store's.
        aside: String,
    },
    /// Another copy of this store is in use.
    Forked,
    /// The server refused records; they are kept here.
    RecordsRefused {
        /// How many.
        count: u64,
    },
    /// The server keeps records without counting them.
    RecordsUncounted {
        /// How many.
        count: u64,
    },
    /// The list of the chosen event has not arrived whole.
    ListIncomplete,
    /// The list of the chosen event has not been brought up to date for long.
    ListOld {
        /// Milliseconds since it was.
        age_ms: u64,
    },
    /// There is little room left where the store lies.
    DiskNearlyFull {
        /// Bytes that this program may still write.
        free_bytes: u64,
    },
}

impl From<Rebuilt> for Warning {
    fn from(about: Rebuilt) -> Self {
        let Rebuilt {
            kept,
            lost,
            lost_unsent,
            aside,
            at_least,
        } = about;
        Self::StoreRebuilt {
            kept,
            lost,
            lost_unsent,
            at_least,
            aside,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClockSet { by_ms } => {
                let by = by_ms / 1000;
                write!(
                    f,
                    "the device's clock was set by {by} s since the last sync"
                )
            }
            Self::ClockOff { by_ms } => {
                write!(f, "the device's clock is off by {} s", by_ms / 1000)
            }
            Self::StoreRebuilt {
                kept,
                lost,
                lost_unsent,
                at_least,
                aside,
            } => {
                let lost = lost_in_words(*lost, *lost_unsent, *at_least);
                write!(
                    f,
                    "this gate's store was damaged and was rebuilt: {kept} records of its log \
                     were kept, {lost}; the damaged files are in the folder {aside}"
                )
            }
            Self::Forked => f.write_str(
                "another copy of this store is in use: the server counts the scans of both and \
                 reports it; enrol one of them anew",
            ),
            Self::RecordsRefused { count } => write!(
                f,
                "{count} records were refused by the server and are kept here"
            ),
            Self::RecordsUncounted { count } => {
                write!(f, "{count} records are kept by the server but not counted")
            }
            Self::ListIncomplete => f.write_str("the attendee list is not complete yet"),
            Self::ListOld { age_ms } => {
                let minutes = age_ms / 60_000;
                write!(f, "the attendee list is {minutes} minutes old")
            }
            Self::DiskNearlyFull { free_bytes } => {
                let free = free_bytes / 1_000_000;
                write!(f, "the disk is nearly full: {free} MB are left for scans")
            }
        }
    }
}

fn lost_in_words(lost: u64, lost_unsent: u64, at_least: bool) -> String {
    match (lost, lost_unsent) {
        _ if at_least => format!(
            "{lost} scans or more cannot be read any more: how many there were cannot be told; \
             the organizer's report has those that were sent"
        ),
        (0, _) => "none is lost".to_owned(),
        (lost, 0) => format!("{lost} scans cannot be read here any more; the server has them"),
        (lost, unsent) => format!(
            "{lost} scans cannot be read any more, up to {unsent} of them were not sent yet"
        ),
    }
}
