//! Lists of tickets: mine, an event's, all.

use crate::support::TestApp;
use crate::support::box_office::{BoxOffice, items};

#[tokio::test]
async fn everybody_lists_what_is_theirs_to_see() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let (zoe, max) = (app.user("zoe").await, app.user("max").await);
    let admin = app.admin().await;
    let of_zoe = office.buy(&app, &zoe, 2).await;
    office.buy(&app, &max, 1).await;
    assert_eq!(items(&zoe.get("/api/tickets").await.good()), of_zoe);
    let of_event = format!("{}/tickets", office.path);
    for path in [of_event.as_str(), "/api/admin/tickets"] {
        let page = admin.get(path).await.good();
        assert_eq!(items(&page).len(), 3, "{path}");
        for ticket in items(&page) {
            assert!(ticket["code"].is_null(), "{ticket}");
        }
        zoe.get(path).await.error();
        app.get(path).await.refused(401, "not_authenticated");
    }
    zoe.get(&of_event).await.refused(404, "not_found");
    zoe.get("/api/admin/tickets")
        .await
        .refused(403, "forbidden");
    let found = office
        .organizer
        .get(&format!("{of_event}?q=ZOE@"))
        .await
        .good();
    assert_eq!(items(&found).len(), 2);
    assert_eq!(items(&found)[0]["owner_email"], "zoe@example.org");
    let first = office
        .organizer
        .get(&format!("{of_event}?limit=2"))
        .await
        .good();
    let next = first["next"].as_str().unwrap();
    let rest = office
        .organizer
        .get(&format!("{of_event}?limit=2&after={next}"))
        .await
        .good();
    assert_eq!((items(&rest).len(), rest["next"].is_null()), (1, true));
    for query in ["after=x", "status=odd", "event=x", "colour=red"] {
        zoe.get(&format!("/api/tickets?{query}"))
            .await
            .refused(400, "malformed_parameter");
    }
    zoe.get("/api/tickets/1/nonsense")
        .await
        .refused(400, "malformed_parameter");
    zoe.get("/api/tickets/1/0000000000")
        .await
        .refused(404, "not_found");
}
