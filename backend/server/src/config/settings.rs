//! Every setting, once: its name on the command line, in the environment and in
//! the file, its type, its default and its description.

use super::Network;
use clap::ValueEnum;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $(#[arg($($arg:tt)*)])? $name:ident / $env:literal : $($kind:ident)+ <$type:ty> $(= $default:expr)?;)*) => {
        /// What was said in one place; `None` where nothing was.
        #[derive(Debug, Clone, Default, clap::Args, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Settings {
            $($(#[doc = $doc])* #[arg(long, env = $env $(, $($arg)*)?)] pub $name: Option<$type>,)*
        }

        /// The configuration of one server.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $doc])* pub $name: settings!(@type $($kind)+ $type),)*
        }

        impl Settings {
            /// These settings, and `below` where they say nothing.
            #[must_use]
            pub fn or(self, below: Self) -> Self {
                Self { $($name: self.$name.or(below.$name),)* }
            }

            pub(super) fn resolve(self) -> Config {
                Config { $($name: settings!(@value self.$name $(, $default)?),)* }
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@value $given:expr, $default:expr) => { $given.unwrap_or_else(|| $default) };
    (@value $given:expr) => { $given };
}

settings! {
    /// Where to listen [default: 127.0.0.1:8080].
    listen / "GATELINE_LISTEN": required<SocketAddr> = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    /// Folder of the store, the secrets and the mail [default: gateline-data].
    data / "GATELINE_DATA": required<PathBuf> = PathBuf::from("gateline-data");
    /// File of the keys that seal signing keys in the store, made at the first start [default: store-key in the data folder].
    store_key_file / "GATELINE_STORE_KEY_FILE": optional<PathBuf>;
    /// Address under which browsers and gates reach this server [default: derived from listen].
    public_url / "GATELINE_PUBLIC_URL": optional<String>;
    /// Services to run in this process, comma-separated [default: all].
    #[arg(value_delimiter = ',', num_args = 1)]
    services / "GATELINE_SERVICES": required<Vec<ServiceName>> = ServiceName::ALL.to_vec();
    /// Address of MongoDB (mongodb://…). With it, services run apart from each other, over MongoDB, RabbitMQ and Redis.
    mongodb_url / "GATELINE_MONGODB_URL": optional<String>;
    /// With what the names of the databases, queues and keys of this installation begin [default: gateline].
    name_prefix / "GATELINE_NAME_PREFIX": required<String> = "gateline".to_owned();
    /// Address of RabbitMQ (amqp://…).
    rabbitmq_url / "GATELINE_RABBITMQ_URL": optional<String>;
    /// Address of Redis (redis://…).
    redis_url / "GATELINE_REDIS_URL": optional<String>;
    /// File of the secret that all processes of an installation share: at least 32 random characters.
    shared_secret_file / "GATELINE_SHARED_SECRET_FILE": optional<PathBuf>;
    /// Where the auth service answers other services, if it is not in this process.
    auth_url / "GATELINE_AUTH_URL": optional<String>;
    /// Where the orders service answers the payments service, if it is not in this process.
    orders_url / "GATELINE_ORDERS_URL": optional<String>;
    /// Where the payments service answers the orders service, if it is not in this process.
    payments_url / "GATELINE_PAYMENTS_URL": optional<String>;
    /// Form of the log [default: text].
    log_format / "GATELINE_LOG_FORMAT": required<LogFormat> = LogFormat::Text;
    /// What to log, as tracing-subscriber's filter; lapin, which shows whole messages of the broker, tells only errors unless it is named [default: info].
    log / "GATELINE_LOG": required<String> = "info".to_owned();
    /// Collector that traces are sent to by OTLP over HTTP (http://host:4318); without one nothing is traced.
    otlp_url / "GATELINE_OTLP_URL": optional<String>;
    /// Share of the traces that begin here which is recorded, from 0 to 1 [default: 1].
    otlp_sample_ratio / "GATELINE_OTLP_SAMPLE_RATIO": required<f64> = 1.0;
    /// PEM file of the certificate chain, to speak TLS.
    tls_cert / "GATELINE_TLS_CERT": optional<PathBuf>;
    /// PEM file of the certificate's key.
    tls_key / "GATELINE_TLS_KEY": optional<PathBuf>;
    /// Make a certificate at the first start, keep it in the data folder, and speak TLS with it.
    #[arg(num_args = 0..=1, default_missing_value = "true")]
    tls_self_signed / "GATELINE_TLS_SELF_SIGNED": required<bool> = false;
    /// Names and addresses for which the made certificate is good [default: localhost and the address of public_url].
    #[arg(value_delimiter = ',', num_args = 1)]
    tls_names / "GATELINE_TLS_NAMES": required<Vec<String>> = Vec::new();
    /// Largest body of an account's request, in bytes; who is not signed in sends 16384 at most [default: 262144].
    max_body_bytes / "GATELINE_MAX_BODY_BYTES": required<usize> = 256 * 1024;
    /// Longest time to answer a request, in seconds [default: 30].
    request_timeout_seconds / "GATELINE_REQUEST_TIMEOUT_SECONDS": required<u64> = 30;
    /// Longest time that a connection waits for a request's head, or for its client to take more of an answer, in seconds [default: 30].
    connection_idle_seconds / "GATELINE_CONNECTION_IDLE_SECONDS": required<u64> = 30;
    /// Most connections at a time, as far as the limit of open files allows [default: 10000].
    max_connections / "GATELINE_MAX_CONNECTIONS": required<u32> = 10_000;
    /// Longest time for running requests to finish at the end, in seconds [default: 10].
    shutdown_seconds / "GATELINE_SHUTDOWN_SECONDS": required<u64> = 10;
    /// E-mail addresses whose accounts run the installation, comma-separated.
    #[arg(value_delimiter = ',', num_args = 1)]
    admin_emails / "GATELINE_ADMIN_EMAILS": required<Vec<String>> = Vec::new();
    /// Life of a session, in seconds [default: 2592000, 30 days].
    session_ttl_seconds / "GATELINE_SESSION_TTL_SECONDS": required<u64> = 30 * 86_400;
    /// Life of an access token, in seconds; cookies are renewed [default: 86400, 1 day].
    token_ttl_seconds / "GATELINE_TOKEN_TTL_SECONDS": required<u64> = 86_400;
    /// Failed sign-ins to one account within 15 minutes before the network or known device that tries has to wait [default: 10].
    sign_in_attempts / "GATELINE_SIGN_IN_ATTEMPTS": required<u32> = 10;
    /// Requests a second that one account may make in the long run [default: 300].
    account_requests_per_second / "GATELINE_ACCOUNT_REQUESTS_PER_SECOND": required<u32> = 300;
    /// Requests that one account may make at once after it was quiet [default: 3000].
    account_burst / "GATELINE_ACCOUNT_BURST": required<u32> = 3000;
    /// Requests a second that one enrolled device may make in the long run [default: 100].
    device_requests_per_second / "GATELINE_DEVICE_REQUESTS_PER_SECOND": required<u32> = 100;
    /// Requests that one enrolled device may make at once after it was quiet [default: 400].
    device_burst / "GATELINE_DEVICE_BURST": required<u32> = 400;
    /// Addresses or networks (10.0.0.0/8) of proxies whose `X-Forwarded-For` is believed, comma-separated.
    #[arg(value_delimiter = ',', num_args = 1)]
    trusted_proxies / "GATELINE_TRUSTED_PROXIES": required<Vec<Network>> = Vec::new();
    /// How long an unpaid order holds its tickets, in seconds [default: 900].
    order_hold_seconds / "GATELINE_ORDER_HOLD_SECONDS": required<u64> = 900;
    /// Days after an event's end for which names and addresses of its buyers and guests are kept [default: for good].
    retain_personal_days / "GATELINE_RETAIN_PERSONAL_DAYS": optional<u32>;
    /// Payment gateway; `test` pays nothing and marks everything.
    payment_gateway / "GATELINE_PAYMENT_GATEWAY": optional<String>;
    /// For tests: repeat, delay and reorder the events of the bus by this seed.
    bus_disorder_seed / "GATELINE_BUS_DISORDER_SEED": optional<u64>;
    /// SMTP server that mail goes through (smtps://user:password@host, or smtp://host?tls=required); without one it is written to mail_folder.
    smtp_url / "GATELINE_SMTP_URL": optional<String>;
    /// Folder that mail is written to [default: mail in the data folder].
    mail_folder / "GATELINE_MAIL_FOLDER": optional<PathBuf>;
    /// Folder of fonts (TTF, OTF, TTC) for characters on tickets beyond Latin, Greek, Cyrillic and emoji.
    print_fonts / "GATELINE_PRINT_FONTS": optional<PathBuf>;
    /// Sender of mail [default: Gateline <tickets@localhost>].
    mail_from / "GATELINE_MAIL_FROM": required<String> = "Gateline <tickets@localhost>".to_owned();
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// A service that this binary can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum ServiceName {
    /// Users, organizations, sessions.
    Auth,
    /// Events, venues, ticket types.
    Events,
    /// Orders and stock.
    Orders,
    /// The schedule of unpaid orders.
    Expiration,
    /// Charges and refunds.
    Payments,
    /// Prices by policy.
    Pricing,
    /// Issued tickets.
    Tickets,
    /// Devices, feeds, scans.
    CheckIn,
    /// Mail to buyers.
    Mail,
}

impl ServiceName {
    /// Every service.
    pub const ALL: &'static [Self] = &[
        Self::Auth,
        Self::Events,
        Self::Orders,
        Self::Expiration,
        Self::Payments,
        Self::Pricing,
        Self::Tickets,
        Self::CheckIn,
        Self::Mail,
    ];
}

impl std::fmt::Display for ServiceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}
