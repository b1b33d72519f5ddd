//! One moment of an event's logs, read from a snapshot of the database.

use super::{feed, log, records, report};
use crate::sqlite::db::DbError;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_core::checkin::Device;
use gateline_core::checkin::figures::Figures;
use gateline_core::checkin::log::{LogHead, StoredBatch, StoredRecord};
use gateline_core::checkin::ports::{LogSource, TakeTicket, Which};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::shared::StoreError;
use records::select;
use rusqlite::Connection;

/// The snapshot.
pub(super) struct Moment<'a> {
    pub(super) connection: &'a Connection,
    pub(super) event: EventId,
}

impl Moment<'_> {
    fn serials(&self, which: Which) -> Result<Vec<u64>, DbError> {
        let mut statement = self.connection.prepare_cached(match which {
            Which::InQuestion => {
                "SELECT serial FROM checkin_tickets
                 WHERE event = ?1 AND in_question = 1 ORDER BY serial"
            }
            Which::Scanned => {
                "SELECT DISTINCT serial FROM checkin_records
                 WHERE event = ?1 AND serial IS NOT NULL ORDER BY serial"
            }
        })?;
        let rows = statement.query_map([self.event.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn key(&self, serial: Serial) -> TicketKey {
        TicketKey {
            event: self.event,
            serial,
        }
    }
}

impl LogSource for Moment<'_> {
    fn devices(&self) -> Result<Vec<(Device, LogHead)>, StoreError> {
        Ok(report::devices_of(self.connection, self.event)?)
    }

    fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        Ok(records::between(self.connection, device, first, last)?)
    }

    fn batches(&self, device: DeviceId) -> Result<Vec<StoredBatch>, StoreError> {
        Ok(report::batches(self.connection, device)?)
    }

    fn pending(&self) -> Result<Vec<StoredRecord>, StoreError> {
        let sql = select!(
            "INDEXED BY checkin_records_pending WHERE pending = 1 AND device IN
                 (SELECT device FROM checkin_event_devices WHERE event = ?1)
             ORDER BY device, seq, hash"
        );
        Ok(records::all(self.connection, sql, [self.event.0])?)
    }

    fn tickets(&self, which: Which, take: &mut TakeTicket<'_>) -> Result<(), StoreError> {
        for serial in self.serials(which)? {
            if let Some((ticket, records)) = self.ticket(Serial::truncate(serial))? {
                take(ticket, records);
            }
        }
        Ok(())
    }

    fn ticket(
        &self,
        serial: Serial,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError> {
        Ok(log::ticket(self.connection, self.key(serial))?)
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        Ok(feed::figures(self.connection, self.event)?.0)
    }
}
