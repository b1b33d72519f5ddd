//! Alert rules and the dashboard: sound, tested, over figures that exist, and with
//! a chapter of the runbook for each alert.

use super::{documents, none, root, text, tools};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn promtool(arguments: &[&str]) -> Result<String> {
    let mut promtool = tools::installed("promtool");
    promtool.args(arguments);
    tools::output(promtool)
}

#[test]
fn the_alert_rules_are_sound_and_fire_when_they_should() -> Result<()> {
    promtool(&["check", "rules", "deploy/observability/alerts.yml"])?;
    promtool(&["test", "rules", "deploy/observability/alerts.test.yml"])?;
    promtool(&["check", "config", "deploy/observability/prometheus.yml"]).map(drop)
}

#[test]
fn the_settings_for_a_cluster_are_sound_but_for_how_it_finds_pods() -> Result<()> {
    let settings = text("deploy/observability/prometheus-kubernetes.yml")?;
    let finds = "kubernetes_sd_configs:\n      - role: pod";
    assert!(settings.contains(finds));
    // Debian builds Prometheus without what speaks to Kubernetes.
    let settings = settings.replace(finds, "static_configs: [{targets: [\"x:1\"]}]");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, settings)?;
    promtool(&["check", "config", "--syntax-only", &file.to_string_lossy()]).map(drop)
}

fn dashboard() -> Result<Value> {
    Ok(serde_json::from_str(&text(
        "deploy/observability/grafana/gateline.json",
    )?)?)
}

/// What the panels ask, as Grafana sends it.
fn asked(dashboard: &Value) -> Result<Vec<(String, String)>> {
    let mut asked = Vec::new();
    for panel in dashboard["panels"].as_array().context("panels")? {
        let title = panel["title"].as_str().context("a title")?;
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().context("no query")?;
            let query = query
                .replace("$__rate_interval", "5m")
                .replace("$service", ".*");
            assert!(!query.contains('$'), "{title}: {query}");
            asked.push((title.to_owned(), query));
        }
    }
    Ok(asked)
}

#[test]
fn every_panel_of_the_dashboard_asks_something_sound() -> Result<()> {
    let dashboard = dashboard()?;
    let asked = asked(&dashboard)?;
    assert!(asked.len() > 20, "only {} queries", asked.len());
    let record = |(at, (_, query)): (usize, &(String, String))| json!({"record": format!("panel:query:{at}"), "expr": query});
    let rules: Vec<Value> = asked.iter().enumerate().map(record).collect();
    let rules = json!({"groups": [{"name": "panels", "rules": rules}]});
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("panels.yml");
    std::fs::write(&file, rules.to_string())?;
    promtool(&["check", "rules", &file.to_string_lossy()])?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let ids: BTreeSet<String> = panels.iter().map(|it| it["id"].to_string()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels have one number");
    Ok(())
}

/// Every alert of the rules.
fn alerts() -> Result<Vec<Value>> {
    let rules = documents(&text("deploy/observability/alerts.yml")?)?.remove(0);
    let groups = rules["groups"].as_array().context("groups")?.iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
    Ok(rules.cloned().collect())
}

#[test]
fn every_figure_that_is_asked_for_exists() -> Result<()> {
    let mut queries: Vec<String> = asked(&dashboard()?)?.into_iter().map(|it| it.1).collect();
    for alert in alerts()? {
        queries.push(alert["expr"].as_str().context("expr")?.to_owned());
    }
    let mut sources = String::new();
    read_sources(&root().join("backend"), &mut sources)?;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut unknown = BTreeSet::new();
    for query in &queries {
        let words = query.split(|c| !is_part(c));
        for figure in words.filter(|word| word.starts_with("gateline_")) {
            let parts = ["_bucket", "_count", "_sum"].iter();
            let whole = parts.fold(figure, |it, part| it.strip_suffix(part).unwrap_or(it));
            let exists = sources.contains(&format!("\"{whole}\""));
            if !exists {
                unknown.insert(whole.to_owned());
            }
        }
    }
    assert!(unknown.is_empty(), "nothing counts {unknown:?}");
    Ok(())
}

fn read_sources(folder: &std::path::Path, sources: &mut String) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_sources(&path, sources)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push_str(&std::fs::read_to_string(path)?);
        }
    }
    Ok(())
}

#[test]
fn every_alert_names_a_chapter_of_the_runbook_that_exists() -> Result<()> {
    let manual = text("docs/operations.md")?;
    let chapters = manual.lines().filter_map(|line| line.strip_prefix("### "));
    let chapters: BTreeSet<String> = chapters
        .map(|it| it.to_lowercase().replace(' ', "-"))
        .collect();
    let mut wrong = Vec::new();
    for alert in alerts()? {
        let runbook = alert["annotations"]["runbook"].as_str().unwrap_or_default();
        let chapter = runbook
            .strip_prefix("docs/operations.md#")
            .unwrap_or_default();
        if !chapters.contains(chapter) {
            wrong.push(format!("{}: {runbook:?}", alert["alert"]));
        }
        assert!(
            ["page", "ticket"]
                .map(Value::from)
                .contains(&alert["labels"]["severity"])
        );
    }
    none("alerts without a chapter", &wrong);
    Ok(())
}
