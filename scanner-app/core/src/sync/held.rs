//! Admissions that the server is being asked about. The upload in the background
//! stops before them: sent without their question they would count as admitted,
//! and the question would come too late.

use super::lock;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The records that are held back from the upload.
#[derive(Debug, Default, Clone)]
pub(crate) struct Held(Arc<Mutex<BTreeSet<u64>>>);

/// Holds one record back until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    held: Held,
    seq: u64,
}

impl Held {
    /// Holds record `seq` back. To be called in the store's job that wrote it, so
    /// that no upload comes in between.
    pub(crate) fn hold(&self, seq: u64) -> Hold {
        lock(&self.0).insert(seq);
        Hold {
            held: self.clone(),
            seq,
        }
    }

    /// The last record that may be uploaded; `None` is no limit.
    pub(super) fn until(&self) -> Option<u64> {
        lock(&self.0).first().map(|seq| seq - 1)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        lock(&self.held.0).remove(&self.seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upload_ends_before_the_first_record_that_is_held() {
        let held = Held::default();
        assert_eq!(held.until(), None);
        let (late, early) = (held.hold(9), held.hold(7));
        assert_eq!(held.until(), Some(6));
        drop(early);
        assert_eq!(held.until(), Some(8));
        drop(late);
        assert_eq!(held.until(), None);
    }
}
