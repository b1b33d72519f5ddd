//! JSON lines on standard output, and a shell that shows nothing by itself.

use gateline_scanner::controller::{GuiIntegration, ScanShown, StatusLine};
use serde::Serialize;
use std::io::Write;

/// The lines are printed where a method returns, so that each says which
/// picture it came from.
pub(crate) struct Silent;

impl GuiIntegration for Silent {
    fn shown(&self, _scan: &ScanShown) {}
    fn status(&self, _line: &StatusLine) {}
}

/// Prints one line. A reader that has gone away is no reason to stop logging.
pub(crate) fn print(value: &impl Serialize) {
    let line = match serde_json::to_string(value) {
        Ok(line) => line,
        Err(error) => {
            tracing::error!(%error, "an answer cannot be printed");
            return;
        }
    };
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        tracing::debug!(%error, "standard output is closed");
    }
}

/// Tells the person at the terminal something that is no answer.
pub(crate) fn note(words: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{words}");
}
