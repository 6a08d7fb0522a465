//! Kinds that are read because somebody looks at them.

use std::sync::Arc;
use std::time::Duration;

use fleet_tui::cluster::discovery::discover;
use fleet_tui::cluster::discovery::keeper::DiscoveryLimits;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::objects::decoder::ObjectDecoder;
use fleet_tui::cluster::project::interner::Interner;
use fleet_tui::cluster::reader::subject::Decode;
use fleet_tui::cluster::wire::{Item, Shape};
use fleet_tui::model::age::Unix;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::object::Value as Cell;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::update::Reading;
use fleet_tui::sim::Resource;
use fleet_tui::table::row::Row as _;
use http::{Request, header};
use serde_json::Value;

use crate::stage::{DEFINITIONS, GADGETS, LIMIT, Opened, Stage, quiet};

const GADGET: &str = r#"{"apiVersion":"lab.example.io/v1","kind":"Gadget","metadata":{"name":"one"},
    "spec":{"size":3,"ratio":0.5,"enabled":true,"note":"x"}}"#;

fn live(reading: &Reading) -> bool {
    *reading == Reading::Live
}

/// Discovery that does not keep a test waiting.
fn brisk() -> Limits {
    let discovery = DiscoveryLimits { gather: Duration::from_millis(10), ..DiscoveryLimits::default() };
    Limits { discovery, ..Limits::default() }
}

fn gadgets() -> Kind {
    Kind::of(Arc::new(ApiResource {
        group: "lab.example.io".to_owned(),
        version: "v1".to_owned(),
        plural: "gadgets".to_owned(),
        namespaced: true,
        ..ApiResource::default()
    }))
}

#[tokio::test]
async fn a_kind_is_read_in_the_server_s_columns_while_it_is_looked_at_and_follows_every_change() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, brisk());
    let maps = opened.kind("cm").await;
    opened.look(&[&maps]).await;
    opened.read(&maps, live).await;
    assert_eq!(opened.names(&maps).len(), stage.server.count(Resource::ConfigMaps, None));
    let titles = |opened: &Opened| -> Vec<String> {
        opened.tables.of(&maps).columns().iter().map(|column| column.title.to_string()).collect()
    };
    assert_eq!(titles(&opened), ["NAMESPACE", "NAME", "DATA", "AGE"]);
    let path = "/api/v1/namespaces/team-a/configmaps";
    stage.write("POST", path, r#"{"metadata":{"name":"fresh"},"data":{"a":"b"}}"#).await;
    opened.until("a new row", |opened| opened.names(&maps).contains(&"fresh".to_owned())).await;
    stage.write("DELETE", &format!("{path}/fresh"), "").await;
    opened.until("a row gone", |opened| !opened.names(&maps).contains(&"fresh".to_owned())).await;
    assert_eq!(stage.asked("configmaps?watch=true&sendInitialEvents=true"), 1);
}

#[tokio::test]
async fn a_kind_that_is_defined_at_run_time_turns_up_and_one_that_goes_says_so() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, brisk());
    opened.kind("deploy").await;
    let early = gadgets();
    opened.look(&[&early]).await;
    opened.read(&early, |reading| *reading == Reading::Missing).await;
    stage.write("POST", DEFINITIONS, GADGETS).await;
    let kind = opened.kind("gd").await;
    assert_eq!(kind, early);
    opened.read(&kind, live).await;
    stage.write("POST", "/apis/lab.example.io/v1/namespaces/team-a/gadgets", GADGET).await;
    opened.until("an object", |opened| opened.names(&kind) == ["one"]).await;
    stage.write("DELETE", &format!("{DEFINITIONS}/gadgets.lab.example.io"), "").await;
    opened.until("it goes", |opened| !opened.resources.iter().any(|it| it.is_called("gd"))).await;
}

#[tokio::test]
async fn a_kind_that_is_forbidden_as_a_whole_is_read_where_it_is_permitted() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let stage = Stage::open(&quiet(user)).await;
    let mut opened = Opened::new(&stage, brisk());
    let deployments = opened.kind("deploy").await;
    let volumes = opened.kind("pv").await;
    opened.look(&[&deployments, &volumes]).await;
    opened.read(&volumes, |reading| matches!(reading, Reading::Forbidden(_))).await;
    opened.read(&deployments, |reading| matches!(reading, Reading::Forbidden(_))).await;
    let asked = stage.asked("/persistentvolumes");
    let names = vec!["team-a".into()];
    let command = fleet_tui::model::update::ClusterCommand::Namespaces(names);
    opened.handle.commands.send(command).await.unwrap();
    opened.read(&deployments, live).await;
    assert_eq!(opened.names(&deployments).len(), stage.server.count(Resource::Deployments, Some("team-a")));
    assert_eq!(stage.asked("/persistentvolumes"), asked, "what is denied is not asked for again and again");
}

#[tokio::test]
async fn what_a_server_served_is_known_at_the_next_start_before_it_is_asked() {
    let stage = Stage::open(&quiet("")).await;
    let folder = tempfile::tempdir().unwrap();
    let limits = || Limits {
        discovery: DiscoveryLimits { cache: Some(folder.path().to_owned()), ..DiscoveryLimits::default() },
        ..Limits::default()
    };
    let mut first = Opened::new(&stage, limits());
    first.kind("deploy").await;
    let written = || std::fs::read_dir(folder.path()).unwrap().next().is_some();
    while !written() {
        tokio::task::yield_now().await;
    }
    first.handle.closed().await;
    // What the file says, and nothing else, knows this name; the server says that nothing has changed.
    let path = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap().replace("\"deploy\"", "\"kept\"");
    std::fs::write(&path, text).unwrap();
    let mut second = Opened::new(&stage, limits());
    second.kind("kept").await;
}

/// What is printed for a value, as far as time does not change it.
fn printed(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        // Fractions are shown to the thousandth.
        Value::Number(number) if !number.is_i64() => None,
        Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

#[tokio::test]
async fn the_columns_of_every_kind_are_the_server_s_own() {
    let stage = Stage::open(&quiet("")).await;
    let resources = discover(&stage.connection, LIMIT).await.unwrap().resources();
    let mut compared = 0;
    for resource in resources {
        let path = Kind::of(Arc::new(resource)).path(None);
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        let request = Request::get(&path).header(header::ACCEPT, accept).body(Vec::new()).unwrap();
        let answer = stage.connection.fetch(request, LIMIT).await.unwrap();
        let table: Value = serde_json::from_slice(answer.body()).unwrap();
        let mut decoder = ObjectDecoder::new("application/json", Shape::List).unwrap();
        let mut items = Vec::new();
        decoder.feed(answer.body(), &mut Interner::default(), &mut items).unwrap();
        decoder.finish().unwrap();
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        for item in items {
            match item {
                Item::Row(row) => rows.push(row),
                Item::Columns(known) => columns = known,
                _ => {}
            }
        }
        let theirs = table["columnDefinitions"].as_array().unwrap();
        assert_eq!(columns.len(), theirs.len(), "{path}");
        assert!(columns.iter().zip(theirs).all(|(ours, theirs)| theirs["name"] == *ours.name));
        assert_eq!(rows.len(), table["rows"].as_array().unwrap().len(), "{path}");
        for (row, theirs) in rows.iter().zip(table["rows"].as_array().unwrap()) {
            for (index, cell) in theirs["cells"].as_array().unwrap().iter().enumerate() {
                if matches!(row.cells.get(index), Some(Cell::Since(_))) {
                    continue;
                }
                let ours = row.cell(index + 1, Unix(0));
                let Some(theirs) = printed(cell) else { continue };
                assert_eq!(ours.text, theirs, "{path} {}", columns[index].name);
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "{compared} cells");
}
