//! Every setting that a deployment gives is one that the server has.

use super::kubernetes::{OVERLAYS, of_kind, rendered};
use super::{documents, text};
use anyhow::Result;
use std::collections::BTreeSet;

#[test]
fn every_setting_that_is_given_or_explained_is_one_of_the_server() -> Result<()> {
    let mut given = named(&text("deploy/compose.yaml")?);
    given.extend(named(&text("docs/operations.md")?));
    for overlay in OVERLAYS {
        let rendered = rendered(overlay)?;
        given.extend(named(&rendered));
        for secret in of_kind(&documents(&rendered)?, "Secret") {
            assert!(secret["stringData"].is_null(), "{secret}");
        }
    }
    let mut known = named(&text("backend/server/src/config/settings.rs")?);
    known.extend(named(&text("backend/server/src/main.rs")?));
    let of_compose = [
        "GATELINE_VERSION",
        "GATELINE_PORT",
        "GATELINE_TLS_PORT",
        "GATELINE_TLS_CERTIFICATE",
        "GATELINE_TLS_KEY",
    ];
    let unknown: Vec<&String> = given
        .iter()
        .filter(|name| !known.contains(*name))
        .filter(|name| !of_compose.contains(&name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "not a setting: {unknown:?}");
    Ok(())
}

/// Every `GATELINE_…` within.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    let settings =
        words.filter(|word| word.len() > "GATELINE_".len() && word.starts_with("GATELINE_"));
    settings.map(str::to_owned).collect()
}
