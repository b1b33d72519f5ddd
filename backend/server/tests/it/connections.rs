//! Connections whose peers do not do their part.

use crate::support::{DEADLINE, TestApp};
use futures::future::join_all;
use gateline_server::config::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const HALF_HEAD: &str = "GET /healthz HTTP/1.1\r\n";

async fn impatient(tls: bool) -> TestApp {
    TestApp::with(Settings {
        connection_idle_seconds: Some(1),
        max_connections: Some(4),
        tls_self_signed: Some(tls),
        ..Settings::default()
    })
    .await
}

/// A connection that says `words` and then nothing.
pub(crate) async fn saying(app: &TestApp, words: &str) -> TcpStream {
    let (_, address) = app.url.split_once("://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words.as_bytes()).await.unwrap();
    stream
}

/// What came until the server ended it.
pub(crate) async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let reading = stream.read_to_string(&mut text);
    let ended = timeout(DEADLINE, reading).await;
    // Either end, orderly or not, frees the place.
    let _read = ended.expect("the server ends it");
    text
}

#[tokio::test]
async fn idle_connections_keep_others_out_no_longer_than_they_may_be_idle() {
    let app = impatient(false).await;
    let mut idle = Vec::new();
    for words in [HALF_HEAD, "", "PRI * HTTP/2.0\r\n", HALF_HEAD] {
        idle.push(saying(&app, words).await);
        idle.push(saying(&app, words).await);
    }
    let asked = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let asking = saying(&app, asked).await;
    assert!(rest(asking).await.starts_with("HTTP/1.1 200"));
    join_all(idle.into_iter().map(rest)).await;
}

#[tokio::test]
async fn a_kept_connection_ends_when_no_other_request_comes() {
    let app = impatient(false).await;
    let asked = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let asking = saying(&app, asked).await;
    assert!(rest(asking).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_given_up() {
    let app = impatient(true).await;
    join_all((0..8).map(async |_| rest(saying(&app, "").await).await)).await;
    assert_eq!(app.get("/healthz").await.status, 200);
}
