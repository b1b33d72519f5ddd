//! `POST /api/checkin/enrolment-codes`, `POST /api/checkin/enrol`, and devices.

use super::gate::request;
use super::venue::{NORTH, Venue};
use gateline_common::sync::EnrolmentCode;
use serde_json::{Value, json};
use ticket_crypto::SigningKey;

fn body(code: &str, key: &SigningKey) -> Value {
    let code: EnrolmentCode = code.parse().unwrap();
    serde_json::to_value(request(&code, key, "Handheld")).unwrap()
}

#[tokio::test]
async fn a_code_enrols_one_scanner_once_and_only_while_it_is_fresh() {
    let venue = Venue::open().await;
    let key = SigningKey::from_seed([3; 32]);
    let code = venue.enrolment_code(None).await;
    let enrol = async |body: Value| venue.app.post("/api/checkin/enrol", body).await;
    let mut forged = body(&code, &key);
    forged["device_key"] = json!(SigningKey::from_seed([4; 32]).public_key());
    enrol(forged).await.refused(422, "invalid_field");
    let made = enrol(body(&code, &key)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.good()["org"], json!(venue.org));
    let again = enrol(body(&code, &key)).await;
    again.refused(403, "enrolment_code");
    let old = venue.enrolment_code(None).await;
    venue.app.clock.advance_ms(3_600_001);
    enrol(body(&old, &key)).await.refused(403, "enrolment_code");
}

#[tokio::test]
async fn strangers_neither_make_codes_nor_see_devices_nor_revoke() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let (stranger, _) = venue.app.organizer("mallory").await;
    let body = json!({"org": venue.org});
    let codes = "/api/checkin/enrolment-codes";
    stranger
        .post(codes, body.clone())
        .await
        .refused(404, "not_found");
    venue
        .app
        .post(codes, body)
        .await
        .refused(401, "not_authenticated");
    let list = format!("/api/checkin/devices?org={}", venue.org);
    stranger.get(&list).await.refused(404, "not_found");
    let device = format!("/api/checkin/devices/{}", gate.device);
    stranger.delete(&device).await.refused(404, "not_found");
    let devices = venue.organizer.get(&list).await.good();
    assert_eq!(devices["items"][0]["name"], "Tablet");
    assert_eq!(devices["items"][0]["revoked_at"], Value::Null);
}

#[tokio::test]
async fn a_code_can_be_scanned_from_the_screen() {
    let venue = Venue::open().await;
    let body = json!({"org": venue.org, "name": "Tablet"});
    let made = venue
        .organizer
        .post("/api/checkin/enrolment-codes", body)
        .await;
    let made = made.good();
    assert!(made["qr_svg"].as_str().unwrap().contains("<svg"));
    let code: EnrolmentCode = made["code"].as_str().unwrap().parse().unwrap();
    assert_eq!(code.certificate, None);
}

#[tokio::test]
async fn an_unknown_field_and_a_nameless_device_are_refused() {
    let venue = Venue::open().await;
    let codes = "/api/checkin/enrolment-codes";
    let body = json!({"org": venue.org, "role": "admin"});
    venue
        .organizer
        .post(codes, body)
        .await
        .refused(400, "malformed_body");
    let body = json!({"org": venue.org, "name": "   "});
    let error = venue
        .organizer
        .post(codes, body)
        .await
        .refused(422, "invalid_field");
    assert_eq!(error["field"], "name");
}
