//! `http`: what is carried out is kept, the rest is checked and refused at run time.
//!
//! An option that is written as what this version does anyway is no reason to refuse a file.

use super::{
    decode_request::redirects,
    decode_step::one_of,
    diagnostic::Faults,
    reader::{
        Keys, boolean, duration, entries, items, literal, pairs, positive_duration, quantity, text,
        whole_number, word,
    },
    step::Redirects,
    types::HttpDefaults,
    yaml::{Node, NodeValue},
};
use crate::model::parse_bytes;
use std::{net::IpAddr, time::Duration};

pub(super) fn http(node: &Node, faults: &mut Faults) -> HttpDefaults {
    let Some(mut keys) = Keys::open(node, "`http`", faults) else { return HttpDefaults::default() };
    let headers = keys.get("headers").map_or_else(Vec::new, |node| pairs(node, "`headers`", faults));
    let user_agent = keys.get("user_agent").and_then(|node| text(node, "`user_agent`", faults));
    let timeout = keys.get("timeout").and_then(|node| positive_duration(node, "`timeout`", faults));
    let allowed_hosts = keys.get("allowed_hosts").map_or_else(Vec::new, |node| hosts(node, faults));
    connections(&mut keys, faults);
    exchange(&mut keys, faults);
    network(&mut keys, faults);
    keys.finish(faults);
    HttpDefaults { headers, user_agent, timeout, allowed_hosts }
}

fn hosts(node: &Node, faults: &mut Faults) -> Vec<String> {
    let list = items(node, "`allowed_hosts`", faults).unwrap_or_default();
    let mut hosts = Vec::with_capacity(list.len());
    for node in list {
        let Some(host) = literal(node, "a host", faults) else { continue };
        if host.value.contains(['/', ':', '@', '*', ' ']) {
            let fault = faults.report(node.span, format!("`{}` is not a host's name", host.value));
            fault.label("the name alone, as in `cdn.example.com`");
        } else {
            hosts.push(host.value.to_lowercase());
        }
    }
    hosts
}

/// Reads a key and refuses it at run time, unless it says what happens anyway.
fn later<T: PartialEq>(
    keys: &mut Keys<'_>,
    key: &'static str,
    anyway: Option<T>,
    faults: &mut Faults,
    read: impl FnOnce(&Node, &str, &mut Faults) -> Option<T>,
) {
    let Some(node) = keys.get(key) else { return };
    let what = format!("`{key}`");
    let found = read(node, &what, faults);
    if found.is_some() && found != anyway {
        let path = match keys.what() {
            "`http`" => format!("`http.{key}`"),
            inner => format!("`http.{}.{key}`", inner.trim_matches('`')),
        };
        faults.not_yet(keys.key_span(key), &path);
    }
}

fn connections(keys: &mut Keys<'_>, faults: &mut Faults) {
    const CONNECTIONS: [(&str, bool); 2] = [("per_user", true), ("shared", false)];
    const VERSIONS: [(&str, bool); 4] =
        [("auto", true), ("1.1", false), ("2", false), ("2-prior-knowledge", false)];
    let ten = Some(Duration::from_secs(10));
    later(keys, "connect_timeout", ten, faults, positive_duration);
    later(keys, "connections", Some(true), faults, |node, what, faults| {
        one_of(node, what, &CONNECTIONS, faults)
    });
    later(keys, "max_idle_per_host", None, faults, |node, what, faults| {
        whole_number(node, what, 0..=1_000_000, faults)
    });
    later(keys, "reuse", Some(true), faults, boolean);
    later(keys, "version", Some(true), faults, |node, what, faults| one_of(node, what, &VERSIONS, faults));
}

fn exchange(keys: &mut Keys<'_>, faults: &mut Faults) {
    later(keys, "follow_redirects", Some(Redirects::No), faults, redirects);
    later(keys, "cookies", Some(false), faults, boolean);
    later(keys, "reset_each_iteration", Some(false), faults, boolean);
    later(keys, "compression", Some(Vec::new()), faults, compression);
    later(keys, "max_body", Some(10 * 1024 * 1024), faults, |node, what, faults| {
        let written = word(node, what, faults)?;
        quantity(parse_bytes(written.value), written.span, what, faults)
    });
    later(keys, "discard_bodies", Some(false), faults, boolean);
    later(keys, "max_rate", None, faults, |node, what, faults| {
        super::decode_load::positive_rate(node, what, faults)
    });
    later(keys, "trace", Some(false), faults, boolean);
}

fn compression(node: &Node, what: &str, faults: &mut Faults) -> Option<Vec<()>> {
    const KNOWN: [(&str, ()); 4] = [("gzip", ()), ("br", ()), ("zstd", ()), ("deflate", ())];
    let NodeValue::List(list) = &node.value else {
        let fault = faults.report(node.span, format!("{what} is a list, this is {}", node.kind()));
        fault.label("for example `[gzip, br]`");
        return None;
    };
    list.iter().map(|node| one_of(node, what, &KNOWN, faults)).collect()
}

fn network(keys: &mut Keys<'_>, faults: &mut Faults) {
    later(keys, "proxy", None, faults, |node, what, faults| {
        let url = literal(node, what, faults)?;
        let known = ["http://", "https://", "socks5://"].iter().any(|scheme| url.value.starts_with(scheme));
        if !known {
            let fault = faults.report(node.span, format!("`{}` is not a proxy's URL", url.value));
            fault.label("for example `http://127.0.0.1:3128`");
        }
        known.then_some(())
    });
    later(keys, "local_address", None, faults, address);
    if let Some(node) = keys.get("tls") {
        tls(node, faults);
    }
    if let Some(node) = keys.get("dns") {
        dns(node, faults);
    }
}

fn address(node: &Node, what: &str, faults: &mut Faults) -> Option<IpAddr> {
    let written = literal(node, what, faults)?;
    let address = written.value.parse().ok();
    if address.is_none() {
        let fault = faults.report(node.span, format!("`{}` is not an IP address", written.value));
        fault.label("for example `127.0.0.1` or `::1`");
    }
    address
}

fn tls(node: &Node, faults: &mut Faults) {
    const VERSIONS: [(&str, ()); 2] = [("1.2", ()), ("1.3", ())];
    let Some(mut keys) = Keys::open(node, "`tls`", faults) else { return };
    later(&mut keys, "verify", Some(true), faults, boolean);
    for key in ["ca", "cert", "key", "server_name"] {
        later(&mut keys, key, None, faults, literal);
    }
    later(&mut keys, "min_version", None, faults, |node, what, faults| one_of(node, what, &VERSIONS, faults));
    for (one, other) in [("cert", "key"), ("key", "cert")] {
        if keys.has(one) && !keys.has(other) {
            let fault = faults.report(keys.key_span(one), format!("`{one}` needs a `{other}` beside it"));
            fault.label(format!("add `{other}`"));
        }
    }
    keys.finish(faults);
}

fn dns(node: &Node, faults: &mut Faults) {
    const PREFER: [(&str, bool); 3] = [("any", true), ("ipv4", false), ("ipv6", false)];
    let Some(mut keys) = Keys::open(node, "`dns`", faults) else { return };
    later(&mut keys, "hosts", None, faults, |node, _, faults| {
        let named = entries(node, "`hosts`", faults);
        let addresses: Vec<Option<IpAddr>> =
            named.into_iter().map(|(_, node)| address(node, "an address", faults)).collect();
        addresses.into_iter().collect::<Option<Vec<_>>>()
    });
    later(&mut keys, "ttl", None, faults, duration);
    later(&mut keys, "prefer", Some(true), faults, |node, what, faults| one_of(node, what, &PREFER, faults));
    keys.finish(faults);
}
