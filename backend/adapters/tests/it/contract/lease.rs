//! The promises of `Leases`.

use gateline_core::shared::{Lease, Leases};
use uuid::Uuid;

macro_rules! lease_promises {
    ($open:path) => {
        $crate::store_promises!(lease, $open:
            a_lease_is_had_by_who_saw_it_as_it_stands,
            a_lease_is_given_back_and_had_again,
            of_many_who_saw_the_same_one_gets_it,
        );
    };
}

const ANN: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);

pub(crate) async fn a_lease_is_had_by_who_saw_it_as_it_stands(leases: &impl Leases) {
    assert_eq!(leases.look("mail").await, Ok(None));
    assert_eq!(leases.take("mail", None, ANN).await, Ok(true));
    assert_eq!(leases.take("mail", None, BOB).await, Ok(false));
    let first = leases.look("mail").await.unwrap().unwrap();
    assert_eq!((first.holder, first.count), (ANN, 1));
    assert_eq!(leases.take("mail", Some(first), ANN).await, Ok(true));
    assert_eq!(leases.take("mail", Some(first), BOB).await, Ok(false));
    let second = leases.look("mail").await.unwrap();
    assert_eq!(leases.take("mail", second, BOB).await, Ok(true));
    let third = leases.look("mail").await.unwrap().unwrap();
    assert_eq!((third.holder, third.count), (BOB, 3));
    assert_eq!(leases.look("other").await, Ok(None));
}

pub(crate) async fn a_lease_is_given_back_and_had_again(leases: &impl Leases) {
    assert_eq!(leases.take("mail", None, ANN).await, Ok(true));
    let own = leases.look("mail").await.unwrap();
    assert_eq!(leases.take("mail", own, Uuid::nil()).await, Ok(true));
    let free = leases.look("mail").await.unwrap();
    assert!(free.is_some_and(Lease::is_free));
    assert_eq!(leases.take("mail", free, BOB).await, Ok(true));
}

pub(crate) async fn of_many_who_saw_the_same_one_gets_it(leases: &impl Leases) {
    let mut seen = None;
    for _ in 0..5 {
        let takes = (1..=8).map(|n| leases.take("mail", seen, Uuid::from_u128(n)));
        let taken = futures::future::join_all(takes).await;
        let taken = taken.into_iter().filter(|taken| *taken == Ok(true));
        assert_eq!(taken.count(), 1);
        seen = leases.look("mail").await.unwrap();
    }
}
