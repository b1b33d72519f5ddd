//! Processes that never outlive whoever started them.
//!
//! Always: a supervised process leads a process group of its own, and the whole
//! group is killed when its guard is dropped, and also when this program itself
//! dies by any signal: a watchdog shell waits on a pipe that only this program holds
//! open, and kills the group when the pipe closes.

use anyhow::{Context, Result};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A running process and everything that it starts.
#[derive(Debug)]
pub struct Supervised {
    child: Child,
    watchdog: Option<Child>,
    ended: bool,
}

/// Waits for the end of its standard input, then ends the group `$1`.
const WATCHDOG: &str = "read -r _; kill -s TERM -- -\"$1\" && sleep 3; kill -s KILL -- -\"$1\"";

impl Supervised {
    /// Starts the command.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_owned();
        in_own_group(&mut command);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut started = Self {
            child,
            watchdog: None,
            ended: false,
        };
        started.watchdog = shell(WATCHDOG, &[started.child.id()], Stdio::piped())?;
        Ok(started)
    }

    /// Starts a command that outlives this program, for somebody else to end by its group.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start_and_leave(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_owned();
        in_own_group(&mut command);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            child,
            watchdog: None,
            ended: true,
        })
    }

    /// The number of its process group.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.child.id()
    }

    /// Has it ended by itself?
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What it prints, if that was to be piped; once.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When the operating system cannot say.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait().context("cannot wait for a process")?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if !self.ended {
            signal("KILL", self.child.id());
            let _gone_already = self.child.kill();
            let _reaped = self.child.wait();
        }
        if let Some(watchdog) = self.watchdog.take() {
            reap(watchdog);
        }
    }
}

fn reap(mut child: Child) {
    let _gone_already = child.kill();
    let _reaped = child.wait();
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn in_own_group(_command: &mut Command) {}

/// A shell in a group of its own; none where there are no process groups.
fn shell(script: &str, arguments: &[u32], stdin: Stdio) -> Result<Option<Child>> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "watchdog"])
        .args(arguments.iter().map(u32::to_string))
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    in_own_group(&mut command);
    let child = command.spawn().context("cannot start a watchdog")?;
    Ok(Some(child))
}

fn signal(name: &str, group: u32) {
    if cfg!(unix) {
        let _gone_already = Command::new("kill")
            .args(["-s", name, "--", &format!("-{group}")])
            .stderr(Stdio::null())
            .status();
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};

    /// A shell with a child of its own that holds the shell's output open.
    fn parent_and_child() -> (Supervised, BufReader<ChildStdout>) {
        let mut command = Command::new("sh");
        command
            .args(["-c", "(sleep 20; echo survived) & echo ready; wait"])
            .stdout(Stdio::piped());
        let mut started = Supervised::start(command).unwrap();
        let mut output = BufReader::new(started.child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        (started, output)
    }

    fn assert_closed(mut output: BufReader<ChildStdout>) {
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }

    #[test]
    fn dropping_the_guard_ends_the_process_and_its_children() {
        let (started, output) = parent_and_child();
        drop(started);
        assert_closed(output);
    }

    #[test]
    fn the_watchdog_ends_the_group_when_its_owner_is_gone() {
        let (mut started, output) = parent_and_child();
        drop(started.watchdog.as_mut().unwrap().stdin.take());
        assert_closed(output);
    }
}
