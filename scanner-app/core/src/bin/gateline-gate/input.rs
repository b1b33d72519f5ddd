//! Codes from standard input: one per line, ended by a line feed or a carriage
//! return, as hand scanners and serial lines send them. Any bytes may come; a
//! line is bounded, and nothing in it is a command.

use crate::pictures::Picture;
use gateline_scanner::controller::{ControllerError, ControllerErrorCode};
use std::io::{BufReader, Read};
use tokio::sync::mpsc;

const MOST_LINE: usize = 16 << 10;

/// Lines of `input`, until it ends.
pub(crate) fn lines(input: impl Read) -> impl Iterator<Item = String> {
    let mut bytes = BufReader::new(input).bytes();
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        loop {
            match bytes.next() {
                Some(Ok(b'\n' | b'\r')) if line.is_empty() => {}
                Some(Ok(b'\n' | b'\r')) => break,
                Some(Ok(byte)) if line.len() < MOST_LINE => line.push(byte),
                Some(Ok(_)) => {}
                Some(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Some(Err(_)) | None if line.is_empty() => return None,
                Some(Err(_)) | None => break,
            }
        }
        Some(String::from_utf8_lossy(&line).into_owned())
    })
    .filter(|line| !line.trim().is_empty())
}

/// What comes in at a gate.
pub(crate) enum Input {
    /// A code that a hand scanner typed.
    Typed(String),
    /// A picture in which something was read.
    Picture(Picture),
}

/// Reads standard input on a thread of its own, until it ends.
pub(crate) fn stdin(sender: mpsc::Sender<Input>) {
    start("stdin", move || {
        for line in lines(std::io::stdin()) {
            if sender.blocking_send(Input::Typed(line)).is_err() {
                return;
            }
        }
    });
}

/// Starts a thread that reads something.
pub(crate) fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    let started = std::thread::Builder::new().name(name.into()).spawn(work);
    if let Err(error) = started {
        tracing::error!(name, %error, "a thread cannot be started");
    }
}

/// An argument, or for `-` the first line of standard input.
/// `empty` is the code of the error when there is none.
pub(crate) fn argument(
    text: String,
    empty: ControllerErrorCode,
) -> Result<String, ControllerError> {
    if text != "-" {
        return Ok(text);
    }
    lines(std::io::stdin())
        .next()
        .ok_or_else(|| ControllerError {
            code: empty,
            message: "standard input is empty".into(),
        })
}

/// The PIN, or for `-` the first line of standard input, where it is in no list
/// of processes and in no history.
pub(crate) fn pin(text: String) -> Result<String, ControllerError> {
    let pin = argument(text, ControllerErrorCode::WrongPin)?;
    Ok(pin.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_end_with_any_mix_of_returns_and_feeds() {
        let input: &[u8] = b"one\r\ntwo\rthree\n\n \nlast";
        assert_eq!(
            lines(input).collect::<Vec<_>>(),
            ["one", "two", "three", "last"]
        );
    }

    #[test]
    fn noise_is_a_line_like_any_other_and_bounded() {
        let mut noise = vec![0xff; 1 << 20];
        noise.extend_from_slice(b"\nnext\n");
        let found: Vec<String> = lines(noise.as_slice()).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].chars().count() <= super::MOST_LINE);
        assert_eq!(found[1], "next");
    }
}
