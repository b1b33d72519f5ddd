//! What `deploy/` holds is checked by the tools that read it, and by asking it:
//! the routes by a running NGINX, the manifests as kustomize renders them, the
//! alert rules by Prometheus' own tests.
//!
//! Always: a tool that is missing fails the test. `cargo xtask test` installs all
//! of them.

mod compose;
mod image;
mod kubernetes;
mod locked_down;
mod nginx;
mod observability;
mod proxy;
mod routes;
mod settings;
mod tools;
mod workflows;

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Every service, as `--services` takes them.
const SERVICES: [&str; 9] = [
    "auth",
    "events",
    "orders",
    "expiration",
    "payments",
    "pricing",
    "tickets",
    "checkin",
    "mail",
];

/// The clone's top folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file of the clone.
fn text(name: &str) -> Result<String> {
    std::fs::read_to_string(root().join(name)).with_context(|| format!("cannot read {name}"))
}

/// Every document of a text of YAML.
fn documents(yaml: &str) -> Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml)?;
    Ok(documents.into_iter().filter(|it| !it.is_null()).collect())
}

/// Fails with what was found, unless that is nothing.
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
