//! The JSON of events, ticket types and venues.

mod event;
mod ticket_type;
mod venue;

pub(super) use event::{
    BrowseQuery, EventBody, EventChangeBody, EventSummaryBody, NewEventBody, SalesBody,
};
pub(super) use ticket_type::{
    NewTicketTypeBody, TicketTypeBody, TicketTypeChangeBody, TicketTypesBody,
};
pub(super) use venue::{NewVenueBody, VenueBody, VenueChangeBody, VenuesQuery};

use serde::{Deserialize, Deserializer};

/// Tells a field that is `null` from one that is absent.
fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
