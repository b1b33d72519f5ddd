//! The check-in scenarios: data, drivers and the table of both.
