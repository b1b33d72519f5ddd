//! A letter as mail programs read it.

use gateline_core::mail::{Message, TransportError};
use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart};
use std::time::{Duration, UNIX_EPOCH};

/// The letter of `message`; one of the same key has the same message id.
///
/// # Errors
/// [`TransportError::Refused`] when the address is none.
pub(super) fn letter(message: &Message, from: &Mailbox) -> Result<lettre::Message, TransportError> {
    let refused = |error: &dyn std::fmt::Display| TransportError::Refused(error.to_string());
    let address: Address = message.to_address.parse().map_err(|e| refused(&e))?;
    let name = Some(message.to_name.clone()).filter(|name| !name.is_empty());
    let body = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
    let mut parts = MultiPart::mixed().multipart(body);
    for file in &message.attachments {
        let kind = ContentType::parse(file.media_type).map_err(|e| refused(&e))?;
        parts = parts.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), kind));
    }
    let id = format!("<{}@{}>", message.key, from.email.domain());
    let sent = Duration::from_millis(u64::try_from(message.date.0).unwrap_or(0));
    lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(message.subject.clone())
        .message_id(Some(id))
        .date(UNIX_EPOCH + sent)
        .multipart(parts)
        .map_err(|e| refused(&e))
}
