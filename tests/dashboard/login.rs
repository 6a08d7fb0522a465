//! Logging in with the terminal: the plugin gets it, a person answers, and every cluster of the login group heals.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fleet_tui::sim::{Fleet, Options, Scenario};

use crate::pty::Pty;
use crate::stage::{Home, board_row, ends, quit, scenario, wait};

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
        wait(&pty, "the plugin's own words stay until they are read", |screen| {
            screen.contains("wrong password") && screen.contains("Enter returns to the dashboard")
        });
        pty.send("\r");
        wait(&pty, "the board is back", |screen| both(screen, "⊘"));
        wait(&pty, "the failure is told", |screen| screen.contains("corp-sso failed"));
        pty.send("L");
        // The first question is still on that screen.
        wait(&pty, "the plugin has the terminal again", |screen| screen.matches("password for corp-sso:").count() == 2);
        pty.send("sesame\r");
        wait(&pty, "both are healed", |screen| {
            ["orchard", "harbour"]
                .iter()
                .all(|name| board_row(screen, name).is_some_and(|row| row.starts_with('●') || row.starts_with('▲')))
        });
        quit(pty, &home);
    });
}

/// Writes a plugin and a kubeconfig of one context that nobody serves, and starts with it in front.
fn start_with(home: &Home, script: &str) -> Pty {
    let (folder, plugin) = (home.path(), home.path().join("corp-sso"));
    std::fs::write(&plugin, format!("#!/bin/sh\ncd '{}'\n{script}\n", folder.display())).unwrap();
    std::fs::set_permissions(&plugin, PermissionsExt::from_mode(0o755)).unwrap();
    let text = format!(
        "kind: Config\nclusters:\n- {{name: c, cluster: {{server: 'http://127.0.0.1:9'}}}}\nusers:\n{}contexts:\n\
         - {{name: lonely, context: {{cluster: c, user: lonely}}}}\n",
        user("lonely", folder, &plugin).replace("IfAvailable", "Always"),
    );
    std::fs::write(folder.join(".kube/config"), text).unwrap();
    let pty = home.start(&["--all"], 110, 24);
    wait(&pty, "it needs a login", |screen| screen.contains("needs a login at a terminal"));
    pty
}

#[cfg(target_os = "linux")]
#[test]
fn a_dashboard_that_is_ended_during_a_login_takes_along_what_the_plugin_started() {
    let home = Home::new();
    // It hears neither of the terminal's end nor of anything but a kill.
    let script = "trap '' HUP INT TERM\nsleep 1000 &\necho $! >child\necho 'waiting for you' >&2\nwait";
    let mut pty = start_with(&home, script);
    pty.send("L");
    wait(&pty, "the plugin has the terminal", |screen| screen.contains("waiting for you"));
    let child = std::fs::read_to_string(home.path().join("child")).unwrap();
    pty.signal("TERM");
    ends(pty, &home, 0);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
}

#[test]
fn a_plugin_that_is_given_up_while_it_hides_what_is_typed_does_not_leave_the_terminal_so() {
    let home = Home::new();
    let mut pty = start_with(&home, "stty -echo\nprintf 'password: ' >&2\nread -r word");
    pty.send("L");
    wait(&pty, "it asks", |screen| screen.contains("password:"));
    pty.send("\x03");
    wait(&pty, "the screen is back", |screen| screen.contains("login to lonely cancelled"));
    quit(pty, &home);
}

#[test]
fn what_a_failed_login_left_to_be_read_keeps_nobody_from_ending_the_dashboard() {
    let home = Home::new();
    let mut pty = start_with(&home, "echo 'no such profile' >&2\nexit 3");
    pty.send("L");
    let left = |screen: &str| screen.matches("Enter returns").count();
    wait(&pty, "it is left to be read", |screen| screen.contains("no such profile") && left(screen) == 1);
    // Ctrl+C gives the login up, as it does while the plugin runs.
    pty.send("\x03");
    wait(&pty, "the screen is back", |screen| screen.contains("corp-sso failed (exit 3)") && left(screen) == 0);
    pty.send("L");
    wait(&pty, "it is left to be read again", |screen| left(screen) == 2);
    pty.signal("TERM");
    ends(pty, &home, 0);
}
