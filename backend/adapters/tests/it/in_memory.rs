//! What one process holds in its memory, against the promises of the ports.

mod rates {
    async fn open() -> (gateline_adapters::rate::InProcessRates, ()) {
        Default::default()
    }
    rate_promises!(open);
}

mod revocations {
    async fn open() -> (gateline_core::auth::InProcessRevocations, ()) {
        Default::default()
    }
    revocation_promises!(open);
}

mod signals {
    async fn open() -> (gateline_core::shared::signals::InProcessSignals, ()) {
        Default::default()
    }
    signal_promises!(open);
}

mod due_index {
    async fn open() -> (gateline_core::expiration::InProcessDueIndex, ()) {
        Default::default()
    }
    due_index_promises!(open);
}
