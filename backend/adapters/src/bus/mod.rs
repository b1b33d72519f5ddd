//! Adapters of the bus.

mod in_process;

pub use in_process::{Disorder, InProcessBus};
