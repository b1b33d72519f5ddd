//! Whole-system tests: shipped binaries, real protocols, one test binary.

mod app;
mod on_sale;
mod scenarios;
mod story;
mod tidy;
mod two_gates;
