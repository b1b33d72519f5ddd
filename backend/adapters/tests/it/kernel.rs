//! The kernel of the embedded store: group commit, and the promises of outbox,
//! inbox and kept answers.
