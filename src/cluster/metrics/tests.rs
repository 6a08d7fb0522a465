//! Answers of metrics servers, in both formats.

use std::convert::Infallible;

use http::Response;
use kube::client::Body;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::failure::Site;

const PODS: &str = r#"{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[
    {"metadata":{"name":"db-0","namespace":"shop","creationTimestamp":"2026-11-20T09:26:44Z","labels":{"a":"b"}},
     "timestamp":"2026-11-20T09:26:44Z","window":"15.016s","containers":[
        {"name":"db","usage":{"cpu":"1500001n","memory":"104333Ki"}},
        {"name":"side","usage":{"cpu":"100n","memory":"1"}}]},
    {"metadata":{"name":"odd","namespace":"shop"},"timestamp":null,"window":"","containers":null},
    {"metadata":{"name":"late","namespace":"shop"},"timestamp":"2026-11-20T09:26:44Z","window":"0s","containers":[]}]}"#;
const END: Unix = Unix(1_795_166_804);

async fn answered(media: &'static str, body: Vec<u8>) -> Result<Vec<Measured>, Failure> {
    let service = tower::service_fn(move |_: Request<Body>| {
        let body = body.clone();
        async move { Ok::<_, Infallible>(Response::builder().header("content-type", media).body(Body::from(body)).unwrap()) }
    });
    let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
    pods(&connection, None, Duration::from_secs(1)).await
}

#[tokio::test]
async fn containers_are_added_up_exactly_and_rounded_as_kubectl_top_does() {
    let measured = answered("application/json", PODS.into()).await.unwrap();
    assert_eq!((&*measured[0].namespace, &*measured[0].name), ("shop", "db-0"));
    let figure = measured[0].figure();
    assert_eq!((figure.used.cpu.get(), figure.used.memory.get()), (Some(2), Some(101)));
    assert_eq!(figure.from, Some(END.plus(-15)));
}

#[tokio::test]
async fn what_an_answer_does_not_say_is_unknown() {
    let measured = answered("application/json", PODS.into()).await.unwrap();
    assert_eq!(measured[1].figure(), Figure { used: Amounts::NONE, from: None });
    assert_eq!(measured[2].from, Some(END.plus(-1)), "a moment alone is the end of what was measured");
}

#[tokio::test]
async fn an_answer_that_is_no_list_or_ends_early_is_a_failure() {
    let half = PODS.as_bytes()[..PODS.len() / 2].to_vec();
    for (media, body) in [("application/json", half), ("text/html", b"x".to_vec())] {
        assert!(answered(media, body).await.is_err(), "{media}");
    }
}

/// A protobuf field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn quantity_entry(name: &str, text: &str) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, &field(1, text.as_bytes()))].concat()
}

fn list(item: &[u8]) -> Vec<u8> {
    let raw = [field(1, &[]), field(2, item)].concat();
    [b"k8s\0".to_vec(), field(2, &raw)].concat()
}

#[tokio::test]
async fn protobuf_says_the_same() {
    let metadata = [field(1, b"db-0"), field(3, b"shop")].concat();
    let container = |cpu: &str| [field(1, b"db"), field(2, &quantity_entry("cpu", cpu))].concat();
    let pod = [
        field(1, &metadata),
        field(2, &[0x08, 0xac, 0x02]),
        field(3, &[0x08, 0x80, 0xf4, 0x97, 0xf8, 0x37]),
        field(4, &container("250m")),
        field(4, &container("1")),
    ];
    let measured = answered(PROTOBUF, list(&pod.concat())).await.unwrap();
    let figure = measured[0].figure();
    assert_eq!((&*measured[0].namespace, &*measured[0].name), ("shop", "db-0"));
    assert_eq!((figure.used.cpu.get(), figure.used.memory.get()), (Some(1_250), None));
    assert_eq!(figure.from, Some(Unix(300 - 15)));
    let node = [
        field(1, &field(1, b"node-a")),
        field(2, &[0x08, 0xac, 0x02]),
        field(4, &quantity_entry("cpu", "3")),
        field(4, &quantity_entry("memory", "2Gi")),
    ];
    let measured = answered(PROTOBUF, list(&node.concat())).await.unwrap();
    let used = measured[0].figure().used;
    assert_eq!((used.cpu.get(), used.memory.get()), (Some(3_000), Some(2_048)));
}

#[test]
fn spans_are_read_as_go_writes_them() {
    let cases = [("15.016s", 15), ("1m0.5s", 60), ("1h2m3s", 3_723), ("0s", 0), ("900ms", 0)];
    for (text, expected) in cases {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
    for text in ["", "15", "s x"] {
        assert_eq!(seconds(text), None, "{text}");
    }
}
