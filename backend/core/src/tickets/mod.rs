//! Issued tickets, their signing keys, and what becomes of them.
//!
//! Always true: a paid order has exactly as many tickets as it bought, whatever
//! is repeated, or none once its event is cancelled; a serial lives as long as
//! its ticket; secret keys never leave
//! this service (others learn the public halves).

mod call_off;
mod change;
mod consume;
mod error;
mod issue;
mod keys;
mod lists;
mod model;
mod ports;
mod print;

pub use call_off::CalledOff;
pub use change::Action;
pub use consume::KINDS;
pub use error::TicketError;
pub use issue::VALID_AFTER_END_MS;
pub use keys::{EventKeys, StoredKey};
pub use lists::TicketQuery;
pub use model::{EventCopy, OrderNote, Ticket};
pub use ports::{Issued, TicketFilter, TicketStore};
pub use print::Artwork;

use crate::shared::printing::TicketPrinter;
use crate::shared::{Clock, OrgRole, Principal};
use gateline_common::ids::{EventId, Serial};
use std::sync::Arc;
use tokio::sync::Notify;

/// The tickets service.
#[derive(Clone)]
pub struct Tickets {
    store: Arc<dyn TicketStore>,
    printer: Arc<dyn TicketPrinter>,
    clock: Arc<dyn Clock>,
    /// Told when an event became known as cancelled.
    called_off: Arc<Notify>,
}

/// How often a change is tried again when somebody else was faster.
const ATTEMPTS: usize = 8;

impl Tickets {
    /// The service over its ports.
    #[must_use]
    pub fn new(
        store: Arc<dyn TicketStore>,
        printer: Arc<dyn TicketPrinter>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            printer,
            clock,
            called_off: Arc::new(Notify::new()),
        }
    }

    /// A ticket that the caller owns, or of an organization that they work for.
    ///
    /// # Errors
    /// [`TicketError::NotFound`] otherwise.
    pub async fn read(
        &self,
        caller: &Principal,
        event: EventId,
        serial: Serial,
    ) -> Result<Ticket, TicketError> {
        let ticket = self.store.ticket(event, serial).await?;
        ticket
            .filter(|t| t.owner == caller.user || caller.is(OrgRole::Staff, t.org))
            .ok_or(TicketError::NotFound)
    }
}
