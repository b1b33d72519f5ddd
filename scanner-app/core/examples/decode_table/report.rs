//! The report as Markdown.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::tally::Tally;

const INTRO: &str = "\
# What the decoders read

Written by `cargo run --release -p gateline-scanner --example decode_table`; do not edit by hand.

No QR decoder reads everything, so the scanner asks several, each a *voice* in a ladder
(`scanner-app/core/src/decode`). A camera's frame goes to the first voice always and to one of the
other four rungs in turn; a file goes to one voice after the other until one reads. What a voice
reads counts only if the ticket's signature verifies, so a misread text can cost a moment, never an
admission.

";

pub(crate) fn write(photos: &Tally, frames: &Tally, blanks: &Tally, held: &[usize]) -> String {
    let mut text = INTRO.to_owned();
    text += &voices(photos, frames, blanks);
    text += &held_still(held);
    text += &troubles(frames);
    text += &unread(photos);
    text
}

/// To the terminal, which the examples may do.
pub(crate) fn print(report: &str) {
    // Nobody is there to be told if this fails.
    let _ = std::io::stdout().write_all(report.as_bytes());
}

fn voices(photos: &Tally, frames: &Tally, blanks: &Tally) -> String {
    let mut text = format!(
        "## By voice\n\n\
         {} real photos (the ZXing project's black-box samples) and {} frames of 1280x720 made to \
         order, every fourth with a holder-bound ticket's code. *Adds* counts what no voice above \
         it reads, *only* what no other voice reads at all. Costs are of one thread in a release \
         build, over the made frames, by the wall clock, so that they grow on a busy machine; *no \
         code* is the median over frames without any code.\n\n\
         | voice | photos | adds | frames | adds | only | median ms | p99 ms | no code ms | misread | panics |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
        photos.frames(),
        frames.frames(),
    );
    for (voice, name) in frames.voices.iter().enumerate() {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} ({}) | {} | {} | {:.1} | {:.1} | {:.1} | {} | {} |",
            photos.alone(voice),
            photos.added(voice),
            frames.alone(voice),
            percent(frames.alone(voice), frames.frames()),
            frames.added(voice),
            frames.only(voice) + photos.only(voice),
            frames.cost(voice, 0.5),
            frames.cost(voice, 0.99),
            blanks.cost(voice, 0.5),
            photos.misread[voice] + frames.misread[voice] + blanks.misread[voice],
            photos.failed[voice] + frames.failed[voice] + blanks.failed[voice],
        );
    }
    let (read, all) = (frames.read(), frames.frames());
    let share = percent(read, all);
    let _ = writeln!(
        text,
        "| **ladder** | **{}** | | **{read} ({share})** | | | | | | | |\n",
        photos.read()
    );
    text
}

fn held_still(held: &[usize]) -> String {
    let Some((&all, within)) = held.split_first() else {
        return String::new();
    };
    let mut text = format!(
        "## A ticket held still\n\nOf {all} made frames, each shown to the camera \
                            preview again and again, so many are read within\n\n| frames shown |"
    );
    (1..=within.len()).for_each(|count| text += &format!(" {count} |"));
    text += &format!("\n|---|{}\n| read |", "---|".repeat(within.len()));
    within
        .iter()
        .for_each(|&read| text += &format!(" {read} ({}) |", percent(read, all)));
    text + "\n\n"
}

fn troubles(frames: &Tally) -> String {
    let mut text = "## By trouble\n\nShare of the made frames read, by what makes them hard; each \
                    trouble comes in eight severities up to one that hardly any camera could read \
                    (`scanner-app/core/src/synth`).\n\n| trouble | frames |"
        .to_owned();
    frames
        .voices
        .iter()
        .for_each(|voice| text += &format!(" {voice} |"));
    text += &format!(
        " ladder |\n|---|---|{}---|\n",
        "---|".repeat(frames.voices.len())
    );
    for (trouble, rows) in &frames.kinds {
        let _ = write!(text, "| {trouble} | {} |", rows.len());
        for voice in 0..frames.voices.len() {
            let read = rows.iter().filter(|row| row[voice]).count();
            let _ = write!(text, " {} |", percent(read, rows.len()));
        }
        let read = rows.iter().filter(|row| row.contains(&true)).count();
        let _ = writeln!(text, " {} |", percent(read, rows.len()));
    }
    text + "\n"
}

fn unread(photos: &Tally) -> String {
    let names: Vec<_> = photos
        .kinds
        .iter()
        .filter(|(_, rows)| rows.iter().any(|row| !row.contains(&true)))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let which = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "## Photos that no voice reads\n\nOf {}: {which}.\n",
        photos.frames()
    )
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}
