//! The harness and the programs under it.

mod backups;
mod campaign;
mod chaos;
mod clocks;
mod copies;
mod first_start;
mod full_disk;
mod planted;
mod power;
mod venue;
