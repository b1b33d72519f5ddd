//! How many answers that go on one caller may have open: each holds a connection,
//! and connections are for everybody.

use super::error::ApiError;
use gateline_common::ErrorCode;
use gateline_core::shared::rate::Caller;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many at a time: an office full of dashboards of one account.
const MOST: usize = 32;

/// The answers that go on, counted by caller.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<Caller, usize>>>);

/// The place of one answer; dropped when the answer ends.
pub(crate) struct StreamPlace {
    streams: Streams,
    caller: Caller,
}

impl Streams {
    /// Takes a place for `caller`.
    ///
    /// # Errors
    /// 429 when it has all that it may have.
    pub(crate) fn place(&self, caller: Caller) -> Result<StreamPlace, ApiError> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_insert(0);
        if *count >= MOST {
            let message = format!("{MOST} live answers are open: close one first");
            return Err(ApiError::new(ErrorCode::RateLimited, message));
        }
        *count += 1;
        Ok(StreamPlace {
            streams: self.clone(),
            caller,
        })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let open = self.streams.0.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::UserId;
    use uuid::Uuid;

    #[test]
    fn a_caller_has_so_many_live_answers_and_others_have_theirs() {
        let streams = Streams::default();
        let caller = |n| Caller::Account(UserId(Uuid::from_u128(n)));
        let mut places: Vec<_> = (0..MOST)
            .map(|_| {
                streams
                    .place(caller(1))
                    .unwrap_or_else(|_| panic!("a place"))
            })
            .collect();
        assert!(streams.place(caller(1)).is_err());
        assert!(streams.place(caller(2)).is_ok());
        places.pop();
        assert!(streams.place(caller(1)).is_ok());
        drop(places);
        let left = streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(left.is_empty());
    }
}
