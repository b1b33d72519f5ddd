//! Whole-system tests: shipped binaries, real protocols, one test binary.

mod app;
mod scenarios;
mod tidy;
