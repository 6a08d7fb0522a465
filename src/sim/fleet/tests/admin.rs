//! Proves the admin endpoint from a plain socket. Must not look inside.

use super::*;

async fn administered() -> (Fleet, SocketAddr, String) {
    let options = Options { admin: true, ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(SMALL).unwrap(), options).await.unwrap();
    let (address, token) = fleet.admin().map(|(address, token)| (address, token.to_owned())).unwrap();
    (fleet, address, token)
}

async fn call(address: SocketAddr, token: &str, method: &str, path: &str, body: &str) -> wire::Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Client::open(address).await.call_raw(&request).await
}

#[tokio::test]
async fn faults_are_switched_and_shown_per_cluster() {
    let (fleet, address, token) = administered().await;
    let small = fleet.cluster("small").unwrap();
    let path = "/clusters/small/faults/stall";
    let keys = r#"{"at": "mid-body", "on": "lists", "after_bytes": 9, "for": "1h"}"#;
    assert_eq!(call(address, &token, "PUT", path, keys).await.status(), 200);
    assert_eq!(call(address, &token, "PUT", "/clusters/small/faults/unauthorized", "").await.status(), 200);
    let state = call(address, &token, "GET", "/clusters/small", "").await.json();
    assert_eq!(state["holding"].as_array().unwrap().len(), 2);
    assert_eq!(state["switchedOn"][0]["for"], "1h");
    assert_eq!(small.faults(), [Fault::Stall(crate::sim::fault::Cut::lists(9)), Fault::Unauthorized]);
    assert_eq!(ask(&small, "/api/v1/namespaces/shop", "application/json").await.status(), 401);
    assert_eq!(call(address, &token, "DELETE", path, "").await.status(), 200);
    assert_eq!(small.faults(), [Fault::Unauthorized]);
    assert_eq!(call(address, &token, "DELETE", "/clusters/small/faults", "").await.status(), 200);
    assert_eq!(ask(&small, "/api/v1/nodes", "application/json").await.status(), 200);
}

#[tokio::test]
async fn a_star_is_the_whole_network() {
    let (fleet, address, token) = administered().await;
    let answer = call(address, &token, "PUT", "/clusters/*/faults/refuse", "").await;
    assert_eq!(answer.json()["clusters"].as_array().unwrap().len(), fleet.clusters().len());
    assert!(fleet.clusters().iter().all(|cluster| cluster.faults().contains(&Fault::Refuse)));
    let all = call(address, &token, "GET", "/clusters", "").await.json();
    assert_eq!(all["clusters"][0]["holding"][0]["kind"], "refuse");
}

#[tokio::test]
async fn without_the_token_nothing_is_told_or_done() {
    let (fleet, address, _) = administered().await;
    for (method, path) in [("GET", "/clusters"), ("PUT", "/clusters/small/faults/refuse")] {
        assert_eq!(call(address, "guess", method, path, "").await.status(), 401);
    }
    assert_eq!(fleet.cluster("small").unwrap().faults(), []);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_reason() {
    let (_fleet, address, token) = administered().await;
    for (method, path, body, status, word) in [
        ("PUT", "/clusters/small/faults/noodles", "", 400, "noodles"),
        ("PUT", "/clusters/small/faults/stall", r#"{"at": "dawn"}"#, 400, "dawn"),
        ("PUT", "/clusters/small/faults/error", r#"{"code": 200}"#, 400, "200"),
        ("PUT", "/clusters/small/faults/error", "not json", 400, "expected"),
        ("PUT", "/clusters/small/faults/freeze", r#"{"every": "3s"}"#, 400, "every"),
        ("PUT", "/clusters/small/faults/freeze", r#"{"for": "0s"}"#, 400, "for must be"),
        ("PUT", "/clusters/small/faults/version", r#"{"version": "v1.35"}"#, 400, "v1.35"),
        ("DELETE", "/clusters/small/faults/noodles", "", 400, "noodles"),
        ("PUT", "/clusters/nope/faults/freeze", "", 404, "nope"),
        ("POST", "/clusters", "", 405, "POST"),
        ("GET", "/", "", 404, "/clusters"),
    ] {
        let answer = call(address, &token, method, path, body).await;
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(answer.status() == status && error.contains(word), "{method} {path}: {} {error}", answer.status());
    }
}

#[tokio::test]
async fn the_kubeconfig_says_where_it_is() {
    let (fleet, address, token) = administered().await;
    let config = kube::config::Kubeconfig::from_yaml(&fleet.kubeconfig(Path::new("p"))).unwrap();
    let extension = &config.extensions.unwrap()[0];
    assert_eq!(extension.name, "fleet-tui-sim");
    assert_eq!(extension.extension, serde_json::json!({"admin": format!("http://{address}"), "token": token}));
}
