//! `compose.yaml` and what makes its secrets.

use super::{SERVICES, documents, none, root, text, tools};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Compose, as Docker's plugin or by itself.
fn compose() -> Command {
    let mut plugin = tools::installed("docker");
    plugin.args(["compose", "version"]);
    if tools::output(plugin).is_err() {
        return tools::installed("docker-compose");
    }
    let mut plugin = tools::installed("docker");
    plugin.arg("compose");
    plugin
}

/// The files together, as compose reads them.
fn composed(files: &[&str]) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let mut compose = compose();
    compose
        .arg("--project-directory")
        .arg(root().join("deploy"));
    compose.args(["--project-name", "gateline"]);
    for name in files {
        // Releases before 2 do not know what a project may be called by its file.
        let text = text(&format!("deploy/{name}"))?;
        let lines = text.lines().filter(|line| !line.starts_with("name:"));
        let file = folder.path().join(name);
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n"))?;
        compose.arg("--file").arg(file);
    }
    compose.arg("config");
    compose.env("GATELINE_TLS_CERTIFICATE", "chain.pem");
    compose.env("GATELINE_TLS_KEY", "key.pem");
    documents(&tools::output(compose)?)?
        .pop()
        .context("nothing")
}

#[test]
fn compose_runs_every_service_by_itself_and_without_rights() -> Result<()> {
    let composed = composed(&["compose.yaml"])?;
    let mut wrong = Vec::new();
    for service in SERVICES {
        let it = &composed["services"][service];
        assert_eq!(it["environment"]["GATELINE_SERVICES"], service);
        for (holds, what) in [
            (it["read_only"] == true, "may write anywhere"),
            (it["cap_drop"][0] == "ALL", "has capabilities"),
            (it["user"] == "10001:10001", "is another account"),
            (it["ports"].is_null(), "is reached from outside"),
            (
                it["healthcheck"]["test"][1] == "gateline",
                "does not say whether it is ready",
            ),
            (
                it["depends_on"]["rabbitmq"].is_object(),
                "does not wait for the broker",
            ),
        ] {
            if !holds {
                wrong.push(format!("{service} {what}"));
            }
        }
    }
    none("what runs with too much, or too early", &wrong);
    Ok(())
}

#[test]
fn every_image_of_compose_has_a_version_and_only_nginx_is_reached() -> Result<()> {
    let composed = composed(&[
        "compose.yaml",
        "compose.tls.yaml",
        "compose.observability.yaml",
    ])?;
    let services = composed["services"].as_object().context("services")?;
    for (name, service) in services {
        let image = service["image"].as_str().context("no image")?;
        let (_, tag) = image
            .rsplit_once(':')
            .with_context(|| format!("{image} has no tag"))?;
        assert!(!tag.is_empty() && tag != "latest", "{image}");
        for port in service["ports"].as_array().into_iter().flatten() {
            // One form or another, by the release.
            let port = port.to_string();
            assert!(
                name == "nginx" || port.contains("127.0.0.1"),
                "{name}: {port}"
            );
        }
    }
    Ok(())
}

#[test]
fn the_secrets_that_compose_needs_are_made_once() -> Result<()> {
    let clone = tempfile::tempdir()?;
    let made = make_secrets(&clone)?;
    let composed = composed(&["compose.yaml", "compose.observability.yaml"])?;
    for (name, secret) in composed["secrets"].as_object().context("secrets")? {
        let file = Path::new(secret["file"].as_str().context("a file")?);
        let file = made.join(file.file_name().context("a name")?);
        assert!(file.is_file(), "nothing makes {name}");
    }
    let connections = std::fs::read_to_string(made.join("connections.toml"))?;
    let settings: toml::Table = toml::from_str(&connections)?;
    for key in ["mongodb_url", "rabbitmq_url", "redis_url"] {
        assert!(settings.contains_key(key), "{key}");
    }
    let key = std::fs::read_to_string(made.join("store-key"))?;
    assert!(
        gateline_common::Hash::parse(key.trim()).is_ok(),
        "no key of 32 bytes"
    );
    make_secrets(&clone)?;
    let again = std::fs::read_to_string(made.join("connections.toml"))?;
    assert!(connections == again, "secrets were made anew");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(made.metadata()?.permissions().mode() & 0o777, 0o700);
    }
    Ok(())
}

/// Makes them in a clone that has nothing else, and says where.
fn make_secrets(clone: &TempDir) -> Result<std::path::PathBuf> {
    let folder = clone.path().join("deploy/compose");
    std::fs::create_dir_all(&folder)?;
    let script = folder.join("make-secrets");
    std::fs::write(&script, text("deploy/compose/make-secrets")?)?;
    let mut shell = Command::new("sh");
    shell.arg(script);
    tools::output(shell)?;
    Ok(clone.path().join("deploy/secrets"))
}
