//! Owns the kubeconfig of a running fleet. Must not know how anything is served.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ClusterHandle, Fleet};
use crate::sim::json::quote;
use crate::sim::scenario::Auth;

impl Fleet {
    /// A kubeconfig (YAML) with a context per cluster, the first one current. `program` plays the credential plugins.
    /// With an admin endpoint, its address and token are in the `extensions`, under the name `fleet-tui-sim`.
    pub fn kubeconfig(&self, program: &Path) -> String {
        let (mut clusters, mut users, mut contexts) = (String::new(), String::new(), String::new());
        let program = yaml(&self.plugin(program).display().to_string());
        for handle in &self.clusters {
            let name = yaml(handle.name());
            let (scheme, authority) = match &handle.cluster.tls {
                Some(tls) => {
                    ("https", format!("    certificate-authority-data: {}\n", STANDARD.encode(tls.authority())))
                }
                None => ("http", String::new()),
            };
            let server = format!("{scheme}://{}", handle.address);
            let _infallible = write!(clusters, "- name: {name}\n  cluster:\n    server: {server}\n{authority}");
            let user = &handle.cluster.spec.user;
            let namespace =
                user.context_namespace.as_deref().map(|namespace| format!("    namespace: {}\n", yaml(namespace)));
            let namespace = namespace.unwrap_or_default();
            let _infallible =
                write!(contexts, "- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n{namespace}");
            let _infallible = write!(users, "- name: {name}\n  user:\n{}", credentials(handle, &program));
        }
        let current = self.clusters.first().map(|handle| yaml(handle.name())).unwrap_or_default();
        let extensions = self.admin.as_ref().map_or_else(String::new, |admin| {
            let (address, token) = (admin.address, &admin.token);
            format!(
                "extensions:\n- name: fleet-tui-sim\n  extension:\n    admin: http://{address}\n    token: {token}\n"
            )
        });
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {current}\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}{extensions}"
        )
    }

    /// The program under the name that a credential plugin of some company has, where the system can link files: people
    /// read it. Blocks on the disk.
    fn plugin(&self, program: &Path) -> PathBuf {
        self.plugins.as_ref().and_then(|folder| linked(program, &folder.path().join(PLUGIN))).unwrap_or(program.into())
    }
}

/// What the credential plugins are called.
const PLUGIN: &str = "corp-sso";

#[cfg(unix)]
fn linked(program: &Path, name: &Path) -> Option<PathBuf> {
    let links = |name: &Path| std::fs::read_link(name).is_ok_and(|to| to == program);
    (links(name) || std::os::unix::fs::symlink(program, name).is_ok()).then(|| name.to_owned())
}

#[cfg(not(unix))]
fn linked(_: &Path, _: &Path) -> Option<PathBuf> {
    None
}

/// The lines of a user's `user`.
fn credentials(handle: &ClusterHandle, program: &str) -> String {
    let plugin = |arguments: &str| {
        format!(
            "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: {program}\n      args: [\"sim-credential\", {arguments}]\n      interactiveMode: IfAvailable\n"
        )
    };
    match (handle.cluster.spec.user.auth, &handle.user, handle.cluster.token_file()) {
        (Auth::ClientCert, Some(pair), _) => {
            let (certificate, key) = (STANDARD.encode(&pair.certificate), STANDARD.encode(&pair.key));
            format!("    client-certificate-data: {certificate}\n    client-key-data: {key}\n")
        }
        (Auth::Plugin, _, Some(file)) => plugin(&format!("\"--token-file\", {}", yaml(&file.display().to_string()))),
        (Auth::ExpiredPlugin, _, _) => plugin("\"--expired\""),
        _ => format!("    token: {}\n", handle.token()),
    }
}

/// A YAML scalar: JSON strings are YAML too.
fn yaml(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}
