//! How much room is left where the store lies. A full disk stops a gate: nobody is
//! let in on a scan that cannot be written, so staff hear of it before.

use super::StoreError;
use std::path::Path;

const MB: u64 = 1_000_000;
/// Less than this is little on any disk.
const LEAST: u64 = 500 * MB;
/// Less than this is little where it is also less than a twentieth of the disk.
const LEAST_OF_A_LARGE_ONE: u64 = 2_000 * MB;

/// The bytes that may still be written in `folder`, when these are few; `None`
/// when there is room enough.
///
/// # Errors
/// When the system does not say.
pub(crate) fn little_room(folder: &Path) -> Result<Option<u64>, StoreError> {
    let read = || -> std::io::Result<(u64, u64)> {
        let stats = fs4::statvfs(folder)?;
        Ok((stats.available_space(), stats.total_space()))
    };
    let (free, total) = read().map_err(|source| StoreError::Io {
        path: folder.to_owned(),
        source,
    })?;
    Ok(is_little(free, total).then_some(free))
}

fn is_little(free: u64, total: u64) -> bool {
    free < LEAST || (free < LEAST_OF_A_LARGE_ONE && free < total / 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_half_a_gigabyte_or_two_on_a_disk_that_is_nearly_full() {
        assert!(is_little(499 * MB, 1_000 * MB));
        assert!(!is_little(501 * MB, 1_000 * MB));
        assert!(is_little(1_900 * MB, 100_000 * MB));
        assert!(!is_little(1_900 * MB, 30_000 * MB));
        assert!(!is_little(2_100 * MB, 1_000_000 * MB));
    }

    #[test]
    fn the_system_says_how_much_room_there_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(little_room(folder.path()).is_ok());
        assert!(little_room(&folder.path().join("nowhere")).is_err());
    }
}
