//! The main job as a story: an organizer sets up an event, buyers buy, two gates
//! scan while the backend is dead, and the report shows every double entry.
//!
//! Buyers, organizer and gates act only over HTTP and through the shipped
//! binaries. What they were answered goes into a journal, and the organizer's
//! report is compared with a tally of that journal alone.

mod buyers;
mod door;
mod frames;
mod journal;
mod organizer;
mod play;
mod show;
mod tally;

/// The password of everybody in the story.
pub use crate::system::PASSWORD;
pub use frames::photograph;
pub use journal::{Journal, Sale, Shown};
pub use organizer::{Festival, set_up};
pub use play::{Outcome, Size, play};
pub use show::Show;
pub use tally::{Tally, compare};
