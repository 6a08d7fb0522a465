//! Phrases that stand in several places: durations, latencies, what happens next. Must not know where they stand.

use std::fmt;
use std::time::Duration;

use super::glyphs::Glyphs;
use super::text::{Line, Span};
use super::tone::Tone;
use crate::app::clock::Now;
use crate::app::cluster::OpenCluster;
use crate::app::pulse::Pulse;
use crate::app::state::App;
use crate::model::age::duration;
use crate::model::failure::FailureClass;
use crate::model::kind::Kind;
use crate::model::lifecycle::Lifecycle;
use crate::model::update::{Link, Reading};

/// Writes a span of time as ages are written: `12s`, `4m`, `3h`.
#[must_use]
pub fn span(time: Duration) -> String {
    duration(time.as_secs() as i64)
}

/// Writes a latency: `0.8 ms`, `41 ms`, `1.2 s`.
#[must_use]
pub fn latency(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    if millis < 0.95 {
        format!("{millis:.1} ms")
    } else if millis < 1_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.1} s", millis / 1_000.0)
    }
}

/// Writes a large count with separators: `2,841`.
#[must_use]
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What happens next with a cluster that is not well connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What, and when.
    pub due: String,
    /// What may help, or stands in the way: the first to give way where room is short.
    pub aside: Option<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.due)?;
        self.aside.as_ref().map_or(Ok(()), |aside| write!(f, "; {aside}"))
    }
}

impl From<String> for Step {
    fn from(due: String) -> Self {
        Self { due, aside: None }
    }
}

/// Says what happens next with a cluster that is not well connected; `None` if nothing is due.
#[must_use]
pub fn next_step(cluster: &OpenCluster, app: &App) -> Option<Step> {
    let (settings, now) = (cluster.settings(&app.settings), &app.now);
    let retry = |at: Duration| match now.until(at) {
        left if left.is_zero() => "trying now".to_owned(),
        left => format!("next try in {}", span(left + Duration::from_millis(999))),
    };
    match &cluster.link {
        // While heartbeats miss, the next one is the next step.
        Link::Up | Link::Rebuilt if cluster.pulse.misses > 0 => {
            let last = cluster.pulse.last_check.unwrap_or_default();
            Some(retry(last + settings.heartbeat_close).into())
        }
        Link::Up | Link::Rebuilt => cluster
            .readings
            .iter()
            .filter(|(_, state)| matches!(state.reading, Reading::Broken { .. }))
            .find_map(|(kind, state)| Some(format!("{}: {}", kind.plural(), retry(state.retry_at?)).into())),
        Link::Down { failure, retry_in: None, .. } => {
            // What a context lacks may be in its kubeconfig or in any file that names.
            let files = "waits for the kubeconfig, or a file it names, to change";
            Some(failure.hint.clone().unwrap_or_else(|| files.to_owned()).into())
        }
        Link::Down { failure, .. } => {
            let due = cluster.retry_at.map_or_else(|| "trying now".to_owned(), retry);
            // What stands in the way of the next try may be another thing than the login that was turned down.
            let other = cluster.auth_verdict().is_some() && failure.class() != FailureClass::Auth;
            let aside = if other { Some(format!("now {}", failure.headline())) } else { failure.hint.clone() };
            Some(Step { due, aside })
        }
        Link::Plugin { program } => {
            let long = cluster.plugin_hangs_for(now);
            let time = long.map(|time| format!(" ({} of {})", span(time), span(settings.exec_timeout)));
            Some(format!("waiting for the credential plugin {program}{}", time.unwrap_or_default()).into())
        }
        Link::Connecting if cluster.setback.is_some() => Some("trying now".to_owned().into()),
        Link::Connecting => Some("connecting".to_owned().into()),
        Link::Rebuilding => Some("opening new connections".to_owned().into()),
    }
}

/// Says what is still being loaded, while anything is.
#[must_use]
pub fn loading(cluster: &OpenCluster, now: &Now) -> Option<String> {
    let slow = match cluster.standing.lifecycle {
        Lifecycle::Loading => false,
        Lifecycle::LoadingSlow => true,
        _ => return None,
    };
    let (awaited, longest) = cluster.readings.awaited(now);
    let kinds: Vec<&str> = awaited.into_iter().map(Kind::plural).collect();
    let kinds = kinds.join(", ");
    Some(if slow { format!("waiting for {kinds} for {}", span(longest)) } else { format!("loading {kinds}") })
}

/// Draws the latest heartbeats as bars, newest right, over a number of cells. The scale grows with the slowest, from
/// a floor, so that a calm cluster draws a flat line.
#[must_use]
pub fn sparkline(pulse: &Pulse, cells: usize, glyphs: &Glyphs) -> Line {
    let beats: Vec<Option<Duration>> = pulse.beats().rev().take(cells).collect();
    let slowest = beats.iter().flatten().map(Duration::as_micros).max().unwrap_or(0);
    let top = u64::try_from(slowest.max(200_000)).unwrap_or(u64::MAX);
    let mut line = vec![Span::new(" ".repeat(cells - beats.len()), Tone::Faint)];
    for beat in beats.into_iter().rev() {
        line.push(match beat {
            Some(time) => Span::new(glyphs.bar(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), top), Tone::Dim),
            None => Span::new(glyphs.unhealthy, Tone::Unhealthy),
        });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators_and_latencies_units() {
        assert_eq!((number(7), number(1_234), number(1_234_567)), ("7".into(), "1,234".into(), "1,234,567".into()));
        let cases = [(800, "0.8 ms"), (41_300, "41 ms"), (1_240_000, "1.2 s")];
        for (micros, text) in cases {
            assert_eq!(latency(Duration::from_micros(micros)), text);
        }
        assert_eq!((span(Duration::from_secs(12)), span(Duration::from_secs(240))), ("12s".into(), "4m".into()));
    }
}
