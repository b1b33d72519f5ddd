//! Renders ticket codes as camera frames: PNG files as a gate's folder source takes them.
//!
//! ```text
//! printf 'first\t0123456789\n' | cargo run -p gateline-scanner --example render_frames -- --out frames
//! ```

use std::{
    io::{BufRead, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use gateline_scanner::{
    decode::Ladder,
    frame::Frame,
    synth::{Trouble, WORST, code, room},
};

/// Render the texts on standard input as camera frames of 1280x720 pixels.
///
/// Each line is a file's name (without ending), a tab and the text of its QR code. Each frame has
/// one of the troubles of a real gate (dark mode, motion, glare, noise, tilt, low light, small
/// modules, shadow) and is one that the decoders read. The same input and seed give the same files.
#[derive(Parser)]
struct Args {
    /// The folder to write to; it is made if it is not there.
    #[arg(long)]
    out: PathBuf,
    /// Another seed gives other frames.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How hard the frames may be, 0 to 8.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=i64::from(WORST)))]
    hardest: u8,
    /// So many frames of rooms without a code too: room-00000.png and so on.
    #[arg(long, default_value_t = 0)]
    rooms: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder {}", args.out.display()))?;
    let mut ladder = Ladder::default();
    for (number, line) in (0..).zip(std::io::stdin().lock().lines()) {
        let line = line.context("cannot read standard input")?;
        let Some((name, text)) = line.split_once('\t') else {
            bail!("line {}: expected a name, a tab and a text", number + 1);
        };
        ensure!(
            is_plain(name),
            "line {}: {name:?} is no plain file name",
            number + 1
        );
        ensure!(
            text.len() <= 1000,
            "line {}: the text is longer than any ticket",
            number + 1
        );
        let frame = readable(&mut ladder, text, number, &args)
            .with_context(|| format!("line {}: no readable frame came out", number + 1))?;
        save(&frame, &args.out.join(format!("{name}.png")))?;
    }
    for number in 0..args.rooms {
        let file = args.out.join(format!("room-{number:05}.png"));
        save(&room(args.seed.wrapping_add(number)), &file)?;
    }
    Ok(())
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The first frame that the decoders read; troubles take turns by line.
fn readable(ladder: &mut Ladder, text: &str, number: u64, args: &Args) -> Option<Frame> {
    let troubles = Trouble::ALL;
    (0..40).find_map(|attempt| {
        let turn = number + attempt;
        let trouble = troubles[(turn % troubles.len() as u64) as usize];
        let severity = (turn / troubles.len() as u64 % (u64::from(args.hardest) + 1)) as u8;
        let frame = Arc::new(code(
            text,
            trouble,
            severity,
            args.seed.wrapping_mul(1000) + turn,
        ));
        let readings = ladder.thorough(&frame);
        let read = readings.iter().any(|reading| reading.text == text);
        read.then(|| Arc::unwrap_or_clone(frame))
    })
}

/// Under another name first, so that a folder source never sees half a file.
fn save(frame: &Frame, path: &Path) -> anyhow::Result<()> {
    let unfinished = path.with_extension("part");
    let mut bytes = std::io::Cursor::new(Vec::new());
    let (width, height) = (frame.width(), frame.height());
    let picture = image::GrayImage::from_raw(width, height, frame.luma().to_vec());
    picture
        .context("no picture")?
        .write_to(&mut bytes, image::ImageFormat::Png)?;
    let write = || {
        std::fs::File::create(&unfinished)?.write_all(bytes.get_ref())?;
        std::fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
