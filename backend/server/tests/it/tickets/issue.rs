//! Issuing, blocking, cancelling, refunding.

use crate::support::TestApp;
use crate::support::box_office::{BoxOffice, items};
use serde_json::json;
use std::collections::BTreeSet;
use ticket_crypto::TicketCode;

#[tokio::test]
async fn a_paid_order_has_a_signed_ticket_per_unit() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let buyer = app.user("zoe").await;
    let tickets = office.buy(&app, &buyer, 4).await;
    assert_eq!(tickets.len(), 4);
    let serials: BTreeSet<_> = tickets.iter().map(|t| t["serial"].to_string()).collect();
    assert_eq!(serials.len(), 4);
    for ticket in &tickets {
        let code = TicketCode::from_digits(ticket["code"].as_str().unwrap()).unwrap();
        let claims = code.claims();
        assert_eq!(u64::from(claims.event.0), office.event);
        assert_eq!(json!(claims.serial), ticket["serial"]);
        assert_eq!((claims.epoch.0, claims.ticket_type.0), (0, 1));
        assert_eq!(ticket["test"], true);
        assert_eq!(ticket["status"], "valid");
        assert_eq!(ticket["attendee_name"], "zoe");
        assert_eq!(ticket["price"], json!({"minor": 1250, "currency": "EUR"}));
    }
}

#[tokio::test]
async fn an_organizer_blocks_unblocks_and_cancels_and_nobody_else_does() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let (buyer, stranger) = (app.user("zoe").await, app.user("eve").await);
    let admin = app.admin().await;
    let ticket = office.buy(&app, &buyer, 1).await.remove(0);
    let path = format!(
        "/api/tickets/{}/{}",
        office.event,
        ticket["serial"].as_str().unwrap()
    );
    let block = format!("{path}/block");
    stranger.get(&path).await.refused(404, "not_found");
    stranger
        .post(&block, json!({}))
        .await
        .refused(404, "not_found");
    buyer
        .post(&block, json!({}))
        .await
        .refused(403, "forbidden");
    for _ in 0..2 {
        let blocked = office.organizer.post(&block, json!({})).await.good();
        assert_eq!(
            (&blocked["status"], &blocked["version"]),
            (&json!("blocked"), &json!(2))
        );
        assert_eq!(blocked["epoch"], 0);
    }
    let unblocked = admin
        .post(&format!("{path}/unblock"), json!({}))
        .await
        .good();
    assert_eq!(unblocked["status"], "valid");
    let cancelled = admin
        .post(&format!("{path}/cancel"), json!({}))
        .await
        .good();
    assert_eq!(cancelled["status"], "cancelled");
    admin
        .post(&block, json!({}))
        .await
        .refused(409, "ticket_state");
    buyer
        .get(&format!("{path}/qr.png"))
        .await
        .refused(409, "ticket_state");
    assert_eq!(buyer.get(&path).await.good()["status"], "cancelled");
}

#[tokio::test]
async fn the_tickets_of_a_refunded_order_are_void() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let buyer = app.user("zoe").await;
    let tickets = office.buy(&app, &buyer, 2).await;
    let kept = office.buy(&app, &buyer, 1).await;
    let order = tickets[0]["order"].as_str().unwrap();
    let refund = format!("/api/orders/{order}/refund");
    office.organizer.post(&refund, json!({})).await.good();
    let list = format!("/api/tickets?order={order}&status=refunded");
    app.wait_until("both are refunded", async || {
        items(&buyer.get(&list).await.good()).len() == 2
    })
    .await;
    let order = kept[0]["order"].as_str().unwrap();
    let other = buyer
        .get(&format!("/api/tickets?order={order}"))
        .await
        .good();
    assert_eq!(items(&other)[0]["status"], "valid");
}
