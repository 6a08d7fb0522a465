//! `get`, `cluster events` and `cluster pods`: objects of many clusters, each with the cluster it is from.

use crate::schema::holds;
use crate::stage::Stage;

#[tokio::test]
async fn any_kind_is_listed_by_any_of_its_names_with_the_server_s_columns() {
    let stage = Stage::new().await;
    let ran = stage.run(&["get", "deploy", "--cluster", "well", "--cluster", "ill"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(words, ["CLUSTER", "NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert!(lines.iter().any(|line| line.starts_with("well ")) && lines.iter().any(|line| line.starts_with("ill ")));
    let named =
        stage.run(&["get", "Deployment.apps", "checkout", "-n", "shop", "--cluster", "ill", "-o", "name"]).await;
    assert_eq!((named.out.as_str(), named.code), ("config:ill\tdeployment.apps/checkout\n", Some(0)));
    let wide = stage.run(&["get", "nodes", "--cluster", "well", "-o", "wide"]).await;
    assert!(wide.out.lines().next().unwrap().contains("KERNEL-VERSION"), "{}", wide.out);
}

#[tokio::test]
async fn objects_come_whole_with_their_cluster_and_failures_are_listed_beside_them() {
    let stage = Stage::new().await;
    let arguments =
        ["get", "po", "-l", "app.kubernetes.io/name=checkout", "-o", "json", "--cluster", "ill", "--cluster", "down"];
    let ran = stage.run(&arguments).await;
    let found = ran.json();
    holds("get", &found);
    let items = found["items"].as_array().unwrap();
    assert!(!items.is_empty());
    for item in items {
        assert_eq!((&item["cluster"], &item["object"]["kind"]), (&"config:ill".into(), &"Pod".into()));
        assert_eq!(item["object"]["metadata"]["labels"]["app.kubernetes.io/name"], "checkout");
    }
    assert_eq!((&found["errors"][0]["cluster"], ran.code), (&"config:down".into(), Some(1)));
    assert!(ran.err.starts_with("fleet-tui: config:down: unreachable: connection refused"), "{}", ran.err);
}

#[tokio::test]
async fn where_the_whole_is_forbidden_the_context_s_namespace_is_listed() {
    let stage = Stage::new().await;
    let ran = stage.run(&["get", "pods", "--cluster", "scoped", "--field-selector", "status.phase=Running"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.lines().skip(1).all(|line| line.split_whitespace().nth(1) == Some("shop")), "{}", ran.out);
    let all = stage.run(&["get", "nodes", "--cluster", "scoped"]).await;
    assert_eq!((all.code, all.out.as_str()), (Some(1), ""));
    assert!(all.err.contains("forbidden"), "{}", all.err);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_kubectl_s_words() {
    let stage = Stage::new().await;
    let of = async |arguments: &[&str]| {
        let ran = stage.run(&[arguments, &["--cluster", "well", "--cluster", "ill"]].concat()).await;
        (ran.code.unwrap(), ran.out + &ran.err)
    };
    let missing = "fleet-tui: the server doesn't have a resource type \"foo\"\n";
    assert_eq!(of(&["get", "foo"]).await, (1, missing.to_owned()));
    assert_eq!(of(&["get", "pods", "foo"]).await, (1, "fleet-tui: pods \"foo\" not found\n".to_owned()));
    assert_eq!(of(&["get", "po/foo"]).await, (1, "fleet-tui: po \"foo\" not found\n".to_owned()));
    assert_eq!(of(&["get", "pods", "-l", "app=foo"]).await, (0, "fleet-tui: no resources found\n".to_owned()));
}

#[tokio::test]
async fn pods_come_with_what_they_use_and_events_with_their_time() {
    let stage = Stage::new().await;
    let ran = stage.run(&["cluster", "pods", "--cluster", "well", "-o", "json"]).await;
    let pods = ran.json();
    holds("pods", &pods);
    let running = |pod: &&serde_json::Value| pod["status"] == "Running";
    let pod = pods["clusters"][0]["pods"].as_array().unwrap().iter().find(running).unwrap();
    assert!(pod["usage"]["cpu_millicores"].is_u64() && pod["usage"]["memory_bytes"].is_u64(), "{pod}");
    let events = stage.run(&["cluster", "events", "--all", "--type", "Warning", "--since", "10m", "-o", "json"]).await;
    let told = events.json();
    holds("events", &told);
    let kinds = told["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|cluster| cluster["events"].as_array().into_iter().flatten());
    assert!(kinds.into_iter().all(|event| event["type"] == "Warning"));
    assert_eq!(events.code, Some(1), "one is down");
    let down = stage.run(&["cluster", "events", "--cluster", "down"]).await;
    assert!(down.err.contains("connection refused") && !down.err.contains("no events"), "{}", down.err);
}

#[tokio::test]
async fn several_kinds_come_as_kubectl_prints_them() {
    let stage = Stage::new().await;
    let of = async |arguments: &[&str]| stage.run(&[arguments, &["--cluster", "ill", "-n", "shop"]].concat()).await;
    let ran = of(&["get", "deploy,po"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let (deployments, pods) = ran.out.split_once("\n\n").unwrap();
    assert!(deployments.lines().skip(1).all(|line| line.contains(" deployment.apps/")), "{deployments}");
    assert!(deployments.starts_with("CLUSTER   NAME ") && pods.starts_with("CLUSTER   NAME "), "{}", ran.out);
    assert!(pods.lines().skip(1).all(|line| line.contains(" pod/")), "{pods}");
    let all = of(&["get", "all", "-o", "name"]).await;
    let kinds: Vec<&str> =
        all.out.lines().map(|line| line.split(['\t', '/']).nth(1).unwrap()).fold(Vec::new(), |mut kinds, kind| {
            if kinds.last() != Some(&kind) {
                kinds.push(kind);
            }
            kinds
        });
    assert_eq!(kinds[..2], ["pod", "service"], "each kind once, together: {kinds:?}");
    assert!(kinds.contains(&"deployment.apps") && kinds.contains(&"replicaset.apps") && all.code == Some(0));
    let found = of(&["get", "svc,deployments.apps", "-o", "json"]).await.json();
    holds("get", &found);
    let kinds: std::collections::BTreeSet<&str> =
        found["items"].as_array().unwrap().iter().map(|item| item["object"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["Deployment", "Service"]);
}

#[tokio::test]
async fn of_several_kinds_what_is_missing_hides_nothing_that_is_there() {
    let stage = Stage::new().await;
    let of = async |arguments: &[&str]| stage.run(&[&["get"], arguments, &["--cluster", "ill"]].concat()).await;
    let ran = of(&["deploy,foo", "-o", "name"]).await;
    assert!(ran.out.contains("config:ill\tdeployment.apps/checkout\n") && ran.code == Some(1), "{}", ran.out);
    assert_eq!(ran.err, "fleet-tui: the server doesn't have a resource type \"foo\"\n");
    let ran = of(&["po,deploy", "checkout", "-o", "name"]).await;
    assert_eq!((ran.out.as_str(), ran.code), ("config:ill\tdeployment.apps/checkout\n", Some(1)));
    assert_eq!(ran.err, "fleet-tui: po \"checkout\" not found\n");
    for (wrong, why) in [("po,deploy/x", "only one can be named"), ("po,", "KIND, KIND NAME or KIND/NAME is needed")] {
        let ran = of(&[wrong]).await;
        assert!(ran.code == Some(2) && ran.err.contains(why), "{}", ran.err);
    }
}
