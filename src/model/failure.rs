//! Why something did not work, in plain words. Must not know any library's error types: those are read in `cluster`.

use std::fmt;
use std::time::Duration;

/// What exactly went wrong; finer than the class, so that the screen can say the true cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The host name does not resolve.
    Dns,
    /// The port answers that nobody listens.
    Refused,
    /// No route to the host or network.
    NoRoute,
    /// TCP or TLS did not complete within `connect.timeout`.
    ConnectTimeout,
    /// Connected, but no answer within the call's time limit.
    Timeout,
    /// The peer closed or reset the connection.
    Closed,
    /// The server's certificate is signed by nobody we trust.
    TlsUntrusted,
    /// The server's certificate is for another name.
    TlsWrongName,
    /// The server's certificate has expired or is not valid yet.
    TlsExpired,
    /// The server turned our client certificate down during the handshake.
    TlsClientRejected,
    /// Any other TLS trouble.
    Tls,
    /// What answers is not speaking TLS, or not HTTP.
    NotHttp,
    /// The proxy refused, or is of a kind that is not supported.
    Proxy,
    /// 400 and 422: the server makes nothing of what was asked.
    Invalid,
    /// 401: the server does not accept the credentials.
    Unauthorized,
    /// The server took us for `system:anonymous` although credentials were meant.
    Anonymous,
    /// 403: known, but not permitted.
    Forbidden,
    /// 404: no such path or object.
    NotFound,
    /// 410: a resource version is too old.
    Gone,
    /// 429: the server asks us to slow down.
    Throttled,
    /// 5xx, or a failing readiness check.
    Server,
    /// The credential plugin's program is not there.
    PluginMissing,
    /// The credential plugin ended with an error.
    PluginFailed,
    /// The credential plugin did not end within `auth.exec_timeout`.
    PluginTimeout,
    /// The credential plugin answered something that is not a credential.
    PluginOutput,
    /// The credential plugin says that the login has expired.
    LoginExpired,
    /// The context cannot be used: a missing cluster, an unreadable CA, a malformed address.
    Config,
    /// The context's credentials are not there: a missing user, an unreadable certificate or token file.
    NoCredentials,
    /// The answer could not be understood.
    Decode,
    /// None of the above.
    Unknown,
}

/// The spec's error classes: they decide how recovery goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Credentials: recovery spends attempts and then settles.
    Auth,
    /// The way there: probed for ever, no attempts spent.
    Connectivity,
    /// Treated like connectivity.
    Unknown,
}

/// A failure as a person reads it: what, why and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// A lower-case fragment without secrets, for example `connection refused by 127.0.0.1:6443`.
    pub summary: String,
    /// What to do about it, if anything is known to help.
    pub hint: Option<String>,
    /// How long the server asks to be left alone, already bounded; `None` if it says nothing.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// Builds a failure without a hint.
    pub fn new(kind: FailureKind, summary: impl Into<String>) -> Self {
        Self { kind, summary: summary.into(), hint: None, retry_after: None }
    }

    /// Adds what helps.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the failure as a state of the cluster: what cannot be reached is said to be unreachable, and why.
    #[must_use]
    pub fn headline(&self) -> String {
        use FailureKind as K;
        match self.kind {
            K::Dns | K::Refused | K::NoRoute | K::ConnectTimeout | K::Timeout | K::Closed => {
                format!("unreachable: {}", self.summary)
            }
            _ => self.summary.clone(),
        }
    }

    /// Returns the class that decides how recovery goes on.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        use FailureKind as K;
        match self.kind {
            K::Unauthorized
            | K::Anonymous
            | K::TlsClientRejected
            | K::PluginMissing
            | K::PluginFailed
            | K::PluginTimeout
            | K::PluginOutput
            | K::LoginExpired
            | K::NoCredentials => FailureClass::Auth,
            K::Dns
            | K::Refused
            | K::NoRoute
            | K::ConnectTimeout
            | K::Timeout
            | K::Closed
            | K::TlsUntrusted
            | K::TlsWrongName
            | K::TlsExpired
            | K::Tls
            | K::NotHttp
            | K::Proxy
            | K::Throttled
            | K::Server => FailureClass::Connectivity,
            K::Forbidden | K::NotFound | K::Invalid | K::Gone | K::Config | K::Decode | K::Unknown => {
                FailureClass::Unknown
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)
    }
}
