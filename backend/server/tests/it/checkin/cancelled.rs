//! What gates hear of an event that is called off.

use super::venue::{NORTH, Venue};
use gateline_common::decision::{Answer, Refusal};

#[tokio::test]
async fn a_cancelled_event_stays_in_the_manifest_admits_nobody_and_keeps_its_report() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let first = venue.code(1);
    let admitted = gate.admit_confirmed(&first).await;
    assert!(admitted.is_admitted(), "{admitted:?}");
    venue.call_off().await;
    venue
        .app
        .wait_until("gates hear that it is off", async || {
            gate.manifest().await["events"][0]["cancelled"] == true
        })
        .await;
    // On the list, and not on any.
    for serial in [2, 99] {
        let refused = gate.admit_confirmed(&venue.code(serial)).await;
        assert_eq!(refused, Answer::Refuse(Refusal::Cancelled));
    }
    assert_eq!(venue.figures().await["entered"], 1);
    let report = format!("/api/checkin/events/{}/report", venue.event());
    venue.organizer.get(&report).await.good();
}
