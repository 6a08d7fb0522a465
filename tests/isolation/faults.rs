//! Every fault of a server and of the way there, one line each, and the one scenario all of them go through.

use std::time::Duration;

use crate::house::{House, Look, has_pod, is_well};
use crate::neighbours::{mend, strike};
use crate::stage::{Stage, quiet};
use fleet_tui::app::cluster::Standing;
use fleet_tui::model::health::Health;
use fleet_tui::model::kind::Kind;
use fleet_tui::sim::{Cut, Fault, Place, Requests, Wrong};

/// Longest until what is wrong is said: three heartbeats that miss, or two ways of listing that are silent for 30 s each.
const SAID: Duration = Duration::from_secs(70);

/// Longest until all is current after a server answers again: a heartbeat, the renewal of what hangs on it, and a list.
const PROBED: Duration = Duration::from_secs(20);

/// Longest after a verdict on the credentials that has settled: `auth.settled_interval`.
const SETTLED: Duration = Duration::from_secs(70);

/// Longest after a list was forbidden: `survey.interval`.
const SURVEYED: Duration = Duration::from_secs(250);

/// Longest after a watch kept failing while the heart was well: the longest backoff.
const BACKOFF: Duration = Duration::from_secs(45);

/// Longest after a list fell silent: 30 s until that is noticed, and a backoff.
const SILENCE: Duration = Duration::from_secs(75);

/// What cluster `a` comes to.
enum Ends {
    /// The health word, with words of its reason.
    Health(Health, &'static str),
    /// It answers, but its rows are stale: a warning, with words of why.
    Stale(&'static str),
    /// It gets over it by itself.
    Well,
}

use Ends::{Health as Says, Stale, Well};
use Health::{AuthFailed, Degraded, Unhealthy, Warning};

/// Breaks cluster `a` for two minutes and mends it: it says so and comes back within `back`, and nobody else notices.
async fn breaks(faults: &[Fault], ends: Ends, back: Duration) {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    let mut watchman = strike(&mut house, faults).await;
    match &ends {
        Says(health, words) => {
            let said = |standing: &Standing| standing.health == *health && standing.reason.contains(words);
            house.until("a", SAID, |cluster, _| said(&cluster.standing)).await;
        }
        Stale(words) => {
            let why = |look: &Look| look.readings.iter().any(|reading| reading.contains(words));
            let stale = |look: &Look| look.stale.contains(&Kind::Pods) && why(look);
            let warned = |standing: &Standing| standing.health == Warning && !standing.reason.is_empty();
            house.until("a", SAID, |cluster, look| stale(look) && warned(&cluster.standing)).await;
        }
        Well => {}
    }
    watchman.keep(&mut house, Duration::from_secs(120)).await;
    mend(&house);
    house.until("a", back, |cluster, look| is_well(cluster, look) && has_pod(cluster, "late")).await;
    watchman.keep(&mut house, Duration::from_secs(10)).await;
}

/// One line for each fault: its name, what breaks, what is said, and how long it takes to come back.
macro_rules! faults {
    ($($name:ident: [$($fault:expr),+] => $ends:expr, $back:expr;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            breaks(&[$($fault),+], $ends, $back).await;
        }
    )+};
}

// `Restart` cuts every connection and makes lists begin anew, so that what concerns lists is met by all kinds.
faults! {
    refused: [Fault::Refuse] => Says(Unhealthy, "connection refused"), PROBED;
    blackholed: [Fault::Blackhole] => Says(Unhealthy, "unreachable: no answer"), PROBED;
    frozen: [Fault::Freeze] => Says(Unhealthy, "unreachable: no answer"), PROBED;
    stalled_before_the_header: [Fault::Stall(Cut::at(Place::BeforeHeaders))] => Says(Unhealthy, "no answer"), PROBED;
    stalled_in_a_header: [Fault::Stall(Cut::at(Place::InHeader))] => Says(Unhealthy, "no answer"), PROBED;
    stalled_in_mid_list: [Fault::Stall(Cut::lists(100)), Fault::Restart] => Stale("no data from the server"), SILENCE;
    truncated_lists: [Fault::Truncate(Cut::lists(100)), Fault::Restart] => Stale("Closed"), BACKOFF;
    reset: [Fault::Reset(Cut::at(Place::BeforeHeaders))] => Says(Unhealthy, "unreachable"), PROBED;
    reset_in_mid_list: [Fault::Reset(Cut::lists(100)), Fault::Restart] => Stale("Closed"), BACKOFF;
    unauthorized: [Fault::Unauthorized] => Says(AuthFailed, "rejected the credentials"), SETTLED;
    forbidden: [Fault::error(403), Fault::Restart] => Says(Warning, "may not list"), SURVEYED;
    throttled: [Fault::error(429), Fault::Restart] => Stale("slow down"), BACKOFF;
    internal_errors: [Fault::error(500)] => Says(Degraded, "500"), PROBED;
    unavailable: [Fault::error(503), Fault::Restart] => Says(Degraded, "503"), PROBED;
    garbage: [Fault::Garbage(Cut::at(Place::BeforeHeaders))] => Says(Unhealthy, "does not speak HTTP"), PROBED;
    garbage_in_lists: [Fault::Garbage(Cut::lists(100)), Fault::Restart] => Stale("Decode"), BACKOFF;
    a_login_page: [Fault::WrongType { content_type: "text/html".to_owned(), on: Requests::All }, Fault::Restart]
        => Says(Unhealthy, "is not a Kubernetes API server"), PROBED;
    wrong_lengths: [Fault::WrongLength { by: 100, on: Requests::Lists }, Fault::Restart] => Well, BACKOFF;
    late_beyond_the_limits: [Fault::latency(Duration::from_secs(20), Duration::ZERO)]
        => Says(Unhealthy, "no answer"), PROBED;
    slow_to_death: [Fault::Bandwidth { bytes_per_second: 5 }] => Says(Unhealthy, "no answer"), PROBED;
    endless_lists: [Fault::Endless { on: Requests::Lists }, Fault::Bandwidth { bytes_per_second: 50_000 }, Fault::Restart]
        => Well, BACKOFF;
    a_certificate_of_another_authority: [Fault::Certificate { wrong: Wrong::Authority }, Fault::Restart]
        => Says(Unhealthy, "not signed by the CA of this context"), PROBED;
    an_expired_certificate: [Fault::Certificate { wrong: Wrong::Expired }, Fault::Restart]
        => Says(Unhealthy, "expired"), PROBED;
    a_metrics_server_that_fails: [Fault::Error { code: 500, retry_after: None, on: Requests::Metrics }] => Well, PROBED;
    a_metrics_server_that_hangs: [Fault::Stall(Cut { on: Requests::Metrics, ..Cut::default() })] => Well, PROBED;
    an_upgrade: [Fault::Version { version: "v1.37.0".to_owned() }, Fault::Restart] => Well, PROBED;
    restarted: [Fault::Restart] => Well, PROBED;
    dropped_watches: [Fault::DropWatches] => Well, PROBED;
}
