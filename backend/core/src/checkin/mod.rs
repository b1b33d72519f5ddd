//! Devices, the attendee feed, scan logs, confirmation, reconciliation and live figures.
