//! Proves HTTPS: authorities, tokens, client certificates, and certificates that went wrong. Must not look inside.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::sim::fault::Wrong;

const SECURED: &str = r#"
[[cluster]]
name = "token"
[cluster.user]
name = "ann"
[[cluster]]
name = "certificate"
[cluster.user]
name = "bob"
groups = ["sre", "oncall"]
auth = "client-cert"
"#;

async fn started() -> Fleet {
    Fleet::start(&Scenario::from_toml(SECURED).unwrap(), Options::default()).await.unwrap()
}

async fn connect(cluster: &ClusterHandle, user: Option<(&str, &str)>) -> io::Result<Client<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    let authority = cluster.authority().unwrap();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match user {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let socket = TcpStream::connect(cluster.address()).await.unwrap();
    let name = ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]));
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.map(Client::over)
}

async fn who(client: &mut Client<TlsStream<TcpStream>>, credentials: &str) -> Value {
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    client.call_as(credentials, "POST", path, "application/json").await.json()["status"]["userInfo"].clone()
}

#[tokio::test]
async fn tokens_and_client_certificates_are_known_over_tls() {
    let fleet = started().await;
    let (token, certificate) = (fleet.cluster("token").unwrap(), fleet.cluster("certificate").unwrap());
    let mut client = connect(&token, None).await.unwrap();
    assert_eq!(client.call(&token, "GET", "/api/v1/pods", "application/json").await.status(), 200);
    let bearer = format!("Authorization: Bearer {}\r\n", token.token());
    assert_eq!(who(&mut client, &bearer).await["username"], "ann");
    let mut nobody = connect(&certificate, None).await.unwrap();
    assert_eq!(who(&mut nobody, "").await["username"], "system:anonymous");
    let mut client = connect(&certificate, certificate.user_certificate()).await.unwrap();
    let bob = serde_json::json!({"username": "bob", "groups": ["sre", "oncall", "system:authenticated"]});
    assert_eq!(who(&mut client, "").await, bob);
    assert!(token.user_certificate().is_none());
}

#[tokio::test]
async fn a_certificate_of_another_cluster_is_turned_down() {
    let fleet = started().await;
    let (token, certificate) = (fleet.cluster("token").unwrap(), fleet.cluster("certificate").unwrap());
    // With TLS 1.3 the client learns of it from its first read.
    if let Ok(mut client) = connect(&token, certificate.user_certificate()).await {
        client.send_as("", "GET", "/readyz", "*/*").await;
        assert!(client.bytes().await.0.is_empty());
    }
}

#[tokio::test]
async fn a_certificate_can_be_of_another_authority_for_another_host_or_expired() {
    let fleet = started().await;
    let cluster = fleet.cluster("token").unwrap();
    for (wrong, words) in
        [(Wrong::Authority, "UnknownIssuer|BadSignature"), (Wrong::Name, "not valid for"), (Wrong::Expired, "expired")]
    {
        cluster.set_fault(Fault::Certificate { wrong });
        let Err(error) = connect(&cluster, None).await else { panic!("{wrong:?} was trusted") };
        assert!(words.split('|').any(|word| error.to_string().contains(word)), "{wrong:?}: {error}");
        cluster.clear_faults();
    }
    assert!(connect(&cluster, None).await.is_ok());
}

#[tokio::test]
async fn open_connections_outlive_a_change_of_certificate() {
    let fleet = started().await;
    let cluster = fleet.cluster("token").unwrap();
    let mut open = connect(&cluster, None).await.unwrap();
    cluster.set_fault(Fault::Certificate { wrong: Wrong::Expired });
    assert_eq!(open.call(&cluster, "GET", "/readyz", "*/*").await.status(), 200);
}

#[tokio::test]
async fn a_cut_in_a_header_is_one_below_tls_too() {
    use crate::sim::fault::{Cut, Place};
    let fleet = started().await;
    let cluster = fleet.cluster("token").unwrap();
    cluster.set_fault(Fault::Truncate(Cut::at(Place::InHeader)));
    let mut client = connect(&cluster, None).await.unwrap();
    client.send(&cluster, "GET", "/readyz", "*/*").await;
    assert_eq!(client.bytes().await, (b"HTTP/1.1 200 OK\r\ncon".to_vec(), wire::Ending::Closed));
}
