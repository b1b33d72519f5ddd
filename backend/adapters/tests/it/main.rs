//! Every store adapter against the promises of its port.

#[macro_use]
mod contract;
mod bus;
mod flaky;
mod kernel;
mod market;
mod sqlite;
