//! The JSON of orders.

use gateline_common::bus::OrderStatus;
use gateline_common::ids::{EventId, OrderId, OrgId, PaymentId, RefundId, TicketTypeId, UserId};
use gateline_common::{Money, Timestamp};
use gateline_core::orders::{Offer, Order, OrderFilter, Refund, Sale, Stock, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Somebody orders.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrderBody {
    /// The event.
    pub(super) event: EventId,
    /// At least one; lines of the same type are made one.
    #[schema(min_items = 1)]
    pub(super) lines: Vec<WantedBody>,
}

/// The lines that an unpaid order is to have instead of its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderChangeBody {
    #[schema(min_items = 1)]
    pub(super) lines: Vec<WantedBody>,
}

/// How many of which type.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedBody {
    pub(super) ticket_type: TicketTypeId,
    /// At least 1.
    #[schema(minimum = 1)]
    pub(super) quantity: u32,
    /// What the buyer was shown for one. If one costs something else by now, the
    /// request is refused with `price_changed`; `null` takes it as it is.
    #[serde(default)]
    pub(super) expected_price: Option<Money>,
}

impl From<WantedBody> for Wanted {
    fn from(body: WantedBody) -> Self {
        Self {
            ticket_type: body.ticket_type,
            quantity: body.quantity,
            expected_price: body.expected_price,
        }
    }
}

/// Why an order is paid back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    /// For the buyer.
    pub(super) reason: Option<String>,
}

/// Which event.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct AvailabilityQuery {
    pub(super) event: EventId,
}

/// Which orders.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderQuery {
    /// In this state.
    pub(super) status: Option<OrderStatus>,
    /// With this short code.
    pub(super) code: Option<String>,
    /// Of this event (admins).
    pub(super) event: Option<EventId>,
    /// Of this buyer (admins).
    pub(super) buyer: Option<UserId>,
    /// Items at most, 1 to 200 [default: 50].
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

impl OrderQuery {
    pub(super) fn filter(&self) -> OrderFilter<'_> {
        OrderFilter {
            buyer: self.buyer,
            event: self.event,
            status: self.status,
            code: self.code.as_deref(),
        }
    }
}

/// An order.
#[derive(Serialize, ToSchema)]
pub(super) struct OrderBody {
    pub(super) id: OrderId,
    /// Short, for people.
    pub(super) code: String,
    pub(super) event: EventId,
    pub(super) org: OrgId,
    pub(super) buyer: BuyerBody,
    pub(super) lines: Vec<LineBody>,
    pub(super) total: Money,
    pub(super) status: OrderStatus,
    pub(super) created_at: Timestamp,
    /// Until then an unpaid order holds its tickets.
    pub(super) expires_at: Timestamp,
    pub(super) completed_at: Option<Timestamp>,
    /// Paid through the test gateway: no real money.
    pub(super) test: bool,
    /// Money that went back or is going back.
    pub(super) refunds: Vec<OrderRefundBody>,
}

/// Who buys.
#[derive(Serialize, ToSchema)]
pub(super) struct BuyerBody {
    pub(super) user: UserId,
    pub(super) email: String,
    pub(super) name: String,
}

/// One line of an order, at the price of the time of ordering.
#[derive(Serialize, ToSchema)]
pub(super) struct LineBody {
    pub(super) ticket_type: TicketTypeId,
    pub(super) name: String,
    pub(super) quantity: u32,
    pub(super) unit_price: Money,
}

/// A refund.
#[derive(Serialize, ToSchema)]
pub(super) struct OrderRefundBody {
    pub(super) id: RefundId,
    pub(super) payment: PaymentId,
    pub(super) amount: Money,
    pub(super) reason: String,
    pub(super) requested_at: Timestamp,
    /// When the money had gone back; `null` while it is on its way.
    pub(super) completed_at: Option<Timestamp>,
}

impl From<Order> for OrderBody {
    fn from(order: Order) -> Self {
        let lines = order.lines.into_iter().map(|line| LineBody {
            ticket_type: line.ticket_type,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price,
        });
        Self {
            id: order.id,
            code: order.code,
            event: order.event,
            org: order.org,
            buyer: BuyerBody {
                user: order.buyer.user,
                email: order.buyer.email,
                name: order.buyer.name,
            },
            lines: lines.collect(),
            total: order.total,
            status: order.status,
            created_at: order.created_at,
            expires_at: order.expires_at,
            completed_at: order.completed_at,
            test: order.test,
            refunds: order.refunds.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Refund> for OrderRefundBody {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.id,
            payment: refund.payment,
            amount: refund.amount,
            reason: refund.reason,
            requested_at: refund.requested_at,
            completed_at: refund.completed_at,
        }
    }
}

/// What an event sells now.
#[derive(Serialize, ToSchema)]
pub(super) struct AvailabilityBody {
    pub(super) event: EventId,
    pub(super) title: String,
    pub(super) ticket_types: Vec<TypeAvailabilityBody>,
}

/// How many of a ticket type can be ordered now.
#[derive(Serialize, ToSchema)]
pub(super) struct TypeAvailabilityBody {
    pub(super) ticket_type: TicketTypeId,
    pub(super) name: String,
    /// What one costs now.
    pub(super) price: Money,
    /// What one costs without a pricing policy.
    pub(super) list_price: Money,
    /// Neither sold nor held by an unpaid order.
    pub(super) left: u32,
    pub(super) limit: u32,
    pub(super) held: u32,
    pub(super) sold: u32,
    pub(super) max_per_order: u32,
    pub(super) sale_starts: Option<Timestamp>,
    pub(super) sale_ends: Option<Timestamp>,
    /// Is the sale open, and is at least one left?
    pub(super) on_sale: bool,
}

impl AvailabilityBody {
    pub(super) fn of(sale: Sale, now: Timestamp) -> Self {
        let event = sale.event;
        let types = sale.offers.into_iter().map(|(offer, stock)| {
            let open = gateline_core::orders::is_open(&event, &offer, now);
            type_body(offer, stock, open)
        });
        Self {
            ticket_types: types.collect(),
            event: event.event,
            title: event.title,
        }
    }
}

fn type_body(offer: Offer, stock: Stock, open: bool) -> TypeAvailabilityBody {
    TypeAvailabilityBody {
        ticket_type: offer.ticket_type,
        price: offer.price_now(),
        list_price: offer.price,
        name: offer.name,
        left: stock.left(),
        limit: stock.limit,
        held: stock.held,
        sold: stock.sold,
        max_per_order: offer.max_per_order,
        sale_starts: offer.sale_starts,
        sale_ends: offer.sale_ends,
        on_sale: open && stock.left() > 0,
    }
}
