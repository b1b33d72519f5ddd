//! `cargo xtask test`: everything that must be green, in one order, on any
//! machine.
//!
//! Always: nothing is skipped that can run; the first failing step ends it.

use crate::command::{cargo, output, run as run_command};
use crate::progress::Progress;
use crate::services::Servers;
use crate::{deploy_tools, setup, ui};
use anyhow::Result;

/// Narrows the test step, for a quicker answer while working.
#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// Checks and tests everything.
pub(crate) fn run(args: &TestArgs) -> Result<()> {
    let deny = output(cargo(&["deny", "--version"])).is_some();
    let nextest = output(cargo(&["nextest", "--version"])).is_some();
    let mut progress = Progress::of(if deny { 10 } else { 9 });
    progress.step("what this machine needs", || {
        setup::ensure()?;
        deploy_tools::ensure()
    })?;
    progress.step("screens: packages and build", ui::build)?;
    progress.step("screens: types", ui::check)?;
    progress.step("format", || format(true))?;
    progress.step("clippy, warnings refused", lint)?;
    if deny {
        progress.step("licences and advisories", || {
            run_command(cargo(&["deny", "check", "licenses", "bans", "sources"]))
        })?;
    }
    progress.step("build of every program", || {
        run_command(cargo(&[
            "build",
            "--workspace",
            "--bins",
            "--examples",
            "--locked",
        ]))
    })?;
    let mut arguments = if nextest {
        vec!["nextest", "run", "--workspace", "--locked"]
    } else {
        vec!["test", "--workspace", "--all-targets", "--locked"]
    };
    arguments.extend(args.filter.as_deref());
    let mut servers = None;
    progress.step("servers for the distributed mode", || {
        servers = Some(Servers::start()?);
        Ok(())
    })?;
    progress.step("tests", || {
        let mut tests = cargo(&arguments);
        if let Some(servers) = &servers {
            servers.told(&mut tests);
        }
        run_command(tests)
    })?;
    drop(servers);
    progress.step("examples in the documentation", || {
        run_command(cargo(&["test", "--workspace", "--doc", "--locked"]))
    })?;
    progress.finish("test");
    Ok(())
}

/// Formats the Rust code, or only says what is not formatted.
pub(crate) fn format(check: bool) -> Result<()> {
    let mut arguments = vec!["fmt", "--all"];
    if check {
        arguments.push("--check");
    }
    run_command(cargo(&arguments))
}

/// Clippy over every target.
pub(crate) fn lint() -> Result<()> {
    let arguments = "clippy --workspace --all-targets --locked -- -D warnings";
    run_command(cargo(&arguments.split(' ').collect::<Vec<_>>()))
}
