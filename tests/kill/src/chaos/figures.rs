//! The live figures against the records that gates sent.

use crate::checker::{Backend, Checked, Fault, passages};
use anyhow::Result;
use serde_json::Value;
use std::path::Path;

pub(super) fn check(data: &Path, told: &Value, checked: &mut Checked) -> Result<()> {
    let backend = Backend::open(data)?;
    let counted = passages(&backend)?;
    for (figure, count) in [("entered", counted.entered), ("refused", counted.refused)] {
        if told[figure].as_u64() != Some(count) {
            let what = format!(
                "live: {figure} is {}, the records have {count}",
                told[figure]
            );
            checked.found(Fault::Disagreement, what);
        }
    }
    Ok(())
}
