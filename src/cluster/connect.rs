//! From a context on disk to a client: reads the kubeconfig, gets credentials, builds the client. Sends nothing yet.
//!
//! Every client is built from the file as it is at that moment, for that context alone. What blocks (disk, TLS setup,
//! kube's own token providers) runs on blocking threads. Must not decide when to connect or what a failure leads to.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use http::header::{HeaderValue, USER_AGENT};
use kube::Config;
use kube::client::RustlsTlsError;
use kube::config::{AuthInfo, KubeConfigOptions, KubeconfigError};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::access::Access;
use super::client::client;
use super::credentials::{Credentials, renew_at};
use super::dial::Dialer;
use super::evidence::{Evidence, Lookout};
use super::failure::{self, Site};
use super::limits::Limits;
use super::outlet::Outlet;
use super::plugin::{Credential, Plugin};
use super::plugin_words;
use super::proxy;
use super::redact::{LONGEST, one_line};
use super::transport::Transport;
use crate::kubeconfig::entry::has_own_credentials;
use crate::kubeconfig::{Resolved, Unusable, resolve};
use crate::model::failure::{Failure, FailureClass, FailureKind};
use crate::model::ids::ClusterId;
use crate::model::update::{Link, Update};

/// Which context an open cluster is reached through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The cluster's id.
    pub id: ClusterId,
    /// The kubeconfig file.
    pub path: PathBuf,
    /// The context's name in it.
    pub context: String,
}

/// A failed attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Why.
    pub failure: Failure,
    /// Trying again by itself is pointless or would disturb: a person, or a change of the file, has to help first.
    pub by_hand: bool,
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        let by_hand = is_unusable(&failure);
        Self { failure, by_hand }
    }
}

/// Builds the clients of one open cluster; keeps its credentials and owns its sockets.
pub struct Connector {
    target: Target,
    limits: Limits,
    credentials: Credentials,
    transport: Transport,
    lookout: Lookout,
    /// A plugin that only a person can help, and what it said.
    stuck: Option<(Plugin, Setback)>,
}

impl Connector {
    /// Prepares for a context. Sockets run as tasks of `tasks` and end with `stop`.
    #[must_use]
    pub fn new(target: Target, limits: Limits, tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self {
            lookout: Lookout::new(target.path.clone(), target.context.clone()),
            transport: Transport::new(tasks, stop),
            credentials: Credentials::default(),
            stuck: None,
            target,
            limits,
        }
    }

    /// Forgets what the credential plugin handed out, so that the next client runs it anew.
    pub fn forget_credentials(&mut self) {
        self.credentials.forget(&self.limits.plugins);
    }

    /// Forgets processes of the credential plugin that have ended; to be called now and then.
    pub fn sweep(&mut self) {
        self.credentials.sweep();
    }

    /// Lets a plugin run again that was waiting for a person: one has asked for it, or its context has changed.
    pub fn release(&mut self) {
        self.stuck = None;
    }

    /// Returns the eyes on the files behind this context; they see what the last attempt worked with.
    #[must_use]
    pub fn lookout(&self) -> Lookout {
        self.lookout.clone()
    }

    /// Builds a client from the kubeconfig as it is on disk. A run of the credential plugin is told to `outlet`.
    pub async fn connect(&mut self, outlet: Option<&Outlet>) -> Result<Access, Setback> {
        let draft = self.draft().await?;
        let credential = match &draft.plugin {
            None => None,
            Some(plugin) => match self.credentials.remembered(plugin, jiff::Timestamp::now()) {
                Some(credential) => Some(credential),
                None => Some(self.run(plugin, outlet).await?),
            },
        };
        Ok(self.build(draft, credential).await?)
    }

    async fn draft(&mut self) -> Result<Draft, Failure> {
        let (path, context, connect) = (self.target.path.clone(), self.target.context.clone(), self.limits.connect);
        let drafted = self.lookout.look(self.limits.connect, move || {
            let resolved = resolve(&path, &context);
            let seen = Evidence::of(&path, &resolved);
            let print = seen.print();
            let resolved = resolved.map_err(|why| unusable(&why));
            (
                seen,
                resolved.and_then(|resolved| Ok(Draft { place: print.place, ..draft(resolved, &context, connect)? })),
            )
        });
        // A disk may hang as a network does; a machine without time for us looks the same.
        let Some((seen, draft)) = drafted.await else {
            let words = format!(
                "the kubeconfig is not read after {} s: its disk hangs, or this machine is overloaded",
                connect.as_secs()
            );
            return Err(Failure::new(FailureKind::Timeout, words));
        };
        self.lookout.note(seen);
        draft
    }

    async fn run(&mut self, plugin: &Plugin, outlet: Option<&Outlet>) -> Result<Credential, Setback> {
        if let Some((_, setback)) = self.stuck.as_ref().filter(|(stuck, _)| stuck == plugin) {
            return Err(setback.clone());
        }
        if let Some(outlet) = outlet {
            outlet.send(Update::Link(Link::Plugin { program: plugin.program().to_owned() })).await;
        }
        let ran = self.credentials.obtain(plugin, &self.limits.plugins, self.limits.exec).await;
        if let (Ok(_), Some(outlet)) = (&ran.outcome, outlet) {
            outlet.send(Update::Link(Link::Connecting)).await;
        }
        ran.outcome.map_err(|failure| {
            if failure.class() != FailureClass::Auth || ran.took <= self.limits.plugin_patience {
                return failure.into();
            }
            let setback = Setback { failure: plugin_words::by_hand(failure), by_hand: true };
            self.stuck = Some((plugin.clone(), setback.clone()));
            setback
        })
    }

    async fn build(&self, draft: Draft, credential: Option<Credential>) -> Result<Access, Failure> {
        let (transport, dialer) = (self.transport.clone(), self.limits.dialer.clone());
        let built = spawn_blocking(move || build(draft, credential, transport, dialer.as_ref()));
        // kube's token providers may call programs of their own: they get the time a plugin gets.
        match tokio::time::timeout(self.limits.exec, built).await {
            Ok(Ok(access)) => access,
            Ok(Err(_)) => Err(Failure::new(FailureKind::Config, "the context cannot be used")),
            Err(_) => Err(Failure::new(FailureKind::PluginTimeout, "the auth provider did not end in time")),
        }
    }
}

/// Returns the credential plugin that a context would run, if it has one. Blocks on the disk.
pub fn plugin_of(target: &Target) -> Result<Option<Plugin>, Failure> {
    let resolved = resolve(&target.path, &target.context);
    let resolved = resolved.map_err(|why| unusable(&why))?;
    Ok(draft(resolved, &target.context, Duration::ZERO)?.plugin)
}

/// Tells whether the context itself is what is wrong.
#[must_use]
pub fn is_unusable(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Config | FailureKind::NoCredentials)
}

fn unusable(why: &Unusable) -> Failure {
    let kind = match why {
        Unusable::Silent(_) | Unusable::Broken(_) => FailureKind::Config,
        Unusable::NoCredentials(_) => FailureKind::NoCredentials,
        Unusable::Missing(why) => return unusable(why),
    };
    Failure::new(kind, one_line(&why.to_string(), LONGEST))
}

/// A client's configuration before its plugin has run.
struct Draft {
    config: Config,
    plugin: Option<Plugin>,
    site: Site,
    namespace: Option<String>,
    credentials_meant: bool,
    place: u64,
}

fn draft(resolved: Resolved, context: &str, connect: Duration) -> Result<Draft, Failure> {
    let Resolved { kubeconfig, server, namespace, credentials_meant, files: _ } = resolved;
    let proxy_url = kubeconfig.clusters.first().and_then(|cluster| cluster.cluster.as_ref()?.proxy_url.clone());
    let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
    // The call reads the CA file and nothing else; it is async in name only.
    let config = futures::FutureExt::now_or_never(Config::from_custom_kubeconfig(kubeconfig, &options));
    let mut config = match config {
        Some(Ok(config)) => config,
        Some(Err(error)) => return Err(of_kubeconfig(&error)),
        None => return Err(Failure::new(FailureKind::Config, "the context cannot be used")),
    };
    config.proxy_url = match proxy_url {
        Some(url) => url.parse().ok(),
        None => proxy::from_environment(&config.cluster_url, |name| std::env::var(name).ok()),
    };
    let tls = config.cluster_url.scheme_str() == Some("https");
    let port = |uri: &http::Uri, otherwise| uri.port_u16().unwrap_or(otherwise);
    let at = |uri: &http::Uri, otherwise| format!("{}:{}", uri.host().unwrap_or_default(), port(uri, otherwise));
    let site = Site {
        address: at(&config.cluster_url, if tls { 443 } else { 80 }),
        proxy: config.proxy_url.as_ref().map(|proxy| at(proxy, 8080)),
        tls,
        own_ca: config.root_cert.is_some(),
        server,
        connect,
    };
    let exec = config.auth_info.exec.take();
    let plugin = match exec {
        Some(exec) if !has_own_credentials(&config.auth_info) => Some(Plugin::new(&exec)?),
        _ => None,
    };
    config.connect_timeout = Some(connect);
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_static(concat!("fleet-tui/", env!("CARGO_PKG_VERSION")))));
    Ok(Draft { config, plugin, site, namespace, credentials_meant, place: 0 })
}

fn build(
    draft: Draft,
    credential: Option<Credential>,
    transport: Transport,
    dialer: Option<&Dialer>,
) -> Result<Access, Failure> {
    let Draft { mut config, plugin, site, namespace, credentials_meant, place } = draft;
    let advice = advice(&config.auth_info, plugin.as_ref());
    let mut renewal = None;
    if let Some(Credential { token, certificate, expires }) = credential {
        config.auth_info.token = token.map(Into::into);
        if let Some((certificate, key)) = certificate {
            let encode = |pem: String| base64::engine::general_purpose::STANDARD.encode(pem);
            config.auth_info.client_certificate_data = Some(encode(certificate));
            config.auth_info.client_key_data = Some(encode(key).into());
        }
        renewal = expires.map(|expires| renew_at(expires, jiff::Timestamp::now(), Instant::now()));
    }
    let client = client(config, site.connect, transport.clone(), dialer);
    let access = Access::new(client.map_err(|error| of_build(&error, &site))?, site);
    Ok(Access { namespace, credentials_meant, advice, renew_at: renewal, transport, place, ..access })
}

/// Says what may help when the server rejects the credentials of this kind.
fn advice(auth: &AuthInfo, plugin: Option<&Plugin>) -> String {
    if let Some(plugin) = plugin {
        return format!("L logs in with {}", one_line(plugin.program(), 60));
    }
    let words = if auth.auth_provider.is_some() {
        "log in again with the tool that wrote this kubeconfig"
    } else if auth.username.is_some() && auth.password.is_some() {
        "servers since 1.19 accept no passwords"
    } else if auth.token.is_some() {
        "the token may have expired, or be of another cluster"
    } else if auth.client_certificate.is_some() || auth.client_certificate_data.is_some() {
        "the client certificate may have expired, or be of another cluster"
    } else {
        "the user entry holds no credentials"
    };
    words.to_owned()
}

fn of_kubeconfig(error: &KubeconfigError) -> Failure {
    let words = match error {
        KubeconfigError::ParseCertificates(_) => "certificate-authority is not valid PEM",
        KubeconfigError::ParseProxyUrl(_) => "the proxy's address is malformed",
        KubeconfigError::ParseNoProxy(_) => "NO_PROXY is malformed",
        KubeconfigError::ParseClusterUrl(_) => "the server's address is malformed",
        _ => "the context cannot be used",
    };
    Failure::new(FailureKind::Config, words)
}

fn of_build(error: &kube::Error, site: &Site) -> Failure {
    let words = match error {
        kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_)) if !site.own_ca => {
            "this system's trusted CAs cannot be read"
        }
        kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_)) => {
            "certificate-authority holds a malformed certificate"
        }
        kube::Error::RustlsTls(RustlsTlsError::InvalidServerName(_)) => "tls-server-name is not a host name",
        kube::Error::RustlsTls(RustlsTlsError::InvalidPrivateKey(rustls::Error::InconsistentKeys(_))) => {
            "client-key does not belong to client-certificate"
        }
        kube::Error::RustlsTls(_) => "the client certificate or its key cannot be used",
        kube::Error::HttpError(_) => "the user to impersonate holds characters that cannot be sent",
        other => return failure::of_kube(other, site),
    };
    Failure::new(FailureKind::Config, words)
}
