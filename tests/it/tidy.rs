//! The shape of the source tree: file lengths, headers, the direction of
//! dependencies (I1), services that never import each other (I2), and no path of
//! one machine; and what the pages about architecture and security name.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const LONGEST: usize = 500;

/// Longer files, and why.
const MAY_BE_LONGER: &[(&str, &str)] = &[
    ("Cargo.lock", "written by cargo"),
    ("backend/server/fuzz/Cargo.lock", "written by cargo"),
    ("crates/common/fuzz/Cargo.lock", "written by cargo"),
    ("crates/ticket-crypto/fuzz/Cargo.lock", "written by cargo"),
    ("scanner-app/core/fuzz/Cargo.lock", "written by cargo"),
    ("docs/openapi.json", "written by `gateline openapi`"),
    ("docs/pricing/fast.svg", "a plot"),
    ("docs/pricing/slow.svg", "a plot"),
    ("docs/pricing/spiky.svg", "a plot"),
    ("scanner-app/ui/package-lock.json", "written by npm"),
    (
        "scanner-app/ui/src/lib/types.ts",
        "written from the Rust types",
    ),
];

/// Our own packages, and which of our own each may depend on (I1).
const LAYERS: &[(&str, &[&str])] = &[
    ("gateline-common", &[]),
    ("ticket-crypto", &["gateline-common"]),
    ("gateline-admission", &["gateline-common", "ticket-crypto"]),
    (
        "gateline-core",
        &["gateline-common", "ticket-crypto", "gateline-admission"],
    ),
    (
        "gateline-scanner",
        &["gateline-common", "ticket-crypto", "gateline-admission"],
    ),
    (
        "gateline-scanner-app",
        &[
            "gateline-common",
            "ticket-crypto",
            "gateline-admission",
            "gateline-scanner",
        ],
    ),
    (
        "gateline-adapters",
        &[
            "gateline-common",
            "ticket-crypto",
            "gateline-admission",
            "gateline-core",
        ],
    ),
    (
        "gateline-server",
        &[
            "gateline-common",
            "ticket-crypto",
            "gateline-admission",
            "gateline-core",
            "gateline-adapters",
        ],
    ),
    ("gateline-servers", &[]),
    ("xtask", &["gateline-servers"]),
];

/// Packages of tests and measurements: they may depend on everything.
const TESTS: &[&str] = &["gateline-tests", "gateline-bench", "gateline-kill"];

/// What the pure crates and the core must not depend on (I1).
const NOT_IN_THE_CORE: &[&str] = &[
    "axum", "rusqlite", "mongodb", "lapin", "redis", "tauri", "reqwest", "hyper",
];
const CORE: &[&str] = &[
    "gateline-common",
    "ticket-crypto",
    "gateline-admission",
    "gateline-core",
];

const SERVICES: &[&str] = &[
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    Ok(output.stdout)
}

/// Every text file of the project, with its text.
fn texts() -> Result<Vec<(String, String)>> {
    let listed = output(
        "git",
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    )?;
    let mut texts = Vec::new();
    for name in String::from_utf8(listed)?.split_terminator('\0') {
        let file = root().join(name);
        // A file that was deleted but not yet committed, and pictures.
        let Ok(bytes) = std::fs::read(&file) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push((name.to_owned(), text));
        }
    }
    ensure!(texts.len() > 50, "only {} files found", texts.len());
    Ok(texts)
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn no_file_is_longer_than_one_sitting() -> Result<()> {
    let mut long = Vec::new();
    for (name, text) in texts()? {
        let lines = text.lines().count();
        let excused = MAY_BE_LONGER.iter().any(|(excused, _)| name == *excused);
        if lines > LONGEST && !excused {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    none("files over 500 lines without a reason", &long);
    Ok(())
}

#[test]
fn every_module_opens_by_saying_what_it_is_for() -> Result<()> {
    let silent: Vec<String> = texts()?
        .into_iter()
        .filter(|(name, text)| name.ends_with(".rs") && !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    none("modules without a //! header", &silent);
    Ok(())
}

fn packages() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--offline"];
    let metadata: Value = serde_json::from_slice(&output(env!("CARGO"), &arguments)?)?;
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().context("packages")? {
        let name = package["name"].as_str().context("a name")?;
        let dependencies = package["dependencies"].as_array().context("dependencies")?;
        let normal = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect();
        packages.insert(name.to_owned(), normal);
    }
    Ok(packages)
}

#[test]
fn dependencies_point_one_way() -> Result<()> {
    let packages = packages()?;
    let mut wrong = Vec::new();
    for (name, allowed) in LAYERS {
        let Some(dependencies) = packages.get(*name) else {
            wrong.push(format!("there is no package {name}"));
            continue;
        };
        for dependency in dependencies {
            let ours = packages.contains_key(dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} depends on {dependency}"));
            }
            if CORE.contains(name) && NOT_IN_THE_CORE.contains(&dependency.as_str()) {
                wrong.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    for name in packages
        .keys()
        .filter(|name| !TESTS.contains(&name.as_str()))
    {
        if !LAYERS.iter().any(|(known, _)| known == name) {
            wrong.push(format!("{name} has no place among the layers"));
        }
    }
    none("dependencies against I1", &wrong);
    Ok(())
}

#[test]
fn services_never_import_each_other() -> Result<()> {
    let mut wrong = Vec::new();
    for (name, text) in texts()? {
        let Some(inside) = name.strip_prefix("backend/core/src/") else {
            continue;
        };
        let Some((service, _)) = inside.split_once('/') else {
            continue;
        };
        if !SERVICES.contains(&service) {
            continue;
        }
        for other in SERVICES.iter().filter(|other| **other != service) {
            for (number, line) in text.lines().enumerate() {
                let code = line.trim_start();
                let named = [format!("crate::{other}::"), format!("crate::{other};")];
                if !code.starts_with("//") && named.iter().any(|path| code.contains(path)) {
                    wrong.push(format!("{name}:{}: {code}", number + 1));
                }
            }
        }
    }
    none("imports against I2", &wrong);
    Ok(())
}

#[test]
fn no_file_names_a_path_of_one_machine() -> Result<()> {
    let roots = ["work", "root", "home", "farm", "Users"].map(|folder| format!("/{folder}/"));
    let mut found = Vec::new();
    for (name, text) in texts()? {
        if name.ends_with(".lock") || name.ends_with("-lock.json") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let named = roots.iter().any(|root| {
                line.match_indices(root.as_str()).any(|(at, _)| {
                    // Within a longer path or URL it is no path from the root.
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "._-}/*".contains(c))
                })
            });
            if named {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("paths of one machine", &found);
    Ok(())
}

#[test]
fn what_the_architecture_page_names_exists() -> Result<()> {
    let texts = texts()?;
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let code = |name: &&(String, String)| name.0.ends_with(".rs");
    let mut missing = Vec::new();
    // Every second piece stands between backticks.
    for named in page.split('`').skip(1).step_by(2) {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_path =
            named.contains('/') && !named.contains([' ', '\n']) && !named.starts_with('/');
        let is_function = named.chars().all(word) && named.matches('_').count() >= 3;
        let exists = if is_path {
            root().join(named).exists()
        } else if is_function {
            let functions = [format!("fn {named}("), format!("fn {named}<")];
            texts
                .iter()
                .filter(code)
                .any(|(_, text)| functions.iter().any(|function| text.contains(function)))
        } else {
            true
        };
        if !exists {
            missing.push(named.to_owned());
        }
    }
    none("named in ARCHITECTURE.md, but not there", &missing);
    Ok(())
}

/// A claim is a list item; what it says holds by the tests that it names, or it
/// says itself that an attacker can do something.
#[test]
fn every_claim_of_the_security_page_names_a_test_that_exists() -> Result<()> {
    let texts = texts()?;
    let code: Vec<&str> = texts
        .iter()
        .filter(|(name, _)| name.ends_with(".rs"))
        .map(|(_, text)| text.as_str())
        .collect();
    let page = std::fs::read_to_string(root().join("docs/security.md"))?;
    let mut wrong = Vec::new();
    let mut named = 0;
    for claim in page.lines().filter(|line| line.starts_with("- ")) {
        if claim.starts_with("- **Residual:**") {
            continue;
        }
        let tests = claim.split_once("Test: ").or(claim.split_once("Tests: "));
        let tests = tests.map_or("", |(_, tests)| tests).split('`');
        let tests: Vec<&str> = tests.skip(1).step_by(2).collect();
        if tests.is_empty() {
            wrong.push(format!("names no test: {claim}"));
        }
        for test in tests {
            named += 1;
            let function = format!("fn {test}(");
            if !code.iter().any(|text| text.contains(&function)) {
                wrong.push(format!("there is no {test}: {claim}"));
            }
        }
    }
    none("claims of docs/security.md", &wrong);
    ensure!(named > 80, "only {named} tests are named");
    Ok(())
}
