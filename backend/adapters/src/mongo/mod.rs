//! The distributed stores: MongoDB, one database per service. No service reads
//! another's.
//!
//! Always true: a state change, the events that it causes, the mark of the event
//! that caused it and the answer that is kept are one transaction, written to a
//! majority and to its journal before anybody is answered. Counters and versions
//! move by conditional updates.
//!
//! Two transactions that read the same and write different documents do not meet
//! in MongoDB. So what a change depends on is either in the condition of an update,
//! or is touched by both sides: see `stripes`.

#[macro_use]
mod db;
mod auth;
mod bulk;
mod checkin;
mod commit;
mod documents;
mod error;
mod events;
mod expiration;
mod leases;
mod mail;
mod migrations;
mod newest;
mod orders;
mod outbox;
mod payments;
mod people;
mod pricing;
mod read;
mod schema;
mod sealed;
mod search;
mod stripes;
mod tickets;
mod turns;
mod type_prices;

pub use auth::MongoAuthStore;
pub use checkin::{MongoCheckIn, reseal as reseal_checkin};
pub use db::{MongoDb, MongoServer};
pub use error::MongoError;
pub use events::MongoEventStore;
pub use expiration::MongoScheduleStore;
pub use leases::MongoLeases;
pub use mail::MongoMailStore;
pub use migrations::MongoMigrations;
pub use orders::MongoOrderStore;
pub use outbox::{MongoAnswers, MongoOutbox, MongoRetention};
pub use payments::{MongoPaymentStore, MongoTestBooks};
pub use people::MongoPeople;
pub use pricing::MongoPricing;
pub use sealed::check_store_key;
pub use tickets::{MongoTicketStore, reseal as reseal_tickets};
