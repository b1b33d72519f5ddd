//! Adapters of the bus.

mod in_process;
pub mod rabbitmq;

pub use in_process::{Disorder, InProcessBus};
