//! `/api/events`, `/api/venues`.

mod browse;
mod cancelling;
mod life;
mod ticket_types;
mod venues;
