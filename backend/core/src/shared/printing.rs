//! Drawing tickets: what stands on one, and the port that draws it. Tickets and
//! mail both need it.

use gateline_common::ids::Serial;
use gateline_common::{Money, Timestamp};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Why nothing was drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PrintError(pub String);

/// What stands on a printed ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedTicket {
    /// The event's title.
    pub event_title: String,
    /// When, in words, as the clocks at the event show it.
    pub when: String,
    /// Where, in one line.
    pub place: String,
    /// The ticket type.
    pub type_name: String,
    /// What was paid for it, where it is known.
    pub price: Option<Money>,
    /// Whose it is.
    pub attendee_name: Option<String>,
    /// The seat.
    pub seat: Option<String>,
    /// The serial.
    pub serial: Serial,
    /// The short code of the order.
    pub order_code: String,
    /// The digits of the ticket code.
    pub code: String,
    /// Paid through the test gateway: must be marked so that nobody overlooks it.
    pub test: bool,
}

/// Draws tickets. Takes its time: call it where blocking is allowed.
///
/// Promise: the same input gives the same picture, and the QR code in each form
/// reads back as the digits.
pub trait TicketPrinter: Send + Sync {
    /// The QR code as a PNG image, numeric mode, level M, quiet zone included.
    fn qr_png(&self, code: &str) -> Result<Vec<u8>, PrintError>;
    /// The same as an SVG image.
    fn qr_svg(&self, code: &str) -> Result<Vec<u8>, PrintError>;
    /// A PDF with one ticket per page.
    fn pdf(&self, tickets: &[PrintedTicket]) -> Result<Vec<u8>, PrintError>;
}

/// Begin and end as the clocks of `timezone` show them (UTC if there is no such
/// zone), for instance `Saturday, 21 November 2026, 19:30 – 23:00 (Europe/Vienna)`.
#[must_use]
pub fn when_in_words(starts_at: Timestamp, ends_at: Timestamp, timezone: &str) -> String {
    let zone = TimeZoneDatabase::bundled().get(timezone);
    let (zone, name) = zone.map_or((TimeZone::UTC, "UTC"), |zone| (zone, timezone));
    let local = |at: Timestamp| {
        let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        zone.to_datetime(instant)
    };
    let (starts, ends) = (local(starts_at), local(ends_at));
    let day = "%A, %-d %B %Y, %H:%M";
    let until = if starts.date() == ends.date() || ends_at.since_ms(starts_at) < 12 * 3_600_000 {
        ends.strftime("%H:%M").to_string()
    } else {
        ends.strftime(day).to_string()
    };
    format!("{} – {until} ({name})", starts.strftime(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_the_clocks_at_the_event_show_them() {
        // 2026-11-21T18:30Z, a Saturday.
        let starts = Timestamp(1_795_285_800_000);
        let hours = |n: i64| starts.plus_ms(n * 3_600_000);
        assert_eq!(
            when_in_words(starts, hours(3), "Europe/Vienna"),
            "Saturday, 21 November 2026, 19:30 – 22:30 (Europe/Vienna)"
        );
        assert_eq!(
            when_in_words(starts, hours(8), "Europe/Vienna"),
            "Saturday, 21 November 2026, 19:30 – 03:30 (Europe/Vienna)"
        );
        assert_eq!(
            when_in_words(starts, hours(48), "Asia/Tokyo"),
            "Sunday, 22 November 2026, 03:30 – Tuesday, 24 November 2026, 03:30 (Asia/Tokyo)"
        );
        assert_eq!(
            when_in_words(starts, hours(1), "Nowhere/Land"),
            "Saturday, 21 November 2026, 18:30 – 19:30 (UTC)"
        );
    }
}
