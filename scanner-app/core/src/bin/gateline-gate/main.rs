//! `gateline-gate`: a gate without a window. Codes come from a hand scanner, a
//! serial line, a camera or image files; answers go out as one JSON line each.
//! A thin shell around `gateline_scanner::controller`: it decides nothing.

mod args;
mod decode;
mod input;
mod output;
mod pictures;
mod place;
mod scan;

use args::{Args, Command, VerifyLog};
use clap::Parser;
use gateline_scanner::controller::{
    Controller, ControllerError, ControllerErrorCode, EventShown, GuiIntegration, ScanShown,
    Settings, StatusLine, SyncSummary,
};
use gateline_scanner::log_file;
use gateline_scanner::store::STORE_FILE;
use output::{Silent, print};
use serde::Serialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// What the gate was asked to do could not be done.
const FAILED: u8 = 1;
/// The server could not be reached, or refused.
const NOT_SYNCED: u8 = 3;
/// A scan could not be written to disk.
const NOT_LOGGED: u8 = 4;

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::WARN.into())
                .from_env_lossy(),
        )
        // A log that cannot be written is no reason not to scan.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    if let Command::Decode(decode) = args.command {
        return decode::run(decode).unwrap_or_else(|error| {
            tracing::error!("{error:#}");
            ExitCode::from(FAILED)
        });
    }
    if let Command::VerifyLog(asked) = &args.command {
        return ended(verify_log(asked));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => ended(runtime.block_on(run(args))),
        Err(error) => {
            tracing::error!(%error, "no runtime");
            ExitCode::from(FAILED)
        }
    }
}

fn ended(result: Result<ExitCode, ControllerError>) -> ExitCode {
    result.unwrap_or_else(|error| {
        print(&Failure { error: &error });
        ExitCode::from(exit_code(&error))
    })
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a ControllerError,
}

/// The status line, its warnings in words, and the events that the gate can be
/// set to.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    line: Value,
    events: Vec<EventShown>,
}

fn in_words(line: &StatusLine) -> Value {
    let words: Vec<String> = line.warnings.iter().map(ToString::to_string).collect();
    let mut line = json!(line);
    line["warnings"] = json!(words);
    line
}

async fn run(args: Args) -> Result<ExitCode, ControllerError> {
    let settings = Settings {
        confirm_ms: args.command.confirm_ms(),
        same_code_ms: args.command.same_code_ms(),
        store_key: args.store_key,
        on_admit: args.command.on_admit(),
        ..Settings::default()
    };
    if !matches!(args.command, Command::Enrol { .. }) {
        expect_store(&args.store)?;
    }
    let gate = Controller::open(&args.store, settings, Silent).await?;
    match args.command {
        Command::Decode(_) | Command::VerifyLog(_) => {}
        Command::Enrol { code, name } => {
            let code = input::argument(code, ControllerErrorCode::NotAnEnrolmentCode)?;
            print(&gate.enrol(&code, &name).await?);
        }
        Command::Sync => return Ok(synced(&gate.sync_now().await?)),
        Command::Status => {
            gate.ask_server(scan::FIRST_CONTACT).await?;
            let line = gate.status().await?;
            let events = match &line.enrolled {
                Some(_) => gate.events().await?,
                None => Vec::new(),
            };
            print(&Status {
                line: in_words(&line),
                events,
            });
        }
        Command::Search { text, place } => {
            place::choose(&gate, &place).await?;
            for found in gate.search(&text).await? {
                print(&found);
            }
        }
        Command::Admit { serial, place } => {
            place::open(&gate, &place).await?;
            let shown = once(&gate, gate.admit_listed(serial)).await?;
            print(&shown);
        }
        Command::Override { reason, pin } => {
            let pin = pin.map(input::pin).transpose()?;
            let shown = once(&gate, gate.override_last(&reason, pin.as_deref())).await?;
            print(&shown);
        }
        Command::Undo => print(&gate.undo_last().await?),
        Command::Info { code, place } => {
            place::choose(&gate, &place).await?;
            let code = input::argument(code, ControllerErrorCode::Frames)?;
            print(&gate.info(&code).await?);
        }
        Command::Unlock { pin } => {
            gate.unlock(&input::pin(pin)?).await?;
            print(&json!({ "locked": false }));
        }
        Command::ExportLog { file } => print(&gate.export_log(&file).await?),
        Command::Scan(scan) => return scan::run(gate, scan).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Only an enrolment makes a store: a mistyped folder is no new gate.
fn expect_store(folder: &Path) -> Result<(), ControllerError> {
    if folder.join(STORE_FILE).exists() {
        return Ok(());
    }
    Err(ControllerError {
        code: ControllerErrorCode::NotEnrolled,
        message: format!(
            "there is no gate's store in the folder `{}`: name another one with --store, or ask \
             the organizer for a code and enrol it first",
            folder.display()
        ),
    })
}

fn verify_log(asked: &VerifyLog) -> Result<ExitCode, ControllerError> {
    let keys = log_file::Keys {
        device: asked.device_key,
        root: asked.root_key,
    };
    let file = File::open(&asked.file).map(BufReader::new);
    let found = file.and_then(|file| log_file::verify(file, keys));
    let found = found.map_err(|error| ControllerError {
        code: ControllerErrorCode::NotRead,
        message: format!("{}: {error}", asked.file.display()),
    })?;
    print(&found);
    Ok(match found.sound {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FAILED),
    })
}

/// One scan outside of `scan`: in touch with the server before and after.
async fn once<I: GuiIntegration>(
    gate: &Arc<Controller<I>>,
    scan: impl Future<Output = Result<ScanShown, ControllerError>>,
) -> Result<ScanShown, ControllerError> {
    scan::first_contact(gate).await;
    let shown = scan.await?;
    scan::last_contact(gate).await;
    Ok(shown)
}

fn synced(summary: &SyncSummary) -> ExitCode {
    print(summary);
    match summary.complete {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(NOT_SYNCED),
    }
}

fn exit_code(error: &ControllerError) -> u8 {
    match error.code {
        ControllerErrorCode::Sync => NOT_SYNCED,
        ControllerErrorCode::NotLogged => NOT_LOGGED,
        _ => FAILED,
    }
}
