//! Every store adapter against the promises of its port.

mod contract;
mod kernel;
