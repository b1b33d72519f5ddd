//! What a configuration must say for services to run apart from each other, and
//! what it must not say. Each refusal names the setting.

use super::{Config, ServiceName};
use anyhow::ensure;

impl Config {
    /// Do services keep their state in MongoDB, and hear of each other by RabbitMQ?
    #[must_use]
    pub fn is_distributed(&self) -> bool {
        self.mongodb_url.is_some()
    }
}

pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    ensure!(
        !config.services.is_empty(),
        "services: there is none to be run"
    );
    if config.is_distributed() {
        apart(config)
    } else {
        together(config)
    }
}

/// One process that does everything.
fn together(config: &Config) -> anyhow::Result<()> {
    for name in ServiceName::ALL {
        ensure!(
            config.runs(*name),
            "services: `{name}` is missing, and the in-process bus reaches only the services of \
             this process, so its events would be lost; run all of them, or set mongodb_url, \
             rabbitmq_url and redis_url"
        );
    }
    for (setting, given) in [
        ("rabbitmq_url", &config.rabbitmq_url),
        ("redis_url", &config.redis_url),
    ] {
        ensure!(
            given.is_none(),
            "{setting} goes with mongodb_url, which is not set: the embedded store needs neither"
        );
    }
    Ok(())
}

/// One of many processes.
fn apart(config: &Config) -> anyhow::Result<()> {
    for (setting, is_set) in [
        ("rabbitmq_url", config.rabbitmq_url.is_some()),
        ("redis_url", config.redis_url.is_some()),
        ("shared_secret_file", config.shared_secret_file.is_some()),
    ] {
        ensure!(is_set, "{setting} is not set, and mongodb_url needs it");
    }
    let auth_elsewhere = !config.runs(ServiceName::Auth);
    let needs = [
        ("auth_url", &config.auth_url, auth_elsewhere, "auth"),
        (
            "payments_url",
            &config.payments_url,
            config.runs(ServiceName::Orders) && !config.runs(ServiceName::Payments),
            "payments",
        ),
        (
            "orders_url",
            &config.orders_url,
            config.runs(ServiceName::Payments) && !config.runs(ServiceName::Orders),
            "orders",
        ),
    ];
    for (setting, given, is_needed, service) in needs {
        ensure!(
            !is_needed || given.is_some(),
            "{setting} is not set, and the service `{service}` is not in this process"
        );
    }
    let seals = config.runs(ServiceName::Tickets) || config.runs(ServiceName::CheckIn);
    ensure!(
        !seals || config.store_key_file.is_some(),
        "store_key_file is not set: all instances of tickets and checkin need the same"
    );
    ensure!(
        !config.runs(ServiceName::Mail)
            || config.smtp_url.is_some()
            || config.mail_folder.is_some(),
        "neither smtp_url nor mail_folder is set"
    );
    ensure!(
        !config.runs(ServiceName::CheckIn) || config.public_url.is_some(),
        "public_url is not set: enrolment codes tell gates where to go"
    );
    ensure!(
        !config.tls_self_signed,
        "tls_self_signed makes a certificate for one server: with mongodb_url, set tls_cert and \
         tls_key, or let a proxy speak TLS"
    );
    ensure!(
        is_plain(&config.name_prefix),
        "name_prefix has 1 to 30 lower-case letters, digits, - and _, and begins with a letter"
    );
    Ok(())
}

/// Will MongoDB, RabbitMQ and Redis all take it as the beginning of a name?
fn is_plain(prefix: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=30).contains(&prefix.len())
        && prefix.starts_with(|c: char| c.is_ascii_lowercase())
        && prefix.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn refusal(settings: Settings) -> String {
        Config::load(settings, None).unwrap_err().to_string()
    }

    fn whole() -> Settings {
        Settings {
            mongodb_url: Some("mongodb://mongo".to_owned()),
            rabbitmq_url: Some("amqp://rabbit".to_owned()),
            redis_url: Some("redis://redis".to_owned()),
            shared_secret_file: Some("shared".into()),
            store_key_file: Some("store-key".into()),
            mail_folder: Some("mail".into()),
            public_url: Some("https://tickets.example.org".to_owned()),
            ..Settings::default()
        }
    }

    #[test]
    fn half_of_the_services_over_the_in_process_bus_are_refused() {
        let half = Settings {
            services: Some(vec![ServiceName::Orders, ServiceName::Auth]),
            ..Settings::default()
        };
        assert!(refusal(half).contains("in-process bus"));
    }

    #[test]
    fn a_setting_that_is_missing_is_named() {
        Config::load(whole(), None).unwrap();
        type Unset = fn(&mut Settings);
        let missing: [(&str, Unset); 6] = [
            ("rabbitmq_url", |s| s.rabbitmq_url = None),
            ("redis_url", |s| s.redis_url = None),
            ("shared_secret_file", |s| s.shared_secret_file = None),
            ("store_key_file", |s| s.store_key_file = None),
            ("mail_folder", |s| s.mail_folder = None),
            ("public_url", |s| s.public_url = None),
        ];
        for (name, unset) in missing {
            let mut settings = whole();
            unset(&mut settings);
            assert!(refusal(settings).contains(name), "{name}");
        }
        let embedded = Settings {
            redis_url: whole().redis_url,
            ..Settings::default()
        };
        assert!(refusal(embedded).contains("mongodb_url"));
    }

    #[test]
    fn a_process_must_know_where_the_services_are_that_it_asks() {
        for (service, name) in [
            (ServiceName::Events, "auth_url"),
            (ServiceName::Orders, "payments_url"),
            (ServiceName::Payments, "orders_url"),
        ] {
            let mut settings = whole();
            settings.services = Some(vec![service]);
            if service != ServiceName::Events {
                settings.auth_url = Some("http://auth:8080".to_owned());
            }
            assert!(refusal(settings).contains(name), "{name}");
        }
    }

    #[test]
    fn a_prefix_that_an_engine_would_not_take_is_refused() {
        for bad in ["", "Gate", "1st", "a.b", "a b", "ä", &"a".repeat(31)] {
            let mut settings = whole();
            settings.name_prefix = Some(bad.to_owned());
            assert!(refusal(settings).contains("name_prefix"), "{bad}");
        }
    }
}
