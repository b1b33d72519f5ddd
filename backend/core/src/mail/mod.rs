//! Mail: tickets to who paid, a notice to whose order expired, a receipt to who
//! got money back.
//!
//! Always true: a letter is queued in the transaction that marks its cause as
//! consumed, once per cause; it leaves the queue only after the transport took
//! it. Nothing here waits for the transport but the job.

mod compose;
mod consume;
mod html;
mod model;
mod ports;
mod send;

pub use consume::KINDS;
pub use model::{Attachment, EventCopy, Letter, LetterContent, Message, OrderCopy};
pub use ports::{MailStore, MailTransport, TransportError};

use crate::shared::Clock;
use crate::shared::printing::TicketPrinter;
use std::sync::Arc;
use tokio::sync::Notify;

/// The mail service.
#[derive(Clone)]
pub struct Mail {
    store: Arc<dyn MailStore>,
    transport: Arc<dyn MailTransport>,
    printer: Arc<dyn TicketPrinter>,
    clock: Arc<dyn Clock>,
    filled: Arc<Notify>,
}

impl Mail {
    /// The service over its ports.
    #[must_use]
    pub fn new(
        store: Arc<dyn MailStore>,
        transport: Arc<dyn MailTransport>,
        printer: Arc<dyn TicketPrinter>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            transport,
            printer,
            clock,
            filled: Arc::new(Notify::new()),
        }
    }
}
