//! What the kubeconfig files offer, as plain data. Must not know YAML or kube.

use std::path::PathBuf;

use super::ids::ClusterId;

/// Everything that was found where we looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The kubeconfig files, in source order.
    pub files: Vec<KubeconfigFile>,
    /// What a person should know: a missing path of `$KUBECONFIG`, an unreadable folder.
    pub notices: Vec<String>,
    /// Where was looked, for the message when nothing was found.
    pub looked_in: Vec<PathBuf>,
}

/// One kubeconfig file: an island of its own, never merged with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeconfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its part of the cluster ids: the file name, or the shortest path suffix that tells it apart.
    pub label: String,
    /// Why the whole file cannot be used, if so.
    pub problem: Option<String>,
    /// Its contexts, in file order.
    pub contexts: Vec<ContextEntry>,
}

/// One context of a kubeconfig file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextEntry {
    /// The id its cluster has when open.
    pub id: ClusterId,
    /// The context's name; also the cluster name.
    pub name: String,
    /// The name as shown: shortened so that the telling part stays, unless two would look alike.
    pub short_name: String,
    /// The server's address; empty if unknown.
    pub server: String,
    /// The user entry's name; empty if none.
    pub user: String,
    /// Its user's credentials come from a credential plugin.
    pub plugin: bool,
    /// The context's namespace.
    pub namespace: Option<String>,
    /// The file names it `current-context`.
    pub current: bool,
    /// Why it cannot be used, if so.
    pub problem: Option<String>,
}

impl Catalog {
    /// Iterates over every context with its file, in order.
    pub fn contexts(&self) -> impl Iterator<Item = (&KubeconfigFile, &ContextEntry)> {
        self.files.iter().flat_map(|file| file.contexts.iter().map(move |context| (file, context)))
    }

    /// Finds a context by its cluster id.
    #[must_use]
    pub fn find(&self, id: &ClusterId) -> Option<(&KubeconfigFile, &ContextEntry)> {
        self.contexts().find(|(_, context)| context.id == *id)
    }
}
