//! `cargo xtask schemathesis`: asks the shipped server everything that the API's
//! document allows and much that it does not, and holds each answer to it.
//!
//! Always: the tool is of one version, in a folder of its own beside what cargo
//! builds; the server runs over a fresh store and ends with the command.

use crate::command::{cargo, command, run as run_command};
use crate::environment::{program, root, target};
use anyhow::{Context, Result, bail, ensure};
use gateline_servers::Supervised;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VERSION: &str = "4.32.5";

/// No 5xx, no undocumented status, content type, body or header.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance";
/// Also what the document and the server think of each other's values.
const OPINIONS: &str = "negative_data_rejection,positive_data_acceptance";
/// Answers that never end, the end of the session that asks, and messages that
/// are no text: fuzzing has those.
const LEFT_OUT: &str = "/(live|push|signout|device/scans|device/confirm)$";
/// Limits that would only slow the tool down.
const UNLIMITED: [&str; 6] = [
    "--sign-in-attempts",
    "1000000",
    "--account-requests-per-second",
    "1000000",
    "--account-burst",
    "1000000",
];

/// Tests the API against its document.
#[derive(clap::Args)]
pub(crate) struct SchemathesisArgs {
    /// How many requests it thinks of for an operation
    #[arg(long, default_value_t = 50)]
    examples: u32,
    /// The same number, the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also tell where the document refuses what the server takes, or the reverse
    #[arg(long)]
    opinions: bool,
}

/// Builds, serves and tests.
pub(crate) fn run(args: &SchemathesisArgs) -> Result<()> {
    let tool = install()?;
    // As the tests build it: another choice would be compiled anew.
    let build = "build --locked --workspace --bins --examples";
    run_command(cargo(&build.split(' ').collect::<Vec<_>>()))?;
    let folder = target().join("schemathesis");
    let data = folder.join("data");
    let _old = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    let (_server, address) = serve(&data)?;
    let token = sign_up(&address)?;
    let mut test = Command::new(tool);
    let checks = match args.opinions {
        true => format!("{CHECKS},{OPINIONS}"),
        false => CHECKS.to_owned(),
    };
    test.current_dir(&folder)
        .arg("run")
        .arg(root().join("docs/openapi.json"))
        .args(["--url", &format!("http://{address}")])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", &checks, "--continue-on-failure"])
        .args(["--exclude-path-regex", LEFT_OUT])
        .args(["--max-examples", &args.examples.to_string()])
        .args(["--seed", &args.seed.to_string()])
        .args([
            "--workers",
            "1",
            "--request-timeout",
            "30",
            "--warnings",
            "off",
        ]);
    let status = Supervised::start(test)?.wait()?;
    // Not as `run` says it: its words would show the token.
    ensure!(status.success(), "Schemathesis found something ({status})");
    Ok(())
}

/// The tool's program, installed when it is not there.
fn install() -> Result<PathBuf> {
    let folder = target().join(format!("schemathesis/tool-{VERSION}"));
    let tool = folder.join("bin/schemathesis");
    if tool.is_file() {
        return Ok(tool);
    }
    let Some(python) = program("python3") else {
        bail!("Schemathesis needs Python 3.10 or later: install python3 and python3-venv");
    };
    println!(
        "installing Schemathesis {VERSION} into {}",
        folder.display()
    );
    let (python, place) = (python.to_string_lossy(), folder.to_string_lossy());
    run_command(command(&python, &["-m", "venv", &place]))
        .context("Python cannot make an environment: install python3-venv")?;
    let pip = folder.join("bin/pip");
    let wanted = format!("schemathesis=={VERSION}");
    run_command(command(
        &pip.to_string_lossy(),
        &["install", "--quiet", &wanted],
    ))?;
    Ok(tool)
}

/// The server and its address.
fn serve(data: &Path) -> Result<(Supervised, String)> {
    let log = std::fs::File::create(data.join("server.log"))?;
    let mut server = Command::new(target().join("debug/gateline"));
    server
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--payment-gateway",
            "test",
        ])
        .args(["--admin-emails", "root@example.org"])
        .arg("--data")
        .arg(data)
        .args(UNLIMITED)
        .stdout(Stdio::piped())
        .stderr(log);
    let mut server = Supervised::start(server)?;
    let output = server.output().context("the server has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().strip_prefix("gateline serves http://");
    let address = address.with_context(|| {
        let log = data.join("server.log");
        format!("the server did not start; see {}", log.display())
    })?;
    Ok((server, address.to_owned()))
}

/// The token of an account that may do everything and has an organization.
fn sign_up(address: &str) -> Result<String> {
    let body = r#"{"email":"root@example.org","password":"correct horse","name":"Root"}"#;
    let token = post(address, "/api/users/signup", "", body)?;
    post(
        address,
        "/api/organizations",
        &token,
        r#"{"name":"Town hall"}"#,
    )
}

/// Posts, and takes the token out of the answer.
fn post(address: &str, path: &str, token: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let value: serde_json::Value = serde_json::from_str(body)?;
    let token = value["token"].as_str();
    Ok(token
        .with_context(|| format!("POST {path}: {body}"))?
        .to_owned())
}
