//! The JSON of events.

use super::{TicketTypeBody, VenueBody, given};
use crate::http::ApiError;
use gateline_common::bus::EventStatus;
use gateline_common::catalog::{EntryPolicy, EntryRule, Gate, Zone};
use gateline_common::ids::{EventId, OrgId, TicketTypeId, VenueId};
use gateline_common::{Money, Timestamp};
use gateline_core::events::{
    Browse, Category, Event, EventChange, EventDraft, Place, Prices, TypeSales, WhereInput,
};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

fn category_schema() -> Object {
    let names = Category::ALL.iter().map(|category| category.as_str());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names))
        .build()
}

fn category(name: &str) -> Result<Category, ApiError> {
    name.parse()
        .map_err(|_| ApiError::field("category", "there is no such category"))
}

/// A new event. Exactly one of `venue` and `online_url`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct NewEventBody {
    org: OrgId,
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    title: String,
    #[serde(default)]
    description: String,
    #[schema(schema_with = category_schema)]
    category: String,
    /// At most 20 words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    venue: Option<VenueId>,
    #[serde(default)]
    online_url: Option<String>,
    /// IANA name, for instance `Europe/Vienna`.
    timezone: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default)]
    gates: Vec<Gate>,
    #[serde(default)]
    zones: Vec<Zone>,
    #[serde(default)]
    rules: Vec<EntryRule>,
    #[serde(default)]
    policy: EntryPolicy,
    /// 4 to 12 digits, for overrides at the gate; never shown again.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{4,12}$")]
    supervisor_pin: Option<String>,
}

/// What is to change of an event; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct EventChangeBody {
    /// The version that was read; a newer one is a conflict.
    version: Option<u64>,
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    title: Option<String>,
    description: Option<String>,
    #[schema(schema_with = category_schema)]
    category: Option<String>,
    tags: Option<Vec<String>>,
    /// Moves the event to this venue.
    venue: Option<VenueId>,
    /// Moves the event online.
    online_url: Option<String>,
    timezone: Option<String>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    gates: Option<Vec<Gate>>,
    zones: Option<Vec<Zone>>,
    rules: Option<Vec<EntryRule>>,
    policy: Option<EntryPolicy>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4,12}$")]
    supervisor_pin: Option<Option<String>>,
}

/// What somebody looks for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct BrowseQuery {
    /// Words in title, description, place or tags; all must occur. Case and
    /// accents do not matter.
    q: Option<String>,
    /// Only this category.
    #[param(schema_with = category_schema)]
    category: Option<String>,
    /// Only this organization's; its members see drafts and past events too.
    org: Option<OrgId>,
    /// Only events that end after this [default: now].
    from: Option<Timestamp>,
    /// Only events that start before this.
    until: Option<Timestamp>,
    /// Items at most, 1 to 200 [default: 50].
    pub(in crate::http::events) limit: Option<u32>,
    /// The `next` of the page before.
    pub(in crate::http::events) after: Option<String>,
}

/// An event in a list.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct EventSummaryBody {
    id: EventId,
    org: OrgId,
    title: String,
    #[schema(schema_with = category_schema)]
    category: &'static str,
    tags: Vec<String>,
    /// Where, in one line.
    place: String,
    timezone: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    status: EventStatus,
    /// What the cheapest ticket costs now.
    lowest_price: Option<Money>,
    version: u64,
}

/// An event with everything.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct EventBody {
    id: EventId,
    org: OrgId,
    title: String,
    description: String,
    #[schema(schema_with = category_schema)]
    category: &'static str,
    tags: Vec<String>,
    /// Where, in one line.
    place: String,
    venue: Option<VenueBody>,
    online_url: Option<String>,
    timezone: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    status: EventStatus,
    gates: Vec<Gate>,
    zones: Vec<Zone>,
    rules: Vec<EntryRule>,
    policy: EntryPolicy,
    /// Is a supervisor's PIN set?
    has_supervisor_pin: bool,
    ticket_types: Vec<TicketTypeBody>,
    version: u64,
    created_at: Timestamp,
    changed_at: Timestamp,
}

/// What was ordered, per ticket type.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct SalesBody {
    items: Vec<TypeSalesBody>,
}

/// What was ordered of one type.
#[derive(Serialize, ToSchema)]
struct TypeSalesBody {
    ticket_type: TicketTypeId,
    /// In unpaid orders.
    held: u32,
    /// In paid orders.
    sold: u32,
    /// In orders that were paid back.
    refunded: u32,
}

impl TryFrom<NewEventBody> for EventDraft {
    type Error = ApiError;
    fn try_from(body: NewEventBody) -> Result<Self, ApiError> {
        let place = place(body.venue, body.online_url)?;
        Ok(Self {
            place: place
                .ok_or_else(|| ApiError::field("venue", "name a venue or an online_url"))?,
            category: category(&body.category)?,
            org: body.org,
            title: body.title,
            description: body.description,
            tags: body.tags,
            timezone: body.timezone,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            gates: body.gates,
            zones: body.zones,
            rules: body.rules,
            policy: body.policy,
            supervisor_pin: body.supervisor_pin,
        })
    }
}

impl TryFrom<EventChangeBody> for EventChange {
    type Error = ApiError;
    fn try_from(body: EventChangeBody) -> Result<Self, ApiError> {
        Ok(Self {
            place: place(body.venue, body.online_url)?,
            category: body.category.as_deref().map(category).transpose()?,
            version: body.version,
            title: body.title,
            description: body.description,
            tags: body.tags,
            timezone: body.timezone,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            gates: body.gates,
            zones: body.zones,
            rules: body.rules,
            policy: body.policy,
            supervisor_pin: body.supervisor_pin,
        })
    }
}

fn place(venue: Option<VenueId>, url: Option<String>) -> Result<Option<WhereInput>, ApiError> {
    match (venue, url) {
        (Some(_), Some(_)) => Err(ApiError::field("venue", "either a venue or an online_url")),
        (Some(venue), None) => Ok(Some(WhereInput::Venue(venue))),
        (None, Some(url)) => Ok(Some(WhereInput::Online(url))),
        (None, None) => Ok(None),
    }
}

impl BrowseQuery {
    pub(in crate::http::events) fn browse(&self) -> Result<Browse, ApiError> {
        let unknown = |_| {
            let code = gateline_common::ErrorCode::MalformedParameter;
            ApiError::new(code, "there is no such category")
        };
        let category = self.category.as_deref().map(str::parse).transpose();
        Ok(Browse {
            query: self.q.clone(),
            category: category.map_err(unknown)?,
            org: self.org,
            from: self.from,
            until: self.until,
        })
    }
}

impl EventSummaryBody {
    pub(in crate::http::events) fn of(event: Event, prices: &Prices) -> Self {
        let now = event.live_types().map(|t| prices.now(event.id, t));
        Self {
            lowest_price: now.min_by_key(|price| price.minor),
            id: event.id,
            org: event.org,
            category: event.category.as_str(),
            place: event.place.line(),
            title: event.title,
            tags: event.tags,
            timezone: event.timezone,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            status: event.status,
            version: event.version,
        }
    }
}

impl EventBody {
    pub(in crate::http::events) fn of(event: Event, prices: &Prices) -> Self {
        let types = event.live_types().cloned();
        let (venue, online_url) = match &event.place {
            Place::Venue(venue) => (Some(venue.clone().into()), None),
            Place::Online(url) => (None, Some(url.clone())),
        };
        Self {
            ticket_types: types
                .map(|t| TicketTypeBody::of(event.id, t, prices))
                .collect(),
            place: event.place.line(),
            venue,
            online_url,
            id: event.id,
            org: event.org,
            title: event.title,
            description: event.description,
            category: event.category.as_str(),
            tags: event.tags,
            timezone: event.timezone,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            status: event.status,
            gates: event.gates,
            zones: event.zones,
            rules: event.rules,
            policy: event.policy,
            has_supervisor_pin: event.supervisor_pin.is_some(),
            version: event.version,
            created_at: event.created_at,
            changed_at: event.changed_at,
        }
    }
}

impl From<Vec<TypeSales>> for SalesBody {
    fn from(sales: Vec<TypeSales>) -> Self {
        let items = sales.into_iter().map(|t| TypeSalesBody {
            ticket_type: t.ticket_type,
            held: t.held,
            sold: t.sold,
            refunded: t.refunded,
        });
        Self {
            items: items.collect(),
        }
    }
}
