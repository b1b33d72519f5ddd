//! `gateline restore`: a backup becomes the embedded store, and what was there is
//! kept aside.
//!
//! In the data folder the restore has a folder of its own. There the copy of the
//! backup is checked and made a store; once it has its name [`READY`] it will be the
//! store, whatever happens: the old files move in beside it, it moves out, and the
//! folder gets a name for good. Who claims the data folder brings to its end what was
//! interrupted. So at no moment is there half of a store, or a new one with the log of
//! the old.

use crate::admin::StorePlace;
use crate::backup::{for_a_name, in_words};
use crate::claim::claim;
use anyhow::{Context as _, ensure};
use gateline_adapters::seal::KeyFile;
use gateline_adapters::{private, sqlite};
use gateline_core::shared::{Clock, SystemClock};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

const UNDER_WAY: &str = "restoring";
const READY: &str = "ready.db";
const STORE: &str = "gateline.db";
/// What SQLite keeps beside a store, after the store itself: without that, nobody
/// takes them for a store.
const STORE_FILES: [&str; 3] = [STORE, "gateline.db-wal", "gateline.db-shm"];

/// Puts the backup `from` in the place of the store, which is kept aside. Says in
/// words what is to be done now.
///
/// # Errors
/// When a server runs over the folder, when the file is no backup, is damaged, of a
/// newer version or sealed with another key: then nothing has changed.
pub fn restore(place: &StorePlace, from: &Path) -> anyhow::Result<String> {
    ensure!(
        from.is_file(),
        "{} is no file: name the one that `gateline backup` wrote",
        from.display()
    );
    let config = place.config_of_any()?;
    let _claim = claim(&config.data).context("stop the server first")?;
    let under_way = config.data.join(UNDER_WAY);
    let made = make_ready(from, &under_way, &config.store_key_file());
    let backup = match made {
        Ok(backup) => backup,
        Err(error) => {
            // What is left of it is cleared away at the next claim otherwise.
            let _ = std::fs::remove_dir_all(&under_way);
            return Err(error).with_context(|| format!("{} is not restored", from.display()));
        }
    };
    let aside = finish(&config.data)?;
    let aside = match aside {
        Some(folder) => format!("What was there before is in {}.", folder.display()),
        None => "There was no store before.".to_owned(),
    };
    Ok(format!(
        "The store is as it was at {}. {aside}\n\
         Start the server. Everybody signs in again, and enrolment codes are to be made anew.\n\
         Gates find out at their next sync what the server lacks, and send it again.\n\
         What else came after the backup is lost: compare what was paid with the payment \
         gateway's list, block tickets and revoke devices again, and set passwords again. \
         Letters that waited then are sent again.",
        in_words(backup.taken_at)
    ))
}

/// Copies the backup and makes a store of the copy, which is `READY` then.
fn make_ready(from: &Path, under_way: &Path, keys: &KeyFile) -> anyhow::Result<sqlite::Backup> {
    private::make_folder(under_way)?;
    let draft = under_way.join("draft.db");
    io::copy(&mut File::open(from)?, &mut private::create(&draft)?)?;
    let backup = sqlite::make_store(&draft, keys)?;
    private::put_in_place(&draft, &under_way.join(READY))?;
    Ok(backup)
}

/// Brings a restore to its end, if one is under way. Says where the store of before
/// is, if there was one.
///
/// # Errors
/// When a file cannot be moved: then it is to be called again before the store is
/// used.
pub(crate) fn finish(data: &Path) -> io::Result<Option<PathBuf>> {
    let under_way = data.join(UNDER_WAY);
    let ready = under_way.join(READY);
    if ready.exists() {
        for name in STORE_FILES {
            move_if_there(&data.join(name), &under_way.join(name))?;
        }
        private::sync_folder(&under_way)?;
        private::put_in_place(&ready, &data.join(STORE))?;
    }
    if STORE_FILES
        .iter()
        .all(|name| !under_way.join(name).exists())
    {
        // It did not become ready, or there was no store before.
        return remove_if_there(&under_way).map(|()| None);
    }
    let aside = free_name(data);
    private::put_in_place(&under_way, &aside)?;
    Ok(Some(aside))
}

/// What was moved once is not moved over again.
fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Ok(());
    }
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn remove_if_there(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn free_name(data: &Path) -> PathBuf {
    let named = format!("before-restore-{}", for_a_name(SystemClock.now()));
    let names = (0..).map(|n| match n {
        0 => named.clone(),
        n => format!("{named}-{n}"),
    });
    let mut paths = names.map(|name| data.join(name));
    let free = paths.find(|path| !path.exists());
    free.unwrap_or_else(|| data.join(&named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    /// A folder with a store of before, whose restore is ready, and of whose old files
    /// so many were moved when the power went.
    fn interrupted(moved: usize, placed: bool) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        let under_way = data.path().join(UNDER_WAY);
        std::fs::create_dir(&under_way).unwrap();
        std::fs::write(under_way.join(READY), "new").unwrap();
        for (n, name) in STORE_FILES.iter().enumerate() {
            let folder = if n < moved { &under_way } else { data.path() };
            std::fs::write(folder.join(name), format!("old {n}")).unwrap();
        }
        if placed {
            std::fs::rename(under_way.join(READY), data.path().join(STORE)).unwrap();
        }
        data
    }

    #[test]
    fn wherever_a_restore_was_interrupted_it_ends_with_the_new_store_and_all_of_the_old_aside() {
        for (moved, placed) in [(0, false), (1, false), (2, false), (3, false), (3, true)] {
            let data = interrupted(moved, placed);
            let aside = finish(data.path()).unwrap().unwrap();
            assert_eq!(text(&data.path().join(STORE)).unwrap(), "new");
            for (n, name) in STORE_FILES.iter().enumerate() {
                assert_eq!(text(&aside.join(name)).unwrap(), format!("old {n}"));
            }
            assert_eq!(text(&data.path().join("gateline.db-wal")), None);
            assert!(!data.path().join(UNDER_WAY).exists());
            assert_eq!(finish(data.path()).unwrap(), None, "it is done");
            assert_eq!(text(&data.path().join(STORE)).unwrap(), "new");
        }
    }

    #[test]
    fn a_copy_that_was_not_ready_is_cleared_away_and_the_store_stays() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join(UNDER_WAY)).unwrap();
        std::fs::write(data.path().join(UNDER_WAY).join("draft.db"), "half").unwrap();
        std::fs::write(data.path().join(STORE), "old").unwrap();
        assert_eq!(finish(data.path()).unwrap(), None);
        assert_eq!(text(&data.path().join(STORE)).unwrap(), "old");
        assert!(!data.path().join(UNDER_WAY).exists());
    }
}
