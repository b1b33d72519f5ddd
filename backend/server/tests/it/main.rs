//! The API over HTTP, one file per path.

mod ops;
mod support;
