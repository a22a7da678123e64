//! Certificates, made when they are wanted: good ones, and ones with a flaw that a client has to find.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority that signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: it is for 127.0.0.1 and localhost, and for today.
    None,
    /// It signed itself.
    SelfSigned,
    /// It ended in 2001.
    Expired,
    /// It begins in 3001.
    NotYetValid,
    /// It is for `elsewhere.example`.
    OtherHost,
    /// Another authority of the same name signed it.
    UnknownAuthority,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Flaw {
    /// Everything that can be wrong.
    pub const ALL: [Self; 5] =
        [Self::SelfSigned, Self::Expired, Self::NotYetValid, Self::OtherHost, Self::UnknownAuthority];
}

impl Authority {
    /// A new authority, of which nobody knows yet.
    pub fn new() -> Self {
        let mut params = parameters(&[], "testbed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self { issuer: CertifiedIssuer::self_signed(params, key()).expect("a self-signed certificate") }
    }

    /// Its certificate in DER: who trusts it trusts what it signs.
    pub fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's certificate, with what is wrong with it.
    pub fn server(&self, flaw: Flaw) -> Identity {
        let hosts: &[&str] =
            if flaw == Flaw::OtherHost { &["elsewhere.example"] } else { &["127.0.0.1", "localhost"] };
        let mut params = parameters(hosts, "testbed server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2001, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(3001, 1, 1),
            _ => {}
        }
        match flaw {
            Flaw::SelfSigned => Identity::self_signed(&params),
            Flaw::UnknownAuthority => Self::new().sign(&params),
            _ => self.sign(&params),
        }
    }

    /// A client's certificate.
    pub fn client(&self) -> Identity {
        let mut params = parameters(&[], "testbed client");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a signed certificate");
        Identity::of(certificate.der().clone(), &key)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Identity {
    /// The certificates in DER, the own one first.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        self.chain.iter().map(|certificate| certificate.to_vec()).collect()
    }

    /// The key in PKCS #8.
    pub fn key(&self) -> Vec<u8> {
        self.key.secret_der().to_vec()
    }

    pub(crate) fn rustls(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key.clone_key())
    }

    fn self_signed(params: &CertificateParams) -> Self {
        let key = key();
        let certificate = params.self_signed(&key).expect("a self-signed certificate");
        Self::of(certificate.der().clone(), &key)
    }

    fn of(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self { chain: vec![certificate], key }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn parameters(hosts: &[&str], name: &str) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("hosts that a certificate can name");
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(3000, 1, 1);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
