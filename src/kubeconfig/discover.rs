//! Looks for kubeconfig files and turns them into the catalog of contexts. Must not decide what is opened.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{self, File, Reading, first};
use super::label::labels;
use super::resolve::{Resolved, resolve_in};
use super::short_name::short_names;
use crate::model::catalog::{Catalog, ContextEntry, KubeconfigFile};
use crate::model::ids::ClusterId;

/// Where to look for kubeconfig files.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Files named on the command line. Any switches the other sources off.
    pub explicit: Vec<PathBuf>,
    /// The value of `$KUBECONFIG`: several paths. Set and not empty, it switches the search off.
    pub env: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// Folders to search, not recursively; `~/` is the home folder. The default is `~/.kube`.
    pub search: Vec<PathBuf>,
}

struct Found {
    path: PathBuf,
    file: Arc<File>,
    problem: Option<String>,
}

/// What one look at every source found.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// What the files offer.
    pub catalog: Catalog,
    /// A number for each context that changes when its entries (context, cluster, user) in the file do.
    pub prints: BTreeMap<ClusterId, u64>,
    /// Which parts each file that can be read has.
    pub parts: BTreeMap<PathBuf, BTreeSet<&'static str>>,
}

/// Reads every source and lists what it offers. Blocks on the disk.
///
/// `remembered` maps cluster ids to the files they were of: such ids are kept, whatever the order of the files.
#[must_use]
pub fn discover(sources: &Sources, remembered: &BTreeMap<String, PathBuf>) -> Catalog {
    look(sources, remembered).catalog
}

/// The same, with what tells a changed context from an unchanged one.
#[must_use]
pub fn look(sources: &Sources, remembered: &BTreeMap<String, PathBuf>) -> Look {
    let mut catalog = Catalog::default();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let default = sources.default_file();
    for (path, named) in candidates(sources, &mut catalog) {
        // Reached twice, by a link or by being named twice, a file is listed once.
        if !seen.insert(std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            continue;
        }
        let (file, problem) = match file::read(&path) {
            Reading::Kubeconfig(file) => (file, None),
            Reading::Unusable(why) => (Arc::default(), Some(why)),
            Reading::Other(what) if named => (Arc::default(), Some(format!("not a kubeconfig: {what}"))),
            // The default file is as good as named: that it may not be read is worth knowing.
            Reading::Unreadable(why) if (named || Some(&path) == default.as_ref()) && path.exists() => {
                (Arc::default(), Some(why))
            }
            Reading::Unreadable(why) if named => {
                catalog.notices.push(format!("{} {why}", path.display()));
                continue;
            }
            Reading::Other(_) | Reading::Unreadable(_) => continue,
        };
        found.push(Found { path, file, problem });
    }
    catalog.files = listed(&found, remembered);
    let contexts = found.iter().zip(&catalog.files);
    let contexts = contexts.flat_map(|(found, file)| file.contexts.iter().map(move |context| (found, context)));
    let prints = contexts.map(|(found, context)| (context.id.clone(), print(&found.file, &context.name))).collect();
    let readable = found.iter().filter(|found| found.problem.is_none());
    let parts = readable.map(|found| (found.path.clone(), found.file.shape.parts.clone())).collect();
    Look { catalog, prints, parts }
}

/// Sums up the entries behind a context as they are written; what the file says of others does not count.
fn print(file: &File, context: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let entry = first(&file.contexts, context);
    summed(entry, &mut hasher);
    if let Some(Ok(entry)) = entry {
        summed(first(&file.clusters, &entry.cluster), &mut hasher);
        summed(entry.user.as_ref().and_then(|user| first(&file.users, user)), &mut hasher);
    }
    hasher.finish()
}

fn summed<T: serde::Serialize>(entry: Option<&Result<T, String>>, hasher: &mut DefaultHasher) {
    let text = entry.map(|entry| entry.as_ref().map(|entry| serde_json::to_string(entry).unwrap_or_default()));
    text.hash(hasher);
}

impl Sources {
    /// The files that a person named; if there are any, nothing is searched.
    pub(super) fn named(&self) -> Vec<PathBuf> {
        if !self.explicit.is_empty() {
            return self.explicit.clone();
        }
        let paths = self.env.iter().flat_map(std::env::split_paths);
        paths.filter(|path| !path.as_os_str().is_empty()).collect()
    }

    /// The file that is looked for without being named.
    pub(super) fn default_file(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(".kube/config"))
    }

    /// The folders to search.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        match self.search.as_slice() {
            [] => self.home.iter().map(|home| home.join(".kube")).collect(),
            folders => folders.iter().map(|folder| at_home(folder, self.home.as_deref())).collect(),
        }
    }
}

/// Makes a path independent of the working folder: it is remembered, and credentials are relative to it.
pub(super) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Lists the paths to read in source order, with whether a person named each.
fn candidates(sources: &Sources, catalog: &mut Catalog) -> Vec<(PathBuf, bool)> {
    let named = sources.named();
    if !named.is_empty() {
        catalog.looked_in = named.into_iter().map(absolute).collect();
        return catalog.looked_in.iter().map(|path| (path.clone(), true)).collect();
    }
    let mut paths: Vec<PathBuf> = sources.default_file().into_iter().collect();
    catalog.looked_in.clone_from(&paths);
    for folder in sources.folders() {
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                inside.sort();
                paths.extend(inside);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => catalog.notices.push(format!("{} {}", folder.display(), file::reason(&error))),
        }
        catalog.looked_in.push(folder);
    }
    paths.into_iter().map(|path| (path, false)).collect()
}

fn at_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn listed(found: &[Found], remembered: &BTreeMap<String, PathBuf>) -> Vec<KubeconfigFile> {
    let paths: Vec<PathBuf> = found.iter().map(|found| found.path.clone()).collect();
    let labels = labels(&paths, &claims(found, remembered));
    let names: Vec<&str> =
        found.iter().flat_map(|found| found.file.contexts.iter().map(|(name, _)| name.as_str())).collect();
    let short_names = short_names(&names);
    let mut short_names = short_names.into_iter();
    let mut ids = BTreeSet::new();
    let listed = found.iter().zip(labels).map(|(found, label)| {
        let mut seen = BTreeSet::new();
        let contexts = found.file.contexts.iter().zip(short_names.by_ref()).filter_map(|((name, _), short_name)| {
            // Of two contexts with one name the first counts, as for kubectl. Ids of `a` with `b:c` and of `a:b` with
            // `c` are equal: only one of them can be open.
            let id = ClusterId::new(&format!("{label}:{name}"));
            (seen.insert(name.as_str()) && ids.insert(id.clone())).then(|| context(found, id, name, short_name))
        });
        let contexts = contexts.collect();
        KubeconfigFile { path: found.path.clone(), label, problem: found.problem.clone(), contexts }
    });
    listed.collect()
}

/// Returns which label each remembered file had. An id is never split: the label is what precedes a known context name.
fn claims(found: &[Found], remembered: &BTreeMap<String, PathBuf>) -> BTreeMap<String, PathBuf> {
    let mut claims = BTreeMap::new();
    for (id, path) in remembered {
        let Some(owner) = found.iter().find(|found| found.path == *path) else { continue };
        let label = owner.file.contexts.iter().find_map(|(name, _)| id.strip_suffix(name.as_str())?.strip_suffix(':'));
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            claims.entry(label.to_owned()).or_insert_with(|| path.clone());
        }
    }
    claims
}

fn context(found: &Found, id: ClusterId, name: &str, short_name: String) -> ContextEntry {
    let entry = found.file.contexts.iter().find(|(candidate, _)| candidate == name);
    let entry = entry.and_then(|(_, entry)| entry.as_ref().ok());
    let resolved = resolve_in(&found.file, &found.path, name);
    let server = match &resolved {
        Ok(resolved) => resolved.server.clone(),
        Err(_) => entry
            .and_then(|entry| found.file.clusters.iter().find(|(candidate, _)| *candidate == entry.cluster))
            .and_then(|(_, cluster)| cluster.as_ref().ok()?.server.clone())
            .unwrap_or_default(),
    };
    ContextEntry {
        id,
        name: name.to_owned(),
        short_name,
        server,
        plugin: resolved.as_ref().is_ok_and(Resolved::has_plugin),
        user: entry.and_then(|entry| entry.user.clone()).unwrap_or_default(),
        namespace: entry.and_then(|entry| entry.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        current: found.file.current == name,
        // Names in it come from the file and may hold anything.
        problem: resolved.err().map(|why| why.to_string().chars().filter(|letter| !letter.is_control()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "kind: Config\ncurrent-context: b\nclusters:\n- name: c\n  cluster: {server: 'https://h:1'}\n\
        users:\n- name: u\n  user: {token: t}\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\n\
        - name: b\n  context: {cluster: c, user: gone}\n- name: a\n  context: {cluster: gone}\n";

    fn home() -> (tempfile::TempDir, Sources) {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".kube/cache")).unwrap();
        let sources = Sources { home: Some(home.path().to_owned()), ..Sources::default() };
        (home, sources)
    }

    fn ids(catalog: &Catalog) -> Vec<String> {
        catalog.contexts().map(|(_, context)| context.id.to_string()).collect()
    }

    #[test]
    fn it_is_told_whose_credentials_come_from_a_plugin() {
        let (home, mut sources) = home();
        let path = home.path().join("config");
        let text = "kind: Config\nclusters: [{name: c, cluster: {server: 'https://h:1'}}]\nusers:\n\
            - {name: t, user: {token: t}}\n- {name: p, user: {exec: {apiVersion: v1, command: aws}}}\n\
            - {name: both, user: {token: t, exec: {apiVersion: v1, command: aws}}}\ncontexts:\n\
            - {name: t, context: {cluster: c, user: t}}\n- {name: p, context: {cluster: c, user: p}}\n\
            - {name: both, context: {cluster: c, user: both}}\n- {name: nobody, context: {cluster: c}}\n";
        std::fs::write(&path, text).unwrap();
        sources.explicit = vec![path];
        let catalog = discover(&sources, &BTreeMap::new());
        let plugins = catalog.contexts().map(|(_, context)| (context.name.as_str(), context.plugin));
        assert_eq!(plugins.collect::<Vec<_>>(), [("t", false), ("p", true), ("both", false), ("nobody", false)]);
    }

    #[test]
    fn the_search_lists_kubeconfigs_and_passes_over_everything_else() {
        let (home, sources) = home();
        let kube = home.path().join(".kube");
        std::fs::write(kube.join("config"), GOOD).unwrap();
        std::fs::write(kube.join("broken.yaml"), "kind: Config\n  contexts: [\n").unwrap();
        std::fs::write(kube.join("notes.txt"), "about contexts").unwrap();
        std::fs::write(kube.join("binary"), [0_u8, 1, 2]).unwrap();
        let catalog = discover(&sources, &BTreeMap::new());
        let labels: Vec<&str> = catalog.files.iter().map(|file| file.label.as_str()).collect();
        assert_eq!(labels, ["config", "broken.yaml"]);
        assert!(catalog.files[1].problem.as_deref().unwrap().starts_with("not valid YAML"));
        assert_eq!(ids(&catalog), ["config:a", "config:b"]);
        let (_, unusable) = catalog.contexts().nth(1).unwrap();
        assert_eq!(unusable.problem.as_deref(), Some("user gone is not in this file"));
        assert!(unusable.current);
        assert_eq!(unusable.server, "https://h:1");
        assert!(catalog.notices.is_empty());
    }

    #[test]
    fn a_missing_path_of_the_environment_is_a_notice_and_doubles_are_listed_once() {
        let (home, mut sources) = home();
        let (one, gone) = (home.path().join("one"), home.path().join("gone"));
        std::fs::write(&one, GOOD).unwrap();
        std::fs::write(home.path().join(".kube/config"), GOOD).unwrap();
        sources.env = Some(std::env::join_paths([&one, &gone, &one]).unwrap());
        let catalog = discover(&sources, &BTreeMap::new());
        assert_eq!(ids(&catalog), ["one:a", "one:b"]);
        assert_eq!(catalog.notices, [format!("{} does not exist", gone.display())]);
    }

    #[test]
    fn an_explicit_file_that_is_none_is_listed_with_its_reason() {
        let (home, mut sources) = home();
        let prose = home.path().join("prose");
        std::fs::write(&prose, "hello").unwrap();
        sources.explicit = vec![prose];
        let catalog = discover(&sources, &BTreeMap::new());
        assert_eq!(
            catalog.files[0].problem.as_deref(),
            Some("not a kubeconfig: it has neither `kind: Config` nor `contexts`")
        );
    }

    #[test]
    fn remembered_ids_outlive_a_change_of_order() {
        let (home, mut sources) = home();
        for folder in ["x", "y"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
            std::fs::write(home.path().join(folder).join("config"), GOOD).unwrap();
        }
        let paths = [home.path().join("x/config"), home.path().join("y/config")];
        sources.env = Some(std::env::join_paths(&paths).unwrap());
        assert_eq!(ids(&discover(&sources, &BTreeMap::new()))[..3], ["config:a", "config:b", "y/config:a"]);
        let remembered = BTreeMap::from([("config:b".to_owned(), paths[1].clone())]);
        assert_eq!(ids(&discover(&sources, &remembered))[..3], ["x/config:a", "x/config:b", "config:a"]);
    }
}
