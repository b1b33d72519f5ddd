//! What happens to one order, by example.

use super::OrderError;
use super::cancel::cancelled;
use super::change::changed;
use super::lines::merged;
use super::pay::not_begun;
use super::simulation::{World, wanted};
use gateline_common::bus::{EventStatus, OrderStatus};
use gateline_common::ids::PaymentId;
use gateline_common::{Currency, Money, Timestamp};
use uuid::Uuid;

/// One unpaid order of two seats of type 0 (20 EUR each), of four.
fn ordered() -> World {
    let mut world = World::new(4);
    assert!(world.place(&[(0, 2)]));
    world
}

#[test]
fn a_payment_in_time_sells_what_was_held() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.hear_paid(&charge);
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
    assert_eq!((world.stock[&0].held, world.stock[&0].sold), (0, 2));
    assert!(world.orders[0].test);
}

#[test]
fn a_payment_after_expiry_takes_the_tickets_again_while_there_are_some() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.expire(0);
    assert_eq!(world.stock[&0].held, 0);
    world.hear_paid(&charge);
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
    assert_eq!(world.stock[&0].sold, 2);
}

#[test]
fn a_payment_after_expiry_goes_back_when_the_tickets_are_gone() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.expire(0);
    assert!(world.place(&[(0, 3)]));
    world.hear_paid(&charge);
    let order = &world.orders[0];
    assert_eq!(order.status, OrderStatus::Expired);
    assert_eq!(order.refunds.len(), 1);
    assert!(!order.refunds[0].voids_order);
    assert_eq!(world.stock[&0].left(), 1);
}

#[test]
fn a_second_payment_goes_back_and_the_order_stays_completed() {
    let mut world = ordered();
    let (first, second) = (world.charge(0, 0), world.charge(0, 0));
    for charge in [&first, &second, &first, &second] {
        world.hear_paid(charge);
    }
    let order = &world.orders[0];
    assert_eq!(order.status, OrderStatus::Completed);
    assert_eq!(order.paid_by, Some(first.payment));
    assert_eq!(order.refunds.len(), 1);
    assert_eq!(order.refunds[0].payment, second.payment);
    assert!(order.refund_facts(&order.refunds[0]).keeps_tickets);
}

#[test]
fn a_wrong_amount_goes_back_and_the_order_can_still_be_paid() {
    let mut world = ordered();
    let wrong = world.charge(0, -1);
    world.hear_paid(&wrong);
    assert_eq!(world.orders[0].status, OrderStatus::Created);
    assert_eq!(world.orders[0].refunds[0].amount, wrong.amount);
    let right = world.charge(0, 0);
    world.hear_paid(&right);
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
}

#[test]
fn a_payment_for_an_event_that_was_called_off_goes_back() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.event.status = EventStatus::Cancelled;
    world.hear_paid(&charge);
    assert_eq!(world.orders[0].status, OrderStatus::Cancelled);
    assert_eq!(world.orders[0].refunds.len(), 1);
    assert!(world.orders[0].test);
    assert_eq!(world.stock[&0].left(), 4);
}

#[test]
fn a_test_payment_after_the_order_ended_with_its_event_is_marked_and_keeps_no_tickets() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.event.status = EventStatus::Cancelled;
    world.end_with_event(0);
    world.hear_paid(&charge);
    let order = &world.orders[0];
    let facts = order.refund_facts(&order.refunds[0]);
    assert!(facts.test && !facts.keeps_tickets);
}

#[test]
fn a_free_order_is_complete_at_once() {
    let mut world = World::new(4);
    assert!(world.place(&[(2, 3)]));
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
    assert_eq!(world.stock[&2].sold, 3);
}

#[test]
fn lines_of_the_same_type_are_made_one_and_empty_or_zero_lines_are_refused() {
    let merged_lines = merged(&wanted(&[(1, 1), (0, 2), (1, 3)])).unwrap();
    assert_eq!(merged_lines, wanted(&[(0, 2), (1, 4)]));
    for bad in [&[][..], &[(0, 0)]] {
        let error = merged(&wanted(bad)).unwrap_err();
        assert!(matches!(error, OrderError::Field { field: "lines", .. }));
    }
    let sum = merged(&wanted(&[(0, u32::MAX), (0, 5)])).unwrap();
    assert_eq!(sum[0].quantity, u32::MAX);
}

#[test]
fn lines_keep_their_price_while_they_are_held_whatever_pricing_says_meanwhile() {
    let euro = |minor| Money::new(minor, Currency::EUR);
    let mut world = World::new(10);
    world.own_price = Some(euro(2_500));
    assert!(world.place(&[(0, 2)]));
    assert_eq!(world.orders[0].total, euro(5_000));
    world.own_price = Some(euro(9_900));
    let view = world.view(Some(0));
    let more = merged(&wanted(&[(0, 3), (1, 1)])).unwrap();
    let change = changed(&world.orders[0], &more, &view, world.now).unwrap();
    assert_eq!(change.order.total, euro(7_500 + 1_000));
    assert!(world.place(&[(0, 1)]));
    assert_eq!(world.orders[1].total, euro(9_900));
    let charge = world.charge(0, 0);
    world.hear_paid(&charge);
    assert_eq!(charge.amount, euro(5_000));
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
}

#[test]
fn who_expects_another_price_is_told_the_price_and_orders_nothing() {
    let euro = |minor| Money::new(minor, Currency::EUR);
    let mut world = ordered();
    world.own_price = Some(euro(2_500));
    let view = world.view(Some(0));
    let expecting = |minor, id: u16| {
        let mut lines = wanted(&[(id, 1), (id, 2)]);
        lines[1].expected_price = Some(euro(minor));
        merged(&lines).unwrap()
    };
    let now = world.now;
    let change = |lines: &[_]| changed(&world.orders[0], lines, &view, now);
    let refused = change(&expecting(1_001, 1)).unwrap_err();
    assert_eq!(
        refused,
        OrderError::PriceChanged(wanted(&[(1, 1)])[0].ticket_type, euro(1_000))
    );
    assert!(change(&expecting(1_000, 1)).is_ok());
    // What is held already costs what it cost.
    assert!(change(&expecting(2_000, 0)).is_ok());
    let refused = super::lines::priced(&expecting(2_000, 0), &view, &[], now);
    let price = euro(2_500);
    assert!(matches!(refused, Err(OrderError::PriceChanged(_, told)) if told == price));
    let mut both = expecting(1, 0);
    both.extend(expecting(2, 0));
    assert!(matches!(merged(&both), Err(OrderError::Field { .. })));
}

#[test]
fn an_order_keeps_to_the_maximum_per_order_and_the_time_of_sale() {
    let mut world = World::new(100);
    assert!(!world.place(&[(0, 9)]));
    assert!(world.place(&[(0, 8)]));
    world.now = world.event.ends_at;
    assert!(!world.place(&[(0, 1)]));
    world.now = Timestamp(0);
    world.event.status = EventStatus::Draft;
    assert!(!world.place(&[(0, 1)]));
}

#[test]
fn a_lowered_limit_sells_no_more_and_takes_nothing_away() {
    let mut world = ordered();
    world.stock.get_mut(&0).unwrap().limit = 1;
    assert_eq!(world.stock[&0].left(), 0);
    assert!(!world.place(&[(0, 1)]));
    let charge = world.charge(0, 0);
    world.hear_paid(&charge);
    assert_eq!(world.stock[&0].sold, 2);
}

#[test]
fn only_an_unpaid_order_is_changed_or_cancelled() {
    let mut world = ordered();
    let charge = world.charge(0, 0);
    world.hear_paid(&charge);
    let order = &world.orders[0];
    let view = super::View {
        order: None,
        event: None,
        offers: Vec::new(),
    };
    let lines = wanted(&[(0, 1)]);
    let refused = changed(order, &lines, &view, world.now).unwrap_err();
    assert!(matches!(
        refused,
        OrderError::State(OrderStatus::Completed, _)
    ));
    assert!(cancelled(order).is_err());
}

#[test]
fn while_a_charge_may_be_under_way_the_lines_stay_as_they_are() {
    let mut world = ordered();
    let view = world.view(Some(0));
    let lines = merged(&wanted(&[(0, 1)])).unwrap();
    let charge = world.charge(0, 0);
    let refused = changed(&world.orders[0], &lines, &view, world.now).unwrap_err();
    assert!(matches!(
        refused,
        OrderError::State(OrderStatus::Created, _)
    ));
    world.hear_paid(&charge);
    assert_eq!(world.orders[0].status, OrderStatus::Completed);
    assert!(world.orders[0].refunds.is_empty());
}

#[test]
fn what_was_not_begun_lets_the_lines_change_again() {
    let mut world = ordered();
    let payment = PaymentId(Uuid::from_u128(5));
    world.hold(0, payment);
    let released = not_begun(&world.orders[0], payment).unwrap();
    assert!(world.store(released));
    let view = world.view(Some(0));
    let lines = merged(&wanted(&[(0, 1)])).unwrap();
    assert!(changed(&world.orders[0], &lines, &view, world.now).is_ok());
}

/// An order of each kind, of an event that is then called off.
#[test]
fn every_order_of_a_cancelled_event_ends_and_what_was_paid_goes_back_once() {
    let mut world = World::new(10);
    for lines in [[(0, 1)], [(0, 1)], [(2, 1)], [(0, 2)], [(0, 1)]] {
        assert!(world.place(&lines));
    }
    let (paid, late) = (world.charge(0, 0), world.charge(1, 0));
    world.hear_paid(&paid);
    // Paid twice: the second charge went back before.
    let (first, second) = (world.charge(3, 0), world.charge(3, 0));
    world.hear_paid(&first);
    world.hear_paid(&second);
    world.event.status = EventStatus::Cancelled;
    for _ in 0..2 {
        for order in 0..5 {
            world.end_with_event(order);
        }
    }
    world.hear_paid(&late);
    let asked = |order: usize| {
        let refunds = world.orders[order].refunds.iter();
        let refunds = refunds.map(|r| (r.amount.minor, r.voids_order, r.event_cancelled));
        refunds.collect::<Vec<_>>()
    };
    assert_eq!(asked(0), [(2_000, true, true)]);
    assert_eq!(asked(1), [(2_000, false, false)]);
    assert_eq!(asked(2), []);
    assert_eq!(asked(3), [(4_000, false, false), (4_000, true, true)]);
    assert_eq!(asked(4), []);
    for order in [1, 2, 4] {
        assert_eq!(world.orders[order].status, OrderStatus::Cancelled);
    }
    assert_eq!(world.stock[&0].held + world.stock[&2].sold, 0);
    let told: Vec<_> = world.told.values().map(|back| back.minor).collect();
    assert_eq!(told, [2_000, 0, 0, 4_000, 0]);
}
