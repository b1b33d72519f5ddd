//! A gateway's webhook: news of a charge.

use super::settle::settled;
use super::{Payment, PaymentError, Payments};

impl Payments {
    /// Takes a webhook of the gateway `name`. When this returns `Ok`, its news
    /// is stored; on an error the gateway must send it again.
    ///
    /// # Errors
    /// `NotFound` for an unknown gateway or payment; `Gateway` for a bad
    /// signature or content; store failures.
    pub async fn webhook(
        &self,
        name: &str,
        signature: &str,
        body: &[u8],
    ) -> Result<(), PaymentError> {
        let gateway = self.gateway_of(name).map_err(|_| PaymentError::NotFound)?;
        let notice = gateway.read_webhook(signature, body)?;
        let now = self.clock.now();
        let charge = notice.charge;
        let decide = Box::new(move |payment: &Payment| settled(payment, &charge, now));
        self.store.change(notice.key, now, decide).await?;
        Ok(())
    }
}
