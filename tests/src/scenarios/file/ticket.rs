//! Tickets, and what is held in front of a scanner.

use gateline_common::sync::TicketStatus;
use serde::Deserialize;

/// A ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ticket {
    #[serde(rename = "type")]
    pub ticket_type: String,
    pub epoch: u16,
    pub status: TicketStatus,
    pub name: Option<String>,
    pub seat: Option<String>,
    pub order_code: String,
    pub note: Option<String>,
    /// Is it on the list that the devices begin with?
    pub listed: bool,
    /// Does the server know it? (One that was forged under a leaked key it does
    /// not.) What is issued and not listed was sold after the last exchange.
    pub issued: bool,
}

impl Default for Ticket {
    fn default() -> Self {
        Self {
            ticket_type: "Day".into(),
            epoch: 0,
            status: TicketStatus::Valid,
            name: None,
            seat: None,
            order_code: "ORDER1".into(),
            note: None,
            listed: true,
            issued: true,
        }
    }
}

/// What is held in front of the scanner: the name of a ticket (its plain code,
/// as it was issued), or the details.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Code {
    Ticket(String),
    Made(Box<MadeCode>),
}

/// A code in detail. Without `ticket` it is `text` as it stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MadeCode {
    pub ticket: Option<String>,
    pub text: Option<String>,
    /// The owner epoch in it, if not the ticket's.
    pub epoch: Option<u16>,
    /// The type in it, if not the ticket's.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// Who signed it; `current` if not given.
    pub key: Option<String>,
    /// The key id in it, if not that key's.
    pub key_id: Option<u8>,
    /// `ball` (the organizer's other event) or `stranger`.
    pub event: Option<String>,
    /// The last day of its outer validity, in days after the first day.
    pub not_after_day: Option<i64>,
    /// The bit to flip in its bytes.
    pub flip_bit: Option<usize>,
    /// Bytes to cut off its end.
    pub cut: Option<usize>,
    /// Bytes (zeros) to append.
    pub append: Option<usize>,
    /// `french` or `belgian`.
    pub keyboard: Option<String>,
    /// What the hand scanner puts in front.
    pub prefix: Option<String>,
    /// Bound to the key of this phone.
    pub phone: Option<String>,
    /// When the phone (or another one, `proven_by`) made the proof.
    pub proven_at: Option<String>,
    pub proven_by: Option<String>,
}
