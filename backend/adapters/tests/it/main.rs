//! Every store adapter against the promises of its port.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[macro_use]
mod contract;
mod backup;
mod bus;
mod documents;
mod flaky;
mod in_memory;
mod instances;
mod kernel;
mod late_orders;
mod live;
mod mail_job;
mod market;
mod mongo;
mod mongo_migrations;
mod mongo_sealed;
mod put_back;
mod rabbitmq;
mod recorded;
mod redis;
mod sealed;
mod servers;
mod sqlite;
mod traced;
