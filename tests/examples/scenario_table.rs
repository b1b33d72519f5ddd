//! Writes `docs/scenarios.md`: every scenario, and what each driver makes of it.

use anyhow::{Result, ensure};
use gateline_tests::scenarios::{Table, all, drivers};
use std::path::Path;

fn main() -> Result<()> {
    let table = Table::of(&all()?, drivers()?);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenarios.md");
    std::fs::write(page, table.to_markdown())?;
    let failures = table.failures();
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}
