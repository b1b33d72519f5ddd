//! Which service answers which path, as the source says: a path is documented in
//! the folder of the service that serves it.

use super::{root, text};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Paths with their parameters filled in, and the service of each.
pub(super) fn served() -> Result<BTreeMap<String, String>> {
    let documented = documented()?;
    let by_folder = by_folder()?;
    let found: BTreeSet<&String> = by_folder.keys().collect();
    let listed: BTreeSet<&String> = documented.iter().collect();
    ensure!(
        found == listed,
        "docs/openapi.json and the folders differ: {:?}",
        found.symmetric_difference(&listed)
    );
    let filled = by_folder.into_iter();
    Ok(filled
        .map(|(path, service)| (fill(&path), service))
        .collect())
}

fn documented() -> Result<Vec<String>> {
    let document: Value = serde_json::from_str(&text("docs/openapi.json")?)?;
    let paths = document["paths"].as_object().context("no paths")?;
    Ok(paths.keys().cloned().collect())
}

fn by_folder() -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let http = root().join("backend/server/src/http");
    for entry in std::fs::read_dir(http)? {
        let folder = entry?.path();
        if folder.is_dir() {
            let name = folder.file_name().context("a folder without a name")?;
            let service = name.to_string_lossy().into_owned();
            for path in paths_below(&folder)? {
                let other = found.insert(path.clone(), service.clone());
                ensure!(
                    other.is_none_or(|other| other == service),
                    "{path} is served twice"
                );
            }
        }
    }
    Ok(found)
}

fn paths_below(folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if file.is_dir() {
            paths.extend(paths_below(&file)?);
        } else if file.extension().is_some_and(|it| it == "rs") {
            let source = std::fs::read_to_string(&file)?;
            for operation in source.split("#[utoipa::path(").skip(1) {
                let path = operation.split_once("path = \"");
                let path = path.and_then(|(_, rest)| rest.split_once('"'));
                let (path, _) = path.with_context(|| format!("no path in {}", file.display()))?;
                paths.push(path.to_owned());
            }
        }
    }
    Ok(paths)
}

/// `/api/events/{event}/orders` as somebody asks for it.
fn fill(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let inside = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        inside.map_or(part, |_| "0198c0de-4711")
    });
    parts.collect::<Vec<_>>().join("/")
}
