//! What Attention tells of the kinds that it reads while it is open, as a server prints them.

use std::collections::BTreeSet;

use fleet_tui::app::troubles::{find, kinds};
use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::unwell::Cause;
use fleet_tui::model::update::Reading;

use crate::stage::{Opened, Stage, quiet};

const TROUBLES: &str = r#"
[[cluster.trouble]]
kind = "pending-claim"
namespace = "team-a"
workload = "db"
[[cluster.trouble]]
kind = "quota-exceeded"
namespace = "team-b"
workload = "web"
number = 2
"#;

async fn judged(more: &str, read: impl Fn(&Reading) -> bool + Copy) -> BTreeSet<(Cause, String, String)> {
    let stage = Stage::open(&quiet(more)).await;
    let mut opened = Opened::new(&stage, Limits::default());
    opened.kind("deploy").await;
    let kinds = kinds(&opened.resources);
    assert_eq!(kinds.len(), 6);
    opened.look(&kinds.iter().collect::<Vec<&Kind>>()).await;
    for kind in &kinds {
        opened.read(kind, read).await;
    }
    let found = find(&opened.tables, &kinds).into_iter();
    found
        .map(|it| (it.unwell.cause, format!("{} {}/{}", it.kind_word, it.namespace, it.name), it.unwell.reason.into()))
        .collect()
}

#[tokio::test]
async fn claims_without_a_volume_full_quotas_and_short_workloads_are_found_in_a_server_s_own_columns() {
    let found = judged(TROUBLES, |reading| *reading == Reading::Live).await;
    let has = |cause: Cause, subject: &str, reason: &str| {
        found.iter().any(|it| it.0 == cause && it.1.starts_with(subject) && it.2.starts_with(reason))
    };
    assert!(has(Cause::VolumePending, "persistentvolumeclaim team-a/data-db-0", "pending: "), "{found:#?}");
    assert!(has(Cause::Stalled, "statefulset team-a/db", "0 of "), "{found:#?}");
    assert!(has(Cause::Quota, "resourcequota team-b/", "used up: "), "{found:#?}");
    assert!(has(Cause::Stalled, "deployment team-b/web", ""), "{found:#?}");
}

#[tokio::test]
async fn what_may_not_be_listed_is_passed_over() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    assert!(judged(user, |reading| matches!(reading, Reading::Forbidden(_))).await.is_empty());
}
