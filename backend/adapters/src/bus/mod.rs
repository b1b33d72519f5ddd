//! Adapters of the bus.

mod in_process;
pub mod rabbitmq;
mod traced;

pub use in_process::{Disorder, InProcessBus};
