//! Those who use the programs: buyers, an organizer, gates, each with a journal of
//! what it was told.
//!
//! Always: a request is in the journal before it is sent, and its answer before
//! anything is done with it. A lost answer is asked for again, with the same key.

pub mod ask;
pub mod buyer;
pub mod gate;
pub mod journal;
pub mod organizer;
pub mod pool;
