//! The page `docs/performance.md`, written from the figures.

use super::table::{number, table};
use super::{Book, Taken};
use crate::MEASUREMENTS;
use std::fmt::Write;

const HEAD: &str = "\
# What it costs, measured

Written by `cargo xtask bench --write-docs`; do not edit by hand. Every figure is of a release
build on the machine below, client and server on the same one. A measurement that is asked for
alone replaces only its own figures.
";

/// The page. `plots` are the files that were drawn, in the folder `performance`
/// beside it; `notes` is what people wrote about the figures.
#[must_use]
pub fn page(book: &Book, plots: &[String], notes: &str) -> String {
    let machine = &book.machine;
    let mut text = String::from(HEAD);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\n## Machine\n\n{}, {} cores, {} GiB of memory, {}.",
        machine.processor, machine.cores, machine.memory_gib, machine.system,
    );
    for measurement in MEASUREMENTS {
        if let Some(taken) = book.measurements.get(measurement.name) {
            section(&mut text, measurement.name, measurement.about, taken, plots);
        }
    }
    if !notes.trim().is_empty() {
        let _ = writeln!(text, "\n## What bounds them\n\n{}", notes.trim());
    }
    text
}

fn section(text: &mut String, name: &str, about: &str, taken: &Taken, plots: &[String]) {
    let _ = writeln!(text, "\n## {name}: {about}\n\n{}", table(&taken.figures));
    for plot in plots {
        if plot.starts_with(&format!("{name}-")) {
            let _ = writeln!(text, "![{name} against size](performance/{plot})\n");
        }
    }
    let mut said: Vec<&str> = Vec::new();
    for figure in &taken.figures {
        if !said.contains(&figure.how.as_str()) {
            said.push(&figure.how);
            let _ = writeln!(text, "- *{}*: {}", figure.name, figure.how);
        }
    }
    if let Some(load) = taken.load_before {
        let _ = writeln!(
            text,
            "\nThe measurement took {} s; before it began, {} processes wanted to run on average.",
            number(taken.seconds),
            number(load),
        );
    }
}
