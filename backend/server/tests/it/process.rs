//! The program itself: it announces where it serves, ends in order when told so,
//! and refuses a configuration that would lie.

use crate::support::TestApp;
use gateline_server::config::Settings;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

fn gateline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateline"));
    command.args(arguments).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn half_of_the_services_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let serve = ["serve", "--data", data, "--services", "orders,auth"];
    let output = gateline(&serve).output().await.unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("in-process bus"), "{error}");
}

#[tokio::test]
#[cfg(unix)]
async fn a_signal_ends_the_program_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let mut server = gateline(&serve).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let url = line.strip_prefix("gateline serves ").unwrap();
    let address = url.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).await.is_ok());
    let id = server.id().unwrap().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status();
    assert!(killed.await.unwrap().success());
    let status = server.wait().await.unwrap();
    assert!(status.success(), "{status}");
    let mut log = String::new();
    let mut stderr = server.stderr.take().unwrap();
    stderr.read_to_string(&mut log).await.unwrap();
    assert!(log.contains("no payment gateway is configured"), "{log}");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_server_whose_data_folder_is_taken_announces_nothing() {
    let app = TestApp::init().await;
    let data = app.folder().to_str().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let output = gateline(&serve).output().await.unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("another server runs"), "{error}");
}

/// A request whose body is half sent when the server is told to stop.
#[tokio::test]
async fn a_request_that_has_begun_is_answered_when_the_server_stops() {
    let mut app = TestApp::init().await;
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let body = r#"{"email":"ada@example.org","password":"correct horse","name":"Ada"}"#;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /api/users/signup HTTP/1.1\r\nhost: {address}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let (first, second) = body.split_at(20);
    stream.write_all(first.as_bytes()).await.unwrap();
    let stopping = app.stop();
    let finishing = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        stream.write_all(second.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let ((), answer) = tokio::join!(stopping, finishing);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[tokio::test]
async fn a_server_of_its_own_speaks_tls_with_a_certificate_that_it_keeps() {
    let settings = || Settings {
        tls_self_signed: Some(true),
        ..Settings::default()
    };
    let app = TestApp::with(settings()).await;
    assert!(app.url.starts_with("https://"));
    let kept = std::fs::read(app.folder().join("tls-cert.pem")).unwrap();
    let cookie = app.user("ada").await;
    assert!(!cookie.token.is_empty());
    let app = app.restart_with(settings()).await;
    assert_eq!(app.get("/readyz").await.status, 200);
    let again = std::fs::read(app.folder().join("tls-cert.pem")).unwrap();
    assert_eq!(kept, again);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = std::fs::metadata(app.folder().join("tls-key.pem")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn the_keys_of_a_store_are_rotated_while_no_server_runs_over_it() {
    let mut app = TestApp::init().await;
    let (organizer, org) = app.organizer("olga").await;
    let codes = "/api/checkin/enrolment-codes";
    let body = serde_json::json!({"org": org, "name": "North"});
    let before = organizer.post(codes, body.clone()).await.good();
    let data = app.folder().to_str().unwrap().to_owned();
    let file = app.folder().join("store-key");
    let old = std::fs::read_to_string(&file).unwrap();
    let rotate = ["store-key", "rotate", "--data", &data];
    let refused = gateline(&rotate).output().await.unwrap();
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && words.contains("stop the server first"),
        "{words}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), old);

    app.stop().await;
    let done = gateline(&rotate).output().await.unwrap();
    assert!(done.status.success(), "{done:?}");
    let new = std::fs::read_to_string(&file).unwrap();
    let keys = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(keys(&new).len(), 1);
    assert_ne!(keys(&new), keys(&old));

    let app = app.restart().await;
    let organizer = app.as_before(&organizer);
    let after = organizer.post(codes, body).await.good();
    let root_key = |made: &serde_json::Value| {
        let code: gateline_common::sync::EnrolmentCode =
            made["code"].as_str().unwrap().parse().unwrap();
        code.root_key
    };
    assert_eq!(root_key(&after), root_key(&before));
}
