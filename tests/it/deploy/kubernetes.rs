//! The manifests as kustomize renders them: each overlay is valid, whole, and
//! routes every path of the API.

use super::proxy::Proxy;
use super::{SERVICES, documents, none, root, routes, text, tools};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Stdio;

pub(super) const OVERLAYS: [&str; 3] = ["development", "staging", "production"];

/// The oldest that knows all that is used, and the newest.
const CLUSTERS: [&str; 2] = ["1.30", "1.37"];

/// What staging and production expect to be there.
const MADE_BEFOREHAND: [&str; 4] = [
    "gateline-connections",
    "gateline-shared-secret",
    "gateline-store-key",
    "gateline-tls",
];

/// What an overlay renders to.
pub(super) fn rendered(overlay: &str) -> Result<String> {
    let mut kubectl = tools::packaged("kubectl")?;
    kubectl.args([
        "kustomize",
        &format!("deploy/kubernetes/overlays/{overlay}"),
    ]);
    tools::output(kubectl)
}

pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(super) fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind).collect()
}

#[test]
fn every_overlay_is_valid_for_old_and_new_clusters() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for overlay in OVERLAYS {
        let file = folder.path().join(format!("{overlay}.yaml"));
        std::fs::write(&file, rendered(overlay)?)?;
        for cluster in CLUSTERS {
            let mut validate = tools::packaged("kubernetes-validate")?;
            validate.args(["--strict", "--quiet", "-k", cluster]);
            tools::output({
                validate.arg(&file).stdin(Stdio::null());
                validate
            })?;
        }
    }
    Ok(())
}

#[test]
fn every_service_can_be_found_scaled_and_drained() -> Result<()> {
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        let mut missing = Vec::new();
        for service in SERVICES.iter().chain(&["edge"]) {
            let wanted = format!("gateline-{service}");
            let one = |kind: &str| {
                let mut found = of_kind(&objects, kind).into_iter();
                found.find(|it| name(it) == wanted)
            };
            let Some(deployment) = one("Deployment") else {
                missing.push(format!("{overlay}: no Deployment {wanted}"));
                continue;
            };
            let labels = &deployment["spec"]["template"]["metadata"]["labels"];
            assert_eq!(labels["app.kubernetes.io/component"], **service);
            let scaled = one("HorizontalPodAutoscaler")
                .is_some_and(|it| it["spec"]["scaleTargetRef"]["name"] == wanted);
            let found = one("Service").is_some_and(|it| selects(&it["spec"]["selector"], labels));
            let drained = one("PodDisruptionBudget")
                .is_some_and(|it| selects(&it["spec"]["selector"]["matchLabels"], labels));
            for (what, is_there) in [("scaled", scaled), ("found", found), ("drained", drained)] {
                if !is_there {
                    missing.push(format!("{overlay}: {wanted} cannot be {what}"));
                }
            }
        }
        none("services that are not whole", &missing);
    }
    Ok(())
}

/// Does the selector ask for labels, and are they these?
fn selects(selector: &Value, labels: &Value) -> bool {
    let pairs = selector.as_object();
    pairs.is_some_and(|pairs| {
        !pairs.is_empty() && pairs.iter().all(|(key, value)| labels[key] == *value)
    })
}

#[test]
fn what_a_pod_mounts_is_there_or_is_said_to_be_made_beforehand() -> Result<()> {
    let manual = text("docs/operations.md")?;
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        let named = |kind| of_kind(&objects, kind).into_iter().map(name);
        let secrets: BTreeSet<&str> = named("Secret").collect();
        let maps: BTreeSet<&str> = named("ConfigMap").collect();
        if overlay != "development" {
            assert!(
                secrets.is_empty(),
                "{overlay} contains secrets: {secrets:?}"
            );
        }
        for object in &objects {
            for (key, used) in references(object) {
                let is_there = match key {
                    "secretName" => {
                        secrets.contains(used)
                            || (overlay != "development" && MADE_BEFOREHAND.contains(&used))
                    }
                    _ => maps.contains(used),
                };
                assert!(is_there, "{overlay}: {} needs {key} {used}", name(object));
            }
        }
    }
    for secret in MADE_BEFOREHAND {
        assert!(
            manual.contains(secret),
            "docs/operations.md makes no {secret}"
        );
    }
    Ok(())
}

/// Every secret and map that is named within.
fn references(within: &Value) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    match within {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                match (key.as_str(), value) {
                    ("secretName", Value::String(used)) => {
                        found.push(("secretName", used.as_str()))
                    }
                    ("configMap" | "configMapRef", reference) => {
                        found.extend(reference["name"].as_str().map(|used| ("configMap", used)));
                    }
                    _ => found.extend(references(value)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(references)),
        _ => {}
    }
    found
}

#[tokio::test]
async fn the_ingress_sends_every_path_of_the_api_to_its_service() -> Result<()> {
    let edge = Proxy::start("").await?;
    let served = routes::served()?;
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        let ingresses = of_kind(&objects, "Ingress");
        ensure!(
            ingresses.len() == 1,
            "{overlay}: {} of Ingress",
            ingresses.len()
        );
        let rules = Rules::of(ingresses[0])?;
        for backend in rules.0.iter().map(|(_, _, backend)| backend) {
            let services = of_kind(&objects, "Service");
            assert!(services.iter().any(|it| name(it) == backend), "{backend}");
        }
        let mut wrong = Vec::new();
        for (path, service) in &served {
            let found = match rules.backend_of(path) {
                // The same files as here: see `edge/kustomization.yaml`.
                Some("gateline-edge") => edge.service_of(path)?,
                Some(backend) => backend.trim_start_matches("gateline-").to_owned(),
                None => "nobody".to_owned(),
            };
            if found != *service {
                wrong.push(format!(
                    "{overlay}: {path} is {service}'s, and reaches {found}"
                ));
            }
        }
        none("paths that go astray", &wrong);
        for inside in [
            "/internal/sessions",
            "/metrics",
            "/readyz",
            "/healthz",
            "/api",
            "/api/eventsx",
        ] {
            assert_eq!(rules.backend_of(inside), None, "{overlay}: {inside}");
        }
        let routes = of_kind(&objects, "ConfigMap").into_iter();
        let mut routes = routes.filter_map(|map| map["data"]["routes.conf"].as_str());
        assert_eq!(
            routes.next(),
            Some(text("deploy/nginx/routes.conf")?.as_str())
        );
    }
    Ok(())
}

/// Paths of an Ingress: the path, whether it must be just that, and the service.
struct Rules(Vec<(String, bool, String)>);

impl Rules {
    fn of(ingress: &Value) -> Result<Self> {
        let rules = ingress["spec"]["rules"].as_array().context("rules")?;
        let mut all = Vec::new();
        for rule in rules {
            ensure!(rule["host"].is_string(), "a rule for every host");
            for path in rule["http"]["paths"].as_array().context("paths")? {
                let text = path["path"].as_str().context("path")?.to_owned();
                let exact = match path["pathType"].as_str() {
                    Some("Exact") => true,
                    Some("Prefix") => false,
                    other => anyhow::bail!("{text}: {other:?} is each controller's own matter"),
                };
                let backend = path["backend"]["service"]["name"].as_str();
                all.push((text, exact, backend.context("backend")?.to_owned()));
            }
        }
        Ok(Self(all))
    }

    /// As the documentation of Ingress has it: exact before prefix, the longest
    /// first, and prefixes by whole elements.
    fn backend_of(&self, path: &str) -> Option<&str> {
        let matching = self.0.iter().filter(|(rule, exact, _)| match exact {
            true => path == rule,
            false => {
                let rest = path.strip_prefix(rule.trim_end_matches('/'));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        });
        let best = matching.max_by_key(|(rule, exact, _)| (*exact, rule.len()));
        best.map(|(_, _, backend)| backend.as_str())
    }
}

#[test]
fn the_images_of_the_overlays_are_what_the_deployment_sets() -> Result<()> {
    for overlay in ["staging", "production"] {
        let file = format!("deploy/kubernetes/overlays/{overlay}/kustomization.yaml");
        let overlay = documents(&text(&file)?)?.remove(0);
        let images = overlay["images"].as_array().context("images")?;
        assert!(
            images.iter().any(|image| image["name"] == "gateline"),
            "{file}"
        );
    }
    assert!(root().join("skaffold.yaml").is_file());
    Ok(())
}
