//! A target's side of a TLS handshake: in order, late, or broken in one of many ways.

use crate::{
    certificates::{Authority, Flaw, Identity},
    stop::Stop,
    wire::Wire,
};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

/// A target's side of a TLS handshake.
pub struct Tls {
    identity: Identity,
    clients: Option<Vec<u8>>,
    versions: TlsVersions,
    protocols: Vec<Vec<u8>>,
    handshake: Handshake,
}

/// The versions of TLS that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    Both,
    /// 1.2 only.
    Only12,
    /// 1.3 only.
    Only13,
}

/// What becomes of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// It takes place.
    Ok,
    /// It takes place so much later.
    Late(Duration),
    /// Nothing ever comes.
    Hangs,
    /// The connection is reset once the client's hello is there.
    Reset,
    /// The connection is closed once the client's hello is there.
    Closed,
    /// The client's hello is answered with HTTP that is not encrypted.
    PlainHttp,
    /// The client's hello is answered with bytes that mean nothing.
    Garbage,
}

impl Tls {
    /// A good certificate of this authority, both versions, HTTP/1.1.
    pub fn good(authority: &Authority) -> Self {
        Self::flawed(authority, Flaw::None)
    }

    /// A certificate with something wrong.
    pub fn flawed(authority: &Authority, flaw: Flaw) -> Self {
        Self {
            identity: authority.server(flaw),
            clients: None,
            versions: TlsVersions::Both,
            protocols: vec![b"http/1.1".to_vec()],
            handshake: Handshake::Ok,
        }
    }

    /// Only clients with a certificate of this authority.
    #[must_use]
    pub fn demanding_clients_of(mut self, authority: &Authority) -> Self {
        self.clients = Some(authority.der());
        self
    }

    /// Only these versions.
    #[must_use]
    pub fn versions(mut self, versions: TlsVersions) -> Self {
        self.versions = versions;
        self
    }

    /// These protocols by ALPN, in order of preference.
    #[must_use]
    pub fn protocols(mut self, protocols: &[&str]) -> Self {
        self.protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self
    }

    /// What becomes of the handshake.
    #[must_use]
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = handshake;
        self
    }

    /// The configuration for rustls.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let versions: &[&SupportedProtocolVersion] = match self.versions {
            TlsVersions::Both => &[&TLS13, &TLS12],
            TlsVersions::Only12 => &[&TLS12],
            TlsVersions::Only13 => &[&TLS13],
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("versions that ring has");
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.clone().into()).expect("an authority's certificate");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier of clients"))
            }
        };
        let (chain, key) = self.identity.rustls();
        let mut config = builder.with_single_cert(chain, key).expect("a key that fits its certificate");
        config.alpn_protocols.clone_from(&self.protocols);
        Arc::new(config)
    }

    /// Shakes hands, or not. `None` where there is nobody to talk to.
    pub(crate) fn accept(&self, wire: Wire, stop: &Stop) -> Option<StreamOwned<ServerConnection, Wire>> {
        match self.handshake {
            Handshake::Ok => self.shake_hands(wire),
            Handshake::Late(time) => stop.sleep(time).then(|| self.shake_hands(wire))?,
            fault => {
                spoil(wire, fault);
                None
            }
        }
    }

    fn shake_hands(&self, mut wire: Wire) -> Option<StreamOwned<ServerConnection, Wire>> {
        let mut connection = ServerConnection::new(self.config()).expect("a server's side of a handshake");
        while connection.is_handshaking() {
            if connection.complete_io(&mut wire).is_err() {
                // Says what is wrong, and lets it be read.
                while connection.wants_write() && connection.write_tls(&mut wire).is_ok() {}
                wire.fin();
                drain(wire);
                return None;
            }
        }
        wire.truth.note_server_name(connection.server_name());
        Some(StreamOwned::new(connection, wire))
    }
}

fn spoil(mut wire: Wire, fault: Handshake) {
    let hello = wire.read(&mut [0; 4096]).unwrap_or(0);
    if hello == 0 {
        return;
    }
    match fault {
        Handshake::Hangs => drain(wire),
        Handshake::Reset => wire.close_by_reset(),
        Handshake::PlainHttp => say(wire, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
        Handshake::Garbage => say(wire, &[0x5a; 64]),
        _ => say(wire, b""),
    }
}

fn say(mut wire: Wire, bytes: &[u8]) {
    let _ = wire.write_all(bytes);
    wire.fin();
    drain(wire);
}

/// Reads until the client goes: closing with something unread would be a reset.
fn drain(mut wire: Wire) {
    let mut buffer = [0; 4096];
    while wire.read(&mut buffer).is_ok_and(|count| count > 0) {}
}
