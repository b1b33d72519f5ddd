//! The promises of `Signals`.

use gateline_core::shared::Signals;
use gateline_core::shared::signals::{Heard, Listener};
use std::time::Duration;

macro_rules! signal_promises {
    ($open:path) => {
        $crate::store_promises!(signals, $open:
            every_listener_is_woken_after_a_signal,
            a_listener_that_is_slow_hears_that_it_missed_some,
            telling_nobody_is_no_failure,
        );
    };
}

/// Waits until it hears of `topic`, or of everything.
pub(crate) async fn woken(listener: &mut Listener, topic: &str) -> Heard {
    let hearing = async {
        loop {
            match listener.next().await {
                Some(Heard::Topic(heard)) if &*heard != topic => {}
                Some(heard) => return heard,
                None => panic!("nothing can come any more"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), hearing)
        .await
        .unwrap()
}

pub(crate) async fn every_listener_is_woken_after_a_signal(signals: &impl Signals) {
    let mut listeners = [signals.listen(), signals.listen()];
    signals.tell("event:1").await;
    for listener in &mut listeners {
        woken(listener, "event:1").await;
    }
    signals.tell("event:2 with spaces").await;
    for listener in &mut listeners {
        woken(listener, "event:2 with spaces").await;
    }
}

pub(crate) async fn a_listener_that_is_slow_hears_that_it_missed_some(signals: &impl Signals) {
    let mut listener = signals.listen();
    for n in 0..3_000 {
        signals.tell(&format!("event:{n}")).await;
    }
    assert_eq!(woken(&mut listener, "event:0").await, Heard::Anything);
    woken(&mut listener, "event:2999").await;
}

pub(crate) async fn telling_nobody_is_no_failure(signals: &impl Signals) {
    signals.tell("event:1").await;
    drop(signals.listen());
    signals.tell("event:1").await;
}
