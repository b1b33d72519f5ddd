//! Paged lists in JSON.

use gateline_core::shared::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Items of a page when nobody says how many.
pub const USUAL_PAGE: u32 = 50;

/// Which part of a list, where nothing else is asked.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Items at most, 1 to 200 [default: 50].
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageBody<T: ToSchema> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `null` at the end.
    pub next: Option<String>,
}

/// The request for a page.
#[must_use]
pub fn request(limit: Option<u32>, after: Option<String>) -> PageRequest {
    PageRequest {
        limit: limit.unwrap_or(USUAL_PAGE),
        after,
    }
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        request(query.limit, query.after)
    }
}

impl<T: ToSchema> PageBody<T> {
    /// The page with its items in their JSON form.
    pub fn of<U>(page: Page<U>, convert: impl FnMut(U) -> T) -> Self {
        let Page { items, next } = page.map(convert);
        Self { items, next }
    }
}
