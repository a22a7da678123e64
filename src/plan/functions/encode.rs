//! Encodings and digests: the same for the same arguments, always.

use super::table::{Answer, Arguments};
use base64::{
    DecodeError, Engine as _,
    alphabet::{STANDARD as STANDARD_ALPHABET, URL_SAFE as URL_SAFE_ALPHABET},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

pub(super) fn base64(arguments: &Arguments<'_>) -> Answer {
    Ok(Json::from(STANDARD.encode(arguments.text(0))))
}

/// Takes both alphabets, with and without padding, and white space around.
pub(super) fn base64_decode(arguments: &Arguments<'_>) -> Answer {
    let encoded = arguments.text(0);
    let url_safe = encoded.contains(['-', '_']);
    let alphabet = if url_safe { URL_SAFE_ALPHABET } else { STANDARD_ALPHABET };
    let decoded = GeneralPurpose::new(&alphabet, LENIENT).decode(encoded.trim());
    let bytes = decoded.map_err(|error| {
        let error = match error {
            DecodeError::InvalidByte(_, byte) if byte.is_ascii_graphic() => {
                format!("`{}` is not of its alphabet", char::from(byte))
            }
            _ => "its length or its end is not right".to_owned(),
        };
        arguments
            .misuse(&format!("is given what is not base64: {error}"), "check the value, or encode it first")
    })?;
    String::from_utf8(bytes).map(Json::from).map_err(|_| {
        arguments.misuse("decodes to bytes that are not a text", "a value of an expression is always a text")
    })
}

/// Percent-encoding of a component of a URL: all but RFC 3986's unreserved characters.
pub(super) fn url_encode(arguments: &Arguments<'_>) -> Answer {
    let mut encoded = String::new();
    for byte in arguments.text(0).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(Json::from(encoded))
}

pub(super) fn sha256(arguments: &Arguments<'_>) -> Answer {
    Ok(Json::from(hex(&Sha256::digest(arguments.text(0)))))
}

pub(super) fn hmac_sha256(arguments: &Arguments<'_>) -> Answer {
    let mac = Hmac::<Sha256>::new_from_slice(arguments.text(0).as_bytes());
    let mut mac = mac.map_err(|error| arguments.misuse(&error.to_string(), "take another key"))?;
    mac.update(arguments.text(1).as_bytes());
    Ok(Json::from(hex(&mac.finalize().into_bytes())))
}

pub(super) fn json(arguments: &Arguments<'_>) -> Answer {
    Ok(Json::from(arguments.value(0).to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
