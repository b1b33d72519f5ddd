//! The letters that a sale causes.

use crate::support::TestApp;
use crate::support::box_office::BoxOffice;
use gateline_server::config::Settings;
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

/// All that is in the folder, by name, with its mode.
#[cfg(unix)]
fn modes(folder: &std::path::Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect()
}

#[cfg(unix)]
#[tokio::test]
async fn all_that_the_server_makes_in_its_folder_is_for_its_account_alone() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let app = TestApp::with(Settings {
        tls_self_signed: Some(true),
        ..Settings::default()
    })
    .await;
    // As a server of before left it.
    for name in ["gateline.db", "gateline.lock"] {
        let open = Permissions::from_mode(0o644);
        set_permissions(app.folder().join(name), open).unwrap();
    }
    let app = app.restart_with(Settings {
        tls_self_signed: Some(true),
        ..Settings::default()
    });
    let app = app.await;
    let office = BoxOffice::open(&app, 9).await;
    office.buy(&app, &app.user("zoe").await, 1).await;
    app.wait_until("the ticket is mailed", async || {
        !letters(&app, "tickets-").is_empty()
    })
    .await;
    let made = modes(app.folder());
    for name in ["gateline.db", "gateline.db-wal", "gateline.db-shm", "mail"] {
        assert!(made.iter().any(|(there, _)| there == name), "{name}");
    }
    for (name, mode) in made {
        let private = if name == "mail" { 0o700 } else { 0o600 };
        assert_eq!(mode, private, "{name}: {mode:o}");
    }
    for (name, mode) in modes(&app.folder().join("mail")) {
        assert_eq!(mode, 0o600, "{name}: {mode:o}");
    }
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
