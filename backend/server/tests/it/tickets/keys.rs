//! `/api/events/{event}/signing-keys`.

use crate::support::TestApp;
use crate::support::box_office::{BoxOffice, items};
use serde_json::{Value, json};
use ticket_crypto::TicketCode;

fn states(keys: &Value) -> Vec<(u64, String)> {
    let state = |key: &Value| {
        (
            key["id"].as_u64().unwrap(),
            key["state"].as_str().unwrap().to_owned(),
        )
    };
    items(keys).iter().map(state).collect()
}

fn signed_by(ticket: &Value) -> u8 {
    let code = TicketCode::from_digits(ticket["code"].as_str().unwrap()).unwrap();
    code.claims().key_id.0
}

#[tokio::test]
async fn keys_rotate_and_leaked_ones_are_marked() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let buyer = app.user("zoe").await;
    let path = format!("{}/signing-keys", office.path);
    let organizer = &office.organizer;
    app.wait_until("the event has keys", async || {
        organizer.get(&path).await.status == 200
    })
    .await;
    let first = organizer.get(&path).await.good();
    assert_eq!(states(&first), [(1, "current".into()), (2, "next".into())]);
    assert!(!first.to_string().contains("seed"));
    buyer.get(&path).await.refused(404, "not_found");
    buyer
        .post(&format!("{path}/rotate"), json!({}))
        .await
        .refused(404, "not_found");
    assert_eq!(signed_by(&office.buy(&app, &buyer, 1).await[0]), 1);
    organizer
        .post(&format!("{path}/rotate"), json!({}))
        .await
        .good();
    assert_eq!(signed_by(&office.buy(&app, &buyer, 1).await[0]), 2);
    let leaked = organizer
        .post(&format!("{path}/2/compromised"), json!({}))
        .await
        .good();
    let expected = [
        (1, "retired"),
        (2, "compromised"),
        (3, "current"),
        (4, "next"),
    ];
    assert_eq!(
        states(&leaked),
        expected.map(|(id, state)| (id, state.to_owned()))
    );
    assert_eq!(signed_by(&office.buy(&app, &buyer, 1).await[0]), 3);
    organizer
        .post(&format!("{path}/9/compromised"), json!({}))
        .await
        .refused(404, "not_found");
}
