//! The words of letters.

use super::{EventCopy, Letter, LetterContent, Message, OrderCopy, html};
use crate::shared::printing::{PrintedTicket, when_in_words};
use gateline_common::Money;
use gateline_common::bus::{Buyer, IssuedTicket, RefundFacts};

const TEST_NOTE: &str = "TEST: paid through the test gateway. No money was taken, \
                         and these tickets are for trying out only.";
const TEST_BACK_NOTE: &str = "TEST: paid through the test gateway. No money was taken, so none \
                              comes back.";

/// The letter without its attachments.
pub(super) fn message(letter: &Letter, event: &EventCopy) -> Message {
    let (buyer, test, subject, paragraphs) = match &letter.content {
        LetterContent::Tickets { buyer, tickets, .. } => {
            let test = tickets.iter().any(|ticket| ticket.test);
            let (subject, words) = tickets_words(tickets, event);
            (buyer, test.then_some(TEST_NOTE), subject, words)
        }
        LetterContent::Expired(order) => {
            let (subject, words) = expired_words(order, event);
            (&order.buyer, None, subject, words)
        }
        LetterContent::CalledOff { order, back } => {
            let (subject, words) = called_off_words(order, *back, event);
            (
                &order.buyer,
                order.test.then_some(TEST_BACK_NOTE),
                subject,
                words,
            )
        }
        LetterContent::Refunded { order, refund } => {
            let (subject, words) = refund_words(order, refund, event);
            (
                &order.buyer,
                refund.test.then_some(TEST_BACK_NOTE),
                subject,
                words,
            )
        }
    };
    let subject = one_line(&if test.is_some() {
        format!("[TEST] {subject}")
    } else {
        subject
    });
    let mut paragraphs = [vec![greeting(buyer)], paragraphs].concat();
    if let Some(note) = test {
        paragraphs.insert(1, note.to_owned());
    }
    Message {
        key: letter.key.clone(),
        to_name: one_line(&buyer.name),
        to_address: buyer.email.clone(),
        text: paragraphs.join("\n\n") + "\n",
        html: html::page(&subject, &paragraphs),
        subject,
        attachments: Vec::new(),
        date: letter.queued_at,
    }
}

/// The tickets as they are printed for the attachment.
pub(super) fn printed(tickets: &[IssuedTicket], event: &EventCopy) -> Vec<PrintedTicket> {
    let when = when_in_words(event.starts_at, event.ends_at, &event.timezone);
    let tickets = tickets.iter();
    tickets
        .map(|ticket| PrintedTicket {
            event_title: event.title.clone(),
            when: when.clone(),
            place: event.place.clone(),
            type_name: ticket.type_name.clone(),
            price: None,
            attendee_name: ticket.facts.attendee_name.clone(),
            seat: ticket.facts.seat.clone(),
            serial: ticket.facts.serial,
            order_code: ticket.facts.order_code.clone(),
            code: ticket.code.clone(),
            test: ticket.test,
        })
        .collect()
}

fn tickets_words(tickets: &[IssuedTicket], event: &EventCopy) -> (String, Vec<String>) {
    let (are, count) = match tickets.len() {
        1 => ("is", "your ticket".to_owned()),
        n => ("are", format!("your {n} tickets")),
    };
    let code = tickets.first().map_or("", |t| t.facts.order_code.as_str());
    let list: Vec<_> = tickets
        .iter()
        .map(|t| format!("{}  {}", t.facts.serial, t.type_name))
        .collect();
    let words = vec![
        format!("Thank you for your order {code}. Attached {are} {count} for:"),
        about(event),
        list.join("\n"),
        "Show the code at the entrance, printed or on your phone. Each code lets one person \
         in, so keep it to yourself."
            .to_owned(),
    ];
    (format!("{}: {count}", event.title), words)
}

fn expired_words(order: &OrderCopy, event: &EventCopy) -> (String, Vec<String>) {
    let words = vec![
        format!(
            "Your order {} was not paid in time, so its tickets are free for others again:",
            order.code
        ),
        format!("{}\n{}", order.lines.join("\n"), about(event)),
        "Nothing was charged. If a payment of yours is still on its way, you get the tickets \
         if there are any left, or your money back. You can order again while there are \
         tickets left."
            .to_owned(),
    ];
    (format!("{}: your order expired", event.title), words)
}

fn called_off_words(order: &OrderCopy, back: Money, event: &EventCopy) -> (String, Vec<String>) {
    let code = &order.code;
    let money = if order.test && back.minor > 0 {
        format!("The test payment of {back} for your order {code} ends with it.")
    } else if back.minor > 0 {
        format!(
            "You get {back} back for your order {code}, in the way in which you paid. You need \
             not do anything; your bank may take some days."
        )
    } else {
        format!(
            "Nothing was paid for your order {code}, so nothing comes back. If a payment of \
             yours is still on its way, it goes back as soon as it arrives."
        )
    };
    let words = vec![
        "We are sorry: this event is cancelled.".to_owned(),
        about(event),
        money,
        order.lines.join("\n"),
        "The order and its tickets have ended; no ticket of it lets anybody in.".to_owned(),
    ];
    (format!("{}: the event is cancelled", event.title), words)
}

fn refund_words(
    order: &OrderCopy,
    refund: &RefundFacts,
    event: &EventCopy,
) -> (String, Vec<String>) {
    let outcome = if refund.voids_order {
        "The tickets of this order are no longer valid."
    } else if refund.keeps_tickets && !event.cancelled {
        "The tickets of this order stay valid."
    } else {
        "This payment bought no tickets."
    };
    let (amount, code) = (refund.amount, &order.code);
    let money = if refund.test {
        format!("The test payment of {amount} for your order {code} was undone.")
    } else {
        format!("We paid {amount} back for your order {code}.")
    };
    let words = vec![
        money,
        format!("Reason: {}", refund.reason),
        format!("{}\n{}", order.lines.join("\n"), about(event)),
        outcome.to_owned(),
        format!("Reference: {}", refund.refund),
    ];
    (format!("{}: your refund", event.title), words)
}

fn about(event: &EventCopy) -> String {
    let when = when_in_words(event.starts_at, event.ends_at, &event.timezone);
    format!("{}\n{when}\n{}", event.title, event.place)
}

fn greeting(buyer: &Buyer) -> String {
    match one_line(&buyer.name) {
        name if name.is_empty() => "Hello,".to_owned(),
        name => format!("Hello {name},"),
    }
}

/// What people typed may hold line breaks; a header must not.
fn one_line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    words
        .into_iter()
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::{EventId, OrderId, PaymentId, RefundId, UserId};
    use gateline_common::{Currency, Timestamp};
    use uuid::Uuid;

    const PAID: Money = Money::new(3_750, Currency::EUR);

    fn event(cancelled: bool) -> EventCopy {
        EventCopy {
            event: EventId(1),
            title: "Concert".into(),
            place: "Hall".into(),
            timezone: "Europe/Berlin".into(),
            starts_at: Timestamp(0),
            ends_at: Timestamp(3_600_000),
            cancelled,
            version: 1,
        }
    }

    fn order(test: bool) -> OrderCopy {
        OrderCopy {
            order: OrderId(Uuid::nil()),
            code: "ABCD".into(),
            event: EventId(1),
            buyer: Buyer {
                user: UserId(Uuid::nil()),
                name: "Ada".into(),
                email: "ada@example.org".into(),
            },
            lines: vec!["3 × Standing".into()],
            test,
            version: 1,
        }
    }

    fn refunded(keeps_tickets: bool, test: bool) -> LetterContent {
        LetterContent::Refunded {
            order: order(false),
            refund: RefundFacts {
                refund: RefundId(Uuid::nil()),
                payment: PaymentId(Uuid::nil()),
                order: OrderId(Uuid::nil()),
                amount: PAID,
                reason: "It came late.".into(),
                voids_order: false,
                event_cancelled: false,
                keeps_tickets,
                test,
            },
        }
    }

    fn called_off(test: bool) -> LetterContent {
        LetterContent::CalledOff {
            order: order(test),
            back: PAID,
        }
    }

    fn written(content: LetterContent, cancelled: bool) -> Message {
        let letter = Letter::new("k".into(), content, Timestamp(0));
        message(&letter, &event(cancelled))
    }

    #[test]
    fn only_an_order_that_keeps_tickets_is_told_that_they_stay_valid() {
        for (keeps, cancelled, valid) in [
            (true, false, true),
            (true, true, false),
            (false, false, false),
            (false, true, false),
        ] {
            let text = written(refunded(keeps, false), cancelled).text;
            assert_eq!(text.contains("stay valid"), valid, "{text}");
            assert_eq!(text.contains("bought no tickets"), !valid, "{text}");
        }
    }

    #[test]
    fn letters_about_test_money_say_so_and_promise_none() {
        for content in [called_off(true), refunded(false, true)] {
            let message = written(content, true);
            assert!(message.subject.starts_with("[TEST] "), "{message:?}");
            assert!(
                message
                    .text
                    .contains("No money was taken, so none comes back")
            );
            assert!(
                message.text.contains("test payment of 37.50 EUR"),
                "{message:?}"
            );
            for promise in ["your bank", "You get", "We paid"] {
                assert!(!message.text.contains(promise), "{message:?}");
            }
        }
        let real = written(called_off(false), true);
        assert!(real.text.contains("You get 37.50 EUR back"), "{real:?}");
        assert!(!real.subject.contains("TEST"));
    }
}
