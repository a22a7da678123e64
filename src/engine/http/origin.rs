//! Where a connection leads: scheme, host and port.

use crate::{engine::transport::Failure, model::ErrorKind};
use ::http::{HeaderValue, uri::Authority};
use url::{Position, Url};

/// Where a connection leads, and what requests over it call it.
#[derive(Debug)]
pub(super) struct Origin {
    /// Whether it is reached over TLS.
    pub is_https: bool,
    /// The host as URLs write it: an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// For the `host` header.
    pub host_header: HeaderValue,
    /// For requests that name the whole URL.
    pub authority: Authority,
}

impl Origin {
    /// Where this URL leads.
    ///
    /// # Errors
    /// It is no URL for HTTP. Plans and redirects let none through.
    pub fn of(url: &Url) -> Result<Self, Failure> {
        let unusable = || Failure::new(ErrorKind::Other, "the URL has no host that HTTP can reach");
        let host =
            url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or_else(unusable)?;
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            is_https: url.scheme() == "https",
            host: host.to_owned(),
            port: url.port_or_known_default().ok_or_else(unusable)?,
            host_header: HeaderValue::from_str(authority).map_err(|_| unusable())?,
            authority: authority.parse().map_err(|_| unusable())?,
        })
    }

    /// Whether this URL leads there.
    pub fn is_of(&self, url: &Url) -> bool {
        url.host_str() == Some(self.host.as_str())
            && url.port_or_known_default() == Some(self.port)
            && (url.scheme() == "https") == self.is_https
    }

    /// Whether both lead to the same place.
    pub fn is(&self, other: &Self) -> bool {
        (self.is_https, self.port, &self.host) == (other.is_https, other.port, &other.host)
    }

    /// The host without the brackets of an IPv6 address.
    pub fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::of(&"http://api.test/a?b#c".parse().unwrap()).unwrap();
        for (url, same) in [
            ("http://api.test/", true),
            ("http://api.test:80/other", true),
            ("http://user@api.test/", true),
            ("http://api.test:81/", false),
            ("https://api.test:80/", false),
            ("http://api2.test/", false),
        ] {
            assert_eq!(origin.is_of(&url.parse().unwrap()), same, "{url}");
        }
        let origin = Origin::of(&"https://[::1]:8443/".parse().unwrap()).unwrap();
        assert_eq!((origin.bare_host(), origin.host_header.to_str().unwrap()), ("::1", "[::1]:8443"));
        assert!(Origin::of(&"file:///etc/passwd".parse().unwrap()).is_err());
    }
}
