//! Holds answers against recordings of a real server: what both have has the same shape, field by field.
//! Must not look inside.

use super::*;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Where two values differ in kind, for fields both have; items of lists are compared by their first.
fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, value) in ours {
                if let Some(other) = theirs.get(key) {
                    differences(&format!("{path}.{key}"), value, other, found);
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if let (Some(ours), Some(theirs)) = (ours.first(), theirs.first()) {
                differences(&format!("{path}[]"), ours, theirs, found);
            }
        }
        _ if std::mem::discriminant(ours) == std::mem::discriminant(theirs) || ours.is_null() || theirs.is_null() => {}
        _ => found.push(format!("{path}: {ours} is not like {theirs}")),
    }
}

fn same_shape(name: &str, ours: &Value, theirs: &Value) {
    let mut found = Vec::new();
    differences("", ours, theirs, &mut found);
    assert!(found.is_empty(), "{name}: {found:#?}");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let optional = ["continue", "remainingItemCount"];
    let missing = |value: &Value| keys(value).into_iter().filter(|key| !optional.contains(&&**key)).collect::<Vec<_>>();
    assert_eq!(missing(&ours["metadata"]), missing(&theirs["metadata"]), "{name}: metadata of the list");
    assert_eq!(keys(ours), keys(theirs), "{name}: the list itself");
}

#[tokio::test]
async fn lists_and_tables_have_the_shape_of_recorded_ones() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    for (path, accept, recording) in [
        ("/api/v1/pods?limit=2", "application/json", recording!("pods-limit2")),
        ("/api/v1/nodes?limit=2", "application/json", recording!("nodes-limit2")),
        ("/api/v1/namespaces", "application/json", recording!("namespaces")),
        ("/api/v1/events?limit=5", "application/json", recording!("events-limit5")),
        ("/apis/events.k8s.io/v1/events?limit=5", "application/json", recording!("events-v1-limit5")),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=1", "application/json", recording!("crds")),
        ("/apis/apps/v1/deployments?limit=5", TABLE, recording!("deployments-table")),
        ("/apis/infra.example.io/v1/widgets?limit=3", TABLE, recording!("widgets-table")),
        ("/api/v1/nodes?limit=3", TABLE, recording!("nodes-table")),
        ("/api/v1/pods?limit=3", TABLE, recording!("pods-table")),
    ] {
        let ours = ask(&small, path, accept).await.json();
        let theirs = recorded(recording).json();
        same_shape(path, &ours, &theirs);
        let columns = |table: &Value| -> Vec<Value> {
            let columns = table["columnDefinitions"].as_array().cloned().unwrap_or_default();
            let words = |column: Value| {
                serde_json::json!([column["name"], column["type"], column["format"], column["priority"]])
            };
            columns.into_iter().map(words).collect()
        };
        assert_eq!(columns(&ours), columns(&theirs), "{path}");
        assert!(ours["items"].as_array().or(ours["rows"].as_array()).is_some_and(|items| !items.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn discovery_says_of_each_kind_what_a_real_server_says() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut compared = 0;
    for (path, recording) in [("/api", recording!("api-aggregated")), ("/apis", recording!("apis-aggregated"))] {
        let (ours, theirs) = (ask(&small, path, DISCOVERY).await.json(), recorded(recording).json());
        let resources = |list: &Value| -> Vec<(String, Value)> {
            let groups = list["items"].as_array().unwrap().iter();
            let versions = groups.flat_map(|group| {
                let name = group["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                group["versions"].as_array().unwrap().iter().map(move |version| (name.clone(), version))
            });
            let named = versions.flat_map(|(group, version)| {
                let prefix = format!("{group}/{}", version["version"].as_str().unwrap());
                let resources = version["resources"].as_array().unwrap().iter();
                resources.map(move |known| (format!("{prefix}/{}", known["resource"].as_str().unwrap()), known.clone()))
            });
            named.filter(|(name, _)| !name.contains("example.io")).collect()
        };
        let known = resources(&theirs);
        for (name, resource) in resources(&ours) {
            let Some((_, other)) = known.iter().find(|(other, _)| *other == name) else { continue };
            for key in ["responseKind", "scope", "singularResource", "verbs", "shortNames", "categories"] {
                assert_eq!(resource[key], other[key], "{name}: {key}");
            }
            for sub in resource["subresources"].as_array().into_iter().flatten() {
                assert!(other["subresources"].as_array().unwrap().contains(sub), "{name}: {sub}");
            }
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[tokio::test]
async fn discovery_that_is_known_already_is_not_sent_again() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let first = ask(&small, "/apis", DISCOVERY).await;
    let tag = first.head.split("etag: ").nth(1).unwrap().split('\r').next().unwrap().to_uppercase();
    let mut client = Client::open(small.address()).await;
    let condition = format!("Authorization: Bearer {}\r\nIf-None-Match: {tag}\r\n", small.token());
    client.send_as(&condition, "GET", "/apis", DISCOVERY).await;
    assert!(client.head().await.starts_with("http/1.1 304"));
}
