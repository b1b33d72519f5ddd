//! What the logs of the shipped programs say at their most talkative: nothing
//! that is a secret, and nobody's address.

use anyhow::{Context, Result, ensure};
use gateline_common::sync::{EnrolAnswer, EnrolRequest, EnrolmentCode};
use gateline_tests::story::{Festival, set_up};
use gateline_tests::system::{Api, Binaries, Engines, Form, PASSWORD, Shop, wait_until};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use ticket_crypto::detached::{Domain, sign};
use ticket_crypto::{SigningKey, TicketCode};

const DEADLINE: Duration = Duration::from_secs(60);
const BUYER: &str = "grete.guest@mail.example";

/// What must not be found, by what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: &str) {
        self.0.push((what, secret.to_owned()));
    }

    /// What of it is in the text.
    fn told_by(&self, log: &str) -> Vec<&'static str> {
        let told = self.0.iter().filter(|(_, secret)| log.contains(secret));
        told.map(|(what, _)| *what).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_at_its_most_talkative_tells_a_secret_or_an_address() -> Result<()> {
    tell_no_secret(Form::Embedded, &["store-key", "token-secret"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_of_services_apart_from_each_other_tells_a_secret_or_an_address() -> Result<()> {
    let form = Form::Distributed(Engines::of_this_run()?);
    tell_no_secret(form, &["store-key", "shared-secret"]).await
}

/// `keys` are the files of the installation that hold its keys.
async fn tell_no_secret(form: Form, keys: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    let data = folder.path().join("backend");
    let backend = Shop::open_with(&binaries, &data, form, &["--log", "trace"]).await?;
    let mut secrets = Secrets::default();
    secrets.add("a password", PASSWORD);
    secrets.add("the organizer's address", "olga@harbour.example");
    secrets.add("the buyer's address", BUYER);

    let festival = set_up(backend.api()?).await?;
    let code = sale(&backend, &festival, &mut secrets).await?;
    devices(&backend, &festival, &mut secrets).await?;
    let gate_log = scan(&binaries, folder.path(), &festival, &code, &mut secrets).await?;
    for file in keys {
        let text = std::fs::read_to_string(data.join(file))?;
        let key = text.lines().find(|line| !line.starts_with('#'));
        secrets.add("a key of the installation", key.context("a key")?);
    }

    let log = backend.logs()?;
    ensure!(
        log.contains("DEBUG") && log.contains("/api/payments"),
        "the log is not talkative: {log}"
    );
    ensure!(secrets.0.len() >= 14, "{} secrets", secrets.0.len());
    let told = secrets.told_by(&format!("in {BUYER}'s words: {code}."));
    assert_eq!(told, ["the buyer's address", "a ticket code"]);
    assert_eq!(secrets.told_by(&log), Vec::<&str>::new());
    assert_eq!(secrets.told_by(&gate_log), Vec::<&str>::new());
    Ok(())
}

/// Signs in and out over HTTP as browsers do, buys, and returns the ticket's code.
async fn sale(backend: &Shop, festival: &Festival, secrets: &mut Secrets) -> Result<String> {
    let mut buyer = backend.api()?;
    buyer.sign_up("Grete Guest", BUYER).await?;
    let body = json!({"email": BUYER, "password": PASSWORD});
    let browser = reqwest::Client::new();
    let sign_in = browser.post(format!("{}/api/users/signin", buyer.base()));
    let answer = sign_in.json(&body).send().await?;
    for cookie in answer.headers().get_all("set-cookie") {
        let value = cookie.to_str()?.split(['=', ';']).nth(1);
        secrets.add("a cookie", value.context("a cookie's value")?);
    }
    let answer: Value = answer.json().await?;
    buyer.take_token(&answer)?;
    secrets.add("a token", answer["token"].as_str().context("a token")?);
    let wrong = json!({"email": BUYER, "password": "not the right one"});
    secrets.add("a wrong password", "not the right one");
    let refused = buyer.post("/api/users/signin", &wrong).await;
    ensure!(refused.is_err(), "a wrong password signs in");
    let lines = json!([{"ticket_type": festival.standard, "quantity": 1}]);
    let order = json!({"event": festival.event, "lines": lines});
    let order = wait_until("the sale to open", DEADLINE, async || {
        Ok(buyer.post("/api/orders", &order).await.ok())
    });
    let order = order.await?;
    let payment = json!({"order": order["id"], "method": {"test": "pays"}});
    buyer.post("/api/payments", &payment).await?;
    let ticket = wait_until("the ticket", DEADLINE, async || {
        let page = buyer.get("/api/tickets").await?;
        Ok(page["items"].get(0).cloned())
    });
    let ticket = ticket.await?;
    let digits = ticket["code"].as_str().context("a code")?;
    let code = TicketCode::from_digits(digits)?;
    secrets.add("a ticket code", digits);
    // Its signature, in whatever form bytes are shown.
    let signature = &code.bytes()[code.bytes().len() - 16..];
    let listed = format!("{signature:?}");
    secrets.add("a ticket code as a list", listed.trim_matches(['[', ']']));
    secrets.add("a ticket code in hex", &hex(signature));
    let path = ticket["serial"].as_str().context("a serial")?;
    buyer
        .get_bytes(&format!(
            "/api/tickets/{}/{path}/ticket.pdf",
            festival.event
        ))
        .await?;
    // A client may put anything into a path.
    for asked in [
        format!("/api/tickets/{}/{digits}", festival.event),
        format!("/{BUYER}/{digits}"),
    ] {
        ensure!(buyer.get(&asked).await.is_err(), "{asked} is something");
    }
    Ok(digits.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Enrols a device of the test's own, whose credential it knows.
async fn devices(backend: &Shop, festival: &Festival, secrets: &mut Secrets) -> Result<()> {
    let code = enrolment_code(&festival.organizer, festival, secrets).await?;
    let code: EnrolmentCode = code.parse()?;
    let key = SigningKey::from_seed([77; 32]);
    let request = EnrolRequest {
        device_key: key.public_key(),
        proof: sign(&key, Domain::Enrol, code.secret.as_bytes()),
        secret: code.secret,
        name: "East".to_owned(),
    };
    let body = serde_json::to_value(&request)?;
    let answer = backend.api()?.post("/api/checkin/enrol", &body).await?;
    let answer: EnrolAnswer = serde_json::from_value(answer)?;
    secrets.add("a device's credential", &answer.credential);
    let mut device = backend.api()?;
    device.take_token(&json!({"token": answer.credential}))?;
    device.get("/api/checkin/device/manifest").await?;
    Ok(())
}

async fn enrolment_code(
    organizer: &Api,
    festival: &Festival,
    secrets: &mut Secrets,
) -> Result<String> {
    let body = json!({"org": festival.org, "name": "North"});
    let made = organizer
        .post("/api/checkin/enrolment-codes", &body)
        .await?;
    let text = made["code"].as_str().context("an enrolment code")?;
    let code: EnrolmentCode = text.parse()?;
    secrets.add("an enrolment code", text);
    secrets.add("the secret of an enrolment code", &code.secret);
    Ok(text.to_owned())
}

/// Enrols a shipped gate, scans the code, uploads, and returns all it logged.
async fn scan(
    binaries: &Binaries,
    folder: &Path,
    festival: &Festival,
    code: &str,
    secrets: &mut Secrets,
) -> Result<String> {
    let enrolment = enrolment_code(&festival.organizer, festival, secrets).await?;
    let (store, event) = (folder.join("gate"), festival.event.to_string());
    let lines = folder.join("codes");
    std::fs::write(&lines, format!("{code}\n{code}\n0000\n"))?;
    let log = RefCell::new(String::new());
    let run = |arguments: &[&str]| -> Result<String> {
        let output = Command::new(binaries.path("gateline-gate")?)
            .arg("--store")
            .arg(&store)
            .args(arguments)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::from(std::fs::File::open(&lines)?))
            .output()?;
        log.borrow_mut()
            .push_str(&String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run(&["enrol", &enrolment, "--name", "North"])?;
    wait_until("the list", DEADLINE, async || {
        run(&["sync"])?;
        let status = run(&["status"])?;
        Ok(status.contains("\"tickets\":1").then_some(()))
    })
    .await?;
    let shown = run(&["scan", "--event", &event, "--gate", "1", "--stdin"])?;
    ensure!(
        shown.contains("admit") && shown.contains("refuse"),
        "{shown}"
    );
    run(&["sync"])?;
    Ok(log.into_inner())
}
