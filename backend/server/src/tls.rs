//! TLS of the server's own: a given certificate, or one made at the first start
//! and kept, whose fingerprint gates pin.

use crate::config::Config;
use crate::secrets;
use anyhow::{Context as _, bail};
use axum_server::tls_rustls::RustlsConfig;
use gateline_adapters::private;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;

/// How the server speaks TLS.
pub(crate) struct Tls {
    pub(crate) rustls: RustlsConfig,
    /// SHA-256 of the certificate in DER.
    pub(crate) fingerprint: [u8; 32],
}

/// TLS as configured; `None` for plain HTTP.
///
/// # Errors
/// When certificate or key cannot be read, made or used.
pub(crate) fn from(config: &Config) -> anyhow::Result<Option<Tls>> {
    let (cert, key) = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => (cert.clone(), key.clone()),
        _ if config.tls_self_signed => made(config)?,
        _ => return Ok(None),
    };
    let chain = CertificateDer::pem_file_iter(&cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read certificates from {}", cert.display()))?;
    let Some(first) = chain.first() else {
        bail!("{} holds no certificate", cert.display());
    };
    let fingerprint = Sha256::digest(first).into();
    let key = PrivateKeyDer::from_pem_file(&key)
        .with_context(|| format!("cannot read a key from {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("certificate and key do not go together")?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Tls {
        rustls: RustlsConfig::from_config(Arc::new(server)),
        fingerprint,
    }))
}

/// What to tell the operator at the start: the address, and the fingerprint by
/// which the certificate is known.
///
/// # Errors
/// As for serving itself.
pub fn announcement(config: &Config) -> anyhow::Result<String> {
    let mut text = format!("gateline serves {}\n", config.address());
    if config.public_url.is_none() && config.listen.ip().is_unspecified() {
        text += "others cannot use this address: name a reachable one with --public-url\n";
    }
    if let Some(tls) = from(config)? {
        let pairs: Vec<String> = tls.fingerprint.iter().map(|b| format!("{b:02X}")).collect();
        text += &format!("certificate SHA-256: {}\n", pairs.join(":"));
    }
    Ok(text)
}

/// The kept self-signed certificate, made if there is none yet.
fn made(config: &Config) -> anyhow::Result<(PathBuf, PathBuf)> {
    let cert = config.data.join("tls-cert.pem");
    let key = config.data.join("tls-key.pem");
    if !cert.exists() || !key.exists() {
        private::make_folder(&config.data)
            .with_context(|| format!("cannot make {}", config.data.display()))?;
        let made = rcgen::generate_simple_self_signed(names(config))?;
        secrets::write(&key, made.signing_key.serialize_pem().as_bytes())?;
        // Gates pin it: neither may be lost once somebody was told of it.
        secrets::write(&cert, made.cert.pem().as_bytes())?;
    }
    Ok((cert, key))
}

fn names(config: &Config) -> Vec<String> {
    let mut names = config.tls_names.clone();
    if names.is_empty() {
        names.push("localhost".to_owned());
        names.push("127.0.0.1".to_owned());
        if !config.listen.ip().is_unspecified() && !config.listen.ip().is_loopback() {
            names.push(config.listen.ip().to_string());
        }
        let url = config.public_url.as_deref().unwrap_or_default();
        if let Some(host) = url
            .parse::<axum::http::Uri>()
            .ok()
            .as_ref()
            .and_then(|u| u.host())
        {
            names.push(host.to_owned());
        }
    }
    names
}
