//! The JSON of ticket types.

use super::given;
use gateline_common::catalog::TypeAdmission;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_common::{Money, Timestamp};
use gateline_core::events::{Prices, TicketType, TicketTypeChange, TicketTypeDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const fn usual_most() -> u32 {
    10
}

/// A new ticket type.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct NewTicketTypeBody {
    /// 1 to 120 characters.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: String,
    /// The list price of one; all types of an event have one currency.
    price: Money,
    /// How many may be sold.
    limit: u32,
    /// How many one order may hold.
    #[serde(default = "usual_most")]
    max_per_order: u32,
    /// Sale begins; `null` is at once.
    #[serde(default)]
    sale_starts: Option<Timestamp>,
    /// Sale ends; `null` is with the event.
    #[serde(default)]
    sale_ends: Option<Timestamp>,
    /// What it means at the gate.
    #[serde(default)]
    admission: TypeAdmission,
}

/// What is to change of a ticket type; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::events) struct TicketTypeChangeBody {
    /// The version that was read; a newer one is a conflict.
    version: Option<u64>,
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: Option<String>,
    /// Orders that were placed keep their price.
    price: Option<Money>,
    limit: Option<u32>,
    max_per_order: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    sale_starts: Option<Option<Timestamp>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    sale_ends: Option<Option<Timestamp>>,
    admission: Option<TypeAdmission>,
}

/// A ticket type.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct TicketTypeBody {
    /// Unique within the event.
    id: TicketTypeId,
    event: EventId,
    name: String,
    /// The list price, as organizers set it.
    price: Money,
    /// What one costs now: by its pricing policy, or the list price.
    current_price: Money,
    limit: u32,
    max_per_order: u32,
    sale_starts: Option<Timestamp>,
    sale_ends: Option<Timestamp>,
    admission: TypeAdmission,
    version: u64,
}

/// The ticket types of an event.
#[derive(Serialize, ToSchema)]
pub(in crate::http::events) struct TicketTypesBody {
    pub(in crate::http::events) items: Vec<TicketTypeBody>,
}

impl TicketTypeBody {
    pub(in crate::http::events) fn of(
        event: EventId,
        ticket_type: TicketType,
        prices: &Prices,
    ) -> Self {
        Self {
            current_price: prices.now(event, &ticket_type),
            id: ticket_type.id,
            event,
            name: ticket_type.name,
            price: ticket_type.price,
            limit: ticket_type.limit,
            max_per_order: ticket_type.max_per_order,
            sale_starts: ticket_type.sale_starts,
            sale_ends: ticket_type.sale_ends,
            admission: ticket_type.admission,
            version: ticket_type.version,
        }
    }
}

impl From<NewTicketTypeBody> for TicketTypeDraft {
    fn from(body: NewTicketTypeBody) -> Self {
        Self {
            name: body.name,
            price: body.price,
            limit: body.limit,
            max_per_order: body.max_per_order,
            sale_starts: body.sale_starts,
            sale_ends: body.sale_ends,
            admission: body.admission,
        }
    }
}

impl From<TicketTypeChangeBody> for TicketTypeChange {
    fn from(body: TicketTypeChangeBody) -> Self {
        Self {
            version: body.version,
            name: body.name,
            price: body.price,
            limit: body.limit,
            max_per_order: body.max_per_order,
            sale_starts: body.sale_starts,
            sale_ends: body.sale_ends,
            admission: body.admission,
        }
    }
}
