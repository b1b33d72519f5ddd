//! The letters that a sale causes.

use crate::support::TestApp;
use crate::support::box_office::BoxOffice;
use serde_json::json;
use std::path::PathBuf;

fn letters(app: &TestApp, kind: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(app.folder().join("mail")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(kind) && name.ends_with(".eml")
    };
    paths.filter(wanted).collect()
}

#[tokio::test]
async fn a_buyer_gets_the_tickets_once_and_a_receipt_when_they_are_paid_back() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let buyer = app.user("zoe").await;
    let tickets = office.buy(&app, &buyer, 2).await;
    app.wait_until("the tickets are mailed", async || {
        !letters(&app, "tickets-").is_empty()
    })
    .await;
    let order = tickets[0]["order"].as_str().unwrap();
    let refund = format!("/api/orders/{order}/refund");
    let reason = json!({"reason": "The singer is ill."});
    office.organizer.post(&refund, reason).await.good();
    app.wait_until("the receipt is mailed", async || {
        !letters(&app, "refund-").is_empty()
    })
    .await;
    let mailed = letters(&app, "tickets-");
    assert_eq!(mailed.len(), 1);
    let text = std::fs::read_to_string(&mailed[0]).unwrap();
    assert!(text.contains("zoe@example.org"), "{text}");
    assert!(text.contains("application/pdf"), "{text}");
    assert!(
        text.contains(&format!("Message-ID: <tickets-{order}@localhost>")),
        "{text}"
    );
    let receipt = std::fs::read_to_string(&letters(&app, "refund-")[0]).unwrap();
    assert!(receipt.contains("25.00 EUR"), "{receipt}");
    assert!(receipt.contains("The singer is ill."), "{receipt}");
}

#[tokio::test]
async fn who_does_not_pay_is_told_that_the_order_expired() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let buyer = app.user("zoe").await;
    office.order(&app, &buyer, 2).await;
    app.clock.advance_ms(16 * 60_000);
    app.wait_until("the notice is mailed", async || {
        !letters(&app, "expired-").is_empty()
    })
    .await;
    let notice = std::fs::read_to_string(&letters(&app, "expired-")[0]).unwrap();
    assert!(notice.contains("Nothing was charged"), "{notice}");
}
