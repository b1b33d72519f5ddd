//! Runs a list of promises against what an adapter opens.

/// Makes a test of each named promise of a store port. `$open` opens a fresh
/// store, and what must live as long as it is used.
#[macro_export]
macro_rules! store_promises {
    ($port:ident, $open:path: $($promise:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            let (store, _keep) = $open().await;
            $crate::contract::$port::$promise(&store).await;
        })+
    };
}
