//! Connecting to servers that behave, misbehave or are not there: every context ends with its true cause in words.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::api_server::{Answer, Asked, Authority, Server, closed_port, plain, silent, tls};
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::plugin::Plugin;
use fleet_tui::cluster::plugins::Plugins;
use fleet_tui::cluster::supervisor::check;
use fleet_tui::model::failure::{Failure, FailureClass, FailureKind};
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::update::Identity;
use tempfile::TempDir;

/// A folder with a kubeconfig of one context, `it`.
struct Context {
    folder: TempDir,
}

impl Context {
    fn new(cluster: &str, user: &str) -> Self {
        let context = Self { folder: tempfile::tempdir().unwrap() };
        let text = format!(
            "kind: Config\nclusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n\
             contexts: [{{name: it, context: {{cluster: c, user: u}}}}]\n"
        );
        context.write("config", &text);
        context
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes a credential plugin, a shell script named `plugin`.
    fn plugin(self, script: &str) -> Self {
        let path = self.write("plugin", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    async fn check(&self) -> Result<Identity, Failure> {
        self.check_within(Limits::default()).await
    }

    async fn check_within(&self, limits: Limits) -> Result<Identity, Failure> {
        check(target(self.folder.path()), limits).await.map(|(_, identity)| identity)
    }

    async fn failure(&self) -> Failure {
        let failure = self.check().await.unwrap_err();
        assert!(failure.summary.chars().count() <= 201, "{failure}");
        failure
    }
}

fn target(folder: &Path) -> Target {
    Target { id: ClusterId::new("config:it"), path: folder.join("config"), context: "it".to_owned() }
}

/// Answers as an API server that takes the bearer token `good`, and a client certificate.
fn kubernetes(asked: &Asked) -> Answer {
    let user = match asked.authorization.as_deref() {
        Some("Bearer good") => "alice",
        Some(_) => return (401, r#"{"kind":"Status","message":"Unauthorized","code":401}"#.to_owned()),
        None if asked.certificate => "admin",
        None => "system:anonymous",
    };
    if asked.line.ends_with("/v1/selfsubjectreviews") {
        return (201, format!(r#"{{"status":{{"userInfo":{{"username":"{user}","groups":["dev"]}}}}}}"#));
    }
    (404, "404 page not found".to_owned())
}

fn secure(server: &Server, authority: &Authority) -> String {
    format!("{{server: 'https://{}', certificate-authority-data: {}}}", server.address, authority.data())
}

const PLUGIN: &str =
    "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, installHint: 'brew install it'}}";

const CREDENTIAL: &str =
    r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"good"}}'"#;

#[tokio::test]
async fn a_good_token_connects_and_says_who_we_are() {
    let authority = Authority::new();
    let server = tls(&authority, &["127.0.0.1"], kubernetes).await;
    let identity = Context::new(&secure(&server, &authority), "{token: good}").check().await.unwrap();
    assert_eq!((identity.user.as_deref(), identity.groups.as_slice()), (Some("alice"), &["dev".to_owned()][..]));
    let agent = server.asked("POST")[0].agent.clone().unwrap();
    assert!(agent.starts_with("fleet-tui/"), "{agent}");
}

#[tokio::test]
async fn a_client_certificate_connects() {
    let authority = Authority::new();
    let server = tls(&authority, &["127.0.0.1"], kubernetes).await;
    let user = "{client-certificate: cert.pem, client-key: key.pem}";
    let context = Context::new(&secure(&server, &authority), user);
    let pair = authority.sign(&["admin"]);
    context.write("cert.pem", &pair.certificate);
    context.write("key.pem", &pair.key);
    assert_eq!(context.check().await.unwrap().user.as_deref(), Some("admin"));
}

#[tokio::test]
async fn a_key_of_another_certificate_is_named_before_connecting() {
    let authority = Authority::new();
    let server = tls(&authority, &["127.0.0.1"], kubernetes).await;
    let context = Context::new(&secure(&server, &authority), "{client-certificate: cert.pem, client-key: key.pem}");
    context.write("cert.pem", &authority.sign(&["admin"]).certificate);
    context.write("key.pem", &authority.sign(&["other"]).key);
    let failure = context.failure().await;
    assert_eq!(failure.kind, FailureKind::Config);
    assert_eq!(failure.summary, "client-key does not belong to client-certificate");
}

#[tokio::test]
async fn the_wrong_ca_is_named() {
    let server = tls(&Authority::new(), &["127.0.0.1"], kubernetes).await;
    let failure = Context::new(&secure(&server, &Authority::new()), "{token: good}").failure().await;
    assert_eq!(failure.kind, FailureKind::TlsUntrusted);
    assert_eq!(failure.summary, "the server's certificate is not signed by the CA of this context");
}

#[tokio::test]
async fn a_certificate_for_other_names_says_which() {
    let authority = Authority::new();
    let server = tls(&authority, &["kubernetes", "10.96.0.1"], kubernetes).await;
    let failure = Context::new(&secure(&server, &authority), "{token: good}").failure().await;
    assert_eq!(failure.kind, FailureKind::TlsWrongName);
    assert_eq!(failure.summary, "the server's certificate is for kubernetes, 10.96.0.1, not for 127.0.0.1");
}

#[tokio::test]
async fn tls_server_name_and_insecure_connections_are_honoured() {
    let authority = Authority::new();
    let server = tls(&authority, &["kubernetes"], kubernetes).await;
    let named = secure(&server, &authority).replace("{server", "{tls-server-name: kubernetes, server");
    assert!(Context::new(&named, "{token: good}").check().await.is_ok());
    let insecure = format!("{{server: 'https://{}', insecure-skip-tls-verify: true}}", server.address);
    assert!(Context::new(&insecure, "{token: good}").check().await.is_ok());
}

#[tokio::test]
async fn a_server_that_stalls_in_the_handshake_is_told_apart() {
    let server = silent().await;
    let context = Context::new(&format!("{{server: 'https://{}'}}", server.address), "{token: good}");
    let limits = Limits { connect: Duration::from_millis(200), ..Limits::default() };
    let failure = context.check_within(limits).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ConnectTimeout);
    assert_eq!(
        failure.summary,
        format!("{} accepts connections but completes no TLS handshake within 0.2s", server.address)
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let server = silent().await;
    let context = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{token: good}");
    let short = Duration::from_millis(100);
    let failure = context.check_within(Limits { connect: short, preflight: short, ..Limits::default() }).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.summary, format!("no answer from {} within 0.2s", server.address));
}

#[tokio::test]
async fn plain_http_where_tls_is_expected_is_named() {
    let server = plain(kubernetes).await;
    let failure = Context::new(&format!("{{server: 'https://{}'}}", server.address), "{token: good}").failure().await;
    assert_eq!(failure.kind, FailureKind::NotHttp);
    assert_eq!(failure.summary, format!("{} does not speak TLS (plain HTTP?)", server.address));
}

#[tokio::test]
async fn tls_where_plain_http_is_expected_is_named() {
    let server = plain(|_| (400, "Client sent an HTTP request to an HTTPS server.\n".to_owned())).await;
    let failure = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{token: good}").failure().await;
    assert_eq!((failure.kind, failure.summary), (FailureKind::NotHttp, format!("{} expects TLS", server.address)));
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let address = closed_port().await;
    let failure = Context::new(&format!("{{server: 'https://{address}'}}"), "{token: good}").failure().await;
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(failure.summary, format!("connection refused by {address}"));
    let proxied = format!("{{server: 'https://10.0.0.1', proxy-url: 'http://{address}'}}");
    let failure = Context::new(&proxied, "{token: good}").failure().await;
    assert_eq!(failure.summary, format!("connection refused by the proxy {address}"));
}

#[tokio::test]
async fn a_login_page_is_not_an_api_server() {
    let server = plain(|_| (200, "<html>please log in</html>".to_owned())).await;
    let failure = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{token: good}").failure().await;
    assert_eq!(failure.summary, format!("what answers at {} is not a Kubernetes API server", server.address));
}

#[tokio::test]
async fn rejected_and_missing_credentials_are_auth_failures() {
    let server = plain(kubernetes).await;
    let cluster = format!("{{server: 'http://{}'}}", server.address);
    let rejected = Context::new(&cluster, "{token: bad}").failure().await;
    assert_eq!((rejected.kind, rejected.class()), (FailureKind::Unauthorized, FailureClass::Auth));
    assert_eq!(rejected.summary, "the server rejected the credentials");
    let anonymous = Context::new(&cluster, "{}").failure().await;
    assert_eq!(anonymous.kind, FailureKind::Anonymous);
    assert!(anonymous.hint.unwrap().contains("no credentials"));
}

#[tokio::test]
async fn anonymous_is_fine_where_no_user_is_named() {
    let server = plain(kubernetes).await;
    let context = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{}");
    let text = std::fs::read_to_string(context.folder.path().join("config")).unwrap();
    context.write("config", &text.replace(", user: u}", "}"));
    assert_eq!(context.check().await.unwrap().user.as_deref(), Some("system:anonymous"));
}

#[tokio::test]
async fn being_forbidden_to_ask_who_we_are_is_no_auth_failure() {
    let forbidden =
        r#"{"kind":"Status","message":"selfsubjectreviews is forbidden: User \"bob\" cannot create","code":403}"#;
    let server = plain(move |_| (403, forbidden.to_owned())).await;
    let context = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{token: good}");
    assert_eq!(context.check().await.unwrap().user, None);
}

#[tokio::test]
async fn servers_that_cannot_say_who_we_are_are_asked_their_version() {
    let server = plain(|asked| match asked.line.as_str() {
        "GET /version" => (200, r#"{"gitVersion":"v1.24.0"}"#.to_owned()),
        _ => (404, "404 page not found".to_owned()),
    })
    .await;
    let context = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{token: good}");
    assert_eq!(context.check().await.unwrap().user, None);
}

#[tokio::test]
async fn a_token_file_ending_in_a_newline_works() {
    let server = plain(kubernetes).await;
    let context = Context::new(&format!("{{server: 'http://{}'}}", server.address), "{tokenFile: token}");
    context.write("token", "good\r\n");
    assert_eq!(context.check().await.unwrap().user.as_deref(), Some("alice"));
    assert_eq!(server.asked("POST")[0].authorization.as_deref(), Some("Bearer good"));
}

#[tokio::test]
async fn a_plugin_gets_closed_input_and_its_information_and_its_token_is_used() {
    let server = plain(kubernetes).await;
    let cluster = format!("{{server: 'http://{}'}}", server.address);
    let script = format!(
        "cat >/dev/null; echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"interactive\":false' || exit 9\n{CREDENTIAL}"
    );
    let context = Context::new(&cluster, PLUGIN).plugin(&script);
    assert_eq!(context.check().await.unwrap().user.as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_plugin_has_no_terminal_to_touch() {
    let server = plain(kubernetes).await;
    let cluster = format!("{{server: 'http://{}'}}", server.address);
    let script = format!("if (: </dev/tty) 2>/dev/null; then exit 9; fi\n{CREDENTIAL}");
    let context = Context::new(&cluster, PLUGIN).plugin(&script);
    assert!(context.check().await.is_ok());
}

#[tokio::test]
async fn a_missing_plugin_is_named_with_the_install_hint() {
    let failure = Context::new("{server: 'http://127.0.0.1:1'}", PLUGIN).failure().await;
    assert_eq!((failure.kind, failure.class()), (FailureKind::PluginMissing, FailureClass::Auth));
    assert_eq!(failure.summary, "credential plugin plugin is not installed");
    assert_eq!(failure.hint.as_deref(), Some("brew install it"));
}

#[tokio::test]
async fn a_failing_plugin_is_summed_up_without_its_secrets() {
    let script = "echo starting >&2; echo 'Error: denied for token=hunter2' >&2; exit 3";
    let failure = Context::new("{server: 'http://127.0.0.1:1'}", PLUGIN).plugin(script).failure().await;
    assert_eq!(failure.kind, FailureKind::PluginFailed);
    assert_eq!(failure.summary, "credential plugin plugin failed (exit 3): denied for token=[redacted]");
}

#[tokio::test]
async fn a_plugin_that_prints_garbage_is_not_quoted() {
    for (script, words) in [
        ("echo hunter2", "printed something that is not a credential"),
        ("true", "printed nothing"),
        (r#"echo '{"kind":"ExecCredential","status":{}}'"#, "printed a credential with neither token nor certificate"),
    ] {
        let failure = Context::new("{server: 'http://127.0.0.1:1'}", PLUGIN).plugin(script).failure().await;
        assert_eq!(failure.kind, FailureKind::PluginOutput);
        assert_eq!(failure.summary, format!("credential plugin plugin {words}"));
    }
}

#[tokio::test]
async fn a_plugin_that_needs_a_terminal_is_not_run() {
    let user = PLUGIN.replace("command:", "interactiveMode: Always, command:");
    let context = Context::new("{server: 'http://127.0.0.1:1'}", &user).plugin("touch \"$(dirname \"$0\")/ran\"");
    let failure = context.failure().await;
    assert_eq!(failure.summary, "credential plugin plugin needs a login at a terminal");
    assert!(!context.folder.path().join("ran").exists());
}

#[tokio::test]
async fn a_hanging_plugin_is_killed_with_its_children() {
    // Whoever holds the pipe open for writing is alive: its end is the death of the plugin and of its child.
    let context = Context::new("{server: 'http://127.0.0.1:1'}", PLUGIN)
        .plugin("exec 3>\"$(dirname \"$0\")/alive\"; sleep 1000 & echo 'Open a browser' >&2; wait");
    let pipe = context.folder.path().join("alive");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let all_dead = tokio::task::spawn_blocking(move || std::fs::read(pipe).unwrap());
    let limits = Limits { exec: Duration::from_millis(500), ..Limits::default() };
    let failure = context.check_within(limits).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::PluginTimeout);
    assert_eq!(failure.summary, "credential plugin plugin did not end within 500ms: Open a browser");
    tokio::time::timeout(Duration::from_secs(10), all_dead).await.expect("the child outlived its plugin").unwrap();
}

#[tokio::test]
async fn equal_plugins_run_once_at_a_time() {
    let context = Context::new("{server: 'http://127.0.0.1:1'}", PLUGIN);
    let context = context.plugin(&format!("echo run >>\"$(dirname \"$0\")/runs\"\n{CREDENTIAL}"));
    let command = context.folder.path().join("plugin").to_str().map(str::to_owned);
    let plugin = Plugin::new(&kube::config::ExecConfig { command, ..Default::default() }).unwrap();
    let plugins = Plugins::default();
    // All ten have asked before the first can have ended: they are polled one after the other.
    let runs = (0..10).map(|_| plugins.run(&plugin, Duration::from_secs(10)));
    let outcomes = futures::future::join_all(runs).await;
    assert!(outcomes.iter().all(|ran| ran.outcome.as_ref().is_ok_and(|it| it.token.as_deref() == Some("good"))));
    assert_eq!(std::fs::read_to_string(context.folder.path().join("runs")).unwrap(), "run\n");
}

#[tokio::test]
async fn contexts_that_cannot_be_used_say_why() {
    use FailureKind::{Config, NoCredentials};
    let cases = [
        (Config, "{server: ''}", "{token: t}", "cluster c has no server address"),
        (Config, "{server: 'https://x', certificate-authority: gone.pem}", "{token: t}", "gone.pem does not exist"),
        (
            NoCredentials,
            "{server: 'https://x'}",
            "{client-certificate-data: '!!'}",
            "user u client-certificate-data is not valid base64",
        ),
        (NoCredentials, "{server: 'https://x'}", "{tokenFile: gone}", "gone does not exist"),
        (
            NoCredentials,
            "{server: 'https://x'}",
            "{auth-provider: {name: keystone}}",
            "user u uses an unknown auth-provider (keystone)",
        ),
    ];
    for (kind, cluster, user, words) in cases {
        let failure = Context::new(cluster, user).failure().await;
        assert_eq!(failure.kind, kind);
        assert!(failure.summary.ends_with(words), "{failure}");
    }
}
