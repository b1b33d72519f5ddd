//! The promises of `DueIndex`.

use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use gateline_core::expiration::{Claimed, Deadline, DueIndex};
use std::collections::HashSet;
use uuid::Uuid;

macro_rules! due_index_promises {
    ($open:path) => {
        $crate::store_promises!(due_index, $open:
            a_new_index_says_that_it_is_to_be_filled,
            what_has_passed_is_claimed_earliest_first_and_by_one,
            a_claim_that_is_not_followed_by_removal_ends,
            only_newer_deadlines_are_noted_and_removed,
            many_claimers_at_once_share_and_never_get_the_same,
        );
    };
}

fn order(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(n))
}

fn deadline(n: u128, version: u64, due: i64) -> Deadline {
    Deadline {
        order: order(n),
        version,
        due: Timestamp(due),
    }
}

async fn claim(index: &impl DueIndex, now: i64, limit: u32) -> (Vec<Deadline>, Option<i64>) {
    match index.claim(Timestamp(now), limit, 1_000).await.unwrap() {
        Claimed::These(these, next) => (these, next.map(|next| next.0)),
        Claimed::Empty => panic!("it was filled"),
    }
}

pub(crate) async fn a_new_index_says_that_it_is_to_be_filled(index: &impl DueIndex) {
    let claimed = index.claim(Timestamp(99), 10, 1_000).await;
    assert_eq!(claimed, Ok(Claimed::Empty));
    // Something is noted before it is filled, and is not lost by it.
    index.set(deadline(1, 2, 10)).await.unwrap();
    let claimed = index.claim(Timestamp(99), 10, 1_000).await;
    assert_eq!(claimed, Ok(Claimed::Empty));
    let old_and_other = [deadline(1, 1, 5), deadline(2, 1, 20)];
    index.fill(&old_and_other).await.unwrap();
    let (claimed, _) = claim(index, 99, 10).await;
    assert_eq!(claimed, [deadline(1, 2, 10), deadline(2, 1, 20)]);
    let many: Vec<Deadline> = (10..1_300).map(|n| deadline(n, 1, 5)).collect();
    index.fill(&many).await.unwrap();
    assert_eq!(claim(index, 99, 2_000).await.0.len(), many.len());
}

pub(crate) async fn what_has_passed_is_claimed_earliest_first_and_by_one(index: &impl DueIndex) {
    index.fill(&[]).await.unwrap();
    assert_eq!(claim(index, 99, 10).await, (vec![], None));
    for one in [deadline(1, 1, 30), deadline(2, 1, 20), deadline(3, 1, 40)] {
        index.set(one).await.unwrap();
    }
    assert_eq!(claim(index, 19, 10).await, (vec![], Some(20)));
    assert_eq!(claim(index, 35, 1).await.0, [deadline(2, 1, 20)]);
    assert_eq!(
        claim(index, 35, 10).await,
        (vec![deadline(1, 1, 30)], Some(40))
    );
    assert_eq!(claim(index, 35, 10).await, (vec![], Some(40)));
}

pub(crate) async fn a_claim_that_is_not_followed_by_removal_ends(index: &impl DueIndex) {
    index
        .fill(&[deadline(1, 1, 10), deadline(2, 1, 10)])
        .await
        .unwrap();
    assert_eq!(claim(index, 10, 10).await.0.len(), 2);
    index.remove(order(1), 1).await.unwrap();
    assert_eq!(claim(index, 1_009, 10).await, (vec![], Some(1_010)));
    assert_eq!(claim(index, 1_010, 10).await.0, [deadline(2, 1, 10)]);
    // Who could not tell it gives it back at once.
    index.set(deadline(2, 1, 10)).await.unwrap();
    assert_eq!(claim(index, 1_011, 10).await.0, [deadline(2, 1, 10)]);
}

pub(crate) async fn only_newer_deadlines_are_noted_and_removed(index: &impl DueIndex) {
    index.fill(&[]).await.unwrap();
    index.set(deadline(1, 2, 50)).await.unwrap();
    index.set(deadline(1, 1, 10)).await.unwrap();
    index.remove(order(1), 1).await.unwrap();
    index.remove(order(7), 1).await.unwrap();
    assert_eq!(claim(index, 49, 10).await, (vec![], Some(50)));
    index.set(deadline(1, 10, 90)).await.unwrap();
    assert_eq!(claim(index, 89, 10).await, (vec![], Some(90)));
    index.remove(order(1), 11).await.unwrap();
    assert_eq!(claim(index, 99, 10).await, (vec![], None));
}

pub(crate) async fn many_claimers_at_once_share_and_never_get_the_same(index: &impl DueIndex) {
    let all: Vec<Deadline> = (1..=200).map(|n| deadline(n, 1, 10)).collect();
    index.fill(&all).await.unwrap();
    let claimers = (0..20).map(|_| claim(index, 10, 10));
    let claimed = futures::future::join_all(claimers).await;
    let claimed: Vec<OrderId> = claimed
        .iter()
        .flat_map(|(these, _)| these)
        .map(|deadline| deadline.order)
        .collect();
    let different: HashSet<&OrderId> = claimed.iter().collect();
    assert_eq!((claimed.len(), different.len()), (200, 200));
}
