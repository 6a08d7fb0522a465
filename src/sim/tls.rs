//! Owns the certificates of one cluster: its authority, the server's certificate as faults want it, the user's.
//! Must not know HTTP.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::fault::Wrong;
use super::scenario::UserSpec;

/// Marks requests over a connection whose client certificate was verified: it can only be that of the cluster's user.
#[derive(Clone, Copy)]
pub(crate) struct Certified;

/// How long certificates are valid; they are made anew at every start.
const VALID: Duration = Duration::from_secs(365 * 24 * 3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A certificate and its key, in PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The certificates of one cluster.
pub(crate) struct Tls {
    authority: CertifiedIssuer<'static, KeyPair>,
    /// Made when first needed: well, wrong authority, wrong name, expired.
    acceptors: [OnceLock<Option<TlsAcceptor>>; 4],
}

impl Tls {
    /// Makes an authority. Elliptic curves: well under a millisecond.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { authority: authority().map_err(io::Error::other)?, acceptors: Default::default() })
    }

    /// The authority's certificate in PEM.
    pub(crate) fn authority(&self) -> String {
        self.authority.pem()
    }

    /// A certificate for a user and its groups.
    pub(crate) fn user(&self, user: &UserSpec) -> io::Result<Pair> {
        let make = || {
            let mut params = params(&user.name);
            for group in &user.groups {
                params.distinguished_name.push(DnType::OrganizationName, group.as_str());
            }
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &self.authority)?;
            Ok::<_, rcgen::Error>(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
        };
        make().map_err(io::Error::other)
    }

    /// Takes connections with the right certificate or a wrong one.
    pub(crate) fn acceptor(&self, wrong: Option<Wrong>) -> io::Result<TlsAcceptor> {
        let index = match wrong {
            None => 0,
            Some(Wrong::Authority) => 1,
            Some(Wrong::Name) => 2,
            Some(Wrong::Expired) => 3,
        };
        let made = self.acceptors[index].get_or_init(|| self.make_acceptor(wrong).ok());
        made.clone().ok_or_else(|| io::Error::other("no certificate could be made"))
    }

    fn make_acceptor(&self, wrong: Option<Wrong>) -> io::Result<TlsAcceptor> {
        let mut params = params("kube-apiserver");
        let name = if wrong == Some(Wrong::Name) { "elsewhere.example.com" } else { "localhost" };
        params.subject_alt_names.push(SanType::DnsName(name.try_into().map_err(io::Error::other)?));
        if wrong != Some(Wrong::Name) {
            params.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        }
        if wrong == Some(Wrong::Expired) {
            params.not_after = params.not_before + DAY / 2;
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let make = || {
            let key = KeyPair::generate()?;
            let stranger = (wrong == Some(Wrong::Authority)).then(authority).transpose()?;
            let certificate = params.signed_by(&key, stranger.as_ref().unwrap_or(&self.authority))?;
            Ok::<_, rcgen::Error>((certificate.der().clone(), key.serialize_der()))
        };
        let (certificate, key) = make().map_err(io::Error::other)?;
        self.config(certificate, key).map(|config| TlsAcceptor::from(Arc::new(config)))
    }

    fn config(&self, certificate: CertificateDer<'static>, key: Vec<u8>) -> io::Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut users = RootCertStore::empty();
        users.add(self.authority.der().clone()).map_err(io::Error::other)?;
        let users = WebPkiClientVerifier::builder_with_provider(Arc::new(users), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(io::Error::other)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(users)
            .with_single_cert(vec![certificate], PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = params("kubernetes");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// A certificate valid since yesterday.
fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let now = std::time::UNIX_EPOCH + Duration::from_secs(jiff::Timestamp::now().as_second().unsigned_abs());
    params.not_before = (now - DAY).into();
    params.not_after = (now + VALID).into();
    params
}
