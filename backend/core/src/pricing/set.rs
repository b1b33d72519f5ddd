//! Setting and removing the policy of a ticket type, and trying one out.

use super::settle::{is_over, settle};
use super::{Policy, Pricing, PricingError, Seen, Wish};
use crate::shared::{OrgRole, Principal, StoreError};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, TicketTypeId};
use std::time::Duration;

const ATTEMPTS: usize = 8;
/// How long a policy that came right behind its ticket type waits for the news
/// of it, and how often it looks when another process may have heard.
const NEWS_WAIT: Duration = Duration::from_millis(1_500);
const NEWS_POLL: Duration = Duration::from_millis(100);

impl Pricing {
    /// Gives a ticket type a policy in place of the one that it has. The price
    /// follows at once; a price by demand begins where the price is, between its
    /// floor and ceiling.
    ///
    /// # Errors
    /// Not found, forbidden, an invalid field, `State`, or a store failure.
    pub async fn set_policy(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
        policy: &Policy,
    ) -> Result<Seen, PricingError> {
        let mut news = self.news.subscribe();
        let mut patience = Box::pin(tokio::time::sleep(NEWS_WAIT));
        loop {
            news.mark_unchanged();
            let given = Some(policy.clone());
            let attempt = self.put(caller, event, ticket_type, given).await;
            if attempt != Err(PricingError::NotFound) {
                return attempt;
            }
            tokio::select! {
                _ = news.changed() => {}
                () = tokio::time::sleep(NEWS_POLL) => {}
                () = &mut patience => return attempt,
            }
        }
    }

    /// Takes a ticket type's policy away: its price is the list price again.
    ///
    /// # Errors
    /// Not found, forbidden, `NoPolicy`, or a store failure.
    pub async fn remove_policy(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Seen, PricingError> {
        self.put(caller, event, ticket_type, None).await
    }

    /// What would become of the price if the policy were set now. Nothing is
    /// changed.
    ///
    /// # Errors
    /// As [`Self::set_policy`].
    pub async fn preview(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
        policy: &Policy,
    ) -> Result<Seen, PricingError> {
        let mut seen = self.seen(caller, event, ticket_type).await?;
        let now = self.clock.now();
        if let Some(change) = given(caller, &seen, Some(policy), now)? {
            seen.priced = change.priced;
        }
        Ok(seen)
    }

    async fn put(
        &self,
        caller: &Principal,
        event: EventId,
        ticket_type: TicketTypeId,
        policy: Option<Policy>,
    ) -> Result<Seen, PricingError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let (caller, policy) = (caller.clone(), policy.clone());
            let wish = Wish::new(now, move |seen| given(&caller, seen, policy.as_ref(), now));
            match self.store.change(event, ticket_type, wish).await {
                Err(PricingError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(StoreError::Conflict.into())
    }
}

/// What was seen, with `policy` (or none).
fn given(
    caller: &Principal,
    seen: &Seen,
    policy: Option<&Policy>,
    now: Timestamp,
) -> Result<Option<super::Change>, PricingError> {
    let facts = seen.organized_by(caller)?;
    let event = seen.event.as_ref();
    let mut after = seen.priced.clone();
    match policy {
        Some(policy) => {
            policy.check(facts.list.currency)?;
            if is_over(facts, event, now) {
                return Err(PricingError::State("the event is cancelled or over"));
            }
        }
        None if after.policy.is_none() => return Err(PricingError::NoPolicy),
        None => {}
    }
    if policy == after.policy.as_ref() {
        return Ok(None);
    }
    after.policy = policy.cloned();
    after.memory = super::Memory::default();
    Ok(settle(&seen.priced, after, event, now))
}

impl Seen {
    /// The type, if the caller runs its organization.
    pub(super) fn organized_by(
        &self,
        caller: &Principal,
    ) -> Result<&super::TypeCopy, PricingError> {
        let facts = self.priced.facts.as_ref();
        let facts = facts.filter(|facts| !facts.deleted);
        match facts {
            Some(facts) if caller.is(OrgRole::Organizer, facts.org) => Ok(facts),
            Some(facts) if caller.is(OrgRole::Staff, facts.org) => Err(PricingError::Forbidden),
            _ => Err(PricingError::NotFound),
        }
    }
}
