//! What is wrong with a TLS handshake or a certificate, in words that name the names. Must not look at other errors.

use rustls::{AlertDescription, CertificateError};

use super::{Site, host};
use crate::cluster::redact::{LONGEST, one_line};
use crate::model::failure::{Failure, FailureKind as K};

/// Explains an error of the TLS library.
pub(super) fn explain(error: &rustls::Error, site: &Site) -> Failure {
    use AlertDescription as Alert;
    match error {
        rustls::Error::InvalidCertificate(certificate) => of_certificate(certificate, site),
        rustls::Error::InvalidMessage(_) => {
            Failure::new(K::NotHttp, format!("{} does not speak TLS (plain HTTP?)", site.address))
                .with_hint("check the server's address: port, and http:// or https://")
        }
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::UnsupportedCertificate
            | Alert::AccessDenied,
        ) => Failure::new(K::TlsClientRejected, "the server rejected the client certificate during the TLS handshake"),
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            Failure::new(K::TlsClientRejected, "the server requires a client certificate")
        }
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => {
            Failure::new(K::TlsWrongName, format!("the server at {} does not answer to this name", site.address))
        }
        rustls::Error::NoCertificatesPresented => {
            Failure::new(K::Tls, format!("{} presents no certificate", site.address))
        }
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(Alert::ProtocolVersion | Alert::HandshakeFailure) => {
            Failure::new(K::Tls, format!("{} offers no TLS version or cipher that we share", site.address))
        }
        _ => Failure::new(K::Tls, format!("the TLS handshake with {} failed", site.address)),
    }
}

fn of_certificate(error: &CertificateError, site: &Site) -> Failure {
    use CertificateError as C;
    let trust = if site.own_ca { "the CA of this context" } else { "a CA that this system trusts" };
    let untrusted = || {
        Failure::new(K::TlsUntrusted, format!("the server's certificate is not signed by {trust}")).with_hint(
            if site.own_ca {
                "certificate-authority is of another cluster, or the CA was renewed"
            } else {
                "set certificate-authority"
            },
        )
    };
    match error {
        C::UnknownIssuer | C::BadSignature => untrusted(),
        C::NotValidForName => {
            Failure::new(K::TlsWrongName, format!("the server's certificate is not for {}", host(&site.address)))
        }
        C::NotValidForNameContext { expected, presented } => {
            let wanted = expected.to_str().into_owned();
            Failure::new(
                K::TlsWrongName,
                one_line(&format!("the server's certificate is for {}, not for {wanted}", names(presented)), LONGEST),
            )
            .with_hint("use one of these names in the server's address, or set tls-server-name")
        }
        C::Expired | C::ExpiredContext { .. } => Failure::new(K::TlsExpired, "the server's certificate has expired")
            .with_hint("check this machine's clock as well"),
        C::NotValidYet | C::NotValidYetContext { .. } => {
            Failure::new(K::TlsExpired, "the server's certificate is not valid yet")
                .with_hint("check this machine's clock")
        }
        C::Revoked => Failure::new(K::Tls, "the server's certificate has been revoked"),
        C::BadEncoding | C::UnhandledCriticalExtension => Failure::new(K::Tls, "the server's certificate is malformed"),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            Failure::new(K::Tls, "the server's certificate is not meant for servers")
        }
        _ => match format!("{error:?}") {
            details if details.contains("CaUsedAsEndEntity") => {
                Failure::new(K::TlsUntrusted, "the server presents a CA's certificate instead of its own")
            }
            details if details.contains("UnsupportedCertVersion") => {
                Failure::new(K::Tls, "the server's certificate is of an outdated version (X.509 v1)")
            }
            _ if site.own_ca => Failure::new(K::TlsUntrusted, "the server's certificate cannot be verified"),
            _ => untrusted(),
        },
    }
}

/// Writes the names a certificate is for, the first three of many, without the library's `DnsName("…")`.
fn names(presented: &[String]) -> String {
    let mut names: Vec<&str> = presented
        .iter()
        .map(|name| {
            name.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or(name.as_str(), |(name, _)| name)
        })
        .map(|name| name.strip_prefix("IpAddress(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(name))
        .collect();
    if names.is_empty() {
        return "no name at all".to_owned();
    }
    let more = names.len() > 3;
    names.truncate(3);
    format!("{}{}", names.join(", "), if more { ", ..." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_certificate_are_shown_plainly() {
        let presented: Vec<String> =
            [r#"DnsName("kubernetes")"#, "IpAddress(10.96.0.1)"].iter().map(ToString::to_string).collect();
        assert_eq!(names(&presented), "kubernetes, 10.96.0.1");
        assert_eq!(names(&[]), "no name at all");
    }
}
