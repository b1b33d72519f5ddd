//! HTTP of issued tickets.
