//! Where a server is, by its address alone.

use reqwest::Url;
use std::net::IpAddr;

/// Is this host the machine itself? Only there is nobody who could answer in the
/// server's place, or read the credential on its way.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match address(url) {
        Ok(ip) => ip.is_loopback(),
        Err(name) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Is this host on the machine itself or on the venue's own network? It is
/// reached without a proxy.
pub(super) fn is_local(url: &Url) -> bool {
    match address(url) {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(name) => {
            !name.contains('.')
                || [".local", ".lan", ".internal", ".localhost", ".home.arpa"]
                    .iter()
                    .any(|suffix| name.ends_with(suffix))
        }
    }
}

/// The host's address, or its name.
fn address(url: &Url) -> Result<IpAddr, &str> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_err(|_| bare)
}
