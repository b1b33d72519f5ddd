//! Paged lists: a limit and an opaque position after the last item.

use serde::{Deserialize, Serialize};

/// The largest page.
pub const MAX_PAGE: u32 = 200;

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// Items at most; stores clamp it to 1..=[`MAX_PAGE`].
    pub limit: u32,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl PageRequest {
    /// The limit within its bounds.
    #[must_use]
    pub fn clamped(&self) -> u32 {
        self.limit.clamp(1, MAX_PAGE)
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of other items.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
        }
    }
}
