//! The promises of `Revocations`.

use gateline_common::Timestamp;
use gateline_common::ids::{SessionId, UserId};
use gateline_core::auth::{Revocations, Standing};
use uuid::Uuid;

macro_rules! revocation_promises {
    ($open:path) => {
        $crate::store_promises!(revocations, $open:
            an_ended_session_is_over_and_others_of_its_user_are_not,
            a_changed_user_has_another_number_each_time_and_others_keep_theirs,
        );
    };
}

/// Long after every test.
const LATE: Timestamp = Timestamp(4_000_000_000_000);

fn session(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(crate) async fn an_ended_session_is_over_and_others_of_its_user_are_not(
    revocations: &impl Revocations,
) {
    let standing = async |n| revocations.standing(session(n), user(1)).await.unwrap();
    assert!(matches!(standing(1).await, Standing::Since(_)));
    revocations.end_session(session(1), LATE).await.unwrap();
    // Also one whose time was over anyway: clocks differ.
    let long_ago = Timestamp(1);
    revocations.end_session(session(2), long_ago).await.unwrap();
    assert_eq!(standing(1).await, Standing::Ended);
    assert_eq!(standing(2).await, Standing::Ended);
    assert!(matches!(standing(3).await, Standing::Since(_)));
}

pub(crate) async fn a_changed_user_has_another_number_each_time_and_others_keep_theirs(
    revocations: &impl Revocations,
) {
    let standing = async |n| revocations.standing(session(n), user(n)).await.unwrap();
    let (first, other) = (standing(1).await, standing(2).await);
    assert_eq!(standing(1).await, first);
    revocations.change_user(user(1)).await.unwrap();
    let second = standing(1).await;
    assert_ne!(second, first);
    assert_eq!(standing(1).await, second);
    revocations.change_user(user(1)).await.unwrap();
    let third = standing(1).await;
    assert!(third != first && third != second);
    assert_eq!(standing(2).await, other);
}
