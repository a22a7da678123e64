//! Certificates and private keys out of PEM files (RFC 7468). Whether a key belongs to a certificate, and whom a
//! certificate is for, is not looked at here.

use super::{
    client::{KeyKind, PrivateKey},
    files::Files,
};
use crate::scenario::{Faults, Spanned};
use rustls_pki_types::{
    ServerName,
    pem::{Error as PemError, PemObject as _, SectionKind},
};
use std::io::Read as _;

/// Largest file with certificates or keys, in bytes: all authorities of the world are a fraction of it.
const MOST_BYTES: u64 = 10 * 1024 * 1024;
/// How PEM files begin a key that needs a password.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

/// Whether TLS can ask for this name.
pub(super) fn is_server_name(name: &str) -> bool {
    ServerName::try_from(name).is_ok()
}

/// The certificates of a file, in DER; never none.
pub(super) fn certificates(
    path: &Spanned<String>,
    files: &dyn Files,
    faults: &mut Faults,
) -> Option<Vec<Vec<u8>>> {
    let sections = read(path, files, faults)?;
    let found = sections.list.iter().filter(|(kind, _)| *kind == SectionKind::Certificate);
    let found: Vec<Vec<u8>> = found.map(|(_, der)| der.clone()).collect();
    if found.is_empty() {
        let has_key = sections.encrypted || sections.list.iter().any(|(kind, _)| key_kind(*kind).is_some());
        let fault = faults.report(path.span, format!("`{}` has no certificate", path.value));
        if has_key {
            fault.label("it has a private key: that belongs to `key`");
        } else {
            fault.label("a PEM file has it between `-----BEGIN CERTIFICATE-----` and its end");
        }
        return None;
    }
    is_sound(&found, "certificate", path, faults).then_some(found)
}

/// The first private key of a file.
pub(super) fn private_key(
    path: &Spanned<String>,
    files: &dyn Files,
    faults: &mut Faults,
) -> Option<PrivateKey> {
    let sections = read(path, files, faults)?;
    // A key of the old style that needs a password looks like one that needs none.
    if sections.encrypted {
        let fault = faults.report(path.span, format!("the key in `{}` needs a password", path.value));
        fault.label("a key without one is wanted");
        fault.help(
            "`openssl pkey -in ENCRYPTED -out KEY` takes the password off; keep such a file to yourself",
        );
        return None;
    }
    let found = sections.list.iter().find_map(|(kind, der)| Some((key_kind(*kind)?, der.clone())));
    let Some((kind, der)) = found else {
        let has_certificate = sections.list.iter().any(|(kind, _)| *kind == SectionKind::Certificate);
        let fault = faults.report(path.span, format!("`{}` has no private key", path.value));
        if has_certificate {
            fault.label("it has a certificate: that belongs to `cert`");
        } else {
            fault.label("a PEM file has it between `-----BEGIN PRIVATE KEY-----` and its end");
        }
        return None;
    };
    is_sound(std::slice::from_ref(&der), "private key", path, faults).then_some(PrivateKey { kind, der })
}

fn key_kind(kind: SectionKind) -> Option<KeyKind> {
    match kind {
        SectionKind::RsaPrivateKey => Some(KeyKind::Pkcs1),
        SectionKind::EcPrivateKey => Some(KeyKind::Sec1),
        SectionKind::PrivateKey => Some(KeyKind::Pkcs8),
        _ => None,
    }
}

/// What a PEM file has.
struct Sections {
    list: Vec<(SectionKind, Vec<u8>)>,
    /// Whether it has a key that needs a password.
    encrypted: bool,
}

fn read(path: &Spanned<String>, files: &dyn Files, faults: &mut Faults) -> Option<Sections> {
    let mut bytes = Vec::new();
    let opened = files.open(&path.value);
    let read = opened.and_then(|file| {
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())
    });
    if let Err(reason) = read {
        let fault = faults.report(path.span, format!("`{}` cannot be read: {reason}", path.value));
        fault.label("paths are relative to the scenario's file");
        return None;
    }
    if bytes.len() as u64 > MOST_BYTES {
        let fault = faults.report(path.span, format!("`{}` is larger than 10 MiB", path.value));
        fault.label("it is not a file of certificates or keys");
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let encrypted = ENCRYPTED.iter().any(|mark| text.contains(mark));
    // The lines between are not what they seem, there.
    if encrypted && text.contains(ENCRYPTED[1]) {
        return Some(Sections { list: Vec::new(), encrypted });
    }
    match <(SectionKind, Vec<u8>)>::pem_slice_iter(&bytes).collect() {
        Ok(list) => Some(Sections { list, encrypted }),
        Err(error) => {
            let message = format!("`{}` is not a sound PEM file: {}", path.value, damage(&error));
            faults.report(path.span, message).label("was it cut off, or changed in an editor?");
            None
        }
    }
}

fn damage(error: &PemError) -> &'static str {
    match error {
        PemError::MissingSectionEnd { .. } => "it ends before its last part does",
        PemError::IllegalSectionStart { .. } => "a line with `-----BEGIN` is damaged",
        PemError::Base64Decode(_) => "it has characters that are not base64",
        _ => "it cannot be read",
    }
}

/// Whether each of these is one value of ASN.1, so that a damaged file is found before the run.
fn is_sound(found: &[Vec<u8>], what: &str, path: &Spanned<String>, faults: &mut Faults) -> bool {
    let wrong = found.iter().position(|der| !is_sequence(der));
    if let Some(index) = wrong {
        let message = format!("the {what} number {} of `{}` is damaged", index + 1, path.value);
        faults.report(path.span, message).label("was it cut off, or changed in an editor?");
    }
    wrong.is_none()
}

/// Whether the bytes are one sequence of X.690 (8.1.3), as certificates and keys are.
fn is_sequence(der: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = der else { return false };
    if *length < 0x80 {
        return rest.len() == usize::from(*length);
    }
    let digits = usize::from(*length & 0x7f);
    let Some((length, content)) = rest.split_at_checked(digits).filter(|_| (1..=4).contains(&digits)) else {
        return false;
    };
    content.len() == length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences() {
        let long = [&[0x30, 0x82, 0x01, 0x00][..], &[0; 256]].concat();
        for (der, sound) in [
            (&[0x30, 0][..], true),
            (&[0x30, 2, 1, 1], true),
            (&[0x30, 2, 1], false),
            (&[0x30, 1, 1, 1], false),
            (&[0x31, 0], false),
            (&[0x30, 0x81], false),
            (&[0x30, 0x80, 0, 0], false),
            (&[], false),
            (&long, true),
            (&long[..259], false),
        ] {
            assert_eq!(is_sequence(der), sound, "{der:?}");
        }
    }

    #[test]
    fn names_that_tls_can_ask_for() {
        for (name, sound) in [
            ("api.example.com", true),
            ("localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("api.example.com:443", false),
            ("https://api.example.com", false),
            ("a b", false),
            ("", false),
        ] {
            assert_eq!(is_server_name(name), sound, "{name}");
        }
    }
}
