//! Tables, plain lists and watches of both, cut into chunks of any size.

use proptest::prelude::*;

use super::*;
use crate::model::object::Value;

const TABLE: &str = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7","continue":"c"},
"columnDefinitions":[{"name":"Name","type":"string","format":"name","priority":0},{"name":"Ready","type":"string"},
{"name":"Age","type":"string","priority":1}],"rows":[
{"cells":["a","2/3","5m"],"object":{"metadata":{"name":"a","namespace":"n","uid":"uid-a",
"creationTimestamp":"2026-09-21T15:33:20Z","deletionTimestamp":"2026-09-21T15:34:20Z",
"ownerReferences":[{"uid":"other"},{"uid":"boss","controller":true}],"labels":{"rows":"[{"},"managedFields":[{"a":{}}]}}},
{"cells":["b",null,"<unknown>"],"object":{"metadata":{"name":"b","uid":"uid-b"}}}]}"#;

fn fed(shape: Shape, text: &str, size: usize) -> (Vec<Item<ObjectRow>>, Result<(), WireError>, Option<String>) {
    let mut decoder = ObjectDecoder::new("application/json", shape).unwrap();
    let (mut items, mut interner) = (Vec::new(), Interner::default());
    for chunk in text.as_bytes().chunks(size.max(1)) {
        if let Err(error) = decoder.feed(chunk, &mut interner, &mut items) {
            return (items, Err(error), None);
        }
    }
    let whole = decoder.finish();
    (items, whole, decoder.version().map(str::to_owned))
}

fn rows(items: &[Item<ObjectRow>]) -> Vec<&ObjectRow> {
    items.iter().filter_map(|item| if let Item::Row(row) = item { Some(row) } else { None }).collect()
}

fn titles(items: &[Item<ObjectRow>]) -> Vec<&str> {
    match items.iter().find(|item| matches!(item, Item::Columns(_))) {
        Some(Item::Columns(columns)) => columns.iter().map(|column| column.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_table_gives_its_columns_before_its_rows_however_it_is_cut() {
    for size in [1, 7, 64, TABLE.len()] {
        let (items, whole, version) = fed(Shape::List, TABLE, size);
        whole.unwrap();
        assert_eq!(version.as_deref(), Some("7"));
        assert!(matches!(items.first(), Some(Item::Columns(_))), "chunks of {size}");
        assert_eq!(titles(&items), ["Name", "Ready", "Age"]);
        let rows = rows(&items);
        let [a, b] = rows.as_slice() else { panic!("two rows") };
        assert_eq!((a.uid, &*a.namespace, &*a.name), (Uid::parse("uid-a"), "n", "a"));
        assert_eq!(a.deleting, Some(a.created.plus(60)));
        assert_eq!(&*a.owners, [Uid::parse("boss"), Uid::parse("other")], "the controller first");
        assert_eq!(&*a.cells, [Value::Text("a".into()), Value::Text("2/3".into()), Value::Since(a.created)]);
        assert_eq!(b.cells.get(1), Some(&Value::None));
        assert!(matches!(items.last(), Some(Item::ListMeta(meta)) if meta.continue_token == "c"));
    }
}

#[test]
fn a_server_without_tables_gives_names_and_ages() {
    let list = r#"{"kind":"WidgetList","metadata":{"resourceVersion":"3"},"items":[{"metadata":{"name":"w","uid":"u",
        "creationTimestamp":"2026-09-21T15:33:20Z"},"spec":{"cells":["x"],"rows":[]}}]}"#;
    let (items, whole, _) = fed(Shape::List, list, 5);
    whole.unwrap();
    assert_eq!(titles(&items), ["Name", "Age"]);
    let rows = rows(&items);
    let row = rows.first().unwrap();
    assert_eq!(&*row.cells, [Value::Text("w".into()), Value::Since(row.created)]);
}

#[test]
fn a_watch_of_tables_names_its_columns_once_and_bookmarks_are_no_rows() {
    let event = |kind: &str, columns: &str, name: &str, more: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"object\":{{\"kind\":\"Table\",\"columnDefinitions\":{columns},\"rows\":[{{\"cells\":\
             [\"{name}\",3],\"object\":{{\"metadata\":{{\"name\":\"{name}\",\"uid\":\"{name}\",\"resourceVersion\":\"9\"{more}}}}}}}]}}}}\n"
        )
    };
    let columns = r#"[{"name":"Name"},{"name":"Data"}]"#;
    let end = r#","annotations":{"k8s.io/initial-events-end":"true"}"#;
    let text =
        event("ADDED", columns, "a", "") + &event("BOOKMARK", "null", "", end) + &event("DELETED", "null", "a", "");
    let (items, whole, version) = fed(Shape::Watch, &text, 11);
    whole.unwrap();
    assert_eq!(version.as_deref(), Some("9"));
    assert_eq!(format!("{items:?}"), format!("[Columns(2), Row, Bookmark(true), Deleted({:?})]", Uid::parse("a")));
    let refused = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}}\n";
    assert!(matches!(fed(Shape::Watch, refused, 4).0.as_slice(), [Item::Error(status)] if status.is_expired()));
}

#[test]
fn what_has_no_uid_is_known_by_its_name() {
    let list = r#"{"rows":[{"cells":["n","1"],"object":{"metadata":{"name":"n","namespace":"a"}}},
        {"cells":["n","1"],"object":{"metadata":{"name":"n","namespace":"b"}}}]}"#;
    let (items, _, _) = fed(Shape::List, list, 100);
    let rows = rows(&items);
    assert_ne!(rows.first().map(|row| row.uid), rows.last().map(|row| row.uid));
    assert!(fed(Shape::List, r#"{"rows":[{"cells":["n"],"object":null}]}"#, 100).1.is_err());
}

proptest! {
    #[test]
    fn nothing_a_server_says_is_too_strange(cut in 0..1200_usize, noise in ".{0,20}", watch: bool, size in 1..50_usize) {
        let at = TABLE.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(TABLE.len());
        let (before, after) = TABLE.split_at(at);
        let text = format!("{before}{noise}{after}");
        let shape = if watch { Shape::Watch } else { Shape::List };
        let _ = fed(shape, &text, size);
    }
}
