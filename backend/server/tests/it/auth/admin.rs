//! `/api/admin/users`, and `gateline admin`.

use crate::support::TestApp;
use serde_json::json;
use std::path::Path;

const PATH: &str = "/api/admin/users";

fn place(data: &Path) -> gateline_server::StorePlace {
    gateline_server::StorePlace {
        data: data.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn admins_see_and_search_all_accounts_and_others_do_not() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    let ada = app.user("ada").await;
    app.user("bob").await;
    let all = root.get(PATH).await.good();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let found = root.get(&format!("{PATH}?q=ADA")).await.good();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["id"], ada.id);
    let first = root.get(&format!("{PATH}?limit=1")).await.good();
    assert_eq!(first["next"], ada.email);
    ada.get(PATH).await.refused(403, "forbidden");
}

#[tokio::test]
async fn an_admin_makes_another_one_at_once_but_not_themselves_none() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    let ada = app.user("ada").await;
    let path = format!("{PATH}/{}", ada.id);
    ada.patch(&path, json!({"admin": true}))
        .await
        .refused(403, "forbidden");
    root.patch(&path, json!({"admin": true})).await.good();
    ada.get(PATH).await.good();
    ada.patch(&path, json!({"admin": false}))
        .await
        .refused(403, "forbidden");
    root.patch(&path, json!({"admin": false})).await.good();
    ada.get(PATH).await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_operator_makes_admins_while_the_server_runs() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let granted = gateline_server::set_admin(&place(app.folder()), &ada.email, true).await;
    assert_eq!(granted.unwrap(), "ada@example.org is an admin now");
    app.wait_until("the running server knows", async || {
        ada.get(PATH).await.status == 200
    })
    .await;
    let refused = async |folder: &Path, email: &str, admin: bool| {
        let refused = gateline_server::set_admin(&place(folder), email, admin).await;
        refused.unwrap_err().to_string()
    };
    let unknown = refused(app.folder(), "no@example.org", true).await;
    assert!(
        unknown.contains("sign up") && unknown.contains("--admin-emails"),
        "{unknown}"
    );
    let unknown = refused(app.folder(), "no@example.org", false).await;
    assert_eq!(unknown, "there is no account no@example.org");
    let elsewhere = refused(Path::new("nowhere"), &ada.email, true).await;
    assert!(elsewhere.contains("--data"), "{elsewhere}");
}

#[tokio::test]
async fn admins_manage_every_organization() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    let (_, org) = app.organizer("ada").await;
    let path = format!("/api/organizations/{org}");
    root.patch(&path, json!({"name": "Arena"})).await.good();
    let all = root.get("/api/organizations").await.good();
    assert_eq!(all["items"][0]["name"], "Arena");
}
