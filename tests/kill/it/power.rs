//! The power cut does what a power cut does, and no more.

use anyhow::{Context, Result};
use gateline_kill::power::journal::{self, Entry};
use gateline_kill::power::{Extent, Watched};
use gateline_tests::seed::Rng;
use rusqlite::Connection;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const ROWS: u32 = 400;

struct Room {
    _folder: TempDir,
    data: PathBuf,
    sidecar: PathBuf,
    watched: Watched,
}

impl Room {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let sidecar = folder.path().join("sidecar");
        let watched = Watched::new(&data, &sidecar)?;
        Ok(Self {
            _folder: folder,
            data,
            sidecar,
            watched,
        })
    }

    /// Writes all rows, each acknowledged, and kills the program.
    fn write_and_kill(&self, synchronous: &str) -> Result<()> {
        let program = std::env::current_exe()?;
        let program = program
            .ancestors()
            .map(|folder| folder.join("examples/rows"))
            .find(|program| program.is_file())
            .context("the example `rows` is built with the tests")?;
        let mut process = Command::new(program)
            .arg(&self.data)
            .args([synchronous, &ROWS.to_string()])
            .envs(self.watched.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(process.stdout.take().context("its output")?);
        let acknowledged = output
            .lines()
            .take_while(|line| line.as_ref().is_ok_and(|line| line != "end"))
            .count();
        assert_eq!(acknowledged, ROWS as usize);
        process.kill()?;
        process.wait()?;
        Ok(())
    }
}

fn rows(data: &Path) -> Result<u32> {
    let db = Connection::open(data.join("rows.db"))?;
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    anyhow::ensure!(sound == "ok", "{sound}");
    Ok(db.query_row("SELECT count(*) FROM rows", [], |row| row.get(0))?)
}

#[test]
fn without_syncs_answered_rows_are_lost() -> Result<()> {
    let room = Room::new()?;
    room.write_and_kill("OFF")?;
    let undone = room.watched.cut(Extent::All)?;
    assert!(undone.sectors > 100, "{undone:?}");
    let left = rows(&room.data).unwrap_or(0);
    assert!(left < ROWS, "{left} rows are left");
    Ok(())
}

#[test]
fn a_part_of_what_was_not_synced_may_stay() -> Result<()> {
    let room = Room::new()?;
    room.write_and_kill("OFF")?;
    let undone = room.watched.cut(Extent::Some(&mut Rng::new(3)))?;
    assert!(
        undone.sectors > 50 && undone.kept_sectors > 50,
        "{undone:?}"
    );
    Ok(())
}

#[test]
fn a_kill_alone_loses_nothing_even_without_syncs() -> Result<()> {
    let room = Room::new()?;
    room.write_and_kill("OFF")?;
    assert_eq!(rows(&room.data)?, ROWS);
    Ok(())
}

#[test]
fn with_a_sync_in_each_commit_no_answered_row_is_lost() -> Result<()> {
    let room = Room::new()?;
    room.write_and_kill("FULL")?;
    room.watched.cut(Extent::All)?;
    assert_eq!(rows(&room.data)?, ROWS);
    for seed in 0..5 {
        let room = Room::new()?;
        room.write_and_kill("FULL")?;
        room.watched.cut(Extent::Some(&mut Rng::new(seed)))?;
        assert_eq!(rows(&room.data)?, ROWS, "seed {seed}");
    }
    Ok(())
}

#[test]
fn an_entry_that_a_kill_cut_short_takes_nothing_of_the_next_program_back() -> Result<()> {
    let room = Room::new()?;
    room.write_and_kill("OFF")?;
    // Of a file that is never synced, so the journal goes on.
    let entry = Entry::Changed {
        inode: 1,
        length: 0,
        offset: 0,
        end: 4096,
        old: vec![0; 4096],
    };
    let mut journal = File::options()
        .append(true)
        .open(room.sidecar.join(journal::FILE))?;
    journal.write_all(&entry.to_bytes())?;
    journal.write_all(&entry.to_bytes()[..100])?;
    room.write_and_kill("FULL")?;
    room.watched.cut(Extent::All)?;
    assert_eq!(rows(&room.data)?, 2 * ROWS);
    Ok(())
}

#[test]
fn a_new_name_in_a_folder_that_was_not_synced_goes_back() -> Result<()> {
    let room = Room::new()?;
    std::fs::write(room.data.join("token"), "old")?;
    room.write_and_kill("FULL")?;
    assert_eq!(std::fs::read_to_string(room.data.join("token"))?, "new");
    room.watched.cut(Extent::All)?;
    assert_eq!(std::fs::read_to_string(room.data.join("token"))?, "old");
    assert!(!room.data.join("token.draft").exists());
    Ok(())
}
