//! Every store adapter against the promises of its port.

#[macro_use]
mod contract;
mod bus;
mod kernel;
mod sqlite;
