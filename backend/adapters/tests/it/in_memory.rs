//! The buckets in memory against the promises of the port.

async fn open() -> (gateline_adapters::rate::InProcessRates, ()) {
    Default::default()
}

rate_promises!(open);
