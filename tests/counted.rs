//! What the hot paths cost in things that can be counted: allocations, bytes kept, bytes to the terminal. No clocks, so
//! that the same code gives the same figures on any machine. Requests and sockets are counted in `cluster/rest.rs`.
//!
//! The bounds lie a little above what is measured. Who crosses one has made a hot path dearer: find out why before it is
//! raised.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/fleet.rs"]
#[allow(dead_code, reason = "shared with the tests of the screen")]
mod fleet;
#[path = "support/screen.rs"]
#[allow(dead_code, reason = "shared with the benches")]
mod screen;

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use fleet::{Stage, full, node, pod};
use fleet_tui::app::input::{Input, Key};
use fleet_tui::app::message::Message;
use fleet_tui::app::state::Screen as Shown;
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::project::interner::Interner;
use fleet_tui::cluster::project::pod::Pod;
use fleet_tui::cluster::reader::subject::Decode as _;
use fleet_tui::cluster::supervisor;
use fleet_tui::cluster::wire::{ACCEPT_LIST, Decoder, Item, Shape};
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Delta, Reading, Scope, Update};
use fleet_tui::sim::{Fleet, Options, Scenario};
use fleet_tui::table::engine::Table;
use http::{Request, header};
use screen::Screen;

/// What arrives at once.
const CHUNK: usize = 16 * 1024;

/// A list of about so many pods as a server sends it.
async fn list(pods: usize) -> Bytes {
    let scenario = format!("[[cluster]]\nname = \"a\"\nnodes = 10\npods = {pods}\ntls = false\n[cluster.churn]\n");
    let start = jiff::Timestamp::from_second(1_790_000_000).unwrap();
    let options = Options { seed: Some(7), start: Some(start), ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(&scenario).unwrap(), options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, fleet.kubeconfig(&std::env::current_exe().unwrap())).unwrap();
    let target = Target { id: ClusterId::new("config:a"), path, context: "a".to_owned() };
    let patience = Duration::from_secs(300);
    let limits = Limits { connect: patience, preflight: patience, ..Limits::default() };
    let (connection, _) = supervisor::check(target, limits).await.unwrap();
    let request = Request::get("/api/v1/pods?resourceVersion=0").header(header::ACCEPT, ACCEPT_LIST).body(Vec::new());
    connection.fetch(request.unwrap(), patience).await.unwrap().into_body()
}

/// Reads a list into a table as the readers and the loop do; returns how many rows it has, and what that took.
fn open(list: &Bytes) -> (usize, AllocationInfo) {
    let mut table: Table<PodRow> = Table::default();
    let info = measure(|| {
        let mut decoder = Decoder::<Pod>::new(fleet_tui::cluster::wire::PROTOBUF, Shape::List).unwrap();
        let (mut interner, mut items) = (Interner::default(), Vec::new());
        let mut restart = true;
        for chunk in list.chunks(CHUNK) {
            decoder.feed(chunk, &mut interner, &mut items).unwrap();
            let row = |item| if let Item::Row(row) = item { Some(row) } else { None };
            let rows = items.drain(..).filter_map(row).collect();
            let delta = Delta { scope: Scope::Cluster, restart, rows, gone: Vec::new(), complete: false };
            restart = false;
            table.apply(delta);
        }
        decoder.finish().unwrap();
        table.apply(Delta {
            scope: Scope::Cluster,
            restart: false,
            rows: Vec::new(),
            gone: Vec::new(),
            complete: true,
        });
    });
    (table.rows().count(), info)
}

#[tokio::test]
async fn a_pod_that_is_read_costs_few_allocations_and_bytes() {
    let (few, many) = (list(300).await, list(1_000).await);
    let ((few, before), (many, after)) = (open(&few), open(&many));
    let rows = (many - few) as f64;
    let per = |of: fn(&AllocationInfo) -> f64| (of(&after) - of(&before)) / rows;
    let allocations = per(|info| info.count_total as f64);
    let kept = per(|info| info.bytes_current as f64);
    let moved = per(|info| info.bytes_total as f64);
    println!("a pod: {allocations:.2} allocations, {kept:.0} bytes kept, {moved:.0} allocated");
    assert!(rows > 600.0, "{few} and {many} rows");
    assert!(allocations <= 7.6, "{allocations:.2} allocations a pod");
    assert!(kept <= 215.0, "{kept:.0} bytes kept a pod");
    assert!(moved <= 2_200.0, "{moved:.0} bytes allocated a pod");
}

/// A cluster with many pods in front, its table on screen.
fn stage(pods: usize, size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let rows = (0..pods).map(|index| pod(&format!("team-{}", index % 40), &format!("api-{index:05}"))).collect();
    stage.serve("prod", rows, (0..20).map(|index| node(&format!("node-{index}"), true)).collect());
    stage.update("prod", Update::Reading(Kind::Pods, Reading::Live));
    stage.app.screen = Shown::Cluster;
    stage
}

fn press(stage: &mut Stage, key: char) {
    stage.tell(Message::Input(Input::Key(Key::char(key))));
}

#[test]
fn a_frame_of_what_has_not_changed_writes_nothing_and_costs_the_same_for_any_number_of_pods() {
    let mut costs = Vec::new();
    for pods in [1_000, 10_000] {
        let mut stage = stage(pods, (200, 60));
        let mut screen = Screen::new((200, 60)).unwrap();
        assert!(screen.frame(&mut stage) > 5_000, "the first frame is a whole screen");
        screen.frame(&mut stage);
        let mut bytes = 0;
        let info = measure(|| bytes = screen.frame(&mut stage));
        assert_eq!(bytes, 0);
        costs.push(info.count_total);
    }
    println!("an unchanged frame: {costs:?} allocations");
    assert!(costs[1] <= costs[0] + costs[0] / 20, "{costs:?}");
    assert!(costs[1] <= 1_900, "{costs:?}");
}

#[test]
fn a_moved_selection_writes_two_lines_at_any_size_of_the_screen() {
    let mut written = Vec::new();
    for size in [(80, 24), (200, 60), (300, 80)] {
        let mut stage = stage(10_000, size);
        let mut screen = Screen::new(size).unwrap();
        screen.frame(&mut stage);
        press(&mut stage, 'j');
        screen.frame(&mut stage);
        press(&mut stage, 'j');
        let mut bytes = 0;
        let info = measure(|| bytes = screen.frame(&mut stage));
        written.push((size.0, bytes, info.count_total));
    }
    println!("a moved selection: {written:?} columns, bytes, allocations");
    for (columns, bytes, _) in &written {
        assert!(*bytes > 0 && *bytes <= 250 + 2 * u64::from(*columns), "{written:?}");
    }
    assert!(written.iter().all(|(.., allocations)| *allocations <= 2_450), "{written:?}");
}

#[test]
fn a_second_in_which_nothing_happens_writes_only_ages_and_latency() {
    let mut stage = stage(10_000, (200, 60));
    let mut screen = Screen::new((200, 60)).unwrap();
    screen.frame(&mut stage);
    let mut written = Vec::new();
    for _ in 0..30 {
        stage.wait(1);
        written.push(screen.frame(&mut stage));
    }
    println!("thirty quiet seconds: {written:?} bytes");
    assert!(written.iter().filter(|bytes| **bytes == 0).count() >= 28, "{written:?}");
}

#[test]
fn a_change_costs_what_changed_not_what_there_is() {
    let mut costs = Vec::new();
    for pods in [1_000, 10_000] {
        let mut stage = stage(pods, (200, 60));
        let mut screen = Screen::new((200, 60)).unwrap();
        screen.frame(&mut stage);
        // Pods that restart, and one in the middle of the table that takes the place of another.
        let replaced = |round: u32| {
            let rows = (0..100).map(|index| pod("team-0", &format!("api-{:05}", index * 40)));
            let rows = rows.filter(|row| row.name.as_ref() < "api-01000");
            let mut rows: Vec<PodRow> = rows.map(|row| PodRow { restarts: round, ..row }).collect();
            rows.push(pod("team-20", &format!("new-{round}")));
            let gone = vec![pod("team-20", &format!("new-{}", round - 1)).uid];
            Update::Pods(Delta { restart: false, complete: false, gone, ..full(rows) })
        };
        stage.update("prod", replaced(1));
        screen.frame(&mut stage);
        let second = replaced(2);
        let info = measure(|| {
            stage.update("prod", second);
            screen.frame(&mut stage);
        });
        costs.push((info.count_total, info.bytes_total));
    }
    println!("a change of 27 pods: {costs:?} allocations and their bytes");
    let [few, many] = costs[..] else { panic!("{costs:?}") };
    assert!(many.0 <= few.0 + few.0 / 10, "{costs:?}");
    assert!(many.1 <= few.1 + few.1 / 10, "{costs:?}");
}

#[test]
fn rows_of_a_closed_cluster_are_let_go_of_beside_the_loop() {
    let mut stage = stage(10_000, (200, 60));
    let mut screen = Screen::new((200, 60)).unwrap();
    screen.frame(&mut stage);
    let freed = |info: &AllocationInfo| -info.bytes_current;
    let closing = measure(|| stage.app.select(&[], &mut Vec::new()));
    let work = stage.app.take_work();
    let forgetting = measure(|| work.into_iter().for_each(|work| work.run(|_| ())));
    println!("closing 10,000 pods: {} bytes freed on the loop, {} beside it", freed(&closing), freed(&forgetting));
    assert!(freed(&closing) < 100_000, "{closing:?}");
    assert!(freed(&forgetting) > 2_000_000, "{forgetting:?}");
}
