//! The workflows: every action by its commit, no more rights than a job needs, and
//! an end to each job.

use super::{documents, none, root};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;

fn workflows() -> Result<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(root().join(".github/workflows"))? {
        let file = entry?.path();
        let name = file
            .file_name()
            .context("a name")?
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file)?;
        found.insert(name, documents(&text)?.remove(0));
    }
    Ok(found)
}

#[test]
fn every_action_is_pinned_to_a_commit() -> Result<()> {
    let mut wrong = Vec::new();
    for (name, workflow) in workflows()? {
        for (job, it) in workflow["jobs"].as_object().context("jobs")? {
            let steps = it["steps"].as_array().into_iter().flatten();
            for action in steps.chain([it]).filter_map(|step| step["uses"].as_str()) {
                let commit = action.split_once('@').map_or("", |(_, commit)| commit);
                let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
                if !is_commit && !action.starts_with("./") {
                    wrong.push(format!("{name}, {job}: {action}"));
                }
            }
        }
    }
    none("actions that may change", &wrong);
    Ok(())
}

#[test]
fn every_workflow_has_few_rights_and_every_job_an_end() -> Result<()> {
    for (name, workflow) in workflows()? {
        let rights = workflow["permissions"].as_object();
        let rights = rights.with_context(|| format!("{name} has every right"))?;
        assert!(
            !rights.values().any(|right| right == "write"),
            "{name}: a job is enough"
        );
        for (job, it) in workflow["jobs"].as_object().context("jobs")? {
            let ends = it["timeout-minutes"].is_u64() || it["uses"].is_string();
            assert!(ends, "{name}, {job}");
        }
    }
    Ok(())
}

#[test]
fn every_pull_request_is_tested_as_the_build_machine_does() -> Result<()> {
    let workflows = workflows()?;
    let tests = workflows.get("test.yml").context("no test.yml")?;
    assert!(
        tests["on"]
            .as_object()
            .is_some_and(|on| on.contains_key("pull_request"))
    );
    let text = tests.to_string();
    assert!(text.contains(".ci/run"), "{text}");
    Ok(())
}
