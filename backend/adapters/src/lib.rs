//! Adapters: the outside world behind the ports of `gateline_core`.
//!
//! Each port's promises stand on its trait; each adapter of it runs the same
//! contract suite. Nothing here decides anything about tickets or money.

pub mod bus;
pub mod documents;
pub mod live;
pub mod mail;
pub mod mongo;
pub mod otlp;
pub mod payment;
pub mod private;
pub mod rate;
pub mod redis;
pub mod remote;
pub mod same_process;
pub mod seal;
pub mod sqlite;
