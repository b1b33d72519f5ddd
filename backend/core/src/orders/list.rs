//! Looking at orders and at what is left.

use super::{Order, OrderError, OrderFilter, Orders, Sale};
use crate::shared::{OrgRole, Page, PageRequest, Principal};
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId};

impl Orders {
    /// One order: its buyer's, its organizer's, an admin's.
    ///
    /// # Errors
    /// `NotFound`, also for everybody else's.
    pub async fn get(&self, caller: &Principal, id: OrderId) -> Result<Order, OrderError> {
        let order = self.store.find(id).await?.ok_or(OrderError::NotFound)?;
        let theirs = order.buyer.user == caller.user || caller.is(OrgRole::Organizer, order.org);
        theirs.then_some(order).ok_or(OrderError::NotFound)
    }

    /// One order that the caller may change: their own, or as an admin.
    pub(super) async fn own(&self, caller: &Principal, id: OrderId) -> Result<Order, OrderError> {
        let order = self.get(caller, id).await?;
        if order.buyer.user == caller.user || caller.admin {
            Ok(order)
        } else {
            Err(OrderError::Forbidden)
        }
    }

    /// The caller's own orders, newest first.
    ///
    /// # Errors
    /// Store failures.
    pub async fn mine(
        &self,
        caller: &Principal,
        page: &PageRequest,
    ) -> Result<Page<Order>, OrderError> {
        let filter = OrderFilter {
            buyer: Some(caller.user),
            ..OrderFilter::default()
        };
        Ok(self.store.list(filter, page).await?)
    }

    /// The orders of an event, for its organizers.
    ///
    /// # Errors
    /// `NotFound` for everybody else.
    pub async fn of_event(
        &self,
        caller: &Principal,
        event: EventId,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, OrderError> {
        let sale = self.store.sale(event).await?.ok_or(OrderError::NotFound)?;
        if !caller.is(OrgRole::Organizer, sale.event.org) {
            return Err(OrderError::NotFound);
        }
        let filter = OrderFilter {
            event: Some(event),
            ..filter
        };
        Ok(self.store.list(filter, page).await?)
    }

    /// All orders, for admins.
    ///
    /// # Errors
    /// `Forbidden` for everybody else.
    pub async fn all(
        &self,
        caller: &Principal,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, OrderError> {
        if !caller.admin {
            return Err(OrderError::Forbidden);
        }
        Ok(self.store.list(filter, page).await?)
    }

    /// What an event sells now and how much is left, and the time of asking. A
    /// draft is its organization's alone.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn availability(
        &self,
        caller: Option<&Principal>,
        event: EventId,
    ) -> Result<(Sale, Timestamp), OrderError> {
        let sale = self.store.sale(event).await?.ok_or(OrderError::NotFound)?;
        let visible = match sale.event.status {
            EventStatus::Published | EventStatus::Cancelled => true,
            EventStatus::Draft => {
                caller.is_some_and(|caller| caller.is(OrgRole::Staff, sale.event.org))
            }
            EventStatus::Deleted => false,
        };
        if visible {
            Ok((sale, self.clock.now()))
        } else {
            Err(OrderError::NotFound)
        }
    }
}
