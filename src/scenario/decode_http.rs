//! `http`: what requests have unless they say otherwise. What it says of TLS and of names has a file of its own.

use super::{
    decode_load::positive_rate,
    decode_request::redirects,
    decode_step::one_of,
    decode_tls::{address, dns, tls},
    diagnostic::Faults,
    http::{Compression, Connections, HttpDefaults, HttpVersion},
    reader::{Keys, boolean, items, literal, pairs, positive_duration, quantity, text, whole_number, word},
    span::Spanned,
    yaml::{Node, NodeValue},
};
use crate::model::parse_bytes;

/// The file's `http`.
pub(super) fn http(node: &Node, faults: &mut Faults) -> HttpDefaults {
    let Some(mut keys) = Keys::open(node, "`http`", faults) else { return HttpDefaults::default() };
    let mut http = HttpDefaults::default();
    requests(&mut keys, &mut http, faults);
    bodies(&mut keys, &mut http, faults);
    connections(&mut keys, &mut http, faults);
    network(&mut keys, &mut http, faults);
    keys.finish(faults);
    http
}

/// A workload's `http`: it has no say in what is the whole run's.
pub(super) fn workload_http(node: &Node, faults: &mut Faults) -> HttpDefaults {
    if let NodeValue::Map(entries) = &node.value {
        for (key, _) in entries.iter().filter(|(key, _)| key.value == "max_rate") {
            faults
                .report(key.span, "`max_rate` in `http` is of the whole run, not of a workload")
                .label("write it in the `http` at the top of the file")
                .help("or beside `load`: a workload's own `max_rate` caps its iterations");
        }
    }
    HttpDefaults { max_rate: None, ..http(node, faults) }
}

fn requests(keys: &mut Keys<'_>, http: &mut HttpDefaults, faults: &mut Faults) {
    if let Some(node) = keys.get("headers") {
        http.headers = pairs(node, "`headers`", faults);
    }
    http.user_agent = keys.get("user_agent").and_then(|node| text(node, "`user_agent`", faults));
    http.timeout = keys.get("timeout").and_then(|node| positive_duration(node, "`timeout`", faults));
    if let Some(node) = keys.get("allowed_hosts") {
        http.allowed_hosts = hosts(node, faults);
    }
    http.redirects =
        keys.get("follow_redirects").and_then(|node| redirects(node, "`follow_redirects`", faults));
    http.cookies = flag(keys, "cookies", faults);
    http.reset_each_iteration = flag(keys, "reset_each_iteration", faults);
    http.max_rate = keys.get("max_rate").and_then(|node| positive_rate(node, "`max_rate`", faults));
    http.trace = flag(keys, "trace", faults);
}

fn bodies(keys: &mut Keys<'_>, http: &mut HttpDefaults, faults: &mut Faults) {
    http.compression = keys.get("compression").and_then(|node| compression(node, "`compression`", faults));
    http.max_body = keys.get("max_body").and_then(|node| {
        let written = word(node, "`max_body`", faults)?;
        quantity(parse_bytes(written.value), written.span, "`max_body`", faults)
    });
    http.discard_bodies = flag(keys, "discard_bodies", faults);
}

fn connections(keys: &mut Keys<'_>, http: &mut HttpDefaults, faults: &mut Faults) {
    const CONNECTIONS: [(&str, Connections); 2] =
        [("per_user", Connections::PerUser), ("shared", Connections::Shared)];
    const VERSIONS: [(&str, HttpVersion); 4] = [
        ("auto", HttpVersion::Auto),
        ("1.1", HttpVersion::Http1),
        ("2", HttpVersion::Http2),
        ("2-prior-knowledge", HttpVersion::Http2PriorKnowledge),
    ];
    http.connect_timeout =
        keys.get("connect_timeout").and_then(|node| positive_duration(node, "`connect_timeout`", faults));
    http.connections =
        keys.get("connections").and_then(|node| one_of(node, "`connections`", &CONNECTIONS, faults));
    http.max_idle_per_host = keys.get("max_idle_per_host").and_then(|node| {
        let most = whole_number(node, "`max_idle_per_host`", 0..=1_000_000, faults)?;
        Some(Spanned::new(most, node.span))
    });
    http.reuse = flag(keys, "reuse", faults);
    http.version = keys.get("version").and_then(|node| one_of(node, "`version`", &VERSIONS, faults));
}

fn network(keys: &mut Keys<'_>, http: &mut HttpDefaults, faults: &mut Faults) {
    http.proxy = keys.get("proxy").and_then(|node| text(node, "`proxy`", faults));
    http.local_address = keys.get("local_address").and_then(|node| address(node, "`local_address`", faults));
    http.tls = keys.get("tls").map(|node| tls(node, faults)).unwrap_or_default();
    http.dns = keys.get("dns").map(|node| dns(node, faults)).unwrap_or_default();
}

fn flag(keys: &mut Keys<'_>, key: &'static str, faults: &mut Faults) -> Option<bool> {
    keys.get(key).and_then(|node| boolean(node, &format!("`{key}`"), faults))
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

fn compression(node: &Node, what: &str, faults: &mut Faults) -> Option<Vec<Compression>> {
    let known = Compression::ALL.map(|compression| (compression.name(), compression));
    let NodeValue::List(list) = &node.value else {
        let fault = faults.report(node.span, format!("{what} is a list, this is {}", node.kind()));
        fault.label("for example `[gzip, br]`");
        return None;
    };
    list.iter().map(|node| one_of(node, what, &known, faults)).collect()
}
