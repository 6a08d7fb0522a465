//! Finds everything one context needs, in its own file alone, or says what is missing. Must not connect anywhere.

use std::fmt;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

use super::entry;
use super::file::{self, File, Reading, first};
use super::shape::Cut;

/// What one context needs to be reached, read from disk at one moment.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The context, its cluster and its user and nothing else; paths are absolute, a token file's content is its token.
    pub kubeconfig: Kubeconfig,
    /// The server's address, with a scheme.
    pub server: String,
    /// The context's namespace; `None` if it names none.
    pub namespace: Option<String>,
    /// The context names a user, so credentials are meant.
    pub credentials_meant: bool,
    /// The kubeconfig and every file its credentials come from, to notice a change.
    pub files: Vec<PathBuf>,
}

impl Resolved {
    /// Tells whether the credentials come from a credential plugin.
    #[must_use]
    pub fn has_plugin(&self) -> bool {
        let user = self.kubeconfig.auth_infos.first().and_then(|user| user.auth_info.as_ref());
        user.is_some_and(|user| user.exec.is_some() && !entry::has_own_credentials(user))
    }
}

/// Why a context cannot be used: a lower-case fragment without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The file says nothing of the context: it cannot be read, is half written, or has no such context.
    Silent(String),
    /// The file is sound and has the context, but that is broken: its cluster is missing, the CA unreadable.
    Broken(String),
    /// The same, and it is the credentials that it lacks: its user is missing, a token file unreadable.
    NoCredentials(String),
    /// One of the two, for an entry that is missing from the list which the file ends with: a person has taken it out, or it
    /// has not been written yet.
    Missing(Box<Self>),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) | Self::Broken(why) | Self::NoCredentials(why) => f.write_str(why),
            Self::Missing(why) => why.fmt(f),
        }
    }
}

/// Reads a file from disk and resolves a context of it.
pub fn resolve(path: &Path, context: &str) -> Result<Resolved, Unusable> {
    let file = match file::read(path) {
        Reading::Kubeconfig(file) => Ok(file),
        Reading::Unusable(why) => Err(format!("the kubeconfig {} is {why}", path.display())),
        Reading::Other(what) => Err(match file::fault(path) {
            Some(fault) => format!("the kubeconfig {} is {fault}", path.display()),
            None => format!("{} is not a kubeconfig: {what}", path.display()),
        }),
        Reading::Unreadable(why) => Err(format!("the kubeconfig {} {why}", path.display())),
    };
    let file = file.map_err(Unusable::Silent)?;
    if first(&file.contexts, context).is_none() {
        return Err(Unusable::Silent(format!("the kubeconfig {} has no context {context}", path.display())));
    }
    resolve_in(&file, path, context).map_err(|why| match file.shape.cut(&file, context) {
        Some(Cut::Surely(lack)) => Unusable::Silent(format!("the kubeconfig {} {lack}", path.display())),
        Some(Cut::Perhaps) => Unusable::Missing(Box::new(why)),
        None => why,
    })
}

/// Tells whether a file ends within what a context is made of: it is being written. Blocks on the disk.
#[must_use]
pub fn is_torn(path: &Path, context: &str) -> bool {
    matches!(file::read(path), Reading::Kubeconfig(file) if file.shape.tears(&file, context))
}

/// Resolves a context of a file that has been read from `path`. The error is a lower-case fragment without secrets.
pub fn resolve_in(file: &File, path: &Path, context: &str) -> Result<Resolved, Unusable> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let entry = first(&file.contexts, context)
        .ok_or_else(|| Unusable::Silent(format!("the kubeconfig {} has no context {context}", path.display())))?;
    let entry = entry.clone().map_err(|why| Unusable::Broken(format!("the context {why}")))?;
    let namespace = entry.namespace.clone().filter(|namespace| !namespace.is_empty());
    let user_name = entry.user.clone().filter(|user| !user.is_empty());

    let user = match &user_name {
        None => entry::User::default(),
        Some(name) => {
            let missing = |why: &str| Unusable::NoCredentials(format!("user {name} {why}"));
            let user = first(&file.users, name).ok_or_else(|| missing("is not in this file"))?;
            user.clone().and_then(|user| entry::user(&user, folder)).map_err(|why| missing(&why))?
        }
    };
    let name = entry.cluster.clone();
    if name.is_empty() {
        return Err(Unusable::Broken("the context names no cluster".to_owned()));
    }
    let broken = |why: &str| Unusable::Broken(format!("cluster {name} {why}"));
    let cluster = first(&file.clusters, &name).ok_or_else(|| broken("is not in this file"))?;
    let certificate = user.auth.client_certificate.is_some() || user.auth.client_certificate_data.is_some();
    let (cluster, mut files) = cluster
        .clone()
        .and_then(|cluster| entry::cluster(&cluster, folder, certificate))
        .map_err(|why| broken(&why))?;
    files.extend(user.files);
    files.push(path.to_owned());

    let server = cluster.server.clone().unwrap_or_default();
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster { name, cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: user_name
            .iter()
            .map(|name| NamedAuthInfo {
                name: name.clone(),
                auth_info: Some(user.auth.clone()),
                ..NamedAuthInfo::default()
            })
            .collect(),
        contexts: vec![NamedContext { name: context.to_owned(), context: Some(entry), ..NamedContext::default() }],
        ..Kubeconfig::default()
    };
    Ok(Resolved { kubeconfig, server, namespace, credentials_meant: user_name.is_some(), files })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "kind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://10.0.0.1:6443'}\nusers:\n- name: u\n  user: {token: t}\n\
        contexts:\n- name: good\n  context: {cluster: c, user: u, namespace: team-a}\n- name: no-user\n  context: {cluster: c}\n\
        - name: lost-user\n  context: {cluster: c, user: gone}\n- name: lost-cluster\n  context: {cluster: gone, user: u}\n\
        - name: nothing\n  context: {}\n- name: good\n  context: {cluster: gone}\n";

    fn resolved(context: &str) -> Result<Resolved, Unusable> {
        let Reading::Kubeconfig(file) = file::parse(FILE) else { panic!() };
        resolve_in(&file, Path::new("/k/config"), context)
    }

    #[test]
    fn a_context_brings_its_own_entries_and_no_others() {
        let good = resolved("good").unwrap();
        assert_eq!(good.server, "https://10.0.0.1:6443");
        assert_eq!(good.namespace.as_deref(), Some("team-a"));
        assert!(good.credentials_meant);
        assert_eq!((good.kubeconfig.clusters.len(), good.kubeconfig.auth_infos.len()), (1, 1));
        assert!(!resolved("no-user").unwrap().credentials_meant);
    }

    #[test]
    fn what_is_missing_is_named() {
        use Unusable as U;
        let error = |context| resolved(context).unwrap_err();
        assert_eq!(error("lost-user"), U::NoCredentials("user gone is not in this file".to_owned()));
        assert_eq!(error("lost-cluster"), U::Broken("cluster gone is not in this file".to_owned()));
        assert_eq!(error("nothing"), U::Broken("the context names no cluster".to_owned()));
        assert_eq!(error("absent"), U::Silent("the kubeconfig /k/config has no context absent".to_owned()));
    }
}
