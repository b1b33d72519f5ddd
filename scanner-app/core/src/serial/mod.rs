//! Scanners on a serial line: the codes that they send, line by line.
//!
//! Always: a port that goes away is opened again as soon as it is back, and nobody has
//! to restart anything; what is wrong with it is a state, said once. A line is bounded,
//! whatever comes in. Nothing here decides what a line means.

mod lines;

use lines::Lines;
use serde::{Deserialize, Serialize};
use serialport::SerialPort;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A code ends where nothing more comes for so long, if its scanner ends no lines.
const PAUSE: Duration = Duration::from_millis(150);
/// How long after a failure the port is tried again, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(2)];
/// How long the end of the thread is waited for.
const LAST_READ: Duration = Duration::from_secs(2);

/// A port that the operating system lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SerialPortShown {
    /// What [`SerialScanner::use_port`] takes: `/dev/ttyACM0`, `COM3`.
    pub path: String,
    /// What the maker calls it, where that is known; else the path.
    pub name: String,
}

/// A port and its speed; always 8 data bits, no parity, one stop bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialChoice {
    /// The port's path.
    pub path: String,
    /// Bits per second.
    pub baud: u32,
}

/// How the serial scanner is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SerialState {
    /// None was chosen.
    #[default]
    Off,
    /// Its port is being opened.
    Starting,
    /// What it sends is read.
    Listening {
        /// The port's path.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// Its port cannot be read; it is tried again by itself.
    Trouble {
        /// The port's path.
        path: String,
        /// What is wrong.
        code: SerialTrouble,
        /// What the operating system said.
        reason: String,
    },
}

/// What is wrong with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SerialTrouble {
    /// There is no such port, or another program has it: it was not plugged in.
    NotThere,
    /// This user may not open it.
    NotAllowed,
    /// It was there and went away.
    Gone,
    /// Anything else.
    Failed,
}

/// Who is told of what comes in. Called on the line's thread.
pub trait SerialSink: Send + Sync + 'static {
    /// A code was read.
    fn line(&self, text: &str);
    /// The state is another one now.
    fn state(&self, state: &SerialState);
}

/// The ports there are.
///
/// # Errors
/// In words, when the operating system does not list them.
pub fn serial_ports() -> Result<Vec<SerialPortShown>, String> {
    let listed = serialport::available_ports().map_err(|error| error.to_string())?;
    let mut ports: Vec<_> = listed
        .into_iter()
        .map(|port| SerialPortShown {
            name: name(&port),
            path: port.port_name,
        })
        .collect();
    ports.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(ports)
}

fn name(port: &serialport::SerialPortInfo) -> String {
    let serialport::SerialPortType::UsbPort(usb) = &port.port_type else {
        return port.port_name.clone();
    };
    let words: Vec<&str> = [&usb.manufacturer, &usb.product]
        .into_iter()
        .filter_map(|word| word.as_deref())
        .collect();
    match words.is_empty() {
        true => port.port_name.clone(),
        false => words.join(" "),
    }
}

/// A thread that listens at a port, or at none.
pub struct SerialScanner {
    choices: Mutex<Option<Sender<Option<SerialChoice>>>>,
    ended: Mutex<Receiver<()>>,
    listener: Arc<Listener>,
}

impl SerialScanner {
    /// Starts the thread, which listens at no port yet.
    pub fn open(sink: impl SerialSink) -> Self {
        let (choices, chosen) = mpsc::channel();
        let (running, ended) = mpsc::channel::<()>();
        let listener = Arc::new(Listener {
            sink: Box::new(sink),
            state: Mutex::default(),
        });
        let theirs = Arc::clone(&listener);
        let started = std::thread::Builder::new()
            .name("serial".to_owned())
            .spawn(move || {
                let _until_it_ends = running;
                theirs.run(&chosen);
            });
        if let Err(error) = started {
            tracing::error!(%error, "no thread for the serial scanner");
        }
        Self {
            choices: Mutex::new(Some(choices)),
            ended: Mutex::new(ended),
            listener,
        }
    }

    /// Listens at this port from now on, or at none.
    pub fn use_port(&self, choice: Option<SerialChoice>) {
        let choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that has ended listens to nobody any more.
        let _ = choices.as_ref().map(|choices| choices.send(choice));
    }

    /// How it is doing.
    pub fn state(&self) -> SerialState {
        self.listener.lock().clone()
    }

    /// Ends the thread, and waits until the last line was handed over.
    pub fn close(&self) {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        choices.take();
        drop(choices);
        let ended = self.ended.lock().map(|ended| ended.recv_timeout(LAST_READ));
        if let Ok(Err(RecvTimeoutError::Timeout)) = ended {
            tracing::warn!("the serial scanner did not stop in time");
        }
    }
}

struct Listener {
    sink: Box<dyn SerialSink>,
    state: Mutex<SerialState>,
}

/// What the thread does next.
enum Then {
    Choose(Option<SerialChoice>),
    Retry(SerialTrouble, String),
    End,
}

impl Listener {
    fn lock(&self) -> std::sync::MutexGuard<'_, SerialState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: SerialState) {
        let before = std::mem::replace(&mut *self.lock(), state.clone());
        if before != state {
            self.sink.state(&state);
        }
    }

    fn run(&self, chosen: &Receiver<Option<SerialChoice>>) {
        let (mut choice, mut pause) = (None::<SerialChoice>, RETRY[0]);
        loop {
            let Some(port) = &choice else {
                self.tell(SerialState::Off);
                match chosen.recv() {
                    Ok(next) => choice = next,
                    Err(_) => return,
                }
                continue;
            };
            // A port that is tried again stays in trouble until it is open.
            if !matches!(*self.lock(), SerialState::Trouble { .. }) {
                self.tell(SerialState::Starting);
            }
            match self.listen(port, chosen) {
                Then::End => return,
                Then::Choose(next) => {
                    self.tell(SerialState::Off);
                    (choice, pause) = (next, RETRY[0]);
                }
                Then::Retry(code, reason) => {
                    if code == SerialTrouble::Gone {
                        pause = RETRY[0];
                    }
                    self.tell(SerialState::Trouble {
                        path: port.path.clone(),
                        code,
                        reason,
                    });
                    match chosen.recv_timeout(pause) {
                        Ok(next) => {
                            self.tell(SerialState::Off);
                            (choice, pause) = (next, RETRY[0]);
                        }
                        Err(RecvTimeoutError::Timeout) => pause = (pause * 2).min(RETRY[1]),
                        Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            }
        }
    }

    /// Hands over lines until something else is to be done.
    fn listen(&self, choice: &SerialChoice, chosen: &Receiver<Option<SerialChoice>>) -> Then {
        let mut port = match open(choice) {
            Ok(port) => port,
            Err(error) => return Then::Retry(not_opened(&error), error.to_string()),
        };
        self.tell(SerialState::Listening {
            path: choice.path.clone(),
            baud: choice.baud,
        });
        let (mut lines, mut bytes) = (Lines::default(), [0; 1024]);
        loop {
            match chosen.try_recv() {
                Ok(next) => return Then::Choose(next),
                Err(mpsc::TryRecvError::Disconnected) => return Then::End,
                Err(mpsc::TryRecvError::Empty) => {}
            }
            match port.read(&mut bytes) {
                Ok(0) => return Then::Retry(SerialTrouble::Gone, "it was unplugged".to_owned()),
                Ok(n) => lines.take(&bytes[..n], |line| self.sink.line(line)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    lines.pause(|line| self.sink.line(line));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Then::Retry(SerialTrouble::Gone, error.to_string()),
            }
        }
    }
}

fn open(choice: &SerialChoice) -> serialport::Result<Box<dyn SerialPort>> {
    serialport::new(&choice.path, choice.baud)
        .timeout(PAUSE)
        .open()
}

fn not_opened(error: &serialport::Error) -> SerialTrouble {
    use serialport::ErrorKind;
    match error.kind() {
        ErrorKind::NoDevice | ErrorKind::Io(io::ErrorKind::NotFound) => SerialTrouble::NotThere,
        ErrorKind::Io(io::ErrorKind::PermissionDenied) => SerialTrouble::NotAllowed,
        _ => SerialTrouble::Failed,
    }
}

#[cfg(test)]
mod tests;
