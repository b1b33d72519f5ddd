//! The server of Gateline: configuration, wiring and HTTP over the services of
//! `gateline_core` and the adapters of `gateline_adapters`.
//!
//! Always true: nothing here decides anything about tickets, money or people;
//! it translates between HTTP and use cases. `run` is all there is to a server:
//! tests start the same one on port 0.

mod admin;
mod background;
mod backup;
mod claim;
pub mod config;
mod connections;
pub mod context;
mod dead_letters;
mod healthy;
pub mod http;
pub mod kernel;
pub mod logging;
mod openapi;
mod ops;
mod pricing_simulation;
mod restore;
mod run;
mod secrets;
pub mod service;
mod tls;
mod wiring;

pub use admin::{StorePlace, make_store_key, reseal, rotate_store_key, set as set_admin};
pub use backup::back_up;
pub use config::Config;
pub use dead_letters::{DeadLettersCommand, dead_letters};
pub use healthy::ask_whether_ready;
pub use openapi::document as openapi_document;
pub use pricing_simulation::simulate_pricing;
pub use restore::restore;
pub use run::{InProcess, Surroundings, run, run_in};
pub use tls::announcement;
pub use wiring::Traces;
