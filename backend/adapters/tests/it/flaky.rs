//! The test gateway behind a bad line: calls that never arrive, and answers
//! that get lost on the way back.

use async_trait::async_trait;
use gateline_adapters::payment::TestGateway;
use gateline_common::ids::PaymentId;
use gateline_core::payments::{
    Charge, ChargeRequest, Gateway, GatewayError, Method, Notice, RefundOutcome, RefundRequest,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) struct Flaky {
    pub(crate) gateway: Arc<TestGateway>,
    /// Does the line fail now and then?
    pub(crate) bad: AtomicBool,
    drawn: AtomicU64,
}

enum Line {
    Dead,
    LosesTheAnswer,
    Good,
}

impl Flaky {
    pub(crate) fn new(gateway: Arc<TestGateway>, seed: u64) -> Self {
        Self {
            gateway,
            bad: AtomicBool::new(true),
            drawn: AtomicU64::new(seed),
        }
    }

    fn line(&self) -> Line {
        if !self.bad.load(Ordering::SeqCst) {
            return Line::Good;
        }
        let drawn = self
            .drawn
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        match (drawn ^ (drawn >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 61 {
            0 => Line::Dead,
            1 => Line::LosesTheAnswer,
            _ => Line::Good,
        }
    }

    async fn over<T>(
        &self,
        call: impl Future<Output = Result<T, GatewayError>> + Send,
    ) -> Result<T, GatewayError> {
        let lost = |what: &str| Err(GatewayError::Unreachable(what.into()));
        match self.line() {
            Line::Dead => lost("the call"),
            Line::Good => call.await,
            Line::LosesTheAnswer => {
                drop(call.await);
                lost("the answer")
            }
        }
    }
}

#[async_trait]
impl Gateway for Flaky {
    fn name(&self) -> &'static str {
        self.gateway.name()
    }
    fn test(&self) -> bool {
        self.gateway.test()
    }
    fn offers(&self, method: Method) -> bool {
        self.gateway.offers(method)
    }
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, GatewayError> {
        self.over(self.gateway.charge(request)).await
    }
    async fn state(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        self.over(self.gateway.state(key)).await
    }
    async fn cancel(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        self.over(self.gateway.cancel(key)).await
    }
    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, GatewayError> {
        self.over(self.gateway.refund(request)).await
    }
    fn read_webhook(&self, signature: &str, body: &[u8]) -> Result<Notice, GatewayError> {
        self.gateway.read_webhook(signature, body)
    }
}
