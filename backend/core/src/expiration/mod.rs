//! The durable schedule of unpaid orders.
