//! Who sees which orders: `GET /api/orders…`, `/api/events/{event}/orders`,
//! `/api/admin/orders`.

use crate::shop::{Shop, path_of};
use serde_json::json;

#[tokio::test]
async fn buyers_see_their_own_organizers_their_events_and_admins_all() {
    let shop = Shop::open(&[(1_000, 50)]).await;
    let (ada, ben) = (shop.app.user("ada").await, shop.app.user("ben").await);
    let first = shop.order(&ada, &[(1, 1)]).await;
    let second = shop.order(&ada, &[(1, 2)]).await;
    shop.order(&ben, &[(1, 3)]).await;
    let mine = ada.get("/api/orders?limit=1").await.good();
    assert_eq!(mine["items"], json!([second]));
    let after = mine["next"].as_str().unwrap();
    let rest = ada
        .get(&format!("/api/orders?limit=1&after={after}"))
        .await
        .good();
    assert_eq!(rest, json!({"items": [first], "next": null}));

    ben.get(&path_of(&first)).await.refused(404, "not_found");
    let cancel = format!("{}/cancel", path_of(&first));
    ben.post(&cancel, json!({})).await.refused(404, "not_found");
    shop.organizer.get(&path_of(&first)).await.good();
    let not_theirs = shop.organizer.post(&cancel, json!({})).await;
    not_theirs.refused(403, "forbidden");

    let of_event = format!("/api/events/{}/orders", shop.event);
    let all = shop.organizer.get(&of_event).await.good();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let code = first["code"].as_str().unwrap();
    let found = shop.organizer.get(&format!("{of_event}?code={code}")).await;
    assert_eq!(found.good()["items"], json!([first]));
    ben.get(&of_event).await.refused(404, "not_found");

    let root = shop.app.admin().await;
    let all = root.get("/api/admin/orders?status=created").await.good();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    ben.get("/api/admin/orders").await.refused(403, "forbidden");
    root.post(&cancel, json!({})).await.good();
}
