//! Looking at payments.

use super::{Payment, PaymentError, Payments, Refund};
use crate::shared::{OrgRole, Principal};
use gateline_common::ids::{OrderId, PaymentId};

impl Payments {
    /// One payment with its refund: its buyer's, its organizer's, an admin's.
    ///
    /// # Errors
    /// `NotFound`, also for everybody else's.
    pub async fn get(
        &self,
        caller: &Principal,
        id: PaymentId,
    ) -> Result<(Payment, Option<Refund>), PaymentError> {
        let payment = self.store.find(id).await?;
        let payment = payment
            .filter(|payment| may_see(caller, payment))
            .ok_or(PaymentError::NotFound)?;
        let refund = self.store.refund_of(id).await?;
        Ok((payment, refund))
    }

    /// The payments of an order that the caller may see, oldest first.
    ///
    /// # Errors
    /// Store failures.
    pub async fn of_order(
        &self,
        caller: &Principal,
        order: OrderId,
    ) -> Result<Vec<(Payment, Option<Refund>)>, PaymentError> {
        let mut found = Vec::new();
        for payment in self.store.of_order(order).await? {
            if may_see(caller, &payment) {
                let refund = self.store.refund_of(payment.id).await?;
                found.push((payment, refund));
            }
        }
        Ok(found)
    }
}

fn may_see(caller: &Principal, payment: &Payment) -> bool {
    payment.buyer == caller.user || caller.is(OrgRole::Organizer, payment.org)
}
