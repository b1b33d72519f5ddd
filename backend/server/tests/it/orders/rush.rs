//! The on-sale rush: many more buyers than tickets, and a network that loses
//! answers.

use crate::shop::Shop;
use futures::future::join_all;
use reqwest::Client;
use serde_json::Value;
use std::collections::HashSet;
use std::time::{Duration, Instant};

const BUYERS: usize = 1_000;
const TICKETS: u32 = 100;
const ACCOUNTS: usize = 20;
/// Buyers share connections, so that the test needs few file handles.
const CONNECTIONS: usize = 20;

/// Posts with a key until an answer arrives; the first ones are given up after
/// a few milliseconds, wherever the request then is.
async fn persist(client: &Client, url: &str, token: &str, body: &Value, key: &str) -> (u16, Value) {
    let mut patience = Duration::from_millis(key.bytes().map(u64::from).sum::<u64>() % 40);
    loop {
        let request = client.post(url).bearer_auth(token);
        let request = request.header("idempotency-key", key).json(body);
        let answer = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.json::<Value>().await.ok()?))
        };
        if let Ok(Some(answer)) = tokio::time::timeout(patience, answer).await {
            return answer;
        }
        patience = patience * 4 + Duration::from_millis(50);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_buyers_of_a_hundred_tickets_buy_a_hundred() {
    let shop = Shop::open(&[(2_000, TICKETS)]).await;
    let mut accounts = Vec::new();
    for at in 0..ACCOUNTS {
        accounts.push(shop.app.user(&format!("buyer{at}")).await);
    }
    let client = || Client::builder().http2_prior_knowledge().build().unwrap();
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| client()).collect();
    let (orders, payments) = (
        format!("{}/api/orders", shop.app.url),
        format!("{}/api/payments", shop.app.url),
    );
    let begin = Instant::now();
    let buy = async |at: usize| {
        let client = &clients[at % CONNECTIONS];
        let token = &accounts[at % ACCOUNTS].token;
        let wanted = shop.wanting(&[(1, 1)]);
        let (status, order) = persist(client, &orders, token, &wanted, &format!("o{at}")).await;
        if status != 201 {
            assert_eq!(
                (status, &order["errors"][0]["code"]),
                (409, &"sold_out".into())
            );
            return None;
        }
        let paying = serde_json::json!({"order": order["id"], "method": {"test": "pays"}});
        let (status, paid) = persist(client, &payments, token, &paying, &format!("p{at}")).await;
        assert_eq!(status, 201, "{paid}");
        assert_eq!(paid["status"], "succeeded");
        order["id"].as_str().map(str::to_owned)
    };
    let bought: Vec<String> = join_all((0..BUYERS).map(buy))
        .await
        .into_iter()
        .flatten()
        .collect();
    let elapsed_ms = begin.elapsed().as_millis();
    let different: HashSet<_> = bought.iter().collect();
    assert_eq!(different.len(), bought.len());
    assert_eq!(bought.len(), usize::try_from(TICKETS).unwrap());
    shop.app
        .wait_until("all are sold", async || {
            shop.stock(1).await == (0, 0, u64::from(TICKETS))
        })
        .await;
    let path = format!(
        "/api/events/{}/orders?status=completed&limit=200",
        shop.event
    );
    let completed = shop.organizer.get(&path).await.good();
    let completed: Vec<_> = completed["items"].as_array().unwrap().clone();
    assert_eq!(completed.len(), bought.len(), "after {elapsed_ms} ms");
    assert!(
        completed
            .iter()
            .all(|order| order["refunds"] == serde_json::json!([]))
    );
}
