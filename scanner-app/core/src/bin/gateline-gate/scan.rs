//! `scan`: codes in, JSON lines out, in touch with the server in the background.
//! Ends with its input, after a last exchange.

use crate::args::Scan;
use crate::input::Input;
use crate::output::print;
use crate::pictures::{self, Picture};
use crate::{Failure, NOT_LOGGED, input, place};
use gateline_scanner::controller::{
    Controller, ControllerError, ControllerErrorCode, GuiIntegration, ScanShown,
};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the gate waits for the first exchange before it opens.
pub(crate) const FIRST_CONTACT: Duration = Duration::from_millis(1_500);
const LAST_CONTACT_MS: u64 = 5_000;

/// A scan, and the picture that it came from.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    scan: &'a ScanShown,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<&'a str>,
}

pub(crate) async fn run<I: GuiIntegration>(
    gate: Arc<Controller<I>>,
    scan: Scan,
) -> Result<ExitCode, ControllerError> {
    if let Some(missing) = scan.frames.iter().find(|path| !path.exists()) {
        return Err(ControllerError {
            code: ControllerErrorCode::Frames,
            message: format!("there is no file or folder `{}`", missing.display()),
        });
    }
    first_contact(&gate).await;
    place::open(&gate, &scan.place).await?;
    gate.start_sync();
    let result = until_the_end(&gate, &scan).await;
    let last = (!scan.no_final_sync).then_some(scan.final_sync_ms);
    if let Some(summary) = gate.close(last).await?
        && let Some(trouble) = summary.trouble
        && summary.scans_waiting > 0
    {
        let waiting = summary.scans_waiting;
        tracing::warn!(waiting, "not everything is sent yet: {}", trouble.message);
    }
    result
}

async fn until_the_end<I: GuiIntegration>(
    gate: &Arc<Controller<I>>,
    scan: &Scan,
) -> Result<ExitCode, ControllerError> {
    let (sender, mut inputs) = mpsc::channel(1);
    if scan.stdin || (scan.frames.is_empty() && scan.camera.is_none()) {
        input::stdin(sender.clone());
    }
    if !scan.frames.is_empty() {
        pictures::files(scan.frames.clone(), sender.clone());
    }
    if let Some(number) = scan.camera {
        pictures::camera(number, sender.clone());
    }
    drop(sender);
    let mut all_logged = true;
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let input = tokio::select! {
            input = inputs.recv() => input,
            _ = &mut interrupted => None,
        };
        all_logged &= match input {
            None => break,
            Some(Input::Typed(text)) => show(None, gate.scan_text(&text).await)?,
            Some(Input::Picture(picture)) => show_picture(gate, picture).await?,
        };
    }
    Ok(match all_logged {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(NOT_LOGGED),
    })
}

/// Prints a scan; says whether it is on disk. Any other trouble ends the run.
fn show(
    frame: Option<&str>,
    scanned: Result<ScanShown, ControllerError>,
) -> Result<bool, ControllerError> {
    match scanned {
        Ok(scan) => {
            print(&Line { scan: &scan, frame });
            Ok(true)
        }
        Err(error) if error.code == ControllerErrorCode::NotLogged => {
            print(&Failure { error: &error });
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn show_picture<I: GuiIntegration>(
    gate: &Controller<I>,
    picture: Picture,
) -> Result<bool, ControllerError> {
    let name = Some(picture.name.as_str());
    if picture.live {
        return match gate.scan_codes(&picture.texts).await {
            Ok(scans) => scans
                .into_iter()
                .try_fold(true, |all, scan| Ok(all & show(name, Ok(scan))?)),
            Err(error) => show(name, Err(error)),
        };
    }
    // Each file is a sight of its own: the code of a guest, or of nobody.
    let ours = |text: &&String| !ticket_crypto::candidates(text).is_empty();
    let found: Vec<&String> = picture.texts.iter().filter(ours).collect();
    let scanned = if found.is_empty() {
        picture.texts.iter().collect()
    } else {
        found
    };
    let mut all_logged = true;
    for text in scanned {
        all_logged &= show(name, gate.scan_text(text).await)?;
    }
    Ok(all_logged)
}

/// One exchange, for a moment at most: with it, the first admission is
/// confirmed; without a network, scanning begins all the same.
pub(crate) async fn first_contact<I: GuiIntegration>(gate: &Controller<I>) {
    match tokio::time::timeout(FIRST_CONTACT, gate.sync_now()).await {
        Ok(Ok(summary)) => {
            if let Some(trouble) = summary.trouble {
                tracing::warn!("scanning without the server: {}", trouble.message);
            }
        }
        Ok(Err(error)) => tracing::warn!("scanning without the server: {error}"),
        Err(_) => tracing::warn!("scanning without the server: it is slow"),
    }
}

/// One exchange at the end, for a moment at most.
pub(crate) async fn last_contact<I: GuiIntegration>(gate: &Controller<I>) {
    if let Err(error) = gate.close(Some(LAST_CONTACT_MS)).await {
        tracing::warn!("not sent yet: {error}");
    }
}
