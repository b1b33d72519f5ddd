//! Where the real servers of the distributed mode are. `cargo xtask test` starts
//! them; otherwise `cargo xtask services up` does, and says what to set.

use gateline_adapters::mongo::MongoServer;
use uuid::Uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "the servers' addresses come from the environment"
)]
fn address(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `cargo xtask services up`, and set what it prints")
    })
}

/// MongoDB, with databases that no other test has.
pub(crate) async fn mongo() -> MongoServer {
    let url = address("GATELINE_TEST_MONGODB");
    let prefix = format!("test_{}", Uuid::new_v4().simple());
    MongoServer::at(&url, &prefix).await.unwrap()
}

/// MongoDB, and its databases by service, to look beneath a store.
pub(crate) async fn mongo_and_its_databases() -> (MongoServer, impl Fn(&str) -> mongodb::Database) {
    let url = address("GATELINE_TEST_MONGODB");
    let prefix = format!("test_{}", Uuid::new_v4().simple());
    let server = MongoServer::at(&url, &prefix).await.unwrap();
    let client = mongodb::Client::with_uri_str(&url).await.unwrap();
    (server, move |service| {
        client.database(&format!("{prefix}_{service}"))
    })
}
