//! One file per port: a list of promises as async functions over what an adapter
//! opens, and a macro that an adapter calls in one line to have each as a test.

#[macro_use]
mod run;
#[macro_use]
pub(crate) mod shared;
#[macro_use]
pub(crate) mod auth;
#[macro_use]
pub(crate) mod tickets;
#[macro_use]
pub(crate) mod mail;
#[macro_use]
pub(crate) mod events;
#[macro_use]
pub(crate) mod orders;
#[macro_use]
pub(crate) mod order_races;
#[macro_use]
pub(crate) mod payments;
#[macro_use]
pub(crate) mod payment_races;
#[macro_use]
pub(crate) mod test_gateway;
#[macro_use]
pub(crate) mod pricing;
#[macro_use]
pub(crate) mod expiration;
#[macro_use]
pub(crate) mod checkin;
#[macro_use]
pub(crate) mod live;
#[macro_use]
pub(crate) mod rate;
#[macro_use]
pub(crate) mod lease;
#[macro_use]
pub(crate) mod people;
#[macro_use]
pub(crate) mod bus;
#[macro_use]
pub(crate) mod due_index;
#[macro_use]
pub(crate) mod revocations;
#[macro_use]
pub(crate) mod sales;
#[macro_use]
pub(crate) mod signals;

/// Makes a test of each named promise of a port, against what `$open` opens.
#[macro_export]
macro_rules! promises {
    ($port:ident, $open:path: $($promise:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            $crate::contract::$port::$promise($open().await).await;
        })+
    };
}
