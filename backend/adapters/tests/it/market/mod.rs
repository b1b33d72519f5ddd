//! The whole of selling on each kind of store, without HTTP: orders, expiration
//! and payments with the test gateway, driven by random steps, a random order
//! of events on the bus, repeats, and a clock that jumps.
//!
//! What must hold at the end, when everything said was heard: the gateway keeps
//! exactly the price of each completed order and nothing of any other, and the
//! stock is what the orders say. Of an event that was called off, no order goes
//! on.

mod end;
mod races;
mod steps;
mod stores;

use crate::flaky::Flaky;
use async_trait::async_trait;
use gateline_adapters::payment::{TestGateway, WebhookSink};
use gateline_adapters::same_process::{ChargesHere, OrdersHere};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, OrgId, SessionId, TicketTypeId, UserId};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::expiration::{self, Expiration};
use gateline_core::orders::{self, Offer, OnSale, Orders, PlaceOrder, Wanted};
use gateline_core::payments::{self, Method, Payments};
use gateline_core::shared::clock::ManualClock;
use gateline_core::shared::{Commit, Consumer, OutboxEntry, Principal};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use steps::{Step, step};
use stores::Stores;
use uuid::Uuid;

const EVENT: EventId = EventId(7);
const TYPES: u16 = 2;
const HOLD_MS: i64 = 60_000;

struct Hook(Payments);

#[async_trait]
impl WebhookSink for Hook {
    async fn take(&self, gateway: &str, signature: &str, body: &[u8]) -> Result<(), String> {
        let taken = self.0.webhook(gateway, signature, body).await;
        taken.map_err(|error| error.to_string())
    }
}

struct Market {
    clock: Arc<ManualClock>,
    stores: Stores,
    orders: Orders,
    payments: Payments,
    expiration: Expiration,
    gateway: Arc<TestGateway>,
    line: Arc<Flaky>,
    consumers: Vec<Consumer>,
    placed: Vec<OrderId>,
    limit_version: u64,
    /// Was the event called off?
    off: bool,
}

fn caller() -> Principal {
    Principal {
        user: UserId(Uuid::from_u128(1)),
        session: SessionId(Uuid::from_u128(2)),
        email: "ada@example.org".into(),
        name: "Ada".into(),
        admin: true,
        memberships: Vec::new(),
    }
}

fn wanted(ticket_type: u16, quantity: u32) -> Vec<Wanted> {
    vec![Wanted {
        ticket_type: TicketTypeId(ticket_type),
        quantity,
        expected_price: None,
    }]
}

impl Market {
    /// `seed`: the line to the gateway is bad by it; `None` is a good line.
    async fn open(stores: Stores, limit: u32, seed: Option<u64>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000_000)));
        let gateway = TestGateway::new(stores.books.clone(), clock.clone());
        let gateway = Arc::new(gateway);
        let line = Arc::new(Flaky::new(gateway.clone(), seed.unwrap_or(0)));
        line.bad.store(seed.is_some(), Ordering::SeqCst);
        let orders = Orders::new(
            stores.orders.clone(),
            Arc::new(ChargesHere(stores.payments.clone())),
            stores.order_answers.clone(),
            clock.clone(),
            HOLD_MS,
        );
        let payments = Payments::new(
            stores.payments.clone(),
            Arc::new(OrdersHere {
                store: stores.orders.clone(),
                clock: clock.clone(),
            }),
            Some(line.clone()),
            stores.payment_answers.clone(),
            clock.clone(),
        );
        let expiration = Expiration::new(stores.schedule.clone(), clock.clone());
        let consumer = |name, kinds, handler| Consumer {
            name,
            kinds,
            handler,
        };
        let consumers = vec![
            consumer("orders", orders::KINDS, Arc::new(orders.clone())),
            consumer("payments", payments::KINDS, Arc::new(payments.clone())),
            consumer(
                "expiration",
                expiration::KINDS,
                Arc::new(expiration.clone()),
            ),
        ];
        let mut market = Self {
            clock,
            stores,
            orders,
            payments,
            expiration,
            gateway,
            line,
            consumers,
            placed: Vec::new(),
            limit_version: 0,
            off: false,
        };
        market.learn_event(EventStatus::Published, 1).await;
        for id in 0..TYPES {
            market.limit(id, limit).await;
        }
        market
    }

    async fn learn_event(&self, status: EventStatus, version: u64) {
        let event = OnSale {
            event: EVENT,
            org: OrgId(Uuid::from_u128(3)),
            title: "An evening".into(),
            ends_at: Timestamp(i64::MAX),
            status,
        };
        let nothing = Commit::nothing();
        let learned = self.stores.orders.learn_event(&event, version, &nothing);
        learned.await.unwrap();
    }

    async fn call_off(&mut self) {
        self.off = true;
        self.learn_event(EventStatus::Cancelled, 2).await;
    }

    async fn limit(&mut self, id: u16, limit: u32) {
        self.limit_version += 1;
        let offer = Offer {
            event: EVENT,
            ticket_type: TicketTypeId(id),
            name: format!("type {id}"),
            price: Money::new(1_000 + i64::from(id), Currency::EUR),
            own_price: None,
            max_per_order: 4,
            sale_starts: None,
            sale_ends: None,
            deleted: false,
        };
        self.stores
            .orders
            .learn_offer(&offer, limit, self.limit_version, &Commit::nothing())
            .await
            .unwrap();
    }

    /// What a refused step says is not looked at: what it did is, at the end.
    async fn take(&mut self, step: Step) {
        let order = |i: usize| self.placed.get(i % self.placed.len().max(1)).copied();
        match step {
            Step::Place(id, n) => {
                let request = PlaceOrder {
                    event: EVENT,
                    lines: wanted(id, n),
                };
                if let Ok(order) = self.orders.place(&caller(), request, None).await {
                    self.placed.push(order.id);
                }
            }
            Step::Change(i, id, n) => {
                if let Some(order) = order(i) {
                    let lines = wanted(id, n);
                    drop(self.orders.change_lines(&caller(), order, &lines).await);
                }
            }
            Step::Cancel(i) => {
                if let Some(order) = order(i) {
                    drop(self.orders.cancel(&caller(), order).await);
                }
            }
            Step::Pay(i, method) => {
                if let Some(order) = order(i) {
                    let method = Method::Test(method);
                    drop(self.payments.start(&caller(), order, method, None).await);
                }
            }
            Step::Refund(i) => {
                if let Some(order) = order(i) {
                    drop(self.orders.refund(&caller(), order, None).await);
                }
            }
            Step::Limit(id, limit) => self.limit(id, limit).await,
            Step::Deliver(i, again) => self.deliver_one(i, again).await,
            Step::Wait(ms) => self.clock.advance_ms(ms),
            Step::Jobs => self.jobs().await,
        }
    }

    async fn jobs(&self) {
        self.orders.end_some().await.unwrap();
        self.expiration.tell_due().await.unwrap();
        self.payments.work_off().await.unwrap();
        let hook = Hook(self.payments.clone());
        self.gateway.send_due(&hook).await.unwrap();
    }

    /// What waits in the outboxes, and in which.
    async fn waiting(&self) -> Vec<(usize, OutboxEntry)> {
        let (all, none) = (Timestamp(i64::MAX), HashSet::new());
        let mut waiting = Vec::new();
        for (of, outbox) in self.stores.outboxes.iter().enumerate() {
            let due = outbox.due(all, 64, &none).await.unwrap();
            waiting.extend(due.into_iter().map(|entry| (of, entry)));
        }
        waiting
    }

    async fn backlog(&self) -> u64 {
        let mut count = 0;
        for outbox in &self.stores.outboxes {
            count += outbox.backlog().await.unwrap().0;
        }
        count
    }

    /// Delivers a waiting event to every consumer, as the bus does. It leaves
    /// the outbox when all dealt with it, unless it is to be repeated.
    async fn deliver_one(&self, i: usize, again: bool) {
        let waiting = self.waiting().await;
        if waiting.is_empty() {
            return;
        }
        let (of, entry) = &waiting[i % waiting.len()];
        let event = &entry.envelope;
        let mut dealt = true;
        for consumer in &self.consumers {
            dealt &= consumer.deliver(event).await.is_ok();
        }
        if dealt && !again {
            let outbox = &self.stores.outboxes[*of];
            outbox.published(&[event.id]).await.unwrap();
        }
    }
}

fn play(
    open: impl AsyncFnOnce() -> Stores,
    limit: u32,
    line: Option<u64>,
    steps: Vec<Step>,
    call_off_at: usize,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut market = Market::open(open().await, limit, line).await;
        for (at, step) in steps.into_iter().enumerate() {
            if at == call_off_at {
                market.call_off().await;
            }
            market.take(step).await;
            let sale = market.stores.orders.sale(EVENT).await.unwrap().unwrap();
            let most = 8.max(limit); // no limit was ever higher
            assert!(sale.offers.iter().all(|(_, s)| s.held + s.sold <= most));
        }
        market.settle().await;
        market.assert_books_are_right().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gateway_keeps_the_price_of_completed_orders_and_nothing_else(
        limit in 1..8u32,
        line in prop::option::of(any::<u64>()),
        steps in prop::collection::vec(step(), 1..60),
        call_off_at in 0..120usize,
    ) {
        play(Stores::embedded, limit, line, steps, call_off_at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_holds_over_mongodb(
        limit in 1..8u32,
        line in prop::option::of(any::<u64>()),
        steps in prop::collection::vec(step(), 1..40),
        call_off_at in 0..80usize,
    ) {
        play(Stores::distributed, limit, line, steps, call_off_at);
    }
}
