//! What runs in a cluster has no more rights than it needs, and speaks to nobody
//! that no policy names.

use super::kubernetes::{OVERLAYS, name, of_kind, rendered};
use super::{documents, none};
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Every pod that an overlay makes, with the name of what makes it.
fn pods(objects: &[Value]) -> Vec<(&str, &Value)> {
    let makers = ["Deployment", "StatefulSet", "Job"];
    let makers = makers.into_iter().flat_map(|kind| of_kind(objects, kind));
    makers
        .map(|it| (name(it), &it["spec"]["template"]))
        .collect()
}

#[test]
fn every_container_runs_without_rights_and_within_limits() -> Result<()> {
    let mut wrong = Vec::new();
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        for (maker, template) in pods(&objects) {
            let pod = &template["spec"];
            let mut must = |holds: bool, what: &str| {
                if !holds {
                    wrong.push(format!("{overlay}, {maker}: {what}"));
                }
            };
            must(
                pod["automountServiceAccountToken"] == false,
                "has a token of the cluster",
            );
            let account = &pod["securityContext"];
            must(account["runAsNonRoot"] == true, "may be root");
            must(
                account["seccompProfile"]["type"] == "RuntimeDefault",
                "has no seccomp profile",
            );
            let containers = pod["containers"].as_array().context("containers")?;
            for container in containers {
                let own = &container["securityContext"];
                // RabbitMQ's image writes beside its data.
                let writes = overlay == "development" && maker == "gateline-rabbitmq";
                must(
                    writes || own["readOnlyRootFilesystem"] == true,
                    "may write anywhere",
                );
                must(own["allowPrivilegeEscalation"] == false, "may gain rights");
                must(
                    own["capabilities"]["drop"] == json!(["ALL"]),
                    "has capabilities",
                );
                let resources = &container["resources"];
                must(resources["requests"]["cpu"].is_string(), "asks for no time");
                must(
                    resources["requests"]["memory"].is_string(),
                    "asks for no memory",
                );
                must(
                    resources["limits"]["memory"].is_string(),
                    "has no limit of memory",
                );
                let image = container["image"].as_str().unwrap_or_default();
                let tag = image.rsplit('/').next().unwrap_or_default();
                let tag = tag.split_once(':').map_or("", |(_, tag)| tag);
                must(
                    !tag.is_empty() && tag != "latest",
                    "has an image of no version",
                );
            }
        }
    }
    none("what runs with too much", &wrong);
    Ok(())
}

#[test]
fn every_service_says_whether_it_is_ready_and_ends_in_time() -> Result<()> {
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        for deployment in of_kind(&objects, "Deployment") {
            let pod = &deployment["spec"]["template"]["spec"];
            let container = &pod["containers"][0];
            let path = |probe: &str| container[probe]["httpGet"]["path"].as_str();
            assert_eq!(
                path("livenessProbe"),
                Some("/healthz"),
                "{}",
                name(deployment)
            );
            assert!(path("readinessProbe").is_some(), "{}", name(deployment));
            if name(deployment) == "gateline-edge" {
                continue;
            }
            assert_eq!(path("startupProbe"), Some("/readyz"));
            let settings = of_kind(&objects, "ConfigMap").into_iter();
            let mut stopping =
                settings.filter_map(|it| it["data"]["GATELINE_SHUTDOWN_SECONDS"].as_str());
            let stopping: u64 = stopping.next().context("how long it stops")?.parse()?;
            let waiting = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
            let patience = pod["terminationGracePeriodSeconds"].as_u64();
            let needed = waiting.context("no preStop")? + stopping;
            assert!(
                patience.context("no patience")? > needed,
                "{}",
                name(deployment)
            );
        }
    }
    Ok(())
}

#[test]
fn nobody_speaks_to_anybody_that_no_policy_names() -> Result<()> {
    let mut wrong = Vec::new();
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        let policies = of_kind(&objects, "NetworkPolicy");
        let denies = policies.iter().any(|policy| {
            let spec = &policy["spec"];
            spec["podSelector"] == json!({})
                && spec["policyTypes"] == json!(["Ingress", "Egress"])
                && spec["ingress"].is_null()
                && spec["egress"].is_null()
        });
        assert!(denies, "{overlay}: no policy denies what no other allows");
        for policy in &policies {
            for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
                let rules = policy["spec"][direction].as_array();
                for rule in rules.into_iter().flatten() {
                    let named = rule[peers].as_array().is_some_and(|it| !it.is_empty());
                    let open = rule[peers].as_array().into_iter().flatten().any(|peer| {
                        peer["namespaceSelector"] == json!({}) || peer["podSelector"] == json!({})
                    });
                    if !named || open {
                        wrong.push(format!("{overlay}: {} names nobody", name(policy)));
                    }
                }
            }
        }
    }
    none("policies that let anybody speak", &wrong);
    Ok(())
}

#[test]
fn only_what_signs_holds_the_key_of_the_store() -> Result<()> {
    for overlay in OVERLAYS {
        let objects = documents(&rendered(overlay)?)?;
        let holders = of_kind(&objects, "Deployment").into_iter().filter(|it| {
            let volumes = it["spec"]["template"]["spec"]["volumes"].as_array();
            volumes
                .into_iter()
                .flatten()
                .any(|it| it["name"] == "store-key")
        });
        let mut holders: Vec<&str> = holders.map(name).collect();
        holders.sort_unstable();
        assert_eq!(
            holders,
            ["gateline-checkin", "gateline-tickets"],
            "{overlay}"
        );
    }
    Ok(())
}
