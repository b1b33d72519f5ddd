//! Measures what Gateline promises about speed and size, over the built
//! programs and the product's own crates.
//!
//! Always true: nothing here is a test; a figure is what was measured in this
//! run, on this machine, and says how. A figure that misses its goal is shown as
//! missed.

pub mod context;
pub mod figure;
pub mod gate;
pub mod latency;
pub mod machine;
pub mod report;
pub mod server;

use anyhow::Result;
use context::Context;
use figure::Figure;

/// One measurement: its name on the command line, and what it does.
pub struct Measurement {
    /// The name.
    pub name: &'static str,
    /// What is measured.
    pub about: &'static str,
    /// Measures.
    pub run: fn(&Context) -> Result<Vec<Figure>>,
}

/// All measurements, in the order in which they run.
pub const MEASUREMENTS: &[Measurement] = &[
    Measurement {
        name: "codes",
        about: "sign, verify and decide, in memory",
        run: gate::codes::run,
    },
    Measurement {
        name: "decide",
        about: "code to decision and scan to disk, by the length of the list",
        run: gate::decide::run,
    },
    Measurement {
        name: "search",
        about: "search as you type and live figures, by the length of the list",
        run: gate::search::run,
    },
    Measurement {
        name: "long-run",
        about: "10,000 scans in one run: time and memory per scan",
        run: gate::long_run::run,
    },
    Measurement {
        name: "confirm",
        about: "scan to the answer that the server confirms",
        run: gate::confirm::run,
    },
    Measurement {
        name: "frames",
        about: "camera frame to answer",
        run: gate::frames::run,
    },
    Measurement {
        name: "snapshot",
        about: "attendee list from the server into a gate's store",
        run: gate::snapshot::run,
    },
    Measurement {
        name: "read",
        about: "reading an event over the API",
        run: server::read::run,
    },
    Measurement {
        name: "orders",
        about: "placing orders, one hot ticket type and many",
        run: server::orders::run,
    },
    Measurement {
        name: "issue",
        about: "from the order to the issued ticket",
        run: server::issue::run,
    },
    Measurement {
        name: "upload",
        about: "uploads of scans, verified and on disk",
        run: server::upload::run,
    },
    Measurement {
        name: "reconcile",
        about: "report and uploads, by the number of records held",
        run: server::reconcile::run,
    },
    Measurement {
        name: "distributed",
        about: "one process, and every service apart from the others, side by side",
        run: server::distributed::run,
    },
];
