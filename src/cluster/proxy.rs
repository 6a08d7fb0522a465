//! Which proxy the environment asks for. kube's own choice matches `NO_PROXY` against the proxy instead of the server.
//!
//! Reads variables only through what it is given. Must not know kubeconfigs: a `proxy-url` there goes before this.

use std::net::IpAddr;

use http::Uri;

/// Returns the proxy for a server as Go's `ProxyFromEnvironment` chooses it: never for loopback addresses.
#[must_use]
pub fn from_environment(server: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<Uri> {
    let host = server.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
    let names: [&str; 2] = if server.scheme_str() == Some("https") {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    let set = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let proxy = set(&names)?;
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return None;
    }
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    let exempt = set(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
    if exempt.split(',').any(|rule| matches(rule.trim(), &host, address, port)) {
        return None;
    }
    let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    proxy.parse().ok()
}

/// Tells whether one rule of `NO_PROXY` covers a host: `*`, an address, a network, a host, or a domain.
fn matches(rule: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    let rule = rule.to_ascii_lowercase();
    if rule.is_empty() {
        return false;
    }
    if rule == "*" {
        return true;
    }
    if let (Some((network, bits)), Some(address)) = (rule.split_once('/'), address) {
        return match (network.parse(), bits.parse()) {
            (Ok(network), Ok(bits)) => in_network(address, network, bits),
            _ => false,
        };
    }
    let (name, wanted) = match rule.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => match digits.parse::<u16>() {
            Ok(wanted) => (name, Some(wanted)),
            Err(_) => (rule.as_str(), None),
        },
        _ => (rule.as_str(), None),
    };
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']);
    if let Ok(ip) = name.parse::<IpAddr>() {
        return address == Some(ip);
    }
    // `example.com` covers the host and its subdomains, `.example.com` and `*.example.com` the subdomains alone.
    let bare = name.trim_start_matches('*');
    match bare.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => host == bare || host.strip_suffix(bare).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn in_network(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(address) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(address) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, no_proxy: &str) -> Option<Uri> {
        from_environment(&server.parse().unwrap(), |name| match name {
            "HTTPS_PROXY" => Some("proxy.corp:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_environment_s_proxy_is_used_unless_the_server_is_exempt() {
        assert_eq!(chosen("https://k8s.example.com", "").unwrap(), "http://proxy.corp:3128/");
        assert_eq!(chosen("http://k8s.example.com", ""), None, "HTTPS_PROXY is for https alone");
        let exempt = [
            ("https://k8s.example.com", "example.com"),
            ("https://k8s.example.com", "other, .example.com"),
            ("https://k8s.example.com", "*.example.com"),
            ("https://k8s.example.com:6443", "k8s.example.com:6443"),
            ("https://10.1.2.3:6443", "10.0.0.0/8"),
            ("https://10.1.2.3", "10.1.2.3"),
            ("https://[fd00::1]:6443", "fd00::/8"),
            ("https://anything", "*"),
            ("https://127.0.0.1:6443", ""),
            ("https://localhost:6443", ""),
        ];
        for (server, rule) in exempt {
            assert_eq!(chosen(server, rule), None, "{server} {rule}");
        }
        let proxied = [
            ("https://badexample.com", "example.com"),
            ("https://example.com", ".example.com"),
            ("https://k8s.example.com:6443", "k8s.example.com:443"),
            ("https://11.1.2.3", "10.0.0.0/8"),
        ];
        for (server, rule) in proxied {
            assert!(chosen(server, rule).is_some(), "{server} {rule}");
        }
    }
}
