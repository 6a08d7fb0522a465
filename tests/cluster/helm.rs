//! Helm releases, read from the Secrets that Helm keeps them in.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::details::{other, write};
use crate::stage::{Stage, quiet};
use fleet_tui::model::detail::{Finding, Inquiry, ObjectRef};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::object::Value as Cell;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::sim::{Fault, Requests};
use serde_json::{Value, json};

/// A Secret as Helm writes it.
fn secret(revision: i64, status: &str) -> Value {
    let release = json!({
        "name": "web", "namespace": "a-apps", "version": revision, "manifest": "kind: Service\n",
        "info": {"status": status, "last_deployed": "2026-11-03T08:13:04Z", "description": "Upgrade complete", "notes": "hello"},
        "config": {"password": "hunter2"},
        "chart": {"metadata": {"name": "web", "version": "1.2.3", "appVersion": "9"}, "values": {"replicas": 1}},
    });
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(release.to_string().as_bytes()).unwrap();
    let inner = STANDARD.encode(zip.finish().unwrap());
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {"name": format!("sh.helm.release.v1.web.v{revision}"),
            "labels": {"owner": "helm", "name": "web", "status": status, "version": revision.to_string()}},
        "data": {"release": STANDARD.encode(inner)},
    })
}

fn web() -> ObjectRef {
    ObjectRef { kind: Kind::helm(), namespace: "a-apps".into(), name: "web".into(), uid: None }
}

async fn look(cluster: &crate::stage::Open) {
    cluster.tell(ClusterCommand::Look(Some(Arc::new(Inquiry::new(web()))))).await;
}

async fn installed() -> Stage {
    let stage = Stage::new(&quiet(&["a"])).await;
    let connection = other(&stage).await;
    for (revision, status) in [(1, "superseded"), (2, "deployed")] {
        let path = "/api/v1/namespaces/a-apps/secrets";
        write(&connection, "POST", path, "application/json", &secret(revision, status)).await;
    }
    stage
}

#[tokio::test(start_paused = true)]
async fn a_release_is_read_from_its_latest_secret_with_its_history() {
    let stage = installed().await;
    let mut cluster = stage.open("a");
    look(&cluster).await;
    let found = cluster.object().await;
    assert_eq!(found["release"]["info"]["status"], "deployed");
    assert_eq!(found["release"]["config"]["password"], "hunter2");
    let revisions: Vec<i64> =
        found["history"].as_array().unwrap().iter().map(|line| line["revision"].as_i64().unwrap()).collect();
    assert_eq!(revisions, [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn without_permission_to_read_secrets_that_is_said() {
    let stage = installed().await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Error { code: 403, retry_after: None, on: Requests::All });
    look(&cluster).await;
    let reading = cluster.until(|update| match update {
        Update::Found(_, Finding::Reading(reading)) if reading != Reading::Waiting => Some(reading),
        _ => None,
    });
    assert!(matches!(reading.await, Reading::Forbidden(_)));
}

#[tokio::test(start_paused = true)]
async fn the_list_shows_the_latest_revision_of_each_release_and_opens_no_other() {
    let stage = installed().await;
    let mut cluster = stage.open("a");
    cluster.tell(ClusterCommand::Kinds(vec![Kind::helm()])).await;
    let rows = cluster.until(|update| match update {
        Update::Objects(kind, delta) if kind.is_helm() => Some(delta.rows),
        _ => None,
    });
    let rows = rows.await;
    let web = rows.iter().find(|row| &*row.namespace == "a-apps" && &*row.name == "web").unwrap();
    let text = |cell: &Cell| if let Cell::Text(text) = cell { text.to_string() } else { format!("{cell:?}") };
    let cells: Vec<String> = web.cells.iter().map(text).collect();
    assert_eq!(cells[..5], ["web", "Number(2)", "deployed", "web-1.2.3", "9"]);
    let opened = |revision: &str| {
        let requests = stage.server("a").requests();
        requests.iter().any(|request| request.contains(&format!("sh.helm.release.v1.web.v{revision}")))
    };
    assert!(opened("2") && !opened("1"));
}
