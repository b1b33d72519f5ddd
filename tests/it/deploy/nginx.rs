//! The routes of `deploy/nginx`, asked for.

use super::proxy::{Proxy, ROUTED};
use super::{none, root, routes, text, tools};
use anyhow::{Context, Result};

#[tokio::test]
async fn every_path_of_the_api_reaches_the_service_that_serves_it() -> Result<()> {
    let proxy = Proxy::start("").await?;
    let mut wrong = Vec::new();
    let served = routes::served()?;
    for (path, service) in &served {
        for asked in [path.clone(), format!("{path}?page=2"), format!("{path}/")] {
            let found = proxy.service_of(&asked)?;
            if found != *service {
                wrong.push(format!("{asked} is {service}'s, and reaches {found}"));
            }
        }
    }
    none("paths that go astray", &wrong);
    for page in [
        "/",
        "/api/docs",
        "/api/docs/index.html",
        "/api/openapi.json",
    ] {
        assert_eq!(proxy.service_of(page)?, "auth", "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_for_the_inside_is_reached_by_no_spelling_of_its_path() -> Result<()> {
    let proxy = Proxy::start("").await?;
    for path in [
        "/internal",
        "/internal/sessions",
        "//internal/sessions",
        "/./internal/sessions",
        "/%69nternal/sessions",
        "/INTERNAL/sessions",
        "/internal/../api/users/currentuser",
        "http://auth/internal/sessions",
        "/metrics",
        "/metrics?x",
        "/readyz",
        "/api",
        "/api/",
        "/api/internal",
        "/api/eventsx",
        "/api/usersx/1",
        "/api/docsx",
        "/api/expiration",
        "/api/mail",
    ] {
        let answer = proxy.ask("GET", path, "", b"")?;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.contains(r#""code":"not_found""#), "{path}");
        assert!(
            answer.head.contains("content-type: application/json"),
            "{path}"
        );
    }
    // Passed on as it was written, so it is no path of the service either.
    let climbing = "/api/users/../../internal/sessions";
    let answer = proxy.ask("GET", climbing, "", b"")?;
    assert!(
        answer.body.contains(&format!("GET {climbing} ")),
        "{}",
        answer.body
    );
    // NGINX itself, and nobody behind it.
    assert_eq!(proxy.ask("GET", "/healthz", "", b"")?.body, "alive\n");
    Ok(())
}

#[tokio::test]
async fn an_instance_that_is_gone_is_passed_over_and_a_service_that_is_gone_is_told() -> Result<()>
{
    let proxy = Proxy::start("payments").await?;
    for _ in 0..4 {
        let answer = proxy.ask("POST", "/api/orders", "", b"{}")?;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let answer = proxy.ask("GET", "/api/payments", "", b"")?;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(
        answer.body.contains(r#""code":"unavailable""#),
        "{}",
        answer.body
    );
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    Ok(())
}

#[tokio::test]
async fn messages_go_out_when_they_come() -> Result<()> {
    let proxy = Proxy::start("").await?;
    proxy.hears("/api/checkin/device/push", "data: 1")?;
    proxy.hears("/api/checkin/events/4711/live", "data: 1")
}

#[tokio::test]
async fn a_body_larger_than_anything_that_is_read_is_refused_in_the_form_of_the_api() -> Result<()>
{
    let proxy = Proxy::start("").await?;
    let largest = vec![b'x'; 2 * 1024 * 1024 + 1];
    let answer = proxy.ask("POST", "/api/checkin/device/scans", "", &largest)?;
    assert_eq!(answer.status, 200, "the service itself says no to it");
    let larger = vec![b'x'; 4 * 1024 * 1024];
    let answer = proxy.ask("POST", "/api/checkin/device/scans", "", &larger)?;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(
        answer.body.contains(r#""code":"too_large""#),
        "{}",
        answer.body
    );
    Ok(())
}

#[tokio::test]
async fn a_service_hears_who_asks_and_under_which_id() -> Result<()> {
    let proxy = Proxy::start("").await?;
    let head = "X-Request-Id: gate-7.1\r\nX-Forwarded-For: 192.0.2.9\r\n";
    let asked = proxy.ask("GET", "/api/events", head, b"")?.body;
    assert!(asked.contains("X-Request-Id: gate-7.1\n"), "{asked}");
    assert!(
        asked.contains("X-Forwarded-For: 192.0.2.9, 127.0.0.1\n"),
        "{asked}"
    );
    assert!(asked.contains("Host: gateline.example.org\n"), "{asked}");
    let head = "X-Request-Id: ${jndi:x} y\r\n";
    let asked = proxy.ask("GET", "/api/events", head, b"")?.body;
    assert!(
        asked.contains("X-Request-Id: ") && !asked.contains("jndi"),
        "{asked}"
    );
    Ok(())
}

/// As the image has it, but for names that only a container network knows.
#[test]
fn the_configuration_of_the_containers_is_sound_wherever_they_are() -> Result<()> {
    for place in ["deploy/compose", "deploy/kubernetes/base/edge"] {
        let folder = tempfile::tempdir()?;
        let inside = folder.path().to_string_lossy().into_owned();
        for name in ["nginx.conf", "http.conf", "routes.conf", "server.conf"] {
            let text = text(&format!("deploy/nginx/{name}"))?;
            let text = text.replace("/tmp/", &format!("{inside}/"));
            std::fs::write(folder.path().join(name), text)?;
        }
        let upstreams = text(&format!("{place}/upstreams.conf"))?;
        let mut known = String::new();
        for line in upstreams.lines() {
            match line.trim().strip_prefix("server ") {
                Some(server) => {
                    let name = server
                        .split(':')
                        .next()
                        .context("a server without a name")?;
                    let service = name.strip_prefix("gateline-").unwrap_or(name);
                    assert!(known.contains(&format!("upstream {service} {{")), "{line}");
                    known.push_str("server 127.0.0.1:8080;");
                }
                None => known.push_str(line),
            }
            known.push('\n');
        }
        for service in ROUTED {
            assert!(
                known.contains(&format!("upstream {service} {{")),
                "{place}: {service}"
            );
        }
        std::fs::write(folder.path().join("upstreams.conf"), known)?;
        let mut check = tools::installed("nginx");
        check.args(["-t", "-q", "-e", "stderr", "-c"]);
        check.arg(folder.path().join("nginx.conf"));
        tools::output(check)?;
    }
    assert!(root().join("deploy/nginx/tls.conf").is_file());
    Ok(())
}
