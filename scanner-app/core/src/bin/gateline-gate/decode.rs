//! `gateline-gate decode`: what the decoders read in image files. One JSON object per line on
//! standard output; no store, no server, no camera.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use gateline_scanner::{
    decode::{Ladder, Outcome},
    frame::{Folder, FrameSource, ImageFiles, NamedFrame, Next, SourceError},
};
use serde::Serialize;
use ticket_crypto::candidates;

/// Read the QR codes in image files, one JSON line for each text.
///
/// Several decoders ("voices") are asked one after the other until one reads a code. For each text
/// a line tells the file, the text, the voice that read it, its time in ms, the time of all voices
/// up to then (waited_ms), and whether the text has the form of a Gateline ticket (ours). Whether
/// such a ticket is genuine only its signature tells, which `gateline-gate scan` checks.
///
/// A file in which nothing is read, or which is no image, has a line with "error" and "message".
/// The exit code is 0 if all files could be read as images, whether or not there was a code in
/// them, and 1 if one could not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gateline-gate decode ticket.png
  gateline-gate decode --each-voice photo.jpg
  gateline-gate decode photos/ | jq -r 'select(.ours) | .text'

A line: {\"file\":\"ticket.png\",\"text\":\"0123…\",\"voice\":\"rxing-640\",\"ms\":2.9,\"waited_ms\":2.9,\"ours\":true}")]
pub(crate) struct DecodeArgs {
    /// PNG or JPEG files, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask every voice, and show what each alone reads.
    #[arg(long)]
    each_voice: bool,
}

/// Runs the command.
pub(crate) fn run(args: DecodeArgs) -> anyhow::Result<ExitCode> {
    match decode(&args, &mut std::io::stdout().lock()) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        // Whoever read the lines has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = match error.downcast_ref::<serde_json::Error>() {
        Some(error) => error.io_error_kind(),
        None => error.downcast_ref().map(std::io::Error::kind),
    };
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// A text that was read.
#[derive(Serialize)]
struct TextLine<'a> {
    file: &'a str,
    text: &'a str,
    voice: &'a str,
    ms: f64,
    waited_ms: f64,
    ours: bool,
}

/// A file in which, or a voice by which, nothing was read.
#[derive(Serialize)]
struct ErrorLine<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    error: &'a str,
    message: &'a str,
}

/// Whether all files could be read as images.
fn decode(args: &DecodeArgs, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut ladder = Ladder::default();
    let mut all_read = true;
    for path in &args.files {
        let mut source = source(path);
        loop {
            match source.next_frame(Duration::ZERO) {
                Ok(Next::Frame(named)) if args.each_voice => each_voice(&mut ladder, &named, out)?,
                Ok(Next::Frame(named)) => first_voice(&mut ladder, &named, out)?,
                Ok(Next::Nothing) => {}
                Ok(Next::End) => break,
                Err(error) => {
                    all_read = false;
                    bad_file(&error, out)?;
                }
            }
        }
    }
    Ok(all_read)
}

fn source(path: &Path) -> Box<dyn FrameSource> {
    if path.is_dir() {
        Box::new(Folder::once(path))
    } else {
        Box::new(ImageFiles::new([path.to_owned()]))
    }
}

fn first_voice(
    ladder: &mut Ladder,
    named: &NamedFrame,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let readings = ladder.thorough(&Arc::clone(&named.frame));
    let waited_ms = rounded(started.elapsed().as_secs_f64() * 1000.0);
    for reading in &readings {
        let (text, ms) = (reading.text.as_str(), rounded(reading.ms));
        let ours = !candidates(text).is_empty();
        line(
            out,
            &TextLine {
                file: &named.name,
                text,
                voice: reading.voice,
                ms,
                waited_ms,
                ours,
            },
        )?;
    }
    if readings.is_empty() {
        let message =
            "no voice reads a code: come closer, hold it still, or give a sharper picture";
        let (file, ms) = (named.name.as_str(), Some(waited_ms));
        line(
            out,
            &ErrorLine {
                file,
                voice: None,
                ms,
                error: "nothing_read",
                message,
            },
        )?;
    }
    Ok(())
}

fn each_voice(ladder: &mut Ladder, named: &NamedFrame, out: &mut impl Write) -> anyhow::Result<()> {
    let file = named.name.as_str();
    for answer in ladder.each(&named.frame) {
        let (voice, ms) = (answer.voice, rounded(answer.ms));
        let (error, message) = match &answer.outcome {
            Outcome::Read(texts) if !texts.is_empty() => {
                for text in texts {
                    let ours = !candidates(text).is_empty();
                    line(
                        out,
                        &TextLine {
                            file,
                            text,
                            voice,
                            ms,
                            waited_ms: ms,
                            ours,
                        },
                    )?;
                }
                continue;
            }
            Outcome::Read(_) => ("nothing_read", "this voice reads no code"),
            Outcome::Panicked(words) => ("panicked", words.as_str()),
            Outcome::Late => ("late", "this voice did not answer in time"),
        };
        line(
            out,
            &ErrorLine {
                file,
                voice: Some(voice),
                ms: Some(ms),
                error,
                message,
            },
        )?;
    }
    Ok(())
}

fn bad_file(error: &SourceError, out: &mut impl Write) -> anyhow::Result<()> {
    let message = error.to_string();
    let line_of = ErrorLine {
        file: &error.name(),
        voice: None,
        ms: None,
        error: error.code(),
        message: &message,
    };
    line(out, &line_of)
}

fn line(out: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// To a tenth.
fn rounded(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
    use gateline_scanner::{frame::Frame, synth};
    use serde_json::Value;
    use ticket_crypto::TicketCode;

    use super::*;

    fn save(frame: &Frame, path: &Path) {
        image::save_buffer(
            path,
            frame.luma(),
            frame.width(),
            frame.height(),
            image::ColorType::L8,
        )
        .unwrap();
    }

    fn lines(files: &[PathBuf], each_voice: bool) -> (bool, Vec<Value>) {
        let mut out = Vec::new();
        let args = DecodeArgs {
            files: files.to_vec(),
            each_voice,
        };
        let all_read = decode(&args, &mut out).unwrap();
        let lines = out
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        (
            all_read,
            lines
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect(),
        )
    }

    /// A ticket of some event.
    fn ticket_text() -> String {
        let key = ticket_crypto::SigningKey::from_seed([7; 32]);
        let claims = ticket_crypto::TicketClaims {
            key_id: KeyId(1),
            event: EventId(2),
            serial: Serial::truncate(3),
            ticket_type: TicketTypeId(4),
            epoch: Epoch(0),
            not_after_days: 30_000,
        };
        let code: TicketCode = ticket_crypto::issue(&key, &claims);
        code.to_digits()
    }

    #[test]
    fn a_ticket_is_told_from_a_foreign_code() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, foreign] = ["a.png", "b.png"].map(|name| folder.path().join(name));
        save(&synth::flat(&ticket_text(), 5), &ours);
        save(&synth::flat("https://example.org/", 5), &foreign);
        let (all_read, lines) = lines(&[ours, foreign], false);
        assert!(all_read);
        assert_eq!(lines[0]["text"], ticket_text());
        assert_eq!(
            (&lines[0]["ours"], &lines[1]["ours"]),
            (&true.into(), &false.into())
        );
        assert!(lines[0]["voice"].is_string() && lines[0]["ms"].is_number());
    }

    #[test]
    fn a_file_that_is_no_image_or_not_there_has_an_error_line_and_fails() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "hello").unwrap();
        let (all_read, lines_of_text) = lines(&[text], false);
        assert!(!all_read);
        assert_eq!(lines_of_text[0]["error"], "not_an_image");
        let (all_read, lines_of_missing) = lines(&[folder.path().join("missing.png")], false);
        assert!(!all_read);
        assert_eq!(lines_of_missing[0]["error"], "unreadable");
    }

    #[test]
    fn a_folder_is_read_and_an_empty_picture_says_that_nothing_was_read() {
        let folder = tempfile::tempdir().unwrap();
        save(
            &Frame::new(vec![200; 90_000], 300, 300).unwrap(),
            &folder.path().join("a.png"),
        );
        save(&synth::flat("4711", 6), &folder.path().join("b.png"));
        let (all_read, lines) = lines(&[folder.path().to_owned()], false);
        assert!(all_read, "an image without a code is an image");
        assert_eq!(lines[0]["error"], "nothing_read");
        assert_eq!(lines[1]["text"], "4711");
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let args = DecodeArgs {
            files: vec!["missing.png".into()],
            each_voice: false,
        };
        assert!(is_broken_pipe(&decode(&args, &mut Closed).unwrap_err()));
    }

    #[test]
    fn each_voice_has_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        save(&synth::flat("4711", 6), &path);
        let (_, lines) = lines(&[path], true);
        let voices: Vec<_> = lines
            .iter()
            .map(|line| line["voice"].as_str().unwrap())
            .collect();
        assert_eq!(voices, Ladder::default().voices());
    }
}
