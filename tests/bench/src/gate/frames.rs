//! Camera frames of 1280x720: from the frame to the answer on the screen, and
//! what a frame without a code costs.
//!
//! The frames come from the example `render_frames` of the scanner, which draws
//! the troubles of a real gate (motion, glare, noise, tilt, …).

use super::material::{EVENT, code, event_key, fill};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use anyhow::{Context as _, Result, ensure};
use gateline_common::decision::Direction;
use gateline_scanner::controller::{Controller, GuiIntegration, ScanShown, Settings, StatusLine};
use gateline_scanner::decode::Ladder;
use gateline_scanner::frame::{Frame, read_image};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::interval;

const MEDIAN_MS: f64 = 20.0;
const P95_MS: f64 = 60.0;
/// A ticket that is held still is looked at so many times.
const LOOKS: usize = 5;
/// The next ticket comes after so long, when the voices have come back that
/// were still over the last one.
const PAUSE: Duration = Duration::from_millis(200);

struct Blind;

impl GuiIntegration for Blind {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

/// Measures.
///
/// # Errors
/// When the frames cannot be drawn or a store cannot be written.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let tickets: u64 = context.pick(300, 10);
    let rooms: u64 = context.pick(100, 5);
    let folder = context.folder()?;
    let pictures = folder.path().join("frames");
    draw(context, &pictures, tickets, rooms)?;
    let store = folder.path().join("store");
    fill(&store, tickets)?;
    let read =
        |name: String| -> Result<Arc<Frame>> { Ok(Arc::new(read_image(&pictures.join(name))?)) };
    let shown = (0..tickets)
        .map(|n| read(format!("{n:05}.png")))
        .collect::<Result<Vec<_>>>()?;
    let empty = (0..rooms)
        .map(|n| read(format!("room-{n:05}.png")))
        .collect::<Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = runtime.block_on(with_a_code(&store, &shown))?;
    figures.extend(runtime.block_on(without(&empty))?);
    Ok(figures)
}

/// Each ticket is held still until it is read, as in front of a camera; the time
/// runs from the first frame of it to its answer.
async fn with_a_code(store: &Path, frames: &[Arc<Frame>]) -> Result<Vec<Figure>> {
    let gate = Controller::open(store, Settings::default(), Blind).await?;
    gate.choose(EVENT, None, Direction::Entry).await?;
    let mut ladder = Ladder::default();
    let (mut latencies, mut at_once, mut missed) = (Latencies::new()?, 0_u64, 0_u64);
    let mut pace = interval(PAUSE);
    for frame in frames {
        pace.tick().await;
        let started = Instant::now();
        let mut answered = None;
        for look in 0..LOOKS {
            let texts: Vec<String> = ladder.preview(frame).into_iter().map(|r| r.text).collect();
            if !gate.scan_codes(&texts).await?.is_empty() {
                answered = Some((started.elapsed(), look));
                break;
            }
        }
        match answered {
            Some((took, look)) => {
                latencies.take(took);
                at_once += u64::from(look == 0);
            }
            None => missed += 1,
        }
    }
    gate.shut().await;
    ensure!(!latencies.is_empty(), "no frame was read");
    let how = format!(
        "{} made frames of 1280x720 with the troubles of a gate (motion, glare, noise, tilt, …, \
         severity up to 3 of 8), each shown again until it is read: `Ladder::preview`, \
         `Controller::scan_codes` with the record on disk; five tickets a second; {at_once} read in their first frame, \
         {missed} not within {LOOKS}",
        frames.len()
    );
    let wanted = [
        (0.5, Some(Goal::AtMost(MEDIAN_MS))),
        (0.95, Some(Goal::AtMost(P95_MS))),
    ];
    Ok(latencies.figures("camera frame to answer", Unit::Ms, &wanted, &how))
}

async fn without(frames: &[Arc<Frame>]) -> Result<Vec<Figure>> {
    let mut ladder = Ladder::default();
    let mut latencies = Latencies::new()?;
    let mut pace = interval(PAUSE);
    for frame in frames {
        pace.tick().await;
        latencies.time(|| ladder.preview(frame));
    }
    let how = format!(
        "`Ladder::preview` of {} made frames of rooms without a code: the first voice and the one \
         whose turn it is, at most 100 ms",
        frames.len()
    );
    let wanted = [(0.5, None), (0.95, None)];
    Ok(latencies.figures("camera frame without a code", Unit::Ms, &wanted, &how))
}

fn draw(context: &Context, folder: &Path, tickets: u64, rooms: u64) -> Result<()> {
    let program = context.binaries.path("examples/render_frames")?;
    context.note(&format!("drawing {tickets} frames and {rooms} rooms"));
    let mut process = Command::new(program)
        .arg("--out")
        .arg(folder)
        .args(["--rooms", &rooms.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("cannot draw frames")?;
    let mut input = process.stdin.take().context("no standard input")?;
    let key = event_key();
    for n in 0..tickets {
        writeln!(input, "{n:05}\t{}", code(&key, n).to_digits())?;
    }
    drop(input);
    let status = process.wait()?;
    ensure!(status.success(), "drawing frames ended with {status}");
    Ok(())
}
