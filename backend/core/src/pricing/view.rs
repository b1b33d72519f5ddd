//! Looking at a ticket type's pricing and its history, as its organizers.

use super::{Entry, Pricing, PricingError, Seen};
use crate::shared::{Page, PageRequest, Principal};
use gateline_common::ids::{EventId, TicketTypeId};

impl Pricing {
    /// The pricing of a ticket type that has a policy.
    ///
    /// # Errors
    /// Not found, forbidden, `NoPolicy`, or a store failure.
    pub async fn read(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Seen, PricingError> {
        let seen = self.seen(caller, event, ticket_type).await?;
        match seen.priced.policy {
            Some(_) => Ok(seen),
            None => Err(PricingError::NoPolicy),
        }
    }

    /// Every change of a ticket type's price by a policy, newest first.
    ///
    /// # Errors
    /// Not found, forbidden, `BadCursor`, or a store failure.
    pub async fn history(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
        page: &PageRequest,
    ) -> Result<Page<Entry>, PricingError> {
        let after = page.after.as_deref().map(str::parse::<u64>);
        if after.is_some_and(|after| after.is_err()) {
            return Err(PricingError::BadCursor);
        }
        self.seen(caller, event, ticket_type).await?;
        Ok(self.store.history(event, ticket_type, page).await?)
    }

    pub(super) async fn seen(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Seen, PricingError> {
        let seen = self.store.find(event, ticket_type).await?;
        let seen = seen.ok_or(PricingError::NotFound)?;
        seen.organized_by(caller)?;
        Ok(seen)
    }
}
