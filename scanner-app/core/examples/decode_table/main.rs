//! Measures the decoding ladder: what each voice alone reads, what it adds to those before it, and
//! what it costs, over the sample photos and frames made to order. Prints the table and writes it
//! to `docs/decoding.md`.
//!
//! ```text
//! cargo run --release -p gateline-scanner --example decode_table
//! ```

mod report;
mod tally;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Parser;
use gateline_scanner::{
    decode::{Ladder, Limits},
    frame::Frame,
    synth,
};

use tally::Tally;

/// Measure the decoders over the sample photos and over hard frames made to order.
#[derive(Parser)]
struct Args {
    /// Frames for each trouble and severity; 64 times as many in all.
    #[arg(long, default_value_t = 9)]
    seeds: u64,
    /// Where the report goes.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/decoding.md"))]
    out: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let patient = Limits {
        preview: Duration::from_secs(10),
        voice: Duration::from_secs(60),
    };
    let mut ladder = Ladder::new(Ladder::standard(), patient);
    let mut photos = Tally::new(ladder.voices());
    for photo in synth::sample_photos()? {
        photos.take(&mut ladder, &photo.name, &photo.text, photo.frame);
    }
    let mut frames = Tally::new(ladder.voices());
    for shot in synth::survey(args.seeds) {
        frames.take(&mut ladder, shot.trouble.name(), &shot.text(), shot.frame());
    }
    let mut blanks = Tally::new(ladder.voices());
    for seed in 0..40 {
        blanks.take(&mut ladder, "no code", "", synth::room(seed));
    }
    let held = held_still(args.seeds);
    let report = report::write(&photos, &frames, &blanks, &held);
    report::print(&report);
    std::fs::write(&args.out, report)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// How many tickets held still are read within so many preview frames; entry 0 counts all.
fn held_still(seeds: u64) -> Vec<usize> {
    let shots = synth::survey(seeds.min(3));
    let mut within = vec![shots.len(), 0, 0, 0, 0];
    for shot in &shots {
        let frame: Arc<Frame> = Arc::new(shot.frame());
        let mut ladder = Ladder::default();
        let read = (1..within.len()).find(|_| {
            ladder
                .preview(&frame)
                .iter()
                .any(|reading| reading.text == shot.text())
        });
        if let Some(first) = read {
            within[first..].iter_mut().for_each(|count| *count += 1);
        }
    }
    within
}
