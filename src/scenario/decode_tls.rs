//! `http.tls` and `http.dns`: whom to trust, who we are, and how names become addresses. Files are only named
//! here; the plan reads them.

use super::{
    decode_step::one_of,
    diagnostic::Faults,
    http::{AddressFamily, DnsDefaults, TlsDefaults, TlsVersion},
    reader::{Keys, boolean, duration, entries, literal},
    span::Spanned,
    yaml::Node,
};
use std::net::IpAddr;

pub(super) fn tls(node: &Node, faults: &mut Faults) -> TlsDefaults {
    const VERSIONS: [(&str, TlsVersion); 2] = [("1.2", TlsVersion::V12), ("1.3", TlsVersion::V13)];
    let Some(mut keys) = Keys::open(node, "`tls`", faults) else { return TlsDefaults::default() };
    let verify = keys.get("verify").and_then(|node| boolean(node, "`verify`", faults));
    let mut named = |key: &'static str, faults: &mut Faults| -> Option<Spanned<String>> {
        keys.get(key).and_then(|node| literal(node, &format!("`{key}`"), faults))
    };
    let (ca, cert, key) = (named("ca", faults), named("cert", faults), named("key", faults));
    let server_name = named("server_name", faults);
    let min_version =
        keys.get("min_version").and_then(|node| one_of(node, "`min_version`", &VERSIONS, faults));
    for (one, other) in [("cert", "key"), ("key", "cert")] {
        if keys.has(one) && !keys.has(other) {
            let fault = faults.report(keys.key_span(one), format!("`{one}` needs a `{other}` beside it"));
            fault.label(format!("add `{other}`"));
        }
    }
    keys.finish(faults);
    TlsDefaults { verify, ca, cert, key, min_version, server_name }
}

pub(super) fn dns(node: &Node, faults: &mut Faults) -> DnsDefaults {
    const PREFER: [(&str, AddressFamily); 3] =
        [("any", AddressFamily::Any), ("ipv4", AddressFamily::Ipv4), ("ipv6", AddressFamily::Ipv6)];
    let Some(mut keys) = Keys::open(node, "`dns`", faults) else { return DnsDefaults::default() };
    let named = keys.get("hosts").map_or_else(Vec::new, |node| entries(node, "`hosts`", faults));
    let hosts = named
        .into_iter()
        .filter_map(|(name, node)| Some((name.clone(), address(node, "an address", faults)?)))
        .collect();
    let ttl = keys.get("ttl").and_then(|node| duration(node, "`ttl`", faults));
    let prefer = keys.get("prefer").and_then(|node| one_of(node, "`prefer`", &PREFER, faults));
    keys.finish(faults);
    DnsDefaults { hosts, ttl, prefer }
}

pub(super) fn address(node: &Node, what: &str, faults: &mut Faults) -> Option<IpAddr> {
    let written = literal(node, what, faults)?;
    let address = written.value.parse().ok();
    if address.is_none() {
        let fault = faults.report(node.span, format!("`{}` is not an IP address", written.value));
        fault.label("for example `127.0.0.1` or `::1`");
    }
    address
}
