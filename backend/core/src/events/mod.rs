//! Events, venues, ticket types, gates, zones and entry rules.
