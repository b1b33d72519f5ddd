//! The JSON of venues.

use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, VenueId};
use gateline_core::events::{Venue, VenueChange, VenueDraft};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A new venue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct NewVenueBody {
    org: OrgId,
    /// 1 to 120 characters.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: String,
    /// In one line, at most 300 characters.
    #[serde(default)]
    #[schema(max_length = 300)]
    address: String,
    /// How to get there and in.
    #[serde(default)]
    notes: String,
}

/// What is to change of a venue; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct VenueChangeBody {
    /// The version that was read; a newer one is a conflict.
    version: Option<u64>,
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: Option<String>,
    #[schema(max_length = 300)]
    address: Option<String>,
    notes: Option<String>,
}

/// Which venues.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct VenuesQuery {
    /// Whose.
    pub(in crate::http::events) org: OrgId,
    /// Items at most, 1 to 200 [default: 50].
    pub(in crate::http::events) limit: Option<u32>,
    /// The `next` of the page before.
    pub(in crate::http::events) after: Option<String>,
}

/// A venue.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct VenueBody {
    id: VenueId,
    org: OrgId,
    name: String,
    address: String,
    notes: String,
    version: u64,
    created_at: Timestamp,
}

impl From<NewVenueBody> for VenueDraft {
    fn from(body: NewVenueBody) -> Self {
        Self {
            org: body.org,
            name: body.name,
            address: body.address,
            notes: body.notes,
        }
    }
}

impl From<VenueChangeBody> for VenueChange {
    fn from(body: VenueChangeBody) -> Self {
        Self {
            version: body.version,
            name: body.name,
            address: body.address,
            notes: body.notes,
        }
    }
}

impl From<Venue> for VenueBody {
    fn from(venue: Venue) -> Self {
        Self {
            id: venue.id,
            org: venue.org,
            name: venue.name,
            address: venue.address,
            notes: venue.notes,
            version: venue.version,
            created_at: venue.created_at,
        }
    }
}
