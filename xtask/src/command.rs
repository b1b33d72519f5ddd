//! Commands as xtask runs them: in the clone's folder, supervised, an error
//! when they fail.

use crate::environment;
use anyhow::{Context, Result, bail};
use gateline_servers::Supervised;
use std::process::{Command, Stdio};

/// `program` with these arguments, to be run in the clone's folder.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(environment::root());
    command
}

/// `cargo` with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(&environment::cargo(), arguments)
}

/// Runs it to its end, its output on the terminal.
pub(crate) fn run(command: Command) -> Result<()> {
    let text = describe(&command);
    let status = Supervised::start(command)?.wait()?;
    if !status.success() {
        bail!("`{text}` failed ({status})");
    }
    Ok(())
}

/// Runs it to its end and returns what it printed; `None` if it is not there or
/// fails.
pub(crate) fn output(mut command: Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// Runs it in the foreground of the terminal, so that it can ask for a
/// password.
pub(crate) fn run_in_foreground(mut command: Command) -> Result<()> {
    let text = describe(&command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{text}`"))?;
    if !status.success() {
        bail!("`{text}` failed ({status})");
    }
    Ok(())
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
