//! One trouble has one word: `status`, the dashboard that watches and the dashboard that surveys come to the same health
//! for the same reason.

use std::time::Duration;

use fleet_tui::app::clock::Now;
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor;
use fleet_tui::config::settings::Settings;
use fleet_tui::model::age::Unix;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, ReadingMode, Update};
use fleet_tui::sim::scenario::TroubleKind;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::stage::{Home, PATIENT, PROGRAM, Stage, still};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const TROUBLES: [TroubleKind; 13] = [
    TroubleKind::CrashLoop,
    TroubleKind::OutOfMemory,
    TroubleKind::ImagePull,
    TroubleKind::Unschedulable,
    TroubleKind::InitStuck,
    TroubleKind::FailingProbe,
    TroubleKind::PendingClaim,
    TroubleKind::QuotaExceeded,
    TroubleKind::FailingWebhook,
    TroubleKind::StuckFinalizer,
    TroubleKind::NodeNotReady,
    TroubleKind::MemoryPressure,
    TroubleKind::Cordoned,
];

/// The word of a scenario. A trouble that is new has to be added here, and above.
fn word(trouble: TroubleKind) -> &'static str {
    match trouble {
        TroubleKind::CrashLoop => "crash-loop",
        TroubleKind::OutOfMemory => "out-of-memory",
        TroubleKind::ImagePull => "image-pull",
        TroubleKind::Unschedulable => "unschedulable",
        TroubleKind::InitStuck => "init-stuck",
        TroubleKind::FailingProbe => "failing-probe",
        TroubleKind::PendingClaim => "pending-claim",
        TroubleKind::QuotaExceeded => "quota-exceeded",
        TroubleKind::FailingWebhook => "failing-webhook",
        TroubleKind::StuckFinalizer => "stuck-finalizer",
        TroubleKind::NodeNotReady => "node-not-ready",
        TroubleKind::MemoryPressure => "memory-pressure",
        TroubleKind::Cordoned => "cordoned",
    }
}

fn cluster(name: &str, troubles: &[(&str, u16)]) -> String {
    let head = format!("[[cluster]]\nname = \"{name}\"\npods = 40\nnodes = 4\nnamespaces = [\"shop\", \"team\"]\n");
    let trouble = |(at, (kind, number)): (usize, &(&str, u16))| {
        let workload = if kind.starts_with("node") || matches!(*kind, "memory-pressure" | "cordoned") {
            String::new()
        } else {
            format!("workload = \"w{at}\"\n")
        };
        format!("[[cluster.trouble]]\nkind = \"{kind}\"\nnumber = {number}\n{workload}")
    };
    head + &troubles.iter().enumerate().map(trouble).collect::<String>()
}

/// A scenario of all troubles, alone and together, few and many.
fn scenario() -> String {
    let mut text: String = TROUBLES.iter().map(|kind| cluster(word(*kind), &[(word(*kind), 2)])).collect();
    text += &cluster("well", &[]);
    text += &cluster("many", &[("out-of-memory", 60)]);
    text += &cluster("mixed", &[("out-of-memory", 20), ("crash-loop", 30), ("failing-probe", 1), ("image-pull", 3)]);
    text += &cluster("nodes", &[("node-not-ready", 2), ("memory-pressure", 1), ("crash-loop", 40)]);
    text
}

/// Health and reason as the dashboard has them once everything is read: watched, then surveyed.
async fn dashboard(stage: &Stage, name: &str) -> [(String, String); 2] {
    let settings = Settings::default();
    let path = stage.home.folder.path().join(".kube/config");
    let target = Target { id: ClusterId::new(&format!("config:{name}")), path, context: name.to_owned() };
    let now = Now { unix: Unix(jiff::Timestamp::now().as_second()), mono: Duration::ZERO, clock: String::new() };
    let mut open = OpenCluster::new(target.id.clone(), name.into(), name.into(), Generation(1), &now);
    let (sender, mut updates) = mpsc::channel(256);
    let handle = supervisor::open(target, Generation(1), Limits::default(), sender, true);
    let is_live =
        |open: &OpenCluster, kind: &Kind| open.readings.get(kind).is_some_and(|state| state.reading == Reading::Live);
    let mut found = Vec::new();
    for mode in [ReadingMode::Watch, ReadingMode::Survey] {
        open.mode = mode;
        handle.commands.send(ClusterCommand::Reading(mode)).await.unwrap();
        let read = async {
            let mut surveyed = false;
            while !(surveyed || mode == ReadingMode::Watch && Kind::STANDING.iter().all(|kind| is_live(&open, kind))) {
                let update = updates.recv().await.unwrap().update;
                surveyed = matches!(update, Update::Survey(_)) && mode == ReadingMode::Survey;
                // How fast a busy machine answers is not the matter here.
                if !matches!(update, Update::Beat(_)) {
                    open.apply(update, &settings, &now);
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.unwrap();
        let _change = open.reassess(&settings, &now);
        found.push((open.standing.health.to_string(), open.standing.reason.clone()));
    }
    handle.closed().await;
    found.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_has_the_same_health_and_reason_in_status_as_in_the_dashboard() {
    let fleet = still(&scenario()).await;
    let home = Home::new();
    home.write(".kube/config", &fleet.kubeconfig(PROGRAM.as_ref()));
    let stage = Stage { fleet, home };
    let status = stage.run(&[&["status", "-o", "json"], &PATIENT[..]].concat()).await.json();
    let mut reasons = String::new();
    for told in status["clusters"].as_array().unwrap() {
        let name = told["name"].as_str().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = (text(&told["health"]), text(&told["reason"]));
        let [watched, surveyed] = dashboard(&stage, name).await;
        assert_eq!(told, watched, "{name}: status, watched");
        assert_eq!(surveyed, watched, "{name}: surveyed, watched");
        reasons.extend([name, ": ", &told.0, " ", &told.1, "\n"]);
    }
    insta::assert_snapshot!(reasons);
}
