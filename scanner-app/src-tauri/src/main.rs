//! The scanner's window: a thin shell around `gateline_scanner::controller`.
//!
//! Always: nothing is decided here; a command is one call of the controller.
//! The window has no way to the network, to files or to other programs.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod args;
#[cfg(test)]
mod bindings;
mod commands;
mod eye;
mod window;

use args::Args;
use clap::Parser;
use commands::Gate;
use eye::Eye;
use gateline_scanner::controller::{Controller, Settings};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tauri::{App, Manager, RunEvent};
use window::Window;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        // A log that cannot be written is no reason not to scan.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let args = Args::parse();
    let built = tauri::Builder::default()
        .invoke_handler(commands::handler())
        .setup(move |app| Ok(set_up(app, &args)?))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                // A program that ended around an open store would pull the
                // encryption library away from under its threads.
                if let RunEvent::Exit = event {
                    if let Some(eye) = app.try_state::<Eye>() {
                        eye.close();
                    }
                    tauri::async_runtime::block_on(app.state::<Gate>().close());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            ExitCode::FAILURE
        }
    }
}

/// Opens the store and the camera. A store that cannot be opened is no reason
/// not to open the window, which then says what is wrong with it.
fn set_up(app: &mut App, args: &Args) -> tauri::Result<()> {
    let store = store_folder(app, args)?;
    let window = Window::new(app.handle().clone());
    let settings = Settings {
        // Each file is a picture that somebody chose to show.
        same_code_ms: if args.frames.is_some() {
            0
        } else {
            Settings::default().same_code_ms
        },
        ..Settings::default()
    };
    let opened = tauri::async_runtime::block_on(async {
        let controller = Controller::open(&store, settings, window.clone()).await?;
        controller.start_sync();
        Ok(controller)
    });
    if let Ok(controller) = &opened
        && let Some(eye) = eye::open(args, controller.clone(), window.clone())
    {
        app.manage(eye);
    }
    app.manage(window);
    app.manage(Gate(opened));
    Ok(())
}

fn store_folder(app: &App, args: &Args) -> tauri::Result<PathBuf> {
    match &args.store {
        Some(folder) => Ok(folder.clone()),
        None => Ok(app.path().app_local_data_dir()?.join("gate")),
    }
}
