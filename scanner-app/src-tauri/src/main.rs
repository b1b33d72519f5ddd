//! The shipped program: the scanner's window with the machine's clock, and the
//! camera or folder that the command line names.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod args;

use args::Args;
use clap::Parser;
use gateline_scanner_app::{Options, log_to_stderr, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    log_to_stderr();
    run(Args::parse().into())
}

impl From<Args> for Options {
    fn from(args: Args) -> Self {
        let sight = args.sight();
        let mut options = Self {
            store: args.store,
            sight,
            ..Self::default()
        };
        options.settings.store_key = args.store_key;
        options.settings.on_admit = args.turnstile.into();
        options.settings.confirm_ms = args.confirm_ms;
        if args.frames.is_some() {
            // Each file is a picture that somebody chose to show.
            options.settings.same_code_ms = 0;
        }
        options
    }
}
