//! What can go wrong in the tickets service.

use crate::shared::StoreError;

/// Why the tickets service did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// There is none, or the caller may not know of it.
    #[error("there is no such ticket or key")]
    NotFound,
    /// The caller may see it, but not do this.
    #[error("only organizers of the event may do this")]
    Forbidden,
    /// Its state does not allow this.
    #[error("{0}")]
    State(&'static str),
    /// The position in a list is not one that a page named.
    #[error("`after` is not a position that a page gave")]
    BadCursor,
    /// It could not be drawn; details are for the log only.
    #[error("the document could not be made: {0}")]
    Printing(String),
    /// The store failed, or others were faster again and again.
    #[error(transparent)]
    Store(#[from] StoreError),
}
