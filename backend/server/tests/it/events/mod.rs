//! `/api/events`, `/api/venues`.

mod browse;
mod life;
mod ticket_types;
mod venues;
