//! Clients that ask for more than is good for others.

use crate::connections::saying;
use crate::support::box_office::BoxOffice;
use crate::support::{Answer, DEADLINE, TestApp, TestUser};
use futures::StreamExt;
use futures::future::join_all;
use gateline_server::config::Settings;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const HEAD: &str = "POST /api/users/signup HTTP/1.1\r\nhost: x\r\n\
                    content-type: application/json\r\n";

/// The first line of an answer.
async fn status_line(stream: &mut TcpStream) -> String {
    let mut begin = [0; 32];
    let reading = stream.read_exact(&mut begin);
    timeout(DEADLINE, reading).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&begin);
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_body_that_says_it_is_huge_is_refused_before_it_comes() {
    let app = TestApp::init().await;
    let head = format!("{HEAD}content-length: 10000000000\r\n\r\n");
    let mut stream = saying(&app, &head).await;
    assert_eq!(
        status_line(&mut stream).await,
        "HTTP/1.1 413 Payload Too Large"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused_long_before_memory_does() {
    let app = TestApp::init().await;
    let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let (mut reader, mut writer) = saying(&app, &head).await.into_split();
    let sending = tokio::spawn(async move {
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let mut sent = 0;
        // Ends when the server has heard enough.
        while sent < 1 << 30 && writer.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    let mut answer = [0; 12];
    let reading = reader.read_exact(&mut answer);
    timeout(DEADLINE, reading).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    drop(reader);
    let sent = timeout(DEADLINE, sending).await.unwrap().unwrap();
    assert!(sent < 64 << 20, "{sent} bytes were taken");
}

#[tokio::test]
async fn json_of_a_hundred_thousand_levels_is_refused_and_nothing_falls_over() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let levels = 100_000 / open.len();
        let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        for path in ["/api/events", "/api/orders", "/api/users/signin"] {
            let request = ada.request("POST", path).body(deep.clone());
            let request = request.header("content-type", "application/json");
            ada.answer(request).await.refused(400, "malformed_body");
        }
    }
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn headers_that_are_too_many_or_too_large_are_refused() {
    let app = TestApp::init().await;
    let many: String = (0..2_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let large = format!("x: {}\r\n", "y".repeat(1 << 20));
    for headers in [many, large] {
        let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        let (_, address) = app.url.split_once("://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let writing = tokio::spawn(async move {
            // It may be cut off before it has said everything.
            drop(writer.write_all(head.as_bytes()).await);
            writer
        });
        let mut answer = [0; 12];
        let reading = reader.read_exact(&mut answer);
        timeout(DEADLINE, reading).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
        drop(writing.await);
    }
    assert_eq!(app.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn who_does_not_read_what_it_asked_for_loses_its_place() {
    let app = TestApp::with(Settings {
        connection_idle_seconds: Some(1),
        max_connections: Some(1),
        ..Settings::default()
    })
    .await;
    let (_, address) = app.url.split_once("://").unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    // Whatever buffers there are on the way, this is more.
    let asked = "GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(400);
    let mut greedy = socket.connect(address).await.unwrap();
    greedy.write_all(asked.as_bytes()).await.unwrap();
    app.wait_until("others are served", async || {
        app.get("/healthz").await.status == 200
    })
    .await;
    drop(greedy);
}

async fn strict() -> TestApp {
    TestApp::with(Settings {
        account_requests_per_second: Some(1),
        account_burst: Some(20),
        device_requests_per_second: Some(1),
        device_burst: Some(5),
        ..Settings::default()
    })
    .await
}

/// How many were refused for being too many; the rest must be good.
fn refused(answers: &[Answer]) -> usize {
    let refused = answers.iter().filter(|answer| match answer.status {
        429 => {
            answer.refused(429, "rate_limited");
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            true
        }
        _ => {
            assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
            false
        }
    });
    refused.count()
}

async fn flood(user: &TestUser, path: &str) -> Vec<Answer> {
    join_all((0..100).map(async |_| user.get(path).await)).await
}

#[tokio::test]
async fn an_account_that_floods_waits_and_others_are_served() {
    let app = strict().await;
    let (flooding, calm) = (app.user("eve").await, app.user("ada").await);
    let refusals = refused(&flood(&flooding, "/api/orders").await);
    // Seconds may pass meanwhile, and bring a request each.
    assert!((40..=80).contains(&refusals), "{refusals}");
    assert_eq!(calm.get("/api/orders").await.status, 200);
    // A new session is the same account.
    let body = json!({"email": flooding.email, "password": crate::support::PASSWORD});
    let again = app.holding(&app.post("/api/users/signin", body).await.good());
    assert!(refused(&flood(&again, "/api/events").await) > 40);
    app.clock.advance_ms(60_000);
    assert_eq!(flooding.get("/api/orders").await.status, 200);
}

#[tokio::test]
async fn orders_of_one_account_are_limited_and_anothers_are_placed() {
    let app = strict().await;
    let house = BoxOffice::open(&app, 1_000).await;
    let (flooding, calm) = (app.user("eve").await, app.user("ada").await);
    house.order(&app, &calm, 1).await;
    let line = json!({"ticket_type": house.ticket_type, "quantity": 1});
    let order = json!({"event": house.event, "lines": [line]});
    let placing = (0..100).map(async |_| flooding.post("/api/orders", order.clone()).await);
    let refusals = refused(&join_all(placing).await);
    assert!((40..=80).contains(&refusals), "{refusals}");
    house.order(&app, &calm, 1).await;
    let kept = flooding.get("/api/orders?limit=200").await;
    assert_eq!(kept.status, 429, "reading counts too");
}

#[tokio::test]
async fn an_account_has_so_many_live_answers_and_a_closed_one_makes_room() {
    let app = TestApp::init().await;
    let house = BoxOffice::open(&app, 10).await;
    let path = format!("/api/checkin/events/{}/live", house.event);
    let mut open = Vec::new();
    app.wait_until("check-in knows the event", async || {
        house
            .organizer
            .get(&path.replace("live", "figures"))
            .await
            .status
            == 200
    })
    .await;
    for _ in 0..32 {
        let answer = house.organizer.request("GET", &path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        open.push(answer.bytes_stream());
    }
    let more = house.organizer.get(&path).await;
    more.refused(429, "rate_limited");
    let mut last = open.pop().unwrap();
    assert!(last.next().await.is_some(), "figures come at once");
    drop(last);
    app.wait_until("there is room again", async || {
        let answer = house.organizer.request("GET", &path).send().await.unwrap();
        answer.status() == 200
    })
    .await;
}
