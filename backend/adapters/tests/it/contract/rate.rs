//! The promises of `RateLimits`.

use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, UserId};
use gateline_core::shared::rate::{Allowance, Caller, RateLimits, Taken};
use uuid::Uuid;

macro_rules! rate_promises {
    ($open:path) => {
        $crate::store_promises!(rate, $open:
            who_was_quiet_has_the_whole_burst_and_then_what_the_seconds_bring,
            the_wait_that_is_told_is_enough_and_no_longer_than_needed,
            accounts_and_devices_of_one_number_take_nothing_from_each_other,
            a_clock_that_goes_back_gives_nothing_and_takes_nothing,
            many_at_once_never_get_more_than_the_burst,
        );
    };
}

const ALLOWANCE: Allowance = Allowance {
    per_second: 10,
    burst: 25,
};

fn account(n: u128) -> Caller {
    Caller::Account(UserId(Uuid::from_u128(n)))
}

/// How many of a hundred requests at `now_ms` are taken.
async fn taken(rates: &impl RateLimits, caller: Caller, now_ms: i64) -> usize {
    let mut taken = 0;
    for _ in 0..100 {
        let now = Timestamp(now_ms);
        if rates.take(caller, ALLOWANCE, now).await.unwrap() == Taken::Yes {
            taken += 1;
        }
    }
    taken
}

pub(crate) async fn who_was_quiet_has_the_whole_burst_and_then_what_the_seconds_bring(
    rates: &impl RateLimits,
) {
    assert_eq!(taken(rates, account(1), 0).await, 25);
    assert_eq!(taken(rates, account(1), 0).await, 0);
    assert_eq!(taken(rates, account(1), 250).await, 2);
    assert_eq!(taken(rates, account(1), 1000).await, 8);
    assert_eq!(taken(rates, account(1), 3_600_000).await, 25);
}

pub(crate) async fn the_wait_that_is_told_is_enough_and_no_longer_than_needed(
    rates: &impl RateLimits,
) {
    assert_eq!(taken(rates, account(1), 0).await, 25);
    let take = async |at| rates.take(account(1), ALLOWANCE, Timestamp(at)).await;
    let wait = Taken::NotBefore { wait_ms: 60 };
    assert_eq!(take(40).await, Ok(wait));
    let wait = Taken::NotBefore { wait_ms: 1 };
    assert_eq!(take(99).await, Ok(wait));
    assert_eq!(take(100).await, Ok(Taken::Yes));
}

pub(crate) async fn accounts_and_devices_of_one_number_take_nothing_from_each_other(
    rates: &impl RateLimits,
) {
    assert_eq!(taken(rates, account(1), 0).await, 25);
    assert_eq!(taken(rates, account(2), 0).await, 25);
    let device = Caller::Device(DeviceId(Uuid::from_u128(1)));
    assert_eq!(taken(rates, device, 0).await, 25);
}

pub(crate) async fn a_clock_that_goes_back_gives_nothing_and_takes_nothing(
    rates: &impl RateLimits,
) {
    assert_eq!(taken(rates, account(1), 10_000).await, 25);
    assert_eq!(taken(rates, account(1), 0).await, 0);
    assert_eq!(taken(rates, account(1), 10_000).await, 0);
    assert_eq!(taken(rates, account(1), 10_200).await, 2);
}

pub(crate) async fn many_at_once_never_get_more_than_the_burst(rates: &impl RateLimits) {
    let takes = (0..100).map(async |_| {
        let now = Timestamp(0);
        rates.take(account(1), ALLOWANCE, now).await.unwrap() == Taken::Yes
    });
    let taken = futures::future::join_all(takes).await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 25);
}
