//! The trace of an event, through the broker.

use super::{Names, run, wants};
use crate::contract::bus::{consumer, event, wait_until};
use crate::servers;
use crate::traced::{PLACE, TRACE, record};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::Envelope;
use gateline_core::shared::trace::Place;
use gateline_core::shared::{Bus, Commit, ConsumeError, Handler};
use std::sync::{Arc, Mutex};

/// Notes where in a trace it is called, and fails the first time.
#[derive(Default)]
struct Places(Mutex<Vec<Option<String>>>);

#[async_trait]
impl Handler for Places {
    async fn handle(&self, _event: &Envelope) -> Result<(), ConsumeError> {
        let mut seen = self.0.lock().unwrap();
        seen.push(Place::here().traceparent());
        match seen.len() {
            1 => Err(ConsumeError::NotYet("the second time")),
            _ => Ok(()),
        }
    }
}

async fn places_of(trace: Option<&str>) -> Vec<Option<String>> {
    let names = Names::new(&servers::rabbitmq());
    let places = Arc::new(Places::default());
    let one = consumer("one", places.clone());
    let known = wants(std::slice::from_ref(&one));
    let _runs = run(Arc::new(names.start(&known)), vec![one]);
    let bus = names.start(&known);
    bus.wait_until_connected().await;
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(1), event());
    let mut envelope = commit.publish[0].clone();
    envelope.trace = trace.map(str::to_owned);
    bus.publish(&envelope).await.unwrap();
    let seen = || places.0.lock().unwrap().clone();
    wait_until("it was tried twice", async || seen().len() == 2).await;
    seen()
}

#[tokio::test]
async fn an_event_bears_its_trace_through_the_broker_and_when_it_is_tried_again() {
    assert_eq!(places_of(Some(PLACE)).await, [None, None]);
    record();
    let places: Vec<String> = places_of(Some(PLACE)).await.into_iter().flatten().collect();
    assert_eq!(places.len(), 2);
    for place in &places {
        assert!(place.contains(TRACE) && place != PLACE, "{place}");
    }
    assert_ne!(places[0], places[1], "each try is a step of its own");
    let of_itself = places_of(None).await.into_iter().flatten();
    assert_eq!(of_itself.filter(|place| !place.contains(TRACE)).count(), 2);
}
