//! From where somebody signs in: the address, and the mark of a known browser.

use super::Shared;
use crate::config::Network;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use gateline_core::auth::Client;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client of the request.
pub(super) struct AskedFrom(pub(super) Client);

impl FromRequestParts<Shared> for AskedFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self(Client {
            address: address(peer, &parts.headers, &shared.trusted_proxies),
            device: shared.device_cookie.value(&parts.headers),
        }))
    }
}

/// The last address on the way here that no trusted proxy has: what stands
/// before it in the header, the client may have written itself.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let lines = headers.get_all(FORWARDED_FOR).into_iter();
    let texts: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let hops = texts.iter().flat_map(|text| text.split(','));
    let mut hops: Vec<&str> = hops.map(str::trim).collect();
    let mut nearest = peer.to_canonical();
    while trusted.iter().any(|network| network.contains(nearest)) {
        let Some(Some(hop)) = hops.pop().map(address_of) else {
            break;
        };
        nearest = hop.to_canonical();
    }
    nearest
}

/// The address of a hop; proxies write it bare, with a port, in brackets or in
/// quotes.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_matches('"');
    let in_brackets = bare
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = in_brackets.unwrap_or(bare).parse();
    let with_port = || bare.parse::<SocketAddr>().map(|address| address.ip());
    address.or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_trusted_proxy_wrote_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "1.1.1.1, 2.2.2.2".parse().unwrap());
        headers.append(FORWARDED_FOR, "10.0.0.2".parse().unwrap());
        let proxies: [Network; 2] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        assert_eq!(address(ip("10.0.0.1"), &headers, &[]), ip("10.0.0.1"));
        assert_eq!(address(ip("9.9.9.9"), &headers, &proxies), ip("9.9.9.9"));
        assert_eq!(address(ip("10.0.0.1"), &headers, &proxies), ip("2.2.2.2"));
        let mapped = ip("::ffff:10.0.0.1");
        assert_eq!(address(mapped, &headers, &proxies), ip("2.2.2.2"));
        assert_eq!(
            address(ip("10.0.0.1"), &HeaderMap::new(), &proxies),
            ip("10.0.0.1")
        );
        let whole = ["10.0.0.0/8".parse::<Network>().unwrap()];
        assert_eq!(address(ip("10.7.7.7"), &headers, &whole), ip("2.2.2.2"));
    }

    #[test]
    fn an_address_is_read_however_a_proxy_writes_it() {
        for (written, meant) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("\"192.0.2.1\"", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ] {
            assert_eq!(address_of(written), meant.parse().ok(), "{written}");
        }
        assert_eq!(address_of("unknown"), None);
    }
}
