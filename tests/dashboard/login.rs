//! Logging in with the terminal: the plugin gets it, a person answers, and every cluster of the login group heals.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fleet_tui::sim::{Fleet, Options, Scenario};

use crate::stage::{Home, board_row, quit, scenario, wait};

/// A credential plugin whose login has expired until somebody types a word at the terminal. Asked for a credential it
/// hands the token of the cluster out that it is told.
const PLUGIN: &str = r#"#!/bin/sh
if [ ! -e "$MARK" ]; then
    case "$KUBERNETES_EXEC_INFO" in
    *'"interactive":true'*)
        printf 'password for corp-sso: ' >&2
        read -r word
        [ "$word" = sesame ] || { echo 'wrong password' >&2; exit 1; }
        touch "$MARK" ;;
    *)
        echo 'the SSO session has expired' >&2
        exit 1 ;;
    esac
fi
token=$(cat "$TOKENS/$4")
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}\n' "$token"
"#;

/// Writes the plugin, the tokens it knows, and a kubeconfig that names it for both clusters.
fn write_home(home: &Home, fleet: &Fleet) {
    let folder = home.path();
    let plugin = folder.join("corp-sso");
    std::fs::write(&plugin, PLUGIN).unwrap();
    std::fs::set_permissions(&plugin, PermissionsExt::from_mode(0o755)).unwrap();
    let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
    for cluster in fleet.clusters() {
        let name = cluster.name();
        std::fs::write(folder.join(name), cluster.token()).unwrap();
        clusters.push(format!("- {{name: {name}, cluster: {{server: 'http://{}'}}}}\n", cluster.address()));
        users.push(user(name, folder, &plugin));
        contexts.push(format!("- {{name: {name}, context: {{cluster: {name}, user: {name}}}}}\n"));
    }
    let (clusters, users, contexts) = (clusters.concat(), users.concat(), contexts.concat());
    let head = "apiVersion: v1\nkind: Config\n";
    let text = format!("{head}clusters:\n{clusters}users:\n{users}contexts:\n{contexts}");
    std::fs::write(folder.join(".kube/config"), text).unwrap();
}

/// A user whose plugin is the same for all but for the cluster it names.
fn user(name: &str, folder: &Path, plugin: &Path) -> String {
    let env = format!("[{{name: MARK, value: '{0}/logged-in'}}, {{name: TOKENS, value: '{0}'}}]", folder.display());
    format!(
        "- name: {name}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: '{}'\n      \
         args: [eks, get-token, --cluster-name, {name}]\n      env: {env}\n      interactiveMode: IfAvailable\n",
        plugin.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_at_the_terminal_heals_every_cluster_that_shares_the_plugin() {
    let plain = std::fs::read_to_string(scenario("pair.toml")).unwrap().replace("provider", "tls = false\nprovider");
    let built = Scenario::from_toml(&plain).or_else(|_| Scenario::load(&scenario("pair.toml"))).unwrap();
    let fleet = Fleet::start(&built, Options::default()).await.unwrap();
    let home = Home::new();
    write_home(&home, &fleet);
    tokio::task::block_in_place(|| {
        let mut pty = home.start(&["--all"], 110, 24);
        let both = |screen: &str, sign: &str| {
            ["orchard", "harbour"].iter().all(|name| board_row(screen, name).is_some_and(|row| row.starts_with(sign)))
        };
        wait(&pty, "both need a login", |screen| both(screen, "⊘"));
        pty.send("L");
        wait(&pty, "the plugin has the terminal", |screen| screen.contains("password for corp-sso:"));
        pty.send("wrong\r");
        wait(&pty, "the failure is told", |screen| screen.contains("corp-sso failed"));
        pty.send("L");
        wait(&pty, "the plugin has the terminal again", |screen| screen.contains("password for corp-sso:"));
        pty.send("sesame\r");
        wait(&pty, "both are healed", |screen| {
            ["orchard", "harbour"]
                .iter()
                .all(|name| board_row(screen, name).is_some_and(|row| row.starts_with('●') || row.starts_with('▲')))
        });
        quit(pty, &home);
    });
}
