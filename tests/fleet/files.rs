//! Kubeconfig files that change while the dashboard runs: what the state is told, and when.

use std::path::PathBuf;

use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::state::{App, Launch};
use fleet_tui::config::settings::Settings;
use fleet_tui::config::state::SavedState;
use fleet_tui::dashboard::outside::Outside;
use fleet_tui::kubeconfig::Sources;
use fleet_tui::model::catalog::Catalog;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::update::{Envelope, Link, Update};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::world::LIMIT;

/// A home folder with a kubeconfig in it, and the hands that watch it.
struct Home {
    outside: Outside,
    messages: mpsc::Receiver<Message>,
    updates: mpsc::Receiver<Envelope>,
    kube: PathBuf,
    _folder: TempDir,
}

fn kubeconfig(contexts: &[(&str, u16)]) -> String {
    let clusters = contexts
        .iter()
        .map(|(name, port)| format!("- {{name: {name}, cluster: {{server: 'http://127.0.0.1:{port}'}}}}\n"));
    let entries = contexts.iter().map(|(name, _)| format!("- {{name: {name}, context: {{cluster: {name}}}}}\n"));
    format!("kind: Config\nclusters:\n{}contexts:\n{}", clusters.collect::<String>(), entries.collect::<String>())
}

impl Home {
    async fn with(contexts: &[(&str, u16)]) -> (Self, Catalog) {
        let folder = tempfile::tempdir().unwrap();
        let kube = folder.path().join(".kube");
        std::fs::create_dir(&kube).unwrap();
        std::fs::write(kube.join("config"), kubeconfig(contexts)).unwrap();
        let (sender, updates) = mpsc::channel(256);
        let (to_loop, messages) = mpsc::channel(16);
        let sources = Sources { home: Some(folder.path().to_owned()), ..Sources::default() };
        let outside = Outside::new(sender, to_loop, sources, SavedState::default(), None, &std::sync::Arc::default());
        let mut home = Self { outside, messages, updates, kube, _folder: folder };
        home.outside.discover();
        let first = home.catalog().await;
        (home, first)
    }

    async fn catalog(&mut self) -> Catalog {
        match timeout(LIMIT, self.messages.recv()).await.expect("a message in time").unwrap() {
            Message::Catalog(catalog) => catalog,
            other => panic!("{other:?}"),
        }
    }

    /// Takes catalogs until one is so: a change may be seen in parts.
    async fn catalog_where(&mut self, so: impl Fn(&Catalog) -> bool) -> Catalog {
        loop {
            let catalog = self.catalog().await;
            if so(&catalog) {
                return catalog;
            }
        }
    }

    /// Replaces a file as careful programs do: a new one, renamed over it.
    fn replace(&self, name: &str, text: &str) {
        let aside = self.kube.parent().unwrap().join("aside");
        std::fs::write(&aside, text).unwrap();
        std::fs::rename(aside, self.kube.join(name)).unwrap();
    }

    /// Opens these clusters of the catalog.
    fn open(&mut self, catalog: Catalog, ids: &[&str]) {
        let mut app = App::new((80, 24), Launch::default(), Settings::default());
        app.catalog = catalog;
        let clusters = ids.iter().map(|id| ClusterId::new(id)).collect();
        self.outside.fulfil(Effect::Select { generation: Generation(1), clusters }, &app);
    }
}

fn ids(catalog: &Catalog) -> Vec<&str> {
    catalog.contexts().map(|(_, context)| context.id.as_str()).collect()
}

#[tokio::test]
async fn files_that_appear_change_and_go_are_told() {
    let (mut home, first) = Home::with(&[("a", 9)]).await;
    assert_eq!(ids(&first), ["config:a"]);
    std::fs::write(home.kube.join("team"), kubeconfig(&[("t", 9)])).unwrap();
    home.catalog_where(|catalog| ids(catalog) == ["config:a", "team:t"]).await;
    home.replace("config", &kubeconfig(&[("a", 9), ("b", 9)]));
    home.catalog_where(|catalog| ids(catalog) == ["config:a", "config:b", "team:t"]).await;
    home.replace("config", &kubeconfig(&[("b", 9)]));
    home.catalog_where(|catalog| ids(catalog) == ["config:b", "team:t"]).await;
    std::fs::remove_file(home.kube.join("team")).unwrap();
    home.catalog_where(|catalog| ids(catalog) == ["config:b"]).await;
}

#[tokio::test]
async fn a_half_written_file_loses_no_context_and_is_mended() {
    let (mut home, first) = Home::with(&[("a", 9), ("b", 9)]).await;
    std::fs::write(home.kube.join("config"), "kind: Config\ncontexts:\n- name: [").unwrap();
    let broken = home.catalog_where(|catalog| catalog.files[0].problem.is_some()).await;
    assert_eq!(ids(&broken), ["config:a", "config:b"]);
    std::fs::write(home.kube.join("config"), kubeconfig(&[("a", 9), ("b", 9)])).unwrap();
    let mended = home.catalog_where(|catalog| catalog.files[0].problem.is_none()).await;
    assert_eq!(mended, first);
}

#[tokio::test]
async fn asking_brings_the_catalog_even_if_nothing_changed() {
    let (mut home, first) = Home::with(&[("a", 9)]).await;
    home.outside.discover();
    assert_eq!(home.catalog().await, first);
}

#[tokio::test]
async fn an_open_cluster_whose_address_changes_in_its_file_goes_to_the_new_one() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mut home, first) = Home::with(&[("a", 9), ("b", 9)]).await;
    home.open(first, &["config:a", "config:b"]);
    home.replace("config", &kubeconfig(&[("a", listener.local_addr().unwrap().port()), ("b", 9)]));
    let called = async {
        loop {
            tokio::select! {
                called = listener.accept() => return called.unwrap(),
                envelope = home.updates.recv() => home.outside.observe(&envelope.unwrap()),
            }
        }
    };
    timeout(LIMIT, called).await.expect("a call at the new address");
}

#[tokio::test]
async fn a_cluster_whose_file_is_gone_stays_in_the_catalog_while_it_is_open() {
    let (mut home, first) = Home::with(&[("a", 9), ("b", 9)]).await;
    home.open(first, &["config:a"]);
    let opened =
        async { while !matches!(home.updates.recv().await.unwrap().update, Update::Link(Link::Down { .. })) {} };
    timeout(LIMIT, opened).await.expect("a first outcome");
    std::fs::remove_file(home.kube.join("config")).unwrap();
    let left = home.catalog().await;
    assert_eq!((ids(&left), left.files[0].problem.as_deref()), (vec!["config:a"], Some("does not exist")));
}
