//! What processes share in Redis.
//!
//! Always true: nothing is here that cannot be rebuilt from its owner. Redis may
//! be emptied or away at any time: then things are slower, or counted by each
//! process for itself, and the log says so once per outage. Nothing is wrong.

mod due_index;
mod link;
mod rates;
mod revocations;
mod sales;
mod signals;

pub use due_index::RedisDueIndex;
pub use link::{RedisError, RedisServer};
pub use rates::RedisRates;
pub use revocations::RedisRevocations;
pub use sales::RedisSales;
pub use signals::RedisSignals;
