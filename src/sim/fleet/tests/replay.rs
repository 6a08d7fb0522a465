//! Replays what kubectl asked when it was recorded, on machines without one. `UPDATE_KUBECTL=1 cargo test --test kubectl`
//! records anew. Must not look inside.

use super::*;

const REQUESTS: &str = recording!("kubectl/requests.jsonl");
const SCENARIO: &str = recording!("kubectl/scenario.toml");

/// The kind an answer must be of, by what was asked; `None` where any will do.
fn expected(path: &str, accept: &str, method: &str) -> Option<&'static str> {
    let resource = path.split('?').next().unwrap_or_default();
    match resource {
        "/api" | "/apis" if accept.contains("APIGroupDiscoveryList") => Some("APIGroupDiscoveryList"),
        _ if !resource.starts_with("/api") => None,
        _ if resource.ends_with("/scale") => Some("Scale"),
        _ if resource.ends_with("/eviction") => Some("Status"),
        _ if accept.contains("as=Table") && method == "GET" => Some("Table"),
        _ => None,
    }
}

#[tokio::test]
async fn everything_kubectl_asks_is_answered() {
    let options = Options { speed: 20.0, ..Options::default() };
    let plain = SCENARIO.replace("name = \"one\"", "name = \"one\"\ntls = false");
    let fleet = Fleet::start(&Scenario::from_toml(&plain).unwrap(), options).await.unwrap();
    let one = fleet.cluster("one").unwrap();
    let mut replayed = 0;
    for line in REQUESTS.lines() {
        let asked: Value = serde_json::from_str(line).unwrap();
        let command = asked["command"].as_str().unwrap();
        for request in asked["requests"].as_array().unwrap() {
            let text = |key: &str| request[key].as_str().unwrap();
            let (method, path, accept, body) = (text("method"), text("path"), text("accept"), text("body"));
            let bytes = if text("type") == "application/vnd.kubernetes.protobuf" {
                (0..body.len() / 2).map(|at| u8::from_str_radix(&body[2 * at..][..2], 16).unwrap()).collect()
            } else {
                body.as_bytes().to_vec()
            };
            let mut head = format!(
                "{method} {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {}\r\nAccept: {accept}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                one.token(),
                text("type"),
                bytes.len()
            )
            .into_bytes();
            head.extend(bytes);
            let mut client = Client::over(one.connect_in_memory());
            if path.contains("watch=true") {
                client.send_raw(&head).await;
                assert!(client.head().await.starts_with("HTTP/1.1 200"), "{command}: {method} {path}");
                replayed += 1;
                continue;
            }
            let answer = client.call_raw(&head).await;
            let ours = String::from_utf8_lossy(&answer.body);
            // Whether something is there already, or no more, is what kubectl asks for; budgets may hold an eviction up, and
            // what was read when it was recorded may have another version now.
            let asks = match answer.status() {
                404 => ours.contains("not found") && (method == "GET" || path.ends_with("/eviction")),
                409 => body.contains("resourceVersion"),
                429 => path.ends_with("/eviction"),
                // The old form of the types is not served; kubectl goes on without.
                406 | 501 => path.starts_with("/openapi/v2"),
                _ => false,
            };
            assert!(
                asks || (200..300).contains(&answer.status()),
                "{command}: {method} {path} {body}: {} {ours}",
                answer.head
            );
            if let Some(kind) = expected(path, accept, method) {
                assert!(asks || answer.json()["kind"] == kind, "{command}: {method} {path}: {ours}");
            }
            replayed += 1;
        }
    }
    assert!(replayed > 200, "{replayed}");
}
