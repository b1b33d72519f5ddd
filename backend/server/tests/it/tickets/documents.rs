//! QR codes and pages to print.

use crate::support::TestApp;
use crate::support::box_office::BoxOffice;

#[tokio::test]
async fn a_ticket_is_drawn_for_its_owner_and_its_organizer_alone() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let (buyer, stranger) = (app.user("zoe").await, app.user("eve").await);
    let ticket = office.buy(&app, &buyer, 2).await.remove(0);
    let path = format!(
        "/api/tickets/{}/{}",
        office.event,
        ticket["serial"].as_str().unwrap()
    );
    let order = ticket["order"].as_str().unwrap();
    for (file, kind, magic) in [
        (format!("{path}/qr.png"), "image/png", "\u{89}PNG"),
        (format!("{path}/qr.svg"), "image/svg+xml", "<svg"),
        (format!("{path}/ticket.pdf"), "application/pdf", "%PDF"),
        (
            format!("/api/tickets/orders/{order}/tickets.pdf"),
            "application/pdf",
            "%PDF",
        ),
    ] {
        for caller in [&buyer, &office.organizer] {
            let drawn = caller.get(&file).await;
            assert_eq!(
                (drawn.status, drawn.header("content-type")),
                (200, kind),
                "{file}"
            );
            assert_eq!(drawn.header("cache-control"), "private, no-store");
            let start: String = drawn.body.iter().take(4).map(|b| char::from(*b)).collect();
            assert_eq!(start, magic, "{file}");
        }
        stranger.get(&file).await.refused(404, "not_found");
        app.get(&file).await.refused(401, "not_authenticated");
    }
}
