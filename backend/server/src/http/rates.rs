//! The limit on what one account or one device may ask: a 429 that says when
//! there is more.

use super::error::ApiError;
use crate::context::Context;
use gateline_common::ErrorCode;
use gateline_common::ids::{DeviceId, UserId};
use gateline_core::shared::Clock;
use gateline_core::shared::rate::{Allowance, Caller, RateLimits, Taken};
use std::sync::Arc;

/// What callers are allowed, and what they have taken.
#[derive(Clone)]
pub(crate) struct Rates {
    limits: Arc<dyn RateLimits>,
    clock: Arc<dyn Clock>,
    account: Allowance,
    device: Allowance,
}

impl Rates {
    pub(crate) fn of(context: &Context) -> Self {
        Self {
            limits: Arc::clone(&context.rates),
            clock: Arc::clone(&context.clock),
            account: context.config.account_allowance(),
            device: context.config.device_allowance(),
        }
    }

    /// Takes one request of an account.
    ///
    /// # Errors
    /// 429 when there is none left.
    pub(crate) async fn take_of(&self, account: UserId) -> Result<(), ApiError> {
        let caller = Caller::Account(account);
        self.take(caller, self.account, "account").await
    }

    /// Takes one request of a device.
    ///
    /// # Errors
    /// 429 when there is none left.
    pub(crate) async fn take_of_device(&self, device: DeviceId) -> Result<(), ApiError> {
        let caller = Caller::Device(device);
        self.take(caller, self.device, "device").await
    }

    async fn take(&self, caller: Caller, allowed: Allowance, what: &str) -> Result<(), ApiError> {
        match self.limits.take(caller, allowed, self.clock.now()).await {
            Ok(Taken::Yes) => Ok(()),
            Ok(Taken::NotBefore { wait_ms }) => {
                let message = format!("too many requests of this {what}");
                let refusal = ApiError::new(ErrorCode::RateLimited, message);
                Err(refusal.retry_after(wait_ms.div_ceil(1000).max(1)))
            }
            Err(error) => {
                // Serving everybody too much is better than serving nobody.
                tracing::error!(%error, "requests are not counted");
                Ok(())
            }
        }
    }
}
