//! A login a person asked for: a context's credential plugin, run at the terminal while the screen is away.
//!
//! Must not know the screen; whoever calls has given the terminal up, and takes it back afterwards.

use std::path::Path;

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::connect::{Target, plugin_of};
use super::limits::Limits;
use crate::model::failure::{Failure, FailureKind};
use crate::model::ids::ClusterId;

/// Runs the context's credential plugin with the terminal's input and error output, for at most `limits.exec`.
///
/// What it hands out is kept for every open cluster that shares these `limits.plugins`; they still have to be told to
/// try again. Dropping the future kills the plugin and all that descends from it; once `interrupted` is cancelled, because
/// a person gave up at the terminal, the plugin alone.
pub async fn login(target: Target, limits: Limits, interrupted: CancellationToken) -> Result<(), Failure> {
    let name = target.context.clone();
    let read = spawn_blocking(move || plugin_of(&target)).await;
    let plugin = read.map_err(|_| Failure::new(FailureKind::Config, "the context cannot be used"))??;
    let Some(plugin) = plugin else {
        let words = format!("context {name} has no credential plugin to log in with");
        return Err(Failure::new(FailureKind::Config, words));
    };
    limits.plugins.log_in(&plugin, limits.exec, &interrupted).await
}

/// Returns a key that is equal for contexts which one login serves; `None` without a credential plugin.
///
/// Blocks on the disk. The key holds no secret, and is the same for as long as the program runs.
#[must_use]
pub fn login_group(path: &Path, context: &str) -> Option<String> {
    let target = Target { id: ClusterId::new(context), path: path.to_owned(), context: context.to_owned() };
    plugin_of(&target).ok().flatten().map(|plugin| plugin.group())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_whose_plugins_differ_in_the_cluster_alone_are_one_group() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "kind: Config\nclusters: [{name: c, cluster: {server: 'https://x'}}]\nusers:\n\
            - {name: a, user: {exec: {apiVersion: v1, command: aws, args: [eks, get-token, --cluster-name, a]}}}\n\
            - {name: b, user: {exec: {apiVersion: v1, command: aws, args: [eks, get-token, --cluster-name, b]}}}\n\
            - {name: p, user: {exec: {apiVersion: v1, command: aws, args: [eks, get-token], env: [{name: P, value: v}]}}}\n\
            - {name: t, user: {token: t}}\ncontexts:\n\
            - {name: a, context: {cluster: c, user: a}}\n- {name: b, context: {cluster: c, user: b}}\n\
            - {name: p, context: {cluster: c, user: p}}\n- {name: t, context: {cluster: c, user: t}}\n";
        std::fs::write(&path, text).unwrap();
        let group = |context: &str| login_group(&path, context);
        assert!(group("a").is_some());
        assert_eq!(group("a"), group("b"));
        assert_ne!(group("a"), group("p"));
        assert_eq!((group("t"), group("nowhere")), (None, None));
    }
}
