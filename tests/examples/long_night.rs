//! 10,000 scans in one run of the scanner's window: its memory and its time per
//! scan, a thousand at a time.

use anyhow::Result;
use gateline_tests::app::endure;
use std::io::Write;

const STRETCHES: usize = 10;
const LENGTH: usize = 1_000;

#[tokio::main]
async fn main() -> Result<()> {
    for stretch in endure(STRETCHES, LENGTH).await? {
        writeln!(std::io::stdout(), "{stretch}")?;
    }
    Ok(())
}
