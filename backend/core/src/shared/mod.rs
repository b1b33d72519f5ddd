//! What every service uses: the clock, identity of the caller, the commit that
//! binds a state change to its events, and the bus with its outbox.

pub mod bus;
pub mod clock;
pub mod commit;
pub mod idempotency;
pub mod lease;
pub mod page;
pub mod people;
pub mod principal;
pub mod printing;
pub mod random;
pub mod rate;
pub mod relay;
pub mod retention;
pub mod signals;
pub mod text;
pub mod trace;

pub use bus::{Bus, ConsumeError, Consumer, Handler, Outbox, OutboxEntry};
pub use clock::{Clock, SystemClock};
pub use commit::{Commit, Consumed, StoreError};
pub use idempotency::{Answers, IdempotencyError, IdempotencyKey, StoredAnswer};
pub use lease::{Lease, Leases};
pub use page::{Page, PageRequest};
pub use people::{Ended, People};
pub use principal::{Membership, OrgRole, Principal};
pub use retention::Retention;
pub use signals::{Listener, Signals};

/// Processor cores that this process may use; 1 where the system does not say.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
