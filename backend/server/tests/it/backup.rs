//! `gateline backup` and `gateline restore`, as an operator runs them.

use crate::support::box_office::{BoxOffice, items};
use crate::support::{PASSWORD, TestApp, TestUser};
use serde_json::json;
use std::path::Path;
use std::process::Output;

async fn gateline(arguments: &[&str], data: &Path) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_gateline"));
    command.args(arguments).arg("--data").arg(data);
    command.output().await.unwrap()
}

fn words(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

async fn done(arguments: &[&str], data: &Path) -> String {
    let output = gateline(arguments, data).await;
    assert!(output.status.success(), "{}", words(&output));
    words(&output)
}

async fn refused(arguments: &[&str], data: &Path, reason: &str) {
    let output = gateline(arguments, data).await;
    let words = words(&output);
    assert!(
        !output.status.success() && words.contains(reason),
        "{words}"
    );
}

/// The user, signed in again.
async fn again(app: &TestApp, user: &TestUser) -> TestUser {
    let body = json!({"email": user.email, "password": PASSWORD});
    app.holding(&app.post("/api/users/signin", body).await.good())
}

#[tokio::test]
async fn a_backup_is_taken_while_the_server_sells_and_restored_it_is_as_it_was() {
    let mut app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let ada = app.user("ada").await;
    let mut before = office.buy(&app, &ada, 2).await;
    let (data, elsewhere) = (app.folder().to_owned(), tempfile::tempdir().unwrap());
    let backup = elsewhere.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    let said = done(&["backup", "--to", backup], &data).await;
    assert!(
        said.contains("store-key") && said.contains("written and read again"),
        "{said}"
    );
    office.buy(&app, &ada, 3).await;

    refused(
        &["restore", "--from", backup],
        &data,
        "stop the server first",
    )
    .await;
    app.stop().await;
    let said = done(&["restore", "--from", backup], &data).await;
    assert!(said.contains("before-restore-"), "{said}");
    let app = app.restart().await;
    app.as_before(&ada)
        .get("/api/orders")
        .await
        .refused(401, "not_authenticated");
    let ada = again(&app, &ada).await;
    let mut after = items(&ada.get("/api/tickets").await.good());
    for tickets in [&mut before, &mut after] {
        tickets.sort_by_key(|ticket| ticket["serial"].to_string());
    }
    assert_eq!(after, before);
    assert_eq!(items(&ada.get("/api/orders").await.good()).len(), 1);
    let more = office.buy(&app, &ada, 7).await;
    assert_eq!(more.len(), 7, "what was sold since is free again");
}

#[tokio::test]
async fn the_store_that_a_restore_replaced_is_kept_and_can_be_put_back() {
    let mut app = TestApp::init().await;
    app.user("ada").await;
    let (data, elsewhere) = (app.folder().to_owned(), tempfile::tempdir().unwrap());
    let folder = elsewhere.path().to_str().unwrap();
    done(&["backup", "--to", folder], &data).await;
    let made = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let name = made.file_name().into_string().unwrap();
    assert!(
        name.starts_with("gateline-2") && name.ends_with("Z.db"),
        "{name}"
    );
    let late = app.user("late").await;
    app.stop().await;
    let from = made.path();
    done(&["restore", "--from", from.to_str().unwrap()], &data).await;
    let app = app.restart().await;
    let body = json!({"email": late.email, "password": PASSWORD});
    let unknown = app.post("/api/users/signin", body.clone()).await;
    assert_eq!(unknown.status, 401, "{}", unknown.text());

    let mut app = app;
    app.stop().await;
    let kept = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap());
    let mut kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("before-"));
    let kept = kept.next().unwrap().path();
    for file in std::fs::read_dir(&kept).unwrap() {
        let file = file.unwrap();
        std::fs::rename(file.path(), data.join(file.file_name())).unwrap();
    }
    let app = app.restart().await;
    app.post("/api/users/signin", body).await.good();
}

#[tokio::test]
async fn a_backup_replaces_nothing_unasked_and_never_lies_beside_its_store() {
    let app = TestApp::init().await;
    let (data, elsewhere) = (app.folder().to_owned(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("kept.db");
    std::fs::write(&file, "kept").unwrap();
    let to = file.to_str().unwrap();
    refused(&["backup", "--to", to], &data, "is there already").await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    let inside = data.join("gateline.db");
    let arguments = ["backup", "--replace", "--to", inside.to_str().unwrap()];
    refused(&arguments, &data, "the folder of the store itself").await;
    let nowhere = elsewhere.path().join("none/backup.db");
    let arguments = ["backup", "--to", nowhere.to_str().unwrap()];
    refused(&arguments, &data, "there is no folder").await;
    done(&["backup", "--replace", "--to", to], &data).await;
    let left = std::fs::read_dir(elsewhere.path()).unwrap().count();
    assert_eq!(left, 1, "no draft stays");
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_no_good_backup_changes_nothing_and_a_new_machine_needs_the_key_first() {
    let mut app = TestApp::init().await;
    let ada = app.user("ada").await;
    let (data, elsewhere) = (app.folder().to_owned(), tempfile::tempdir().unwrap());
    let backup = elsewhere.path().join("backup.db");
    done(&["backup", "--to", backup.to_str().unwrap()], &data).await;
    app.stop().await;
    let cut = elsewhere.path().join("cut.db");
    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 5000]).unwrap();
    let from = ["restore", "--from", cut.to_str().unwrap()];
    refused(&from, &data, "is not restored").await;
    let app = app.restart().await;
    app.as_before(&ada)
        .get("/api/users/currentuser")
        .await
        .good();

    let new = elsewhere.path().join("new-machine");
    let from = ["restore", "--from", backup.to_str().unwrap()];
    refused(&from, &new, "put the copy of it back").await;
    std::fs::copy(data.join("store-key"), new.join("store-key")).unwrap();
    let said = done(&from, &new).await;
    assert!(said.contains("There was no store before"), "{said}");
    assert!(new.join("gateline.db").exists() && !new.join("restoring").exists());
}
