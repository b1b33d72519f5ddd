//! The words of letters.

use super::{EventCopy, Letter, LetterContent, MailSettings, Message, OrderCopy, html};
use crate::shared::printing::{PrintedTicket, when_in_words};
use gateline_common::Money;
use gateline_common::bus::{Buyer, IssuedTicket, RefundFacts};
use gateline_common::ids::OrderId;

const TEST_NOTE: &str = "TEST: paid through the test gateway. No money was taken, \
                         and these tickets are for trying out only.";

/// The letter without its attachments.
pub(super) fn message(letter: &Letter, event: &EventCopy, settings: &MailSettings) -> Message {
    let (buyer, test, subject, paragraphs) = match &letter.content {
        LetterContent::Tickets {
            order,
            buyer,
            tickets,
        } => {
            let test = tickets.iter().any(|ticket| ticket.test);
            let (subject, words) = tickets_words(*order, tickets, event, settings);
            (buyer, test, subject, words)
        }
        LetterContent::Expired(order) => {
            let (subject, words) = expired_words(order, event);
            (&order.buyer, false, subject, words)
        }
        LetterContent::CalledOff { order, back } => {
            let (subject, words) = called_off_words(order, *back, event);
            (&order.buyer, order.test, subject, words)
        }
        LetterContent::Refunded { order, refund } => {
            let (subject, words) = refund_words(order, refund, event);
            (&order.buyer, order.test, subject, words)
        }
    };
    let subject = one_line(&if test {
        format!("[TEST] {subject}")
    } else {
        subject
    });
    let mut paragraphs = [vec![greeting(buyer)], paragraphs].concat();
    if test {
        paragraphs.insert(1, TEST_NOTE.to_owned());
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

fn tickets_words(
    order: OrderId,
    tickets: &[IssuedTicket],
    event: &EventCopy,
    settings: &MailSettings,
) -> (String, Vec<String>) {
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
         in, so keep it to yourself. Signed in, you can print them again from here:"
            .to_owned(),
        link(settings, order),
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
    let money = if back.minor > 0 {
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
    } else {
        "Any tickets that this order has stay valid."
    };
    let words = vec![
        format!(
            "We paid {} back for your order {}.",
            refund.amount, order.code
        ),
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

fn link(settings: &MailSettings, order: OrderId) -> String {
    format!(
        "{}/api/tickets/orders/{order}/tickets.pdf",
        settings.public_url
    )
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
