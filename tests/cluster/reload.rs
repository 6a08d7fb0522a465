//! The kubeconfig changes on disk while clusters are open.

use std::time::Duration;

use crate::stage::{Stage, Way, quiet};
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::update::{ClusterCommand, Link, Update};
use fleet_tui::sim::Fault;
use tokio::time::Instant;

fn reviews(stage: &Stage, name: &str) -> usize {
    stage.server(name).requests().iter().filter(|request| request.contains("selfsubjectreviews")).count()
}

/// What was told of what the files say now and cannot be gone by.
fn withheld(seen: &[Update]) -> Vec<Option<FailureKind>> {
    let told = seen.iter().filter_map(|update| if let Update::Withheld(why) = update { Some(why) } else { None });
    told.map(|why| why.as_ref().map(|failure| failure.kind)).collect()
}

/// Makes context `a` lead to server `b`.
fn leads_to_b(stage: &Stage) {
    stage.edit(|text| text.replace("cluster: \"a\"\n    user: \"a\"", "cluster: \"b\"\n    user: \"b\""));
}

#[tokio::test(start_paused = true)]
async fn a_context_that_says_the_same_is_not_rebuilt() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.edit(|text| text.replace("current-context: \"a\"", "current-context: \"b\"") + "\n");
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_) | Update::Identity(_))), "{seen:?}");
    stage.edit(|text| text[..text.len() / 2].to_owned());
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "a half-written file changes nothing");
    assert_eq!(reviews(&stage, "a"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_context_that_leads_elsewhere_is_read_anew_from_there() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    leads_to_b(&stage);
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    let mut rows = usize::MAX;
    loop {
        match cluster.next().await {
            Update::Pods(delta) if delta.restart && delta.complete => rows = delta.rows.len(),
            Update::Link(Link::Up) => break,
            Update::Link(link) => assert_eq!(link, Link::Rebuilding),
            _ => {}
        }
    }
    assert_eq!(rows, 0, "rows of the other server are taken away first");
    let pods = |update| if let Update::Pods(delta) = update { Some(delta) } else { None };
    let delta = cluster.until(pods).await;
    assert!(delta.restart && delta.rows.iter().all(|pod| &*pod.namespace != "a-apps"), "{delta:?}");
    assert!(!delta.rows.is_empty());
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(stage.wire("a").open(), 0, "nothing is left at the old server");
}

/// The context leads to a server that is down: what the old one told is taken back, and nothing counts as reached.
async fn is_as_never_reached(cluster: &mut crate::stage::Open) {
    let mut forgotten = false;
    loop {
        match cluster.next().await {
            Update::Elsewhere => forgotten = true,
            Update::Beat(beat) => panic!("nothing beats where nothing was ever reached: {beat:?}"),
            Update::Link(Link::Down { failure, retry_in, .. }) => {
                assert!(forgotten, "the old server's figures stand");
                assert_eq!(failure.kind, FailureKind::Refused);
                assert!(retry_in.is_some_and(|wait| wait < Duration::from_secs(2)), "{retry_in:?}");
                return;
            }
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_that_leads_to_a_server_that_is_down_is_as_one_never_reached() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.wire("b").set(Way::Refused);
    leads_to_b(&stage);
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    is_as_never_reached(&mut cluster).await;
    // And tried again as soon.
    let down = |update| matches!(update, Update::Link(Link::Down { .. })).then_some(());
    for _ in 0..3 {
        cluster.until(down).await;
    }
    assert!(start.elapsed() <= Duration::from_secs(12), "four tries after {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_context_mended_to_lead_to_a_server_that_is_down_is_as_one_never_reached() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.edit(|text| text.replace("user: \"a\"", "user: \"z\""));
    cluster.tell(ClusterCommand::Reload).await;
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    stage.wire("b").set(Way::Refused);
    stage.edit(|text| text.replace("cluster: \"a\"\n    user: \"z\"", "cluster: \"b\"\n    user: \"b\""));
    cluster.tell(ClusterCommand::Reload).await;
    is_as_never_reached(&mut cluster).await;
}

#[tokio::test(start_paused = true)]
async fn other_credentials_are_taken_without_a_flicker_and_worthless_ones_are_not() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let token = stage.server("a").token();
    let dialled = stage.wire("a").dialled();
    stage.edit(|text| text.replace(&token, "worthless"));
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(20)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_) | Update::Reading(..))), "{seen:?}");
    assert!(reviews(&stage, "a") == 2, "they were tried");
    assert_eq!(withheld(&seen), [Some(FailureKind::Unauthorized)], "and that is told");
    stage.edit(|text| {
        text.replace("worthless", &format!("{token}\n    as: \"ann\"\n    as-groups: [\"system:masters\"]"))
    });
    // A watch that is silent would be opened anew in any case.
    stage.server("a").add_pod("a-apps", "flows");
    cluster.during(Duration::from_millis(500)).await;
    let asked = stage.server("a").requests().len();
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(5)).await;
    assert!(seen.iter().any(|update| matches!(update, Update::Identity(_))), "{seen:?}");
    assert_eq!(withheld(&seen), [None], "that is over");
    let anew = |request: &String| request.starts_with("GET /api/v1/pods?") && request.contains("watch=true");
    assert!(stage.server("a").requests()[asked..].iter().any(anew), "what flows does not go on with the old ones");
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_) | Update::Reading(..))), "{seen:?}");
    assert!(stage.wire("a").dialled() > dialled + 4, "every socket speaks with the new credentials");
}

#[tokio::test(start_paused = true)]
async fn credentials_whose_first_probe_finds_no_way_are_taken_when_there_is_one() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let token = stage.server("a").token();
    // What is open stays open; only new connections are refused.
    stage.wire("a").set(Way::Refused);
    stage.edit(|text| text.replace(&token, &format!("{token}\n    as: \"ann\"\n    as-groups: [\"system:masters\"]")));
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(20)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_) | Update::Identity(_))), "{seen:?}");
    stage.wire("a").set(Way::Open);
    let seen = cluster.during(Duration::from_secs(20)).await;
    assert!(seen.iter().any(|update| matches!(update, Update::Identity(_))), "{seen:?}");
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_mended_on_disk_end_the_wait_and_begin_with_all_attempts() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let token = stage.server("a").token();
    stage.edit(|text| text.replace(&token, "worthless"));
    let mut cluster = stage.open("a");
    for attempt in 1..=4 {
        let verdict = |update| match update {
            Update::Link(Link::Down { auth_attempts, settled, .. }) => Some((auth_attempts, settled)),
            _ => None,
        };
        assert_eq!(cluster.until(verdict).await, (attempt, attempt == 4));
    }
    stage.edit(|text| text.replace("worthless", "hopeless"));
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Connecting);
    let Link::Down { auth_attempts, settled, failure, .. } = cluster.link().await else { panic!("not down") };
    assert_eq!((auth_attempts, settled, failure.kind), (1, false, FailureKind::Unauthorized));
    stage.edit(|text| text.replace("hopeless", &token));
    cluster.tell(ClusterCommand::Reload).await;
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_gives_way_to_what_the_file_says_now() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    stage.wire("a").set(Way::Blackhole);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    tokio::time::sleep(Duration::from_secs(1)).await;
    leads_to_b(&stage);
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_context_that_cannot_be_used_is_tried_when_the_file_is_mended() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.edit(|text| text.replace("server:", "sever:"));
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    let Link::Down { retry_in: None, failure, .. } = cluster.link().await else { panic!("not down for good") };
    assert_eq!(failure.kind, FailureKind::Config);
    stage.edit(|text| text.replace("sever:", "server:"));
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn retry_now_cuts_short_the_wait_of_readers_and_of_the_next_attempt() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    let hour = Duration::from_secs(3600);
    stage.limits.auth_backoff = vec![hour];
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Unauthorized);
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    stage.server("a").clear_faults();
    let start = Instant::now();
    cluster.tell(ClusterCommand::RetryNow).await;
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// Makes the context unusable, waits for the verdict, mends it; the servers's rows and requests are looked at meanwhile.
async fn is_down_until_mended(
    stage: &Stage,
    spoil: impl Fn(String) -> String,
    mend: impl FnOnce(),
    (kind, says): (FailureKind, &str),
) {
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.edit(spoil);
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    let Link::Down { failure, retry_in, .. } = cluster.link().await else { panic!("not down") };
    assert!(start.elapsed() <= Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!((failure.kind, retry_in), (kind, None));
    assert!(failure.summary.contains(says), "{failure}");
    let asked = stage.server("a").requests().len();
    let seen = cluster.during(Duration::from_secs(300)).await;
    assert!(seen.is_empty(), "its rows stay and nothing more is said: {seen:?}");
    assert_eq!((stage.server("a").requests().len(), stage.wire("a").open()), (asked, 0), "no request, no socket");
    mend();
    // Nobody tells of it: the files are looked at.
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    cluster.live().await;
    cluster.handle.closed().await;
}

#[tokio::test(start_paused = true)]
async fn an_open_context_whose_user_or_cluster_entry_goes_is_down_until_it_is_back() {
    let user = ("users:\n- name: \"a\"", (FailureKind::NoCredentials, "user a is not"));
    let server = ("clusters:\n- name: \"a\"", (FailureKind::Config, "cluster a is not"));
    for (entry, says) in [user, server] {
        let stage = Stage::new(&quiet(&["a"])).await;
        let renamed = entry.replace("\"a\"", "\"z\"");
        let whole = std::fs::read_to_string(stage.folder.path().join("config")).unwrap();
        assert!(whole.contains(entry), "{whole}");
        let mend = || stage.edit(|_| whole.clone());
        is_down_until_mended(&stage, |text| text.replace(entry, &renamed), mend, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_ends_within_the_entry_of_an_open_context_changes_nothing() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let whole = std::fs::read_to_string(stage.folder.path().join("config")).unwrap();
    let entry = whole.find("contexts:\n- name: \"a\"").expect("the context's entry");
    for end in ["contexts:\n- ", "contexts:\n- name: \"a\"", "contexts:\n- name: \"a\"\n  context:"] {
        stage.edit(|_| format!("{}{end}", &whole[..entry]));
        cluster.tell(ClusterCommand::Reload).await;
        let seen = cluster.during(Duration::from_secs(60)).await;
        assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "{end:?}: {seen:?}");
    }
    assert_eq!(reviews(&stage, "a"), 1);
}

/// The kubeconfig as kubectl orders it: what comes before the users, and those.
fn users_last(stage: &Stage) -> (String, String) {
    let whole = std::fs::read_to_string(stage.folder.path().join("config")).unwrap();
    let at = |section| whole.find(section).unwrap();
    let (users, contexts) = (at("users:\n"), at("contexts:\n"));
    (format!("{}{}", &whole[..users], &whole[contexts..]), whole[users..contexts].to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_user_that_may_not_be_written_yet_is_waited_for_and_that_is_told() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (before, users) = users_last(&stage);
    stage.edit(|_| format!("{before}{users}"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    let cut = format!("{before}users:\n- name: z\n  user: {{token: z}}\n");
    stage.edit(|_| cut.clone());
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(10)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
    assert_eq!(withheld(&seen), [Some(FailureKind::NoCredentials)]);
    stage.edit(|_| format!("{before}{users}"));
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
    assert_eq!(withheld(&seen), [None], "that is over");
    // Taken out for good, nobody expects that it goes on working.
    stage.edit(|_| cut.clone());
    cluster.tell(ClusterCommand::Reload).await;
    let start = Instant::now();
    let Link::Down { failure, .. } = cluster.link().await else { panic!("not down") };
    assert_eq!(failure.kind, FailureKind::NoCredentials);
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(15) && took <= Duration::from_secs(20), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_credentials_are_not_written_yet_does_not_pass_for_one_that_needs_none() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (before, users) = users_last(&stage);
    stage.edit(|_| format!("{before}{users}"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    let (half, _) = users.split_once("user:").unwrap();
    stage.edit(|_| format!("{before}{half}user:\n"));
    let seen = cluster.during(Duration::from_secs(100)).await;
    assert!(withheld(&seen).is_empty() && !seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
    stage.edit(|_| format!("{before}{users}"));
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(withheld(&seen).is_empty() && !seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
    assert_eq!(reviews(&stage, "a"), 1, "nobody else was asked who we are");
}

#[tokio::test(start_paused = true)]
async fn an_open_context_whose_token_file_goes_is_noticed_without_a_word_and_comes_back_with_it() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (token, path) = (stage.server("a").token(), stage.folder.path().join("token"));
    std::fs::write(&path, &token).unwrap();
    stage.edit(|text| text.replace(&format!("token: {token}"), "tokenFile: token"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    std::fs::remove_file(&path).unwrap();
    let start = Instant::now();
    let Link::Down { failure, .. } = cluster.link().await else { panic!("not down") };
    assert!(start.elapsed() <= Duration::from_secs(35), "{:?}", start.elapsed());
    assert!(failure.summary.ends_with("token does not exist"), "{failure}");
    std::fs::write(&path, &token).unwrap();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
}

#[tokio::test(start_paused = true)]
async fn a_token_file_that_is_replaced_in_two_steps_is_no_broken_context() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (token, path) = (stage.server("a").token(), stage.folder.path().join("token"));
    std::fs::write(&path, &token).unwrap();
    stage.edit(|text| text.replace(&format!("token: {token}"), "tokenFile: token"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    std::fs::remove_file(&path).unwrap();
    cluster.tell(ClusterCommand::Reload).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    std::fs::write(&path, &token).unwrap();
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Link(_))), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_context_mended_to_lead_elsewhere_shows_no_row_of_the_old_server() {
    let stage = Stage::new(&quiet(&["a", "b"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.edit(|text| text.replace("user: \"a\"", "user: \"z\""));
    cluster.tell(ClusterCommand::Reload).await;
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    stage.edit(|text| text.replace("cluster: \"a\"\n    user: \"z\"", "cluster: \"b\"\n    user: \"b\""));
    cluster.tell(ClusterCommand::Reload).await;
    let mut rows = usize::MAX;
    loop {
        match cluster.next().await {
            Update::Pods(delta) if delta.restart && delta.complete => rows = delta.rows.len(),
            Update::Link(Link::Up) => break,
            _ => {}
        }
    }
    assert_eq!(rows, 0, "rows of the other server are taken away first");
}

#[tokio::test(start_paused = true)]
async fn other_credentials_that_are_being_tried_are_tried_again_at_once_when_the_network_changes() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let token = stage.server("a").token();
    stage.wire("a").set(Way::Blackhole);
    stage.edit(|text| text.replace(&token, &format!("{token}\n    as: \"ann\"\n    as-groups: [\"system:masters\"]")));
    cluster.tell(ClusterCommand::Reload).await;
    let seen = cluster.during(Duration::from_secs(2)).await;
    assert!(!seen.iter().any(|update| matches!(update, Update::Identity(_))), "nobody answers");
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::Reconnect(Duration::ZERO)).await;
    let start = Instant::now();
    cluster.until(|update| if let Update::Identity(identity) = update { Some(identity) } else { None }).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}
