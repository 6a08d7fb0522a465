//! What a server serves, asked in either form.

use std::sync::Arc;

use fleet_tui::cluster::access::Access;
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::discovery::{discover, refresh};
use fleet_tui::cluster::failure::Site;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::resource::ApiResource;

use crate::api_server;
use crate::stage::{DEFINITIONS, GADGETS, LIMIT, Stage, quiet};

fn named<'a>(resources: &'a [ApiResource], word: &str) -> Option<&'a ApiResource> {
    resources.iter().find(|resource| resource.is_called(word))
}

#[tokio::test]
async fn a_server_is_asked_twice_and_asked_again_only_for_news() {
    let stage = Stage::open(&quiet("")).await;
    let known = discover(&stage.connection, LIMIT).await.unwrap();
    assert_eq!((stage.asked("GET /api"), known.failing().count()), (2, 0));
    let resources = known.resources();
    for (word, path) in [
        ("deploy", "/apis/apps/v1/namespaces/x/deployments"),
        ("svc", "/api/v1/namespaces/x/services"),
        ("hpa", "/apis/autoscaling/v2/namespaces/x/horizontalpodautoscalers"),
        ("crd", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
        ("pods.metrics.k8s.io", "/apis/metrics.k8s.io/v1beta1/namespaces/x/pods"),
    ] {
        let resource = named(&resources, word).unwrap_or_else(|| panic!("{word}"));
        assert_eq!(Kind::of(Arc::new(resource.clone())).path(Some("x")), path);
    }
    assert_eq!(named(&resources, "po").map(|it| it.group.as_str()), Some(""), "the core group comes first");
    assert!(named(&resources, "selfsubjectreviews").is_none(), "it cannot be listed");
    assert!(refresh(&stage.connection, &known, LIMIT).await.unwrap().is_none());
    stage.write("POST", DEFINITIONS, GADGETS).await;
    let news = refresh(&stage.connection, &known, LIMIT).await.unwrap().unwrap();
    assert_eq!(named(&news.resources(), "gd").map(|it| it.kind.as_str()), Some("Gadget"));
}

#[tokio::test]
async fn a_server_that_knows_the_old_form_alone_is_asked_group_by_group_and_a_broken_group_loses_itself() {
    let server = api_server::plain(|asked| match asked.line.as_str() {
        "GET /api" => (200, r#"{"kind":"APIVersions","versions":["v1"]}"#.to_owned()),
        "GET /api/v1" => (
            200,
            r#"{"kind":"APIResourceList","resources":[
                {"name":"pods","singularName":"","namespaced":true,"kind":"Pod","verbs":["list"],"shortNames":["po"]},
                {"name":"pods/log","namespaced":true,"kind":"Pod","verbs":["get"]}]}"#
                .to_owned(),
        ),
        "GET /apis" => (
            200,
            r#"{"kind":"APIGroupList","groups":[
                {"name":"infra.example.io","versions":[{"groupVersion":"infra.example.io/v2alpha1"},
                    {"groupVersion":"infra.example.io/v1"}],"preferredVersion":{"groupVersion":"infra.example.io/v1"}},
                {"name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1"}],
                    "preferredVersion":{"groupVersion":"metrics.k8s.io/v1beta1"}}]}"#
                .to_owned(),
        ),
        "GET /apis/infra.example.io/v1" | "GET /apis/infra.example.io/v2alpha1" => {
            let name =
                r#"{"resources":[{"name":"widgets","namespaced":false,"kind":"Widget","verbs":["list","watch"]}]}"#;
            (200, name.to_owned())
        }
        _ => (503, "service unavailable".to_owned()),
    });
    let server = server.await;
    let mut config = kube::Config::new(format!("http://{}", server.address).parse().unwrap());
    config.default_retry = false;
    let connection = Connection::new(Access::new(kube::Client::try_from(config).unwrap(), Site::default()));
    let known = discover(&connection, LIMIT).await.unwrap();
    let resources = known.resources();
    let words: Vec<String> = resources.iter().map(|it| format!("{}/{} {}", it.group, it.version, it.plural)).collect();
    assert_eq!(words, ["/v1 pods", "infra.example.io/v1 widgets"]);
    assert_eq!(known.failing().collect::<Vec<_>>(), ["metrics.k8s.io/v1beta1"]);
}
