//! Holds writes against recordings of a real server, word for word. Must not look inside.

use serde_json::json;

use super::wire::tell;
use super::*;

const JSON: &str = "application/json";

fn same(ours: &Answer, recording: &str) {
    let theirs = recorded(recording);
    assert_eq!((ours.status(), ours.json()), (theirs.status(), theirs.json()));
}

/// A value whose lists are in an order of their own: a real server's rules are in none.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, sorted(value))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn refused_writes_are_worded_as_a_real_server_words_them() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let post = async |path: &str, body: &str| tell(&small, "POST", path, JSON, body).await;
    same(&post("/api/v1/namespaces", r#"{"metadata":{"name":"team-a"}}"#).await, recording!("409-exists"));
    let maps = "/api/v1/namespaces/team-a/configmaps";
    same(&post(maps, r#"{"metadata":{"name":"Bad_Name!"}}"#).await, recording!("422-invalid"));
    same(
        &post("/api/v1/namespaces/team-a/pods", r#"{"metadata":{"name":"x"},"spec":{}}"#).await,
        recording!("422-pod"),
    );
    same(&tell(&small, "POST", maps, "text/plain", "x").await, recording!("415"));
    let garbled = post("/api/v1/namespaces", "{nope").await.json();
    let theirs = recorded(recording!("400-badjson")).json();
    let beginning = |status: &Value| status["message"].as_str().unwrap().split("error: ").next().unwrap().to_owned();
    assert_eq!((beginning(&garbled), &garbled["code"]), (beginning(&theirs), &theirs["code"]));
    let account = r#"{"metadata":{"name":"default","resourceVersion":"1"}}"#;
    let conflict = tell(&small, "PUT", "/api/v1/namespaces/team-a/serviceaccounts/default", JSON, account).await;
    same(&conflict, recording!("409-conflict"));
    let restricted = fleet.cluster("restricted").unwrap();
    same(&ask(&restricted, "/api/v1/namespaces/team-a/secrets/x", JSON).await, recording!("403-secret"));
    let owned = r#"{"metadata":{"name":"own"},"data":{"ca.crt":"a"}}"#;
    assert_eq!(post(&format!("{maps}?fieldManager=kube-controller-manager"), owned).await.status(), 201);
    let rival = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own"},"data":{"ca.crt":"b"}}"#;
    let path = format!("{maps}/own?fieldManager=me");
    let refused = tell(&small, "PATCH", &path, "application/apply-patch+yaml", rival).await;
    same(&refused, recording!("409-ssa-conflict"));
    let forced = tell(&small, "PATCH", &format!("{path}&force=true"), "application/apply-patch+yaml", rival).await;
    assert_eq!((forced.status(), forced.json()["data"]["ca.crt"].clone()), (200, json!("b")));
}

#[tokio::test]
async fn fields_a_type_has_not_are_refused_warned_of_or_passed_over() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let path = "/api/v1/namespaces/shop/configmaps";
    let body = r#"{"metadata":{"name":"typo"},"dataa":{"a":"1"},"data":{"b":"1"},"data":{"b":"2"}}"#;
    let refused = tell(&small, "POST", &format!("{path}?fieldValidation=Strict"), JSON, body).await;
    let why = "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dataa\", duplicate field \"data\"";
    assert_eq!((refused.status(), refused.json()["message"].as_str()), (400, Some(why)));
    let warned = tell(&small, "POST", path, JSON, body).await;
    assert_eq!(warned.status(), 201);
    // What a real server warns of in the recording, PodSecurity, is a rule these have not; the form of the header is the same.
    let theirs = recorded(recording!("warning-header"));
    let form = |answer: &Answer| {
        let line = answer.head.lines().find_map(|line| line.strip_prefix("warning: ")).unwrap().to_owned();
        let quoted = line.strip_prefix("299 - \"").and_then(|line| line.strip_suffix('"')).unwrap().to_owned();
        (quoted.contains("\\\""), quoted.replace("\\\"", "").contains('"'))
    };
    assert_eq!((warned.status(), form(&warned)), (theirs.status(), form(&theirs)));
    assert!(warned.head.contains("warning: 299 - \"unknown field \\\"dataa\\\"\""), "{}", warned.head);
    let patch = r#"{"imutable":true}"#;
    let merge = "application/merge-patch+json";
    let refused = tell(&small, "PATCH", &format!("{path}/typo?fieldValidation=Strict"), merge, patch).await;
    assert!(
        refused.status() == 422 && refused.json()["message"].as_str().unwrap().contains("unknown field \"imutable\"")
    );
    let passed = tell(&small, "PATCH", &format!("{path}/typo?fieldValidation=Ignore"), merge, patch).await;
    assert!(passed.status() == 200 && !passed.head.contains("warning:"), "{}", passed.head);
}

#[tokio::test]
async fn values_a_field_cannot_hold_are_refused_whichever_way_they_come() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let path = "/api/v1/namespaces/shop/configmaps";
    let why = "json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool";
    let message = |answer: &Answer| answer.json()["message"].as_str().unwrap().to_owned();
    let body = r#"{"metadata":{"name":"held"},"immutable":"yes"}"#;
    let refused = tell(&small, "POST", path, JSON, body).await;
    let words = format!("ConfigMap in version \"v1\" cannot be handled as a ConfigMap: {why}");
    assert_eq!((refused.status(), message(&refused)), (400, words.clone()));
    assert_eq!(tell(&small, "POST", path, JSON, r#"{"metadata":{"name":"held"}}"#).await.status(), 201);
    let held = format!("{path}/held");
    let refused = tell(&small, "PUT", &held, JSON, body).await;
    assert_eq!((refused.status(), message(&refused)), (400, words));
    let patch = r#"{"immutable":"yes"}"#;
    let refused = tell(&small, "PATCH", &held, "application/merge-patch+json", patch).await;
    assert!(refused.status() == 422 && message(&refused).ends_with(why), "{}", message(&refused));
    let refused = tell(&small, "PATCH", &held, "application/strategic-merge-patch+json", patch).await;
    let words = " \"\" is invalid: patch: Invalid value: \"map[immutable:yes]\": unrecognized type: bool";
    assert_eq!((refused.status(), message(&refused).as_str()), (422, words));
    assert!(ask(&small, &held, JSON).await.json()["immutable"].is_null());
    // A step that leads nowhere: which one, a real server does not say.
    let astray = r#"[{"op":"remove","path":"/data/a"}]"#;
    let refused = tell(&small, "PATCH", &held, "application/json-patch+json", astray).await;
    let words = "the server rejected our request due to an error in our request";
    assert_eq!((refused.status(), message(&refused).as_str()), (422, words));
}

#[tokio::test]
async fn labels_have_the_form_of_labels() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let path = "/api/v1/namespaces/shop/configmaps";
    for (metadata, words) in [
        (r#""labels":{"bad key":"1"}"#, "metadata.labels: Invalid value: \"bad key\": name part must consist"),
        (r#""labels":{"a":"b c"}"#, "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string"),
        (r#""annotations":{"X/a":"b c"}"#, "metadata.annotations: Invalid value: \"X/a\": prefix part a lowercase RFC"),
    ] {
        let body = format!(r#"{{"metadata":{{"name":"labelled",{metadata}}}}}"#);
        let refused = tell(&small, "POST", path, JSON, &body).await;
        let message = refused.json()["message"].as_str().unwrap().to_owned();
        assert!(refused.status() == 422 && message.contains(words), "{message}");
    }
    let body =
        r#"{"metadata":{"name":"labelled","labels":{"example.io/A_b":""},"annotations":{"example.io/a":"b c"}}}"#;
    assert_eq!(tell(&small, "POST", path, JSON, body).await.status(), 201);
}

#[tokio::test]
async fn what_an_owner_leaves_behind_no_longer_points_at_it() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let app = json!({"metadata": {"name": "left"}, "spec": {"selector": {"matchLabels": {"app": "left"}},
        "template": {"metadata": {"labels": {"app": "left"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}});
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    assert_eq!(tell(&small, "POST", deployments, JSON, &app.to_string()).await.status(), 201);
    let sets = "/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dleft";
    let owners = async || {
        let list = ask(&small, sets, JSON).await.json();
        let sets = list["items"].as_array().unwrap();
        assert_eq!(sets.len(), 1);
        sets[0]["metadata"]["ownerReferences"].clone()
    };
    assert_eq!(owners().await[0]["name"], "left");
    let orphan = r#"{"propagationPolicy":"Orphan"}"#;
    assert_eq!(tell(&small, "DELETE", &format!("{deployments}/left"), JSON, orphan).await.status(), 200);
    assert_eq!(owners().await, json!(null));
}

#[tokio::test]
async fn budgets_block_evictions_as_a_real_server_does() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let app = json!({"metadata": {"name": "solo"}, "spec": {"selector": {"matchLabels": {"app": "solo"}},
        "template": {"metadata": {"labels": {"app": "solo"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}});
    assert_eq!(
        tell(&small, "POST", "/apis/apps/v1/namespaces/shop/deployments", JSON, &app.to_string()).await.status(),
        201
    );
    let ready = loop {
        let pods = ask(&small, "/api/v1/namespaces/shop/pods?labelSelector=app%3Dsolo", JSON).await.json();
        let pod = pods["items"][0].clone();
        if pod["status"]["containerStatuses"][0]["ready"] == true {
            break pod["metadata"]["name"].as_str().unwrap().to_owned();
        }
    };
    let path = format!("/api/v1/namespaces/shop/pods/{ready}/eviction");
    let eviction =
        |dry: bool| json!({"deleteOptions": {"dryRun": if dry { json!(["All"]) } else { json!([]) }}}).to_string();
    same(&tell(&small, "POST", &path, JSON, &eviction(true)).await, recording!("eviction-dryrun-ok"));
    let budget = json!({"metadata": {"name": "no-disruption"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "solo"}}}});
    tell(&small, "POST", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets", JSON, &budget.to_string()).await;
    same(&tell(&small, "POST", &path, JSON, &eviction(false)).await, recording!("429-eviction-pdb"));
}

#[tokio::test]
async fn who_asks_what_it_may_do_is_told() {
    let fleet = fleet().await;
    let (small, restricted) = (fleet.cluster("small").unwrap(), fleet.cluster("restricted").unwrap());
    let rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let ours = tell(&small, "POST", rules, JSON, r#"{"spec":{"namespace":"team-a"}}"#).await;
    let theirs = recorded(recording!("ssrr-g-team-a"));
    assert_eq!((ours.status(), sorted(ours.json())), (theirs.status(), sorted(theirs.json())));
    let theirs = recorded(recording!("ssar-g-delete-pods")).json();
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asked = json!({"spec": theirs["spec"]}).to_string();
    let ours = tell(&small, "POST", path, JSON, &asked).await.json();
    assert_eq!((&ours["spec"], &ours["status"]), (&theirs["spec"], &theirs["status"]));
    let refused = tell(&restricted, "POST", path, JSON, &asked).await.json();
    assert_eq!(refused["status"], json!({"allowed": false}));
    // Roles and bindings are objects: who gets one may do more at once.
    let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings";
    let attempt = json!({"metadata": {"name": "more"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "lowpriv"}]});
    assert_eq!(tell(&restricted, "POST", bindings, JSON, &attempt.to_string()).await.status(), 403);
    let kind = restricted.cluster.world().store().registry().kind(Resource::RoleBindings).clone();
    let mut binding = attempt.clone();
    binding["metadata"]["namespace"] = "team-a".into();
    restricted.cluster.change(|world| world.put(&kind, binding));
    let own = json!({"spec": {"resourceAttributes": {"namespace": "team-a", "verb": "delete", "resource": "pods"}}});
    let granted = tell(&restricted, "POST", path, JSON, &own.to_string()).await.json();
    assert_eq!(granted["status"], json!({"allowed": true}));
    let elsewhere =
        json!({"spec": {"resourceAttributes": {"namespace": "team-b", "verb": "delete", "resource": "pods"}}});
    let refused = tell(&restricted, "POST", path, JSON, &elsewhere.to_string()).await.json();
    assert_eq!(refused["status"], json!({"allowed": false}));
}

#[tokio::test]
async fn a_new_autoscaler_sees_how_many_pods_there_are() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let list = ask(&small, "/apis/apps/v1/namespaces/kube-system/deployments", JSON).await.json();
    let (name, replicas) = (&list["items"][0]["metadata"]["name"], &list["items"][0]["spec"]["replicas"]);
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": name});
    let body = json!({"metadata": {"name": name}, "spec": {"scaleTargetRef": target, "maxReplicas": 5}});
    let path = "/apis/autoscaling/v2/namespaces/kube-system/horizontalpodautoscalers";
    let made = tell(&small, "POST", path, JSON, &body.to_string()).await;
    assert_eq!(made.status(), 201);
    let name = name.as_str().unwrap();
    let kept = ask(&small, &format!("{path}/{name}"), JSON).await.json();
    assert_eq!(&kept["status"]["currentReplicas"], replicas);
    // What nobody says: 80 % of the processor asked for, one pod at least.
    assert_eq!(kept["spec"]["minReplicas"], 1);
    assert_eq!(kept["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 80);
}

#[tokio::test]
async fn a_service_account_gets_a_token_and_may_do_with_it_what_it_is_bound_to() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let path = "/api/v1/namespaces/shop/serviceaccounts/deployer/token";
    let asked = r#"{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","spec":{"expirationSeconds":900}}"#;
    let given = tell(&small, "POST", path, JSON, asked).await;
    assert_eq!((given.status(), given.json()["kind"].as_str()), (201, Some("TokenRequest")));
    let token = given.json()["status"]["token"].as_str().unwrap().to_owned();
    assert_eq!(token.split('.').count(), 3);
    let as_it = async |token: &str, path: &str| {
        let more = format!("Authorization: Bearer {token}\r\n");
        Client::open(small.address()).await.call_as(&more, "GET", path, JSON).await
    };
    assert_eq!(as_it(&token, "/api/v1/namespaces/shop/pods?limit=1").await.status(), 200);
    let refused = as_it(&token, "/api/v1/namespaces/team-a/pods").await;
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(refused.status() == 403 && message.contains("\"system:serviceaccount:shop:deployer\""), "{message}");
    assert_eq!(as_it(&format!("{token}x"), "/api/v1/namespaces/shop/pods").await.status(), 401);
    let short = tell(&small, "POST", path, JSON, r#"{"spec":{"expirationSeconds":60}}"#).await;
    let message = short.json()["message"].as_str().unwrap().to_owned();
    let words = "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes";
    assert!(short.status() == 422 && message.ends_with(words), "{message}");
    assert_eq!(tell(&small, "POST", &path.replace("deployer", "nobody"), JSON, "{}").await.status(), 404);
    // It goes with its account, and is not let in as another of the same name.
    tell(&small, "DELETE", path.trim_end_matches("/token"), JSON, "").await;
    assert_eq!(as_it(&token, "/api/v1/namespaces/shop/pods").await.status(), 401);
    let again = r#"{"metadata":{"name":"deployer"}}"#;
    assert_eq!(tell(&small, "POST", "/api/v1/namespaces/shop/serviceaccounts", JSON, again).await.status(), 201);
    assert_eq!(as_it(&token, "/api/v1/namespaces/shop/pods").await.status(), 401);
    let given = tell(&small, "POST", path, JSON, asked).await.json();
    let token = given["status"]["token"].as_str().unwrap().to_owned();
    assert_eq!(as_it(&token, "/api/v1/namespaces/shop/pods?limit=1").await.status(), 200);
}

#[tokio::test]
async fn a_written_object_is_watched_counted_and_goes() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let version = small.resource_version();
    watch.send(&small, "GET", &format!("/api/v1/configmaps?watch=true&resourceVersion={version}"), JSON).await;
    let maps = "/api/v1/namespaces/shop/configmaps";
    let dry = tell(&small, "POST", &format!("{maps}?dryRun=All"), JSON, r#"{"metadata":{"name":"never"}}"#).await;
    assert_eq!(dry.status(), 201);
    let made = tell(&small, "POST", maps, JSON, r#"{"metadata":{"generateName":"m-"},"data":{"a":"1"}}"#).await.json();
    let name = made["metadata"]["name"].as_str().unwrap().to_owned();
    let added = watch.next_line().await;
    assert_eq!((&added["type"], &added["object"]["metadata"]["name"]), (&json!("ADDED"), &json!(name)));
    let path = format!("{maps}/{name}");
    let patched = tell(
        &small,
        "PATCH",
        &path,
        "application/json-patch+json",
        r#"[{"op":"replace","path":"/data/a","value":"2"}]"#,
    )
    .await;
    assert_eq!(patched.json()["data"]["a"], "2");
    assert_eq!(watch.next_line().await["type"], "MODIFIED");
    let gone = tell(&small, "DELETE", &path, JSON, "").await.json();
    assert_eq!((&gone["kind"], &gone["details"]["name"]), (&json!("Status"), &json!(name)));
    assert_eq!(watch.next_line().await["type"], "DELETED");
    assert_eq!(ask(&small, &path, JSON).await.status(), 404);
}

#[tokio::test]
async fn who_applies_to_a_seeded_object_meets_the_managers_it_shows_and_they_stay_true() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let list = ask(&small, "/apis/apps/v1/deployments", JSON).await.json();
    let seeded = list["items"].as_array().unwrap().iter().find(|one| one["metadata"]["labels"]["team"].is_null());
    let (namespace, name) = (&seeded.unwrap()["metadata"]["namespace"], &seeded.unwrap()["metadata"]["name"]);
    let (namespace, name) = (namespace.as_str().unwrap(), name.as_str().unwrap());
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
    let managers = |object: &Value| -> Vec<(String, String, bool)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = object["metadata"]["managedFields"].as_array().unwrap().iter();
        let owns = |entry: &Value| entry["fieldsV1"]["f:spec"]["f:replicas"].is_object();
        entries.map(|entry| (text(&entry["manager"]), text(&entry["subresource"]), owns(entry))).collect()
    };
    let shown = managers(&ask(&small, &path, JSON).await.json());
    let author = shown[0].0.clone();
    let keeper = ("kube-controller-manager".to_owned(), "status".to_owned(), false);
    assert_eq!(shown, [(author.clone(), String::new(), true), keeper.clone()]);
    let wanted =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": 7}});
    let apply = async |force: &str| {
        let path = format!("{path}?fieldManager=me{force}");
        tell(&small, "PATCH", &path, "application/apply-patch+yaml", &wanted.to_string()).await
    };
    let refused = apply("").await;
    let why = format!("Apply failed with 1 conflict: conflict with \"{author}\" using apps/v1: .spec.replicas");
    assert_eq!((refused.status(), refused.json()["message"].as_str()), (409, Some(&*why)));
    let forced = apply("&force=true").await.json();
    let taken = [("me".to_owned(), String::new(), true), (author.clone(), String::new(), false), keeper.clone()];
    assert_eq!(managers(&forced), taken);
    // The controller follows: the status is still its own, and so is when it last wrote it.
    let settled = loop {
        let now = ask(&small, &path, JSON).await.json();
        if now["status"]["readyReplicas"] == 7 {
            break now;
        }
    };
    let mut sorted = managers(&settled);
    sorted.sort();
    let mut expected = taken.to_vec();
    expected.sort();
    assert_eq!(sorted, expected);
    let entries = settled["metadata"]["managedFields"].as_array().unwrap();
    let status = entries.iter().find(|entry| entry["subresource"] == "status").unwrap();
    assert!(status["time"].as_str() > settled["metadata"]["creationTimestamp"].as_str());
    // A pod somebody labelled keeps the label, its managers, and goes on living.
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod = ask(&small, &pods, JSON).await.json()["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    let before = ask(&small, &format!("{pods}/{pod}"), JSON).await.json();
    let label = json!({"metadata": {"labels": {"mine": "yes"}}}).to_string();
    let path = format!("{pods}/{pod}?fieldManager=kubectl-label");
    let after = tell(&small, "PATCH", &path, "application/merge-patch+json", &label).await.json();
    let entries = |pod: &Value| pod["metadata"]["managedFields"].as_array().unwrap().clone();
    assert_eq!(entries(&after)[..2], entries(&before)[..]);
    assert_eq!(entries(&after)[2]["fieldsV1"], json!({"f:metadata": {"f:labels": {"f:mine": {}}}}));
    assert_eq!((&after["spec"], &after["status"]), (&before["spec"], &before["status"]));
}
