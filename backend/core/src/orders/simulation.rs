//! Random lives of orders against the pure state machine: placing, changing,
//! paying (right, wrong, late, twice), failing, expiring, cancelling, refunding,
//! lowering limits and calling the event off, in any order and with repeats.

use super::call_off::called_off;
use super::cancel::cancelled;
use super::change::changed;
use super::expire::expired;
use super::pay::{failed, not_begun, paid, pending, starting};
use super::place::{Draft, placed};
use super::refund::{refund_completed, refund_requested};
use super::{Change, Offer, OnSale, Order, Stock, View, Wanted};
use gateline_common::bus::{BusEvent, Buyer, EventStatus, PaymentFacts, RefundFacts};
use gateline_common::ids::{EventId, OrderId, OrgId, PaymentId, TicketTypeId, UserId};
use gateline_common::{Currency, Money, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) const EVENT: EventId = EventId(7);
const TYPES: u16 = 3;
const HOLD_MS: i64 = 1_000;

/// What may happen next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Place(Vec<(u16, u32)>),
    Change(usize, Vec<(u16, u32)>),
    Charge(usize, bool),
    /// One that was meant to begin, and did not.
    GiveUpCharge(usize),
    HearPending(usize),
    HearFailed(usize),
    HearPaid(usize),
    Expire(usize),
    Cancel(usize),
    Refund(usize),
    HearRefunded(usize),
    Limit(u16, u32),
    Price(Option<i64>),
    CallOff,
    EndWithEvent(usize),
    Wait(i64),
}

fn lines() -> impl Strategy<Value = Vec<(u16, u32)>> {
    prop::collection::vec((0..TYPES, 1..4u32), 1..3)
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..64usize;
    prop_oneof![
        4 => lines().prop_map(Step::Place),
        1 => (any.clone(), lines()).prop_map(|(i, l)| Step::Change(i, l)),
        5 => (any.clone(), prop::bool::weighted(0.9)).prop_map(|(i, right)| Step::Charge(i, right)),
        1 => any.clone().prop_map(Step::GiveUpCharge),
        1 => any.clone().prop_map(Step::EndWithEvent),
        1 => any.clone().prop_map(Step::HearPending),
        1 => any.clone().prop_map(Step::HearFailed),
        5 => any.clone().prop_map(Step::HearPaid),
        3 => any.clone().prop_map(Step::Expire),
        1 => any.clone().prop_map(Step::Cancel),
        1 => any.clone().prop_map(Step::Refund),
        2 => any.prop_map(Step::HearRefunded),
        1 => (0..TYPES, 0..12u32).prop_map(|(t, n)| Step::Limit(t, n)),
        1 => prop::option::of(1..9_000i64).prop_map(Step::Price),
        1 => (0..400i64).prop_map(Step::Wait),
    ]
}

/// A store in memory that applies changes as every store must.
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) event: OnSale,
    /// What pricing says of the first type.
    pub(super) own_price: Option<Money>,
    pub(super) orders: Vec<Order>,
    pub(super) stock: BTreeMap<u16, Stock>,
    charges: Vec<PaymentFacts>,
    refunds: Vec<RefundFacts>,
    /// Orders whose buyers were told that the event is off, and what comes back.
    pub(super) told: BTreeMap<OrderId, Money>,
}

impl World {
    pub(super) fn new(limit: u32) -> Self {
        let stock = Stock {
            limit,
            ..Stock::default()
        };
        Self {
            now: Timestamp(0),
            event: OnSale {
                event: EVENT,
                org: OrgId(Uuid::from_u128(1)),
                title: "An evening".into(),
                ends_at: Timestamp(1_000_000),
                status: EventStatus::Published,
            },
            own_price: None,
            orders: Vec::new(),
            stock: (0..TYPES).map(|id| (id, stock)).collect(),
            charges: Vec::new(),
            refunds: Vec::new(),
            told: BTreeMap::new(),
        }
    }

    pub(super) fn view(&self, order: Option<usize>) -> View {
        let offers = (0..TYPES).map(|id| Offer {
            event: EVENT,
            ticket_type: TicketTypeId(id),
            name: format!("type {id}"),
            // The last type is free.
            price: Money::new(i64::from(TYPES - 1 - id) * 1_000, Currency::EUR),
            own_price: self.own_price.filter(|_| id == 0),
            max_per_order: 8,
            sale_starts: None,
            sale_ends: None,
            deleted: false,
        });
        View {
            order: order.map(|index| self.orders[index].clone()),
            event: Some(self.event.clone()),
            offers: offers.collect(),
        }
    }

    /// Stores `change`, or what it has instead; `false` if it is refused.
    pub(super) fn store(&mut self, change: Change) -> bool {
        let mut stock = self.stock.clone();
        for step in &change.moves {
            let entry = stock.get_mut(&step.ticket_type.0).unwrap();
            let held = i64::from(entry.held) + step.held;
            let sold = i64::from(entry.sold) + step.sold;
            if step.held + step.sold > 0 && held + sold > i64::from(entry.limit) {
                return change.instead.is_some_and(|instead| self.store(*instead));
            }
            entry.held = u32::try_from(held).expect("held is never below zero");
            entry.sold = u32::try_from(sold).expect("sold is never below zero");
        }
        self.stock = stock;
        for event in &change.events {
            match event {
                BusEvent::RefundRequested(facts) => self.refunds.push(facts.clone()),
                BusEvent::OrderCalledOff { order, back } => {
                    let before = self.told.insert(order.order, *back);
                    assert_eq!(before, None, "a buyer is told once");
                }
                _ => {}
            }
        }
        let place = self.orders.iter_mut().find(|o| o.id == change.order.id);
        match place {
            Some(order) => {
                assert_eq!(change.order.version, order.version + 1);
                *order = change.order;
            }
            None => self.orders.push(change.order),
        }
        true
    }

    pub(super) fn place(&mut self, lines: &[(u16, u32)]) -> bool {
        let id = Uuid::from_u128(1_000 + self.orders.len() as u128);
        let draft = Draft {
            id: OrderId(id),
            code: format!("C{}", self.orders.len()),
            event: EVENT,
            buyer: Buyer {
                user: UserId(Uuid::from_u128(2)),
                email: "ada@example.org".into(),
                name: "Ada".into(),
            },
            lines: super::lines::merged(&wanted(lines)).unwrap(),
            hold_ms: HOLD_MS,
        };
        let change = placed(&draft, &self.view(None), self.now);
        change.is_ok_and(|change| self.store(change))
    }

    /// Payments begins a charge: orders holds the lines first.
    pub(super) fn hold(&mut self, order: usize, payment: PaymentId) {
        if let Some(change) = starting(&self.orders[order], payment) {
            assert!(self.store(change));
        }
    }

    /// The gateway took money for an order; nobody has heard of it yet.
    pub(super) fn charge(&mut self, order: usize, minor_more: i64) -> PaymentFacts {
        let payment = PaymentId(Uuid::from_u128(9_000 + self.charges.len() as u128));
        self.hold(order, payment);
        let order = &self.orders[order];
        let mut amount = order.total;
        amount.minor += minor_more;
        let facts = PaymentFacts {
            payment,
            order: order.id,
            amount,
            // What is charged wrongly is marked by it.
            test: minor_more == 0,
            failure: None,
        };
        self.charges.push(facts.clone());
        facts
    }

    fn index(&self, id: OrderId) -> usize {
        self.orders.iter().position(|order| order.id == id).unwrap()
    }

    pub(super) fn hear_paid(&mut self, facts: &PaymentFacts) {
        let index = self.index(facts.order);
        let order = &self.orders[index];
        let change = paid(order, Some(&self.event), facts, self.now);
        let alarm = change.as_ref().and_then(|change| change.alarm);
        // Only who was told that the payment failed could change the lines.
        let excused = order.failed.contains(&facts.payment) || !facts.test;
        assert!(alarm.is_none() || excused, "the price changed meanwhile");
        let stored = change.is_none_or(|change| self.store(change));
        assert!(stored, "news of a payment is never refused");
    }

    pub(super) fn expire(&mut self, order: usize) {
        let due = self.orders[order].expires_at;
        if let Some(change) = expired(&self.orders[order], due) {
            assert!(self.store(change));
        }
    }

    /// Orders comes to this one among those of the event that is called off.
    pub(super) fn end_with_event(&mut self, order: usize) {
        if self.event.status == EventStatus::Cancelled
            && let Some(change) = called_off(&self.orders[order], self.now)
        {
            assert!(self.store(change));
        }
    }

    fn hear_refunded(&mut self, facts: &RefundFacts) {
        let index = self.index(facts.order);
        if let Some(change) = refund_completed(&self.orders[index], facts, self.now) {
            assert!(self.store(change));
        }
    }

    fn take(&mut self, step: Step) {
        let orders = self.orders.len();
        let charges = self.charges.len();
        match step {
            Step::Place(lines) => drop(self.place(&lines)),
            Step::Limit(id, limit) => self.stock.get_mut(&id).unwrap().limit = limit,
            Step::Price(minor) => {
                self.own_price = minor.map(|minor| Money::new(minor, Currency::EUR))
            }
            Step::CallOff => self.event.status = EventStatus::Cancelled,
            Step::Wait(ms) => self.now = self.now.plus_ms(ms),
            Step::HearRefunded(i) if !self.refunds.is_empty() => {
                let facts = self.refunds[i % self.refunds.len()].clone();
                self.hear_refunded(&facts);
            }
            Step::HearPaid(i) if charges > 0 => {
                let facts = self.charges[i % charges].clone();
                self.hear_paid(&facts);
            }
            Step::HearPending(i) if charges > 0 => {
                let facts = self.charges[i % charges].clone();
                let index = self.index(facts.order);
                let change = pending(&self.orders[index], facts.payment);
                assert!(change.is_none_or(|change| self.store(change)));
            }
            Step::HearFailed(i) if charges > 0 => {
                let facts = self.charges[i % charges].clone();
                let index = self.index(facts.order);
                let change = failed(&self.orders[index], facts.payment);
                assert!(change.is_none_or(|change| self.store(change)));
            }
            Step::Charge(i, right) if orders > 0 => {
                self.charge(i % orders, if right { 0 } else { -1 });
            }
            Step::GiveUpCharge(i) if orders > 0 => {
                let payment = PaymentId(Uuid::from_u128(8_000));
                self.hold(i % orders, payment);
                if let Some(change) = not_begun(&self.orders[i % orders], payment) {
                    assert!(self.store(change));
                }
            }
            Step::EndWithEvent(i) if orders > 0 => self.end_with_event(i % orders),
            Step::Expire(i) if orders > 0 => self.expire(i % orders),
            Step::Change(i, lines) if orders > 0 => {
                let order = &self.orders[i % orders];
                let lines = super::lines::merged(&wanted(&lines)).unwrap();
                let view = self.view(Some(i % orders));
                if let Ok(change) = changed(order, &lines, &view, self.now) {
                    self.store(change);
                }
            }
            Step::Cancel(i) if orders > 0 => {
                if let Ok(Some(change)) = cancelled(&self.orders[i % orders]) {
                    assert!(self.store(change));
                }
            }
            Step::Refund(i) if orders > 0 => {
                let order = &self.orders[i % orders];
                if let Ok(Some(change)) = refund_requested(order, "asked for", self.now) {
                    assert!(self.store(change));
                }
            }
            _ => {}
        }
    }

    /// Stock is what the orders say, type by type.
    fn assert_stock_is_what_orders_hold(&self) {
        use gateline_common::bus::OrderStatus::{AwaitingPayment, Completed, Created};
        for (id, stock) in &self.stock {
            let count = |wanted: &[_]| -> u32 {
                let orders = self.orders.iter().filter(|o| wanted.contains(&o.status));
                let lines = orders.flat_map(|order| &order.lines);
                let lines = lines.filter(|line| line.ticket_type.0 == *id);
                lines.map(|line| line.quantity).sum()
            };
            assert_eq!(stock.held, count(&[Created, AwaitingPayment]), "held {id}");
            assert_eq!(stock.sold, count(&[Completed]), "sold {id}");
        }
    }

    /// Everything said is heard (again); then every charge has bought a
    /// completed order or went back, never both, never neither. Of an event that
    /// is off, no order goes on.
    fn settle_and_assert_every_charge_is_accounted_for(&mut self) {
        use gateline_common::bus::OrderStatus::{Completed, Refunded};
        for facts in self.charges.clone() {
            self.hear_paid(&facts);
        }
        for order in 0..self.orders.len() {
            self.end_with_event(order);
        }
        for facts in self.refunds.clone() {
            self.hear_refunded(&facts);
        }
        if self.event.status == EventStatus::Cancelled {
            let on = |order: &Order| order.is_unpaid() || order.status == Completed;
            assert!(!self.orders.iter().any(on), "{:?}", self.orders);
        }
        self.assert_stock_is_what_orders_hold();
        for charge in &self.charges {
            let order = &self.orders[self.index(charge.order)];
            let asked = self.refunds.iter().filter(|r| r.payment == charge.payment);
            let back: Vec<_> = asked.collect();
            let bought = order.paid_by == Some(charge.payment);
            match back.as_slice() {
                [] => assert!(bought && order.status == Completed, "{order:?}"),
                [one] => {
                    assert_eq!(one.amount, charge.amount);
                    assert_eq!(one.voids_order, bought);
                    assert!(!bought || order.status == Refunded, "{order:?}");
                }
                more => panic!("paid back {} times", more.len()),
            }
        }
    }
}

pub(super) fn wanted(lines: &[(u16, u32)]) -> Vec<Wanted> {
    let lines = lines.iter().map(|(id, quantity)| Wanted {
        ticket_type: TicketTypeId(*id),
        quantity: *quantity,
        expected_price: None,
    });
    lines.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_path_oversells_or_leaves_a_paid_buyer_without_ticket_or_refund(
        limit in 0..12u32,
        steps in prop::collection::vec(step(), 1..120),
        call_off_at in 0..240usize,
    ) {
        let mut world = World::new(limit);
        for (at, step) in steps.into_iter().enumerate() {
            let before = world.stock.clone();
            let lowered = matches!(step, Step::Limit(..));
            if at == call_off_at {
                world.take(Step::CallOff);
            }
            world.take(step);
            for (id, stock) in &world.stock {
                let rose = stock.held + stock.sold > before[id].held + before[id].sold;
                prop_assert!(lowered || !rose || stock.held + stock.sold <= stock.limit);
            }
            world.assert_stock_is_what_orders_hold();
        }
        world.settle_and_assert_every_charge_is_accounted_for();
    }
}
