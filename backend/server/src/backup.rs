//! `gateline backup`: a copy of the embedded store in one file, also while the server
//! runs.
//!
//! Always true: a file has the name of the backup only once it was read again and is
//! on the disk; another file is replaced only by whoever says so.

use crate::admin::StorePlace;
use anyhow::{Context as _, ensure};
use gateline_adapters::{private, sqlite};
use gateline_common::Timestamp;
use gateline_core::shared::{Clock, SystemClock, random};
use std::path::{Path, PathBuf};

/// Writes a backup to the file `to`, or into the folder. Says in words what it holds
/// and what it does not.
///
/// # Errors
/// When there is no store or it is damaged, when a file is there that is not to be
/// replaced, or when the backup cannot be written and read again.
pub fn back_up(place: &StorePlace, to: &Path, replace: bool) -> anyhow::Result<String> {
    let config = place.config()?;
    let now = SystemClock.now();
    let to = named(to, now);
    refuse_the_stores_folder(&config.data, &to)?;
    let may_be_written = || -> anyhow::Result<()> {
        ensure!(
            replace || !to.exists(),
            "{} is there already: name another file, or add --replace",
            to.display()
        );
        Ok(())
    };
    may_be_written()?;
    let cannot = || format!("cannot write the backup {}", to.display());
    let draft = Draft::beside(&to);
    let backup = sqlite::back_up(&config.data.join("gateline.db"), &draft.0, now);
    let backup = backup.with_context(cannot)?;
    let bytes = std::fs::metadata(&draft.0).with_context(cannot)?.len();
    may_be_written()?;
    private::put_in_place(&draft.0, &to).with_context(cannot)?;
    Ok(format!(
        "{file}: {rows} rows in {bytes} bytes, all that was committed by {at}; written and read \
         again.\n\
         It has names, addresses, orders and the codes of tickets: keep it from others.\n\
         Not in it: the key that opens its signing keys, {key}. Without a copy of that file it \
         cannot be restored; keep the copy in another place.\n\
         Nor are letters in the mail folder, and what a new start makes anew: token-secret, and a \
         certificate that the server made.",
        file = to.display(),
        rows = backup.rows,
        at = in_words(backup.taken_at),
        key = config.store_key_file().path().display(),
    ))
}

/// The file, in a folder one of its own.
fn named(to: &Path, now: Timestamp) -> PathBuf {
    match to.is_dir() {
        true => to.join(format!("gateline-{}.db", for_a_name(now))),
        false => to.to_owned(),
    }
}

/// A backup beside the store is lost with it, and could take its name.
fn refuse_the_stores_folder(data: &Path, to: &Path) -> anyhow::Result<()> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let found = folder
        .canonicalize()
        .with_context(|| format!("there is no folder {}", folder.display()))?;
    ensure!(
        found != data.canonicalize()?,
        "{} is the folder of the store itself: choose another one, on another disk if there is one",
        folder.display()
    );
    Ok(())
}

/// A file that is gone again unless it got its name.
struct Draft(PathBuf);

impl Draft {
    fn beside(to: &Path) -> Self {
        let [a, b, c, d] = random::bytes();
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{a:02x}{b:02x}{c:02x}{d:02x}.draft"));
        Self(name.into())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It has another name by now, or was never made.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A time in UTC, for people.
pub(crate) fn in_words(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// A time in UTC that can stand in the name of a file, and sorts by time.
pub(crate) fn for_a_name(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
