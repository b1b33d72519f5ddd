//! The promises of `SaleCache`.

use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId};
use gateline_core::orders::{Lease, OnSale, Sale, SaleCache};
use uuid::Uuid;

macro_rules! sale_promises {
    ($open:path) => {
        $crate::store_promises!(sales, $open:
            what_was_kept_is_found_until_it_is_forgotten,
            what_was_read_before_it_was_forgotten_is_not_kept,
            events_have_nothing_to_do_with_each_other,
        );
    };
}

const EVENT: EventId = EventId(7);

pub(crate) fn sale(title: &str) -> Sale {
    Sale {
        event: OnSale {
            event: EVENT,
            org: OrgId(Uuid::from_u128(1)),
            title: title.into(),
            ends_at: Timestamp(9_000),
            status: EventStatus::Published,
        },
        offers: Vec::new(),
    }
}

async fn lease(cache: &impl SaleCache, event: EventId) -> Lease {
    cache.find(event).await.unwrap_err().unwrap()
}

pub(crate) async fn what_was_kept_is_found_until_it_is_forgotten(cache: &impl SaleCache) {
    let mine = lease(cache, EVENT).await;
    assert_eq!(
        lease(cache, EVENT).await,
        mine,
        "all who read at once may say so"
    );
    cache.keep(EVENT, &sale("A"), mine).await;
    assert_eq!(cache.find(EVENT).await, Ok(sale("A")));
    cache.forget(EVENT).await;
    lease(cache, EVENT).await;
}

pub(crate) async fn what_was_read_before_it_was_forgotten_is_not_kept(cache: &impl SaleCache) {
    let old = lease(cache, EVENT).await;
    cache.forget(EVENT).await;
    cache.keep(EVENT, &sale("old"), old.clone()).await;
    let new = lease(cache, EVENT).await;
    assert_ne!(old, new);
    cache.keep(EVENT, &sale("old"), old).await;
    lease(cache, EVENT).await;
    cache.keep(EVENT, &sale("new"), new).await;
    assert_eq!(cache.find(EVENT).await, Ok(sale("new")));
}

pub(crate) async fn events_have_nothing_to_do_with_each_other(cache: &impl SaleCache) {
    let mine = lease(cache, EVENT).await;
    lease(cache, EventId(8)).await;
    cache.forget(EventId(8)).await;
    cache.keep(EVENT, &sale("A"), mine).await;
    assert_eq!(cache.find(EVENT).await, Ok(sale("A")));
    lease(cache, EventId(8)).await;
}
