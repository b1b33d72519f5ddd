//! A scanner on a pseudo-terminal.
#![cfg(unix)]

use super::*;
use serialport::TTYPort;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(20);

#[derive(Debug, PartialEq)]
enum Told {
    Line(String),
    State(SerialState),
}

struct Ear(Mutex<Sender<Told>>);

impl SerialSink for Ear {
    fn line(&self, text: &str) {
        let told = Told::Line(text.to_owned());
        self.0.lock().unwrap().send(told).unwrap();
    }
    fn state(&self, state: &SerialState) {
        let told = Told::State(state.clone());
        self.0.lock().unwrap().send(told).unwrap();
    }
}

/// A socket that a scanner is plugged into: its path stays the same.
struct Socket {
    folder: TempDir,
}

impl Socket {
    fn path(&self) -> PathBuf {
        self.folder.path().join("ttyACM0")
    }

    /// The scanner's end of the line; dropping it pulls the plug.
    fn plug(&self) -> TTYPort {
        let (scanner, port) = TTYPort::pair().unwrap();
        let new = self.folder.path().join("new");
        std::os::unix::fs::symlink(port.name().unwrap(), &new).unwrap();
        std::fs::rename(&new, self.path()).unwrap();
        scanner
    }
}

fn listen(path: &Path) -> (SerialScanner, Receiver<Told>) {
    let (sender, told) = mpsc::channel();
    let line = SerialScanner::open(Ear(Mutex::new(sender)));
    line.use_port(Some(SerialChoice {
        path: path.display().to_string(),
        baud: 115_200,
    }));
    (line, told)
}

fn lines(told: &Receiver<Told>, count: usize) -> Vec<String> {
    let line = || match told.recv_timeout(SOON).unwrap() {
        Told::Line(text) => text,
        other => panic!("{other:?}"),
    };
    (0..count).map(|_| line()).collect()
}

/// The next trouble, or that it listens.
fn settled(told: &Receiver<Told>) -> SerialState {
    loop {
        match told.recv_timeout(SOON).unwrap() {
            Told::State(SerialState::Off | SerialState::Starting) => {}
            Told::State(state) => return state,
            other => panic!("{other:?}"),
        }
    }
}

fn is_listening(state: &SerialState) -> bool {
    matches!(state, SerialState::Listening { baud: 115_200, .. })
}

fn trouble(state: &SerialState) -> Option<SerialTrouble> {
    match state {
        SerialState::Trouble { code, .. } => Some(*code),
        _ => None,
    }
}

fn socket() -> Socket {
    Socket {
        folder: tempfile::tempdir().unwrap(),
    }
}

#[test]
fn codes_arrive_line_by_line_also_two_at_once_and_without_an_end() {
    let socket = socket();
    let mut scanner = socket.plug();
    let (line, told) = listen(&socket.path());
    assert!(is_listening(&settled(&told)));
    scanner.write_all(b"]Q3123\r\n").unwrap();
    assert_eq!(lines(&told, 1), ["]Q3123"]);
    scanner.write_all(b"456\r789\r").unwrap();
    assert_eq!(lines(&told, 2), ["456", "789"]);
    scanner.write_all(b"no end").unwrap();
    assert_eq!(lines(&told, 1), ["no end"]);
    scanner.write_all(b"\0\xff\r\xfe\n12\r").unwrap();
    assert_eq!(lines(&told, 1), ["12"]);
    assert!(is_listening(&line.state()));
    line.close();
}

#[test]
fn a_scanner_that_is_unplugged_is_told_and_read_again_when_it_is_back() {
    let socket = socket();
    let mut scanner = socket.plug();
    let (line, told) = listen(&socket.path());
    assert!(is_listening(&settled(&told)));
    scanner.write_all(b"before\r").unwrap();
    assert_eq!(lines(&told, 1), ["before"]);
    drop(scanner);
    assert_eq!(trouble(&settled(&told)), Some(SerialTrouble::Gone));
    let mut scanner = socket.plug();
    while !is_listening(&settled(&told)) {}
    scanner.write_all(b"after\r").unwrap();
    assert_eq!(lines(&told, 1), ["after"]);
    line.close();
}

#[test]
fn a_port_that_is_not_there_is_told_and_another_can_be_chosen_meanwhile() {
    let (nowhere, socket) = (tempfile::tempdir().unwrap(), socket());
    let mut scanner = socket.plug();
    let (line, told) = listen(&nowhere.path().join("ttyUSB9"));
    assert_eq!(trouble(&settled(&told)), Some(SerialTrouble::NotThere));
    line.use_port(Some(SerialChoice {
        path: socket.path().display().to_string(),
        baud: 9_600,
    }));
    let state = settled(&told);
    assert!(
        matches!(state, SerialState::Listening { baud: 9_600, .. }),
        "{state:?}"
    );
    scanner.write_all(b"here\r").unwrap();
    assert_eq!(lines(&told, 1), ["here"]);
    line.use_port(None);
    assert_eq!(
        told.recv_timeout(SOON).unwrap(),
        Told::State(SerialState::Off)
    );
    line.close();
    assert_eq!(line.state(), SerialState::Off);
}
