//! The scanner's window as a test opens it: the same screens and commands as in
//! the shipped program, over a clock, a store and frames that the test sets.
//! Never shipped.
//!
//! Always: one order per line on the connection that the test offers, one
//! answer per order, when it has been carried out. When the test is gone, so is
//! the window.

use clap::Parser;
use gateline_common::Timestamp;
use gateline_scanner::clock::Clock;
use gateline_scanner::controller::Settings;
use gateline_scanner::frame::{FrameSource, NamedFrame, Next, SourceError};
use gateline_scanner::synth::{Trouble, code};
use gateline_scanner_app::{Options, Place, Shell, Sight, log_to_stderr, run};
use serde::Deserialize;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// Far above what a frame takes, for a busy machine.
const LONGEST_READING: Duration = Duration::from_secs(30);

/// The scanner's window, steered by a test.
#[derive(Parser)]
struct Args {
    /// The folder of the first store
    #[arg(long)]
    store: PathBuf,
    /// Where the test gives its orders
    #[arg(long)]
    steer: SocketAddr,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// What the two clocks say from now on.
    Clock { wall_ms: i64, steady_ms: u64 },
    /// Another store in the place of the open one.
    Open { store: PathBuf, confirm_ms: u64 },
    /// The camera sees this code in one frame; answered when it has been read.
    Frame { code: String },
    /// The window hears the status.
    Status,
}

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    log_to_stderr();
    let args = Args::parse();
    let clock = Arc::new(SetClock::default());
    let (showing, shown) = mpsc::channel();
    let steered = Steered {
        clock: Arc::clone(&clock),
        showing,
        shots: AtomicU64::new(0),
    };
    run(Options {
        store: Some(args.store),
        background: false,
        clock,
        sight: Sight::Source(Box::new(move || Box::new(Stand(shown)))),
        started: Some(Box::new(move |shell| {
            std::thread::spawn(move || {
                if let Err(error) = steered.obey(args.steer, &shell) {
                    tracing::error!(%error, "the test cannot be heard");
                }
                shell.close();
            });
        })),
        ..Options::default()
    })
}

/// A clock that stands still until it is set.
#[derive(Default)]
struct SetClock {
    wall_ms: AtomicI64,
    steady_ms: AtomicU64,
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall_ms.load(Ordering::SeqCst))
    }

    fn steady_ms(&self) -> u64 {
        self.steady_ms.load(Ordering::SeqCst)
    }
}

struct Steered {
    clock: Arc<SetClock>,
    showing: Sender<NamedFrame>,
    shots: AtomicU64,
}

impl Steered {
    fn obey(&self, test: SocketAddr, shell: &Shell) -> Outcome {
        let mut answers = TcpStream::connect(test)?;
        answers.set_nodelay(true)?;
        for line in BufReader::new(answers.try_clone()?).lines() {
            let answer = match self.carry_out(serde_json::from_str(&line?)?, shell) {
                Ok(()) => Value::Null,
                Err(error) => json!(error.to_string()),
            };
            answers.write_all(format!("{answer}\n").as_bytes())?;
        }
        Ok(())
    }

    fn carry_out(&self, order: Order, shell: &Shell) -> Outcome {
        match order {
            Order::Clock { wall_ms, steady_ms } => {
                self.clock.wall_ms.store(wall_ms, Ordering::SeqCst);
                self.clock.steady_ms.store(steady_ms, Ordering::SeqCst);
            }
            Order::Open { store, confirm_ms } => {
                let settings = Settings {
                    confirm_ms,
                    ..Settings::default()
                };
                let background = false;
                tauri::async_runtime::block_on(shell.open(Place {
                    store,
                    settings,
                    background,
                }))?;
            }
            Order::Frame { code } => self.show(&code)?,
            Order::Status => tauri::async_runtime::block_on(shell.tell_status())?,
        }
        Ok(())
    }

    /// Each frame is another picture: a hand is never still.
    fn show(&self, text: &str) -> Outcome {
        let shot = self.shots.fetch_add(1, Ordering::SeqCst);
        let frame = Arc::new(code(text, Trouble::Clean, 1, shot));
        let held = Arc::downgrade(&frame);
        let name = "the test's camera".to_owned();
        self.showing.send(NamedFrame { name, frame })?;
        // Whoever reads it holds it until what was read has been dealt with.
        let begun = Instant::now();
        while held.strong_count() > 0 {
            if begun.elapsed() > LONGEST_READING {
                return Err("the frame is not read".into());
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// The camera: what the test holds in front of it, and then nothing.
struct Stand(Receiver<NamedFrame>);

impl FrameSource for Stand {
    fn name(&self) -> &str {
        "the test's camera"
    }

    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError> {
        match self.0.recv_timeout(wait) {
            Ok(frame) => Ok(Next::Frame(frame)),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
            Err(RecvTimeoutError::Disconnected) => Ok(Next::End),
        }
    }
}
