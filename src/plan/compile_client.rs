//! From `http` to a client: what is written goes over what holds already, key by key.

use super::{
    client::{
        AddressFamily, Client, Connections, DnsOptions, HttpVersion, Identity, Proxy, TlsOptions, TlsVersion,
        TransportOptions,
    },
    files::Files,
    pem,
    scope::Scope,
};
use crate::scenario::{self, DnsDefaults, Faults, HttpDefaults, Spanned, TlsDefaults};

/// The client that `http` makes of another one.
pub(super) fn client(
    before: &Client,
    http: &HttpDefaults,
    scope: &Scope<'_>,
    files: &dyn Files,
    faults: &mut Faults,
) -> Client {
    Client {
        transport: transport(&before.transport, http, scope, files, faults),
        jar: http.cookies.unwrap_or(before.jar),
        reset_jar: http.reset_each_iteration.unwrap_or(before.reset_jar),
        trace: http.trace.unwrap_or(before.trace),
    }
}

fn transport(
    before: &TransportOptions,
    http: &HttpDefaults,
    scope: &Scope<'_>,
    files: &dyn Files,
    faults: &mut Faults,
) -> TransportOptions {
    let version = http.version.map(|version| match version {
        scenario::HttpVersion::Auto => HttpVersion::Auto,
        scenario::HttpVersion::Http1 => HttpVersion::Http1,
        scenario::HttpVersion::Http2 => HttpVersion::Http2,
        scenario::HttpVersion::Http2PriorKnowledge => HttpVersion::Http2PriorKnowledge,
    });
    let proxy = match &http.proxy {
        Some(text) => Proxy::compile(text, scope, faults),
        None => before.proxy.clone(),
    };
    TransportOptions {
        connect_timeout: http.connect_timeout.unwrap_or(before.connect_timeout),
        connections: connections(before.connections, http, faults),
        reuse: http.reuse.unwrap_or(before.reuse),
        version: version.unwrap_or(before.version),
        proxy,
        tls: tls(&before.tls, &http.tls, files, faults),
        dns: dns(&before.dns, &http.dns, faults),
        local_address: http.local_address.or(before.local_address),
    }
}

fn connections(before: Connections, http: &HttpDefaults, faults: &mut Faults) -> Connections {
    let shared = match (http.connections, before) {
        (Some(scenario::Connections::PerUser), _) | (None, Connections::PerUser) => None,
        (_, Connections::Shared { max_idle_per_host }) => Some(max_idle_per_host),
        (Some(scenario::Connections::Shared), Connections::PerUser) => Some(usize::MAX),
    };
    let written = http.max_idle_per_host.as_ref();
    match (shared, written) {
        (None, Some(most)) => {
            faults
                .report(most.span, "`max_idle_per_host` says nothing without `connections: shared`")
                .label("a user's own connections stay with it, one at a time to each host")
                .help("add `connections: shared`, or leave `max_idle_per_host` out");
            Connections::PerUser
        }
        (None, None) => Connections::PerUser,
        (Some(before), written) => {
            let written = written.map(|most| usize::try_from(most.value).unwrap_or(usize::MAX));
            Connections::Shared { max_idle_per_host: written.unwrap_or(before) }
        }
    }
}

fn tls(before: &TlsOptions, written: &TlsDefaults, files: &dyn Files, faults: &mut Faults) -> TlsOptions {
    let mut tls = before.clone();
    tls.verify = written.verify.unwrap_or(before.verify);
    if let Some(path) = &written.ca {
        tls.ca = pem::certificates(path, files, faults);
    }
    if let (Some(cert), Some(key)) = (&written.cert, &written.key) {
        let (chain, key) = (pem::certificates(cert, files, faults), pem::private_key(key, files, faults));
        tls.identity = chain.zip(key).map(|(chain, key)| Identity { chain, key });
    }
    match written.min_version {
        Some(scenario::TlsVersion::V12) => tls.min_version = TlsVersion::V12,
        Some(scenario::TlsVersion::V13) => tls.min_version = TlsVersion::V13,
        None => {}
    }
    if let Some(name) = &written.server_name {
        if pem::is_server_name(&name.value) {
            tls.server_name = Some(name.value.clone());
        } else {
            let message = format!("`{}` is not a name that a certificate can be for", name.value);
            faults.report(name.span, message).label("a host's name or an IP address, without a port");
        }
    }
    tls
}

fn dns(before: &DnsOptions, written: &DnsDefaults, faults: &mut Faults) -> DnsOptions {
    let mut dns = before.clone();
    for (name, address) in &written.hosts {
        if let Some(host) = host_name(name, faults) {
            dns.hosts.insert(host, *address);
        }
    }
    dns.ttl = written.ttl.unwrap_or(before.ttl);
    dns.prefer = match written.prefer {
        Some(scenario::AddressFamily::Any) => AddressFamily::Any,
        Some(scenario::AddressFamily::Ipv4) => AddressFamily::Ipv4,
        Some(scenario::AddressFamily::Ipv6) => AddressFamily::Ipv6,
        None => before.prefer,
    };
    dns
}

/// A name as URLs have it: in lower case, and in ASCII.
fn host_name(name: &Spanned<String>, faults: &mut Faults) -> Option<String> {
    match url::Host::parse(&name.value) {
        Ok(url::Host::Domain(host)) => Some(host),
        Ok(_) => {
            let message = format!("`{}` is an address: nothing looks it up", name.value);
            faults.report(name.span, message).label("the name that URLs have stands here");
            None
        }
        Err(_) => {
            let message = match name.value.as_str() {
                "" => "a host's name cannot be empty".to_owned(),
                other => format!("`{other}` is not a host's name"),
            };
            faults.report(name.span, message).label("the name alone, as in `api.example.com`");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{AddressFamily, Inputs, Plan, build, notes},
        scenario::{Options, Scenario, parse},
    };
    use std::{collections::BTreeMap, net::IpAddr, time::Duration};

    /// A file with an `http` of its own and workloads with theirs; empty for none.
    fn plan(file: &str, workloads: &[&str]) -> (Scenario, Plan) {
        let http = |indent: &str, http: &str| {
            if http.is_empty() { String::new() } else { format!("{indent}http: {http}\n") }
        };
        let mut source = format!("target: https://target.test\n{}workloads:\n", http("", file));
        for (index, written) in workloads.iter().enumerate() {
            let load = "load: { users: 1, duration: 1s }, flow: [ { get: / } ]";
            let own = if written.is_empty() { String::new() } else { format!(", http: {written}") };
            source.push_str(&format!("  w{index}: {{ {load}{own} }}\n"));
        }
        let env = BTreeMap::from([("PROXY".to_owned(), "proxy.test".to_owned())]);
        let scenario =
            parse(&source, &Options::default()).unwrap_or_else(|faults| panic!("{source}{faults:?}"));
        let plan = build(&scenario, &Inputs { env, ..Inputs::default() });
        let plan = plan.unwrap_or_else(|faults| panic!("{source}{faults:?}"));
        (scenario, plan)
    }

    fn clients(file: &str, workloads: &[&str]) -> (Vec<Client>, Vec<usize>) {
        let (_, plan) = plan(file, workloads);
        (plan.clients, plan.workloads.iter().map(|workload| workload.client).collect())
    }

    #[test]
    fn what_is_not_written_is_the_default() {
        let (clients, used) =
            clients("", &["", "{ timeout: 1s }", "{ cookies: true, tls: { verify: true } }"]);
        assert_eq!((clients, used), (vec![Client::default()], vec![0, 0, 0]));
        let client = Client::default();
        assert!(client.jar && !client.reset_jar && !client.trace);
        let transport = client.transport;
        assert!(transport.tls.verify && transport.reuse && transport.tls.min_version == TlsVersion::V12);
        assert_eq!(transport.connect_timeout, Duration::from_secs(10));
        assert_eq!(transport.dns.ttl, Duration::from_secs(300));
    }

    #[test]
    fn everything_that_is_written_arrives() {
        let (clients, _) = clients(
            "{ connect_timeout: 2s, cookies: false, reset_each_iteration: true, trace: true, reuse: false, \
               connections: shared, max_idle_per_host: 4, version: 2-prior-knowledge, \
               proxy: 'http://${env.PROXY}:3128', local_address: '127.0.0.2', \
               tls: { verify: false, min_version: 1.3, server_name: '::1' }, \
               dns: { hosts: { API.Example.com: 192.0.2.1 }, ttl: 1s, prefer: ipv6 } }",
            &[""],
        );
        let transport = TransportOptions {
            connect_timeout: Duration::from_secs(2),
            connections: Connections::Shared { max_idle_per_host: 4 },
            reuse: false,
            version: HttpVersion::Http2PriorKnowledge,
            proxy: Some(Proxy { host: "proxy.test".to_owned(), port: 3128, authorization: None }),
            tls: TlsOptions {
                verify: false,
                ca: None,
                identity: None,
                min_version: TlsVersion::V13,
                server_name: Some("::1".to_owned()),
            },
            dns: DnsOptions {
                hosts: BTreeMap::from([("api.example.com".to_owned(), IpAddr::from([192, 0, 2, 1]))]),
                ttl: Duration::from_secs(1),
                prefer: AddressFamily::Ipv6,
            },
            local_address: Some(IpAddr::from([127, 0, 0, 2])),
        };
        assert_eq!(clients, [Client { transport, jar: false, reset_jar: true, trace: true }]);
    }

    #[test]
    fn a_workload_goes_over_the_file_key_by_key() {
        let file = "{ connections: shared, max_idle_per_host: 4, proxy: 'http://a:1', \
                    tls: { verify: false, min_version: 1.3 }, dns: { hosts: { a: 192.0.2.1, b: 192.0.2.2 }, ttl: 1s } }";
        let (clients, used) = clients(
            file,
            &[
                "{ tls: { verify: true }, dns: { hosts: { b: 192.0.2.3 }, prefer: ipv4 } }",
                "{ connections: per_user, proxy: '' }",
                "{ max_idle_per_host: 8 }",
                "{ connections: shared }",
                "{ max_idle_per_host: 8, connections: shared }",
            ],
        );
        assert_eq!(used, [1, 2, 3, 0, 3]);
        let [own, first, second, third] = clients.as_slice() else { panic!("{clients:?}") };
        assert!(!own.transport.tls.verify && first.transport.tls.verify);
        assert_eq!(first.transport.tls.min_version, TlsVersion::V13);
        let hosts = BTreeMap::from([
            ("a".to_owned(), IpAddr::from([192, 0, 2, 1])),
            ("b".to_owned(), IpAddr::from([192, 0, 2, 3])),
        ]);
        let dns = DnsOptions { hosts, ttl: Duration::from_secs(1), prefer: AddressFamily::Ipv4 };
        assert_eq!(first.transport.dns, dns);
        assert_eq!(first.transport.connections, own.transport.connections);
        assert_eq!((second.transport.connections, &second.transport.proxy), (Connections::PerUser, &None));
        assert_eq!(third.transport.connections, Connections::Shared { max_idle_per_host: 8 });
        assert_eq!(third.transport.proxy, own.transport.proxy);
    }

    #[test]
    fn whoever_trusts_anybody_is_told() {
        let off = "{ tls: { verify: false } }";
        let on = "{ tls: { verify: true } }";
        for (file, workloads, says) in [
            ("", &["", ""][..], None),
            (off, &["", ""], Some("not verified: ")),
            ("", &[off, ""], Some("not verified in `w0`: ")),
            ("", &[off, off], Some("not verified: ")),
            // `setup` has the file's.
            (off, &[on, on], Some("not verified: ")),
        ] {
            let (scenario, plan) = plan(file, workloads);
            let told = notes(&scenario, &plan);
            let found = told.iter().any(|note| says.is_some_and(|says| note.contains(says)));
            assert_eq!((told.len(), found), (usize::from(says.is_some()), says.is_some()), "{told:?}");
        }
    }

    #[test]
    fn a_proxy_of_the_environment_is_ignored_and_told() {
        let source = |http: &str| {
            format!(
                "target: http://target.test\nload: {{ users: 1, duration: 1s }}\nflow: [ {{ get: / }} ]\nhttp: {http}\n"
            )
        };
        let names = ["HTTP_PROXY", "https_proxy", "NO_PROXY"];
        let env: BTreeMap<String, String> =
            names.into_iter().map(|name| (name.to_owned(), "http://p:1".to_owned())).collect();
        let empty = BTreeMap::from([("HTTP_PROXY".to_owned(), String::new())]);
        let of = |http: &str, env: BTreeMap<String, String>| {
            let scenario = parse(&source(http), &Options::default()).unwrap();
            let plan = build(&scenario, &Inputs { env, ..Inputs::default() }).unwrap();
            notes(&scenario, &plan)
        };
        let told = of("{ timeout: 1s }", env.clone());
        assert!(
            matches!(told.as_slice(), [note] if note.starts_with("HTTP_PROXY, https_proxy are set and ignored")),
            "{told:?}"
        );
        assert!(of("{ timeout: 1s }", empty).is_empty());
        assert!(of("{ proxy: 'http://p:1' }", env).is_empty());
    }
}
