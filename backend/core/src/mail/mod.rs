//! Mail that follows from events: tickets and expiry notices.
