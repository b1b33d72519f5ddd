//! A short form of the long night (`cargo run -p gateline-tests --example
//! long_night`, 10,000 scans): what grows with each scan would show here, too.

use anyhow::{Context, Result};
use gateline_tests::app::endure;
use std::io::Write;

/// A page collects its garbage when it likes.
const SLACK_MIB: f64 = 96.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_takes_no_more_time_or_memory_for_the_thousandth_scan_than_for_the_first()
-> Result<()> {
    let stretches = endure(4, 250).await?;
    for stretch in &stretches {
        writeln!(std::io::stdout(), "{stretch}")?;
    }
    let (first, last) = (stretches.first(), stretches.last());
    let (first, last) = (first.context("a stretch")?, last.context("a stretch")?);
    // A busy machine doubles a time by itself.
    assert!(last.p50_ms < first.p50_ms * 3.0 + 10.0, "{first}\n{last}");
    let memory = |stretch: &gateline_tests::app::Stretch| stretch.app_mib + stretch.web_mib;
    assert!(first.app_mib > 0.0 && first.web_mib > 0.0, "{first}");
    assert!(memory(last) < memory(first) + SLACK_MIB, "{first}\n{last}");
    Ok(())
}
