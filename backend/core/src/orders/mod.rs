//! Stock and orders: placing, changing, expiring, completing, refunding.
