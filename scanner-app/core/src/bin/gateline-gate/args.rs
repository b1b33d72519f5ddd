//! The command line, as `--help` prints it.

use crate::decode::DecodeArgs;
use clap::{Parser, Subcommand, ValueEnum};
use gateline_common::PublicKey;
use gateline_common::decision::Direction;
use gateline_common::ids::Serial;
use gateline_scanner::controller::{OnAdmit, OnAdmitArgs};
use gateline_scanner::store::StoreKeyPlace;
use std::path::PathBuf;

const STEPS: &str = "\
A gate in four steps:
  1. Ask the organizer for an enrolment code.
     gateline-gate --store gate1 enrol 'gateline-enrol:…' --name 'North 1'
  2. Fetch the attendee lists, and see which events and gates there are.
     gateline-gate --store gate1 sync
     gateline-gate --store gate1 status
  3. Scan: one code per line on standard input, one JSON line per answer.
     gateline-gate --store gate1 scan --event 7 --gate 'North'
  4. If the network was away, sync again: nothing is lost meanwhile.
     gateline-gate --store gate1 sync

Scanning needs no network. With one, each admission is confirmed by the server.

Exit codes:
  0  done (a refused guest, and a server that is away while scanning, are no failure)
  1  it could not be done; standard output has {\"error\":{\"code\",\"message\"}}
     (decode: a file could not be read as an image; verify-log: the file is not a
     whole log as its device signed it)
  2  wrong arguments
  3  the server could not be reached, or refused (enrol, sync)
  4  a scan could not be written to disk; nobody was let in on it";

/// Gateline's gate without a window: scan tickets, online or offline.
#[derive(Parser)]
#[command(name = "gateline-gate", version, after_long_help = STEPS, after_help = STEPS)]
pub(crate) struct Args {
    /// Folder of this gate's encrypted store; made when it is not there.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "gateline-gate-store",
        global = true
    )]
    pub(crate) store: PathBuf,
    /// Where the key of a new store is kept; in a file where there is no keyring. An
    /// existing store's key stays where it is.
    #[arg(
        long,
        value_enum,
        default_value = "file",
        value_name = "PLACE",
        global = true
    )]
    pub(crate) store_key: StoreKeyPlace,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make this store a device of an organization, with its one-time code. A
    /// store whose device was revoked becomes a new device, once everything that
    /// it holds was sent.
    Enrol {
        /// The enrolment code; `-` reads it from standard input.
        code: String,
        /// What staff call this gate; a name given with the code prevails.
        #[arg(long, default_value = "gate")]
        name: String,
    },
    /// Send what waits and fetch what is new; prints a summary.
    Sync,
    /// Scan tickets until the input ends; prints one JSON line per scan.
    Scan(Scan),
    /// Print who this gate is, what it holds and what waits. Asks for a moment
    /// whether the server is there.
    Status,
    /// Search the attendee list by part of a name, by serial or by order code.
    Search {
        /// What to look for; case and accents do not matter.
        text: String,
        #[command(flatten)]
        place: Place,
    },
    /// Admit a ticket from a search result, without a code.
    Admit {
        /// The ticket's serial.
        serial: Serial,
        #[command(flatten)]
        place: Place,
    },
    /// Override the refusal of the last scan.
    Override {
        /// Why, in words; it goes into the organizer's report.
        #[arg(long)]
        reason: String,
        /// The supervisor's PIN, where the event asks for it; `-` reads it from
        /// standard input, so that no list of processes shows it.
        #[arg(long)]
        pin: Option<String>,
    },
    /// Take the last scan back.
    Undo,
    /// Show what a scan of this code would answer; burns and logs nothing.
    Info {
        /// The code's text; `-` reads it from standard input.
        code: String,
        #[command(flatten)]
        place: Place,
    },
    /// Unlock a gate that was locked in the app.
    Unlock {
        /// The device's PIN or the supervisor's; `-` reads it from standard input, so
        /// that no list of processes shows it.
        pin: String,
    },
    /// Write the whole log of this gate to a file, signed with its key. The file holds
    /// the codes of tickets: keep it as you keep these.
    ExportLog {
        /// The file; one that is there is replaced.
        file: PathBuf,
    },
    /// Check a log file: every hash, the chain, the receipts and the signature. Needs
    /// no store.
    VerifyLog(VerifyLog),
    /// Read the codes in image files; needs no store.
    Decode(DecodeArgs),
}

/// The file, and whose it must be.
#[derive(clap::Args)]
pub(crate) struct VerifyLog {
    /// The file.
    pub(crate) file: PathBuf,
    /// The device's key as the organizer has it; without it, compare the one that
    /// is printed.
    #[arg(long, value_name = "KEY", value_parser = PublicKey::parse)]
    pub(crate) device_key: Option<PublicKey>,
    /// The organization's root key.
    #[arg(long, value_name = "KEY", value_parser = PublicKey::parse)]
    pub(crate) root_key: Option<PublicKey>,
}

/// Where the gate stands. What is left out stays as it was last set.
#[derive(clap::Args, Clone)]
pub(crate) struct Place {
    /// The event, by number or title; may be left out when there is only one.
    #[arg(long)]
    pub(crate) event: Option<String>,
    /// The gate, by number or name; scanning needs one where the event has gates.
    #[arg(long)]
    pub(crate) gate: Option<String>,
    /// Which way guests go.
    #[arg(long, value_enum)]
    pub(crate) direction: Option<Way>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Way {
    Entry,
    Exit,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::Entry => Self::Entry,
            Way::Exit => Self::Exit,
        }
    }
}

#[derive(clap::Args, Clone)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Read codes from standard input, one per line (a hand scanner, a serial
    /// line). This is the default without --frames and --camera.
    #[arg(long)]
    pub(crate) stdin: bool,
    /// Read codes from image files, or from all image files of a folder.
    #[arg(long, value_name = "DIR|FILE", num_args = 1..)]
    pub(crate) frames: Vec<PathBuf>,
    /// Read codes from this camera until interrupted.
    #[arg(long, value_name = "N")]
    pub(crate) camera: Option<u32>,
    /// How long an admission waits for the server's answer, milliseconds; 0
    /// never asks.
    #[arg(long, value_name = "MS", default_value_t = 250)]
    pub(crate) confirm_ms: u64,
    /// The same code in front of the camera within this time is one scan,
    /// milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 5_000)]
    pub(crate) same_code_ms: u64,
    #[command(flatten)]
    pub(crate) turnstile: OnAdmitArgs,
    /// How long the last sync at the end of the input may take, milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    pub(crate) final_sync_ms: u64,
    /// End without a last sync; what waits stays in the store.
    #[arg(long)]
    pub(crate) no_final_sync: bool,
}

impl Command {
    pub(crate) fn on_admit(&self) -> Option<OnAdmit> {
        match self {
            Self::Scan(scan) => scan.turnstile.clone().into(),
            _ => None,
        }
    }

    pub(crate) fn confirm_ms(&self) -> u64 {
        match self {
            Self::Scan(scan) => scan.confirm_ms,
            _ => 250,
        }
    }

    pub(crate) fn same_code_ms(&self) -> u64 {
        match self {
            Self::Scan(scan) => scan.same_code_ms,
            _ => 0,
        }
    }
}
