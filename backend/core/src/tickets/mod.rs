//! Issued tickets, their signing keys, and what becomes of them.
