//! Holds writes to the rules a real server has, word for word where users meet them. Must not look inside.

use serde_json::json;

use super::wire::tell;
use super::*;

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

fn message(answer: &Answer) -> String {
    answer.json()["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn quantities_are_kept_as_a_server_writes_them_and_rubbish_is_refused() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let pods = "/api/v1/namespaces/shop/pods";
    let pod = |cpu: Value| {
        let container = json!({"name": "c", "image": "x", "resources": {"requests": {"cpu": cpu, "memory": "1024Mi"}}});
        json!({"metadata": {"name": "sized"}, "spec": {"containers": [container]}}).to_string()
    };
    let refused = tell(&small, "POST", pods, JSON, &pod(json!("abc"))).await;
    let why = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    let words = format!("Pod in version \"v1\" cannot be handled as a Pod: {why}");
    assert_eq!((refused.status(), message(&refused)), (400, words));
    let made = tell(&small, "POST", pods, JSON, &pod(json!(1))).await.json();
    let requests = &made["spec"]["containers"][0]["resources"]["requests"];
    assert_eq!(*requests, json!({"cpu": "1", "memory": "1Gi"}));
    let quotas = "/api/v1/namespaces/shop/resourcequotas";
    let quota = r#"{"metadata":{"name":"counted"},"spec":{"hard":{"pods":5}}}"#;
    assert_eq!(tell(&small, "POST", quotas, JSON, quota).await.json()["spec"]["hard"]["pods"], "5");
    let patch = r#"{"spec":{"hard":{"pods":"many"}}}"#;
    let refused = tell(&small, "PATCH", &format!("{quotas}/counted"), MERGE, patch).await;
    assert!(refused.status() == 422 && message(&refused).ends_with(why), "{}", message(&refused));
}

#[tokio::test]
async fn a_patch_cannot_make_another_object_of_an_object() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let maps = "/api/v1/namespaces/shop/configmaps";
    assert_eq!(tell(&small, "POST", maps, JSON, r#"{"metadata":{"name":"u1"}}"#).await.status(), 201);
    let path = format!("{maps}/u1");
    for (patch, words) in [
        (r#"{"metadata":{"name":"u2"}}"#, "the name of the object (u2) does not match the name on the URL (u1)"),
        (r#"{"metadata":{"namespace":"team-a"}}"#, "the namespace of the provided object does not match"),
        (r#"{"kind":"Secret"}"#, "Secret in version \"v1\" cannot be handled as a ConfigMap"),
        (r#"{"apiVersion":"v2"}"#, "ConfigMap in version \"v2\" cannot be handled as a ConfigMap"),
    ] {
        for form in [MERGE, "application/strategic-merge-patch+json"] {
            let refused = tell(&small, "PATCH", &path, form, patch).await;
            assert!(refused.status() == 400 && message(&refused).starts_with(words), "{patch}: {}", message(&refused));
        }
    }
    assert_eq!(ask(&small, &format!("{maps}/u2"), JSON).await.status(), 404);
    let same = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"u1"},"data":{"a":"1"}}"#;
    assert_eq!(tell(&small, "PATCH", &path, MERGE, same).await.json()["data"]["a"], "1");
}

#[tokio::test]
async fn a_certificate_request_says_who_asks_and_is_approved_in_protobuf() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    let asked = json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": "mine"}, "spec": {"request": "AAEC", "signerName": "example.com/s", "usages": ["client auth"],
            "username": "somebody else"}});
    let mut made = tell(&small, "POST", requests, JSON, &asked.to_string()).await.json();
    assert_eq!((&made["spec"]["username"], &made["spec"]["groups"][0]), (&json!("ann"), &json!("sre")));
    let condition = json!({"type": "Approved", "status": "True", "reason": "KubectlApprove", "message": "yes"});
    made["status"]["conditions"] = json!([condition]);
    let body = crate::sim::proto::envelope(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        &crate::sim::proto::transcode("CertificateSigningRequest", &made),
    );
    let read = crate::sim::proto::decode(&body).unwrap();
    assert_eq!(
        (&read["spec"]["request"], &read["status"]["conditions"][0]["reason"]),
        (&json!("AAEC"), &condition["reason"])
    );
    let approved = tell(&small, "PUT", &format!("{requests}/mine/approval"), JSON, &made.to_string()).await.json();
    assert_eq!(approved["status"]["conditions"][0]["type"], "Approved");
}

#[tokio::test]
async fn managed_fields_are_what_a_writer_makes_of_them() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let maps = "/api/v1/namespaces/shop/configmaps";
    let body = r#"{"metadata":{"name":"owned"},"data":{"a":"1"}}"#;
    let made = tell(&small, "POST", &format!("{maps}?fieldManager=before"), JSON, body).await.json();
    let mut fields = made["metadata"]["managedFields"].clone();
    fields[0]["manager"] = "after".into();
    fields[0]["operation"] = "Apply".into();
    let steps = json!([{"op": "replace", "path": "/metadata/managedFields", "value": fields},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": made["metadata"]["resourceVersion"]}]);
    let path = format!("{maps}/owned");
    let moved = tell(&small, "PATCH", &path, "application/json-patch+json", &steps.to_string()).await.json();
    assert_eq!(moved["metadata"]["managedFields"], fields);
    assert_ne!(moved["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
    let kept = tell(&small, "PATCH", &path, MERGE, r#"{"metadata":{"managedFields":[]}}"#).await.json();
    assert_eq!(kept["metadata"]["managedFields"], fields);
    let cleared = tell(&small, "PATCH", &path, MERGE, r#"{"metadata":{"managedFields":[{}]}}"#).await.json();
    assert_eq!(cleared["metadata"]["managedFields"].as_array().map_or(0, Vec::len), 0);
}

#[tokio::test]
async fn options_there_are_none_of_are_refused() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let maps = "/api/v1/namespaces/shop/configmaps";
    let body = r#"{"metadata":{"name":"dry"}}"#;
    let refused = tell(&small, "POST", &format!("{maps}?dryRun=Foo"), JSON, body).await;
    let words =
        "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"Foo\": supported values: \"All\"";
    assert_eq!((refused.status(), message(&refused).as_str()), (422, words));
    assert_eq!(ask(&small, &format!("{maps}/dry"), JSON).await.status(), 404);
    for (query, status, words) in [
        ("limit=abc", 400, "strconv.ParseInt: parsing \"abc\": invalid syntax"),
        ("resourceVersion=abc", 400, "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing"),
        ("watch=1&resourceVersion=abc", 400, "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing"),
        (
            "resourceVersionMatch=Exact",
            422,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
    ] {
        let refused = ask(&small, &format!("{maps}?{query}"), JSON).await;
        assert!(refused.status() == status && message(&refused).starts_with(words), "{query}: {}", message(&refused));
    }
    let made = tell(&small, "POST", maps, JSON, body).await.json();
    let options = r#"{"preconditions":{"resourceVersion":"1"}}"#;
    let refused = tell(&small, "DELETE", &format!("{maps}/dry"), JSON, options).await;
    let version = made["metadata"]["resourceVersion"].as_str().unwrap();
    let words = format!(
        "Operation cannot be fulfilled on configmaps \"dry\": Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: {version}"
    );
    assert_eq!((refused.status(), message(&refused)), (409, words));
    let refused = tell(&small, "DELETE", "/api/v1/namespaces/default", JSON, "").await;
    let words = "namespaces \"default\" is forbidden: this namespace may not be deleted";
    assert_eq!((refused.status(), message(&refused).as_str()), (403, words));
}

#[tokio::test]
async fn who_is_impersonated_decides_if_one_may_impersonate() {
    let fleet = fleet().await;
    let (small, restricted) = (fleet.cluster("small").unwrap(), fleet.cluster("restricted").unwrap());
    let as_them = async |cluster: &ClusterHandle, more: &str, path: &str| {
        let more = format!("Authorization: Bearer {}\r\n{more}", cluster.token());
        Client::open(cluster.address()).await.call_as(&more, "GET", path, JSON).await
    };
    let pods = "/api/v1/namespaces/team-a/pods";
    let refused = as_them(&small, "Impersonate-User: jane\r\n", pods).await;
    assert!(
        refused.status() == 403 && message(&refused).contains("User \"jane\" cannot list"),
        "{}",
        message(&refused)
    );
    let masters = "Impersonate-User: jane\r\nImpersonate-Group: system:masters\r\n";
    assert_eq!(as_them(&small, masters, pods).await.status(), 200);
    let refused = as_them(&restricted, "Impersonate-User: jane\r\n", pods).await;
    let words = "users \"jane\" is forbidden: User \"lowpriv\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope";
    assert_eq!((refused.status(), message(&refused).as_str()), (403, words));
}

#[tokio::test]
async fn what_breaks_the_rules_of_its_kind_is_refused_with_the_field() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let core = "/api/v1/namespaces/shop";
    let pod = |spec: Value| json!({"metadata": {"name": "x"}, "spec": spec});
    let container = |more: Value| {
        let mut container = json!({"name": "c", "image": "x"});
        container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        container
    };
    let greedy = json!({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}});
    let service = |spec: Value| json!({"metadata": {"name": "x"}, "spec": spec});
    let cron = json!({"metadata": {"name": "x"}, "spec": {"schedule": "nonsense", "jobTemplate": {"spec": {"template": {
        "spec": {"restartPolicy": "Never", "containers": [container(json!({}))]}}}}}});
    let scaler = json!({"metadata": {"name": "x"}, "spec": {"minReplicas": 3, "maxReplicas": 2,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}});
    for (path, body, words) in [
        (
            format!("{core}/pods"),
            pod(json!({"containers": [container(json!({})), container(json!({}))]})),
            "spec.containers[1].name: Duplicate value: \"c\"",
        ),
        (
            format!("{core}/pods"),
            pod(json!({"containers": [container(greedy)]})),
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        ),
        (
            format!("{core}/pods"),
            pod(json!({"containers": [container(json!({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}))]})),
            "spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
        ),
        (
            format!("{core}/services"),
            service(json!({"type": "Foo", "ports": [{"port": 80}]})),
            "spec.type: Unsupported value: \"Foo\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
        ),
        (
            format!("{core}/services"),
            service(json!({"ports": [{"port": 70000}]})),
            "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            "/apis/batch/v1/namespaces/shop/cronjobs".to_owned(),
            cron,
            "spec.schedule: Invalid value: \"nonsense\": expected exactly 5 fields, found 1: [nonsense]",
        ),
        (
            "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers".to_owned(),
            scaler,
            "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
        ),
    ] {
        let refused = tell(&small, "POST", &path, JSON, &body.to_string()).await;
        assert!(refused.status() == 422 && message(&refused).ends_with(words), "{words}: {}", message(&refused));
    }
    let again = r#"{"metadata":{"name":"x","resourceVersion":"5"}}"#;
    let refused = tell(&small, "POST", &format!("{core}/configmaps"), JSON, again).await;
    let words = "resourceVersion should not be set on objects to be created";
    assert_eq!((refused.status(), message(&refused).as_str()), (400, words));
}

#[tokio::test]
async fn what_is_fixed_once_made_cannot_be_patched() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
    let core = "/api/v1/namespaces/shop";
    for (path, body, patch, words) in [
        (
            format!("{core}/configmaps"),
            json!({"metadata": {"name": "f"}, "immutable": true, "data": {"a": "1"}}),
            json!({"data": {"a": "2"}}),
            "data: Forbidden: field is immutable when `immutable` is set",
        ),
        (
            format!("{core}/secrets"),
            json!({"metadata": {"name": "f"}}),
            json!({"type": "example.com/other"}),
            "type: Invalid value: \"example.com/other\": field is immutable",
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings".to_owned(),
            json!({"metadata": {"name": "f"}, "roleRef": role, "subjects": []}),
            json!({"roleRef": {"name": "edit"}}),
            ": cannot change roleRef",
        ),
        (
            format!("{core}/services"),
            json!({"metadata": {"name": "f"}, "spec": {"ports": [{"port": 80}]}}),
            json!({"spec": {"clusterIP": "172.20.1.1"}}),
            "spec.clusterIPs[0]: Invalid value: [\"172.20.1.1\"]: may not change once set",
        ),
    ] {
        let made = tell(&small, "POST", &path, JSON, &body.to_string()).await;
        assert_eq!(made.status(), 201, "{}", message(&made));
        let refused = tell(&small, "PATCH", &format!("{path}/f"), MERGE, &patch.to_string()).await;
        assert!(refused.status() == 422 && message(&refused).ends_with(words), "{words}: {}", message(&refused));
    }
    // Who puts a service without its address keeps it.
    let path = format!("{core}/services/f");
    let address = ask(&small, &path, JSON).await.json()["spec"]["clusterIP"].clone();
    let body = json!({"metadata": {"name": "f"}, "spec": {"ports": [{"port": 81}]}});
    assert_eq!(tell(&small, "PUT", &path, JSON, &body.to_string()).await.json()["spec"]["clusterIP"], address);
}

#[tokio::test]
async fn single_checks_answer_and_yaml_is_given_to_who_asks_for_it() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    for (path, status, body) in
        [("/readyz/ping", 200, "ok"), ("/livez/etcd", 200, "ok"), ("/livez/noodles", 404, "404 page not found\n")]
    {
        let answer = ask(&small, path, "*/*").await;
        assert_eq!((answer.status(), String::from_utf8_lossy(&answer.body)), (status, body.into()), "{path}");
    }
    let given = ask(&small, "/api/v1/namespaces/shop", "application/yaml").await;
    assert!(given.head.contains("content-type: application/yaml\r\n"), "{}", given.head);
    let object: Value = serde_saphyr::from_str(&String::from_utf8_lossy(&given.body)).unwrap();
    assert_eq!(object["metadata"]["name"], "shop");
}

#[tokio::test]
async fn custom_objects_fit_the_schema_of_their_kind_and_get_its_defaults() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let spec = json!({"type": "object", "required": ["size"], "properties": {"size": {"type": "integer", "minimum": 1},
        "mode": {"type": "string", "default": "slow", "enum": ["slow", "fast"]}}});
    let schema = json!({"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": spec}}});
    let definition = json!({"metadata": {"name": "boxes.example.io"}, "spec": {"group": "example.io", "scope": "Namespaced",
        "names": {"plural": "boxes", "kind": "Box"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(tell(&small, "POST", definitions, JSON, &definition.to_string()).await.status(), 201);
    let path = "/apis/example.io/v1/namespaces/shop/boxes";
    for (body, words) in [
        (json!({}), "spec: Required value"),
        (json!({"spec": {}}), "spec.size: Required value"),
        (
            json!({"spec": {"size": 0}}),
            "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
        ),
        (
            json!({"spec": {"size": "big"}}),
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"",
        ),
        (
            json!({"spec": {"size": 1, "mode": "odd"}}),
            "spec.mode: Unsupported value: \"odd\": supported values: \"slow\", \"fast\"",
        ),
    ] {
        let mut body = body;
        body["metadata"] = json!({"name": "b"});
        let refused = tell(&small, "POST", path, JSON, &body.to_string()).await;
        assert!(refused.status() == 422 && message(&refused).ends_with(words), "{words}: {}", message(&refused));
    }
    let body = r#"{"metadata":{"name":"b"},"spec":{"size":1}}"#;
    assert_eq!(tell(&small, "POST", path, JSON, body).await.json()["spec"]["mode"], "slow");
}
