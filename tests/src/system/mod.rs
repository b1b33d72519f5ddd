//! The shipped binaries as processes: the backend, gates, and the HTTP client
//! that people's programs would use.

mod api;
mod backend;
mod binaries;
mod cluster;
mod collector;
mod engines;
mod gate;
mod installed;
mod lane;
mod shop;
mod wait;

pub use api::{Api, ApiFailure, PASSWORD, retrying};
pub use backend::{Backend, BackendOptions};
pub use binaries::Binaries;
pub use cluster::{Cluster, Instance, SERVICES};
pub use collector::{Collector, Step};
pub use engines::{Engines, mongodb_program};
pub use gate::{Gate, ScanLine};
pub use installed::installed;
pub use lane::Lane;
pub use shop::{Form, Shop};
pub use wait::{until_stopped, wait_until};
