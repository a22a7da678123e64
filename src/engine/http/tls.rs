//! The TLS configuration of a client: whom it trusts, who it is, what it speaks. Made once, before the run; a user
//! has its own memory of sessions, as a real client does.

use crate::plan::{HttpVersion, Identity, KeyKind, TlsOptions, TlsVersion, TransportOptions};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, SupportedProtocolVersion,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    version::{TLS12, TLS13},
};
use std::sync::Arc;

/// Sessions that a user remembers: one for each of a few hosts.
const SESSIONS: usize = 8;

/// The configuration that these options ask for.
///
/// # Errors
/// The certificates or the key cannot be used.
pub(super) fn configuration(options: &TransportOptions) -> Result<ClientConfig, Error> {
    let tls = &options.tls;
    let provider = Arc::new(ring::default_provider());
    let versions: &[&SupportedProtocolVersion] = match tls.min_version {
        TlsVersion::V12 => &[&TLS13, &TLS12],
        TlsVersion::V13 => &[&TLS13],
    };
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions)?;
    let builder = match trusted(tls, provider)? {
        Trust::Roots(roots) => builder.with_root_certificates(roots),
        Trust::Verifier(verifier) => builder.dangerous().with_custom_certificate_verifier(verifier),
    };
    let mut config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_auth_cert(chain(identity), key(identity))?,
    };
    config.alpn_protocols = match options.version {
        HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http2 | HttpVersion::Http2PriorKnowledge => vec![b"h2".to_vec()],
    };
    Ok(config)
}

/// The same with a memory of sessions of its own.
pub(super) fn of_one_user(config: &ClientConfig) -> Arc<ClientConfig> {
    let mut own = config.clone();
    own.resumption = Resumption::in_memory_sessions(SESSIONS);
    Arc::new(own)
}

enum Trust {
    Roots(RootCertStore),
    Verifier(Arc<dyn ServerCertVerifier>),
}

fn trusted(tls: &TlsOptions, provider: Arc<CryptoProvider>) -> Result<Trust, Error> {
    if !tls.verify {
        return Ok(Trust::Verifier(Arc::new(Anybody(provider))));
    }
    if let Some(authorities) = &tls.ca {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(CertificateDer::from(authority.clone()))?;
        }
        return Ok(Trust::Roots(roots));
    }
    Ok(match rustls_platform_verifier::Verifier::new(provider) {
        Ok(verifier) => Trust::Verifier(Arc::new(verifier)),
        // A machine without certificates can still test http:// targets; https:// ones fail as unknown.
        Err(_) => Trust::Roots(RootCertStore::empty()),
    })
}

fn chain(identity: &Identity) -> Vec<CertificateDer<'static>> {
    identity.chain.iter().cloned().map(CertificateDer::from).collect()
}

fn key(identity: &Identity) -> PrivateKeyDer<'static> {
    let der = identity.key.der.clone();
    match identity.key.kind {
        KeyKind::Pkcs8 => PrivateKeyDer::Pkcs8(der.into()),
        KeyKind::Pkcs1 => PrivateKeyDer::Pkcs1(der.into()),
        KeyKind::Sec1 => PrivateKeyDer::Sec1(der.into()),
    }
}

/// Believes whoever answers; only that they hold the key of what they show is still verified.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
