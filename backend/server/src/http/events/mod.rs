//! HTTP of events, venues and ticket types.
