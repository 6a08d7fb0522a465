//! Owns what containers log: every line follows from the pod, the start of the container and the line's number, so
//! nothing is kept. Must not know who reads it, nor how.

use crate::sim::json::JsonWriter;
use crate::sim::names::hash;
use crate::sim::world::Millis;

/// Lines that a log keeps at least; twice as many at most. What is older is rotated away, as a kubelet does.
const KEPT: u64 = 10_000;

/// Lines about the start of a program, so far apart.
const BANNER: u64 = 3;
const BANNER_STEP: Millis = 40;

/// When the regular lines begin after the start.
const WARM_UP: Millis = 1_000;

/// Lines are seen this late: objects tell the moments of containers in whole seconds, rounded down, and what was seen
/// before a container ended must not have come after its end.
const DELAY: Millis = 1_000;

/// How a container ended, or is about to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    Crashed,
    /// By the kernel, without last words.
    Killed,
    /// Asked to end, and doing so.
    Terminated,
}

/// How an application writes.
#[derive(Clone, Copy)]
enum Style {
    Json,
    KeyValue,
    Plain,
}

/// What one run of a container logs.
pub(crate) struct Log {
    seed: u64,
    style: Style,
    pod: String,
    container: String,
    version: String,
    start: Millis,
    end: Option<(Millis, End)>,
    /// Mean time between regular lines.
    period: u64,
}

/// One line with its moment in nanoseconds since the epoch.
pub(crate) struct Line {
    pub(crate) at: i128,
    pub(crate) text: String,
}

/// A number that follows from two others, without pattern.
fn mixed(seed: u64, number: u64) -> u64 {
    fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).u64(..)
}

impl Log {
    pub(super) fn new(
        uid: &str,
        pod: &str,
        container: &str,
        image: &str,
        start: Millis,
        end: Option<(Millis, End)>,
    ) -> Self {
        let seed = hash(uid) ^ hash(container).rotate_left(17) ^ start.unsigned_abs();
        let style = [Style::Json, Style::KeyValue, Style::Plain][(hash(container) >> 9) as usize % 3];
        let version = image.rsplit_once(':').map_or("latest", |(_, tag)| tag).to_owned();
        let period = 300 + mixed(hash(container), 1) % 3_000;
        Self { seed, style, pod: pod.to_owned(), container: container.to_owned(), version, start, end, period }
    }

    /// When the run began.
    pub(crate) fn start(&self) -> Millis {
        self.start
    }

    /// Tells whether nothing will follow.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some_and(|(_, end)| end != End::Terminated)
    }

    /// The number of the oldest line that is kept when there are `count`.
    pub(crate) fn oldest(count: u64) -> u64 {
        (count / KEPT).saturating_sub(1) * KEPT
    }

    /// How many lines there are to see at a moment.
    pub(crate) fn count(&self, now: Millis) -> u64 {
        self.before(if self.end.is_some() { Millis::MAX } else { now - DELAY })
    }

    /// How many lines are older than a moment, if the run lasts that long.
    pub(crate) fn before(&self, moment: Millis) -> u64 {
        if let Some((at, end)) = self.end.filter(|(at, _)| moment > *at) {
            return self.before(at) + self.last_words(end).len() as u64;
        }
        let since = moment - self.start - WARM_UP;
        if since < 0 {
            return (0..BANNER).take_while(|number| self.moment(*number) < moment).count() as u64;
        }
        let number = BANNER + since as u64 / self.period;
        number + u64::from(self.moment(number) < moment)
    }

    /// When a line that is not there yet will be seen, unless the run ends before; `None` if it ended.
    pub(crate) fn due(&self, number: u64) -> Option<Millis> {
        self.end.is_none().then(|| self.moment(number) + DELAY + 1)
    }

    /// When a regular line is written: one in every period.
    fn moment(&self, number: u64) -> Millis {
        match number.checked_sub(BANNER) {
            None => self.start + number as Millis * BANNER_STEP,
            Some(regular) => {
                let within = mixed(self.seed, number) % self.period;
                self.start + WARM_UP + (regular * self.period + within) as Millis
            }
        }
    }

    /// A line by its number, which must be less than the count.
    pub(crate) fn line(&self, number: u64) -> Line {
        let within = i128::from(mixed(self.seed, !number) % 1_000_000);
        let last = self.end.and_then(|(at, end)| Some((at, end, number.checked_sub(self.before(at))?)));
        if let Some((at, end, index)) = last {
            let text = self.last_words(end).into_iter().nth(index as usize).unwrap_or_default();
            return Line { at: i128::from(at) * 1_000_000 + i128::from(index), text };
        }
        let at = self.moment(number);
        let (level, words, fields) = self.event(number);
        let text = if number > BANNER && mixed(self.seed, number - 1).is_multiple_of(97) {
            format!("\tat com.example.{}.Handler.invoke(Handler.java:{})", self.module(), 20 + number % 400)
        } else {
            self.written(at, level, &words, &fields)
        };
        Line { at: i128::from(at) * 1_000_000 + within, text }
    }

    fn module(&self) -> String {
        self.container.replace('-', "")
    }

    /// What a line tells: level, words, fields.
    fn event(&self, number: u64) -> (&'static str, String, Vec<(&'static str, String)>) {
        let chance = mixed(self.seed, number);
        let pick = |words: &[&'static str]| words[(chance >> 20) as usize % words.len()].to_owned();
        let milliseconds = |most: u64| format!("{}ms", 1 + (chance >> 32) % most);
        match (number, chance % 97) {
            (0, _) => ("info", format!("starting {}", self.container), vec![("version", self.version.clone())]),
            (1, _) => ("info", "configuration loaded".to_owned(), vec![("source", "/etc/config".to_owned())]),
            (2, _) => ("info", "ready to serve".to_owned(), vec![("pod", self.pod.clone())]),
            (_, 0) => (
                "error",
                "request failed".to_owned(),
                vec![("error", pick(&["upstream timed out", "connection reset by peer", "deadline exceeded"]))],
            ),
            (_, 1..5) => {
                ("warn", "slow request".to_owned(), vec![("path", pick(PATHS)), ("latency", milliseconds(9_000))])
            }
            (_, 5..12) => (
                "info",
                "cache refreshed".to_owned(),
                vec![("entries", (chance >> 30 & 0xfff).to_string()), ("took", milliseconds(80))],
            ),
            (_, 12..16) => (
                "debug",
                "connection pool".to_owned(),
                vec![("open", (chance >> 30 & 0x1f).to_string()), ("idle", (chance >> 40 & 7).to_string())],
            ),
            _ => {
                let status = if chance.is_multiple_of(41) { "404" } else { "200" }.to_owned();
                let fields = vec![
                    ("method", pick(&["GET", "GET", "POST"])),
                    ("path", pick(PATHS)),
                    ("status", status),
                    ("latency", milliseconds(250)),
                ];
                ("info", "handled request".to_owned(), fields)
            }
        }
    }

    /// A line as this application writes them.
    fn written(&self, at: Millis, level: &str, words: &str, fields: &[(&str, String)]) -> String {
        let time = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        match self.style {
            Style::Json => JsonWriter::document(160, |json| {
                json.display("ts", format_args!("{time:.3}"));
                json.text("level", level);
                json.text("msg", words);
                for (key, value) in fields {
                    match value.parse::<u32>() {
                        Ok(number) => json.number(key, number),
                        Err(_) => json.text(key, value),
                    }
                }
            }),
            Style::KeyValue => {
                let start = format!("level={level} app={} msg={}", self.container, quoted(words));
                let fields = fields.iter().map(|(key, value)| format!("{key}={}", quoted(value)));
                std::iter::once(start).chain(fields).collect::<Vec<_>>().join(" ")
            }
            Style::Plain => {
                let fields: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
                let clock = time.strftime("%Y-%m-%d %H:%M:%S");
                format!("{clock} {:5} [{}] {words}: {}", level.to_uppercase(), self.module(), fields.join(" "))
            }
        }
    }

    fn last_words(&self, end: End) -> Vec<String> {
        let at = self.end.map_or(self.start, |(at, _)| at);
        match end {
            End::Killed => Vec::new(),
            End::Completed => {
                vec![self.written(at, "info", "done", &[("took", format!("{}s", (at - self.start) / 1_000))])]
            }
            End::Terminated => vec![self.written(at, "info", "shutting down", &[("signal", "terminated".to_owned())])],
            End::Crashed => {
                let cause =
                    ["no route to database", "invalid configuration: missing DATABASE_URL", "migration 42 failed"];
                let cause = cause[(hash(&self.container) >> 3) as usize % cause.len()];
                vec![
                    self.written(at, "error", "cannot go on", &[("error", cause.to_owned())]),
                    format!("panic: {cause}"),
                    String::new(),
                    "goroutine 1 [running]:".to_owned(),
                    format!("main.run(0xc000{:06x})", mixed(self.seed, 7) & 0xff_ffff),
                    format!("\t/src/{}/main.go:87 +0x1d4", self.container),
                ]
            }
        }
    }
}

const PATHS: &[&str] =
    &["/api/v1/items", "/api/v1/orders/7731", "/healthz", "/metrics", "/api/v1/users/me", "/search?q=lamp"];

/// A value with quotes if it needs them.
fn quoted(value: &str) -> String {
    if value.contains(' ') { format!("\"{value}\"") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_in_order_and_are_counted_by_their_moments() {
        let log = Log::new("u-1", "web-0", "web", "nginx:1.27", 1_000_000, None);
        for number in 1..3_000 {
            let (before, line) = (log.line(number - 1).at, log.line(number).at);
            assert!(before <= line, "line {number}");
            let moment = log.moment(number);
            assert_eq!(log.before(moment + 1).max(log.before(moment)), log.before(moment + 1));
            assert!((log.before(moment)..=log.before(moment + 1)).contains(&number), "line {number}");
        }
    }

    #[test]
    fn what_was_seen_stays_when_the_end_is_known() {
        let running = Log::new("u-1", "web-0", "web", "nginx:1.27", 1_000_000, None);
        let (crash, told) = (1_060_999, 1_060_000);
        let seen = running.count(crash);
        let ended = Log::new("u-1", "web-0", "web", "nginx:1.27", 1_000_000, Some((told, End::Crashed)));
        assert!(ended.count(crash) >= seen + 6 && ended.is_over());
        assert!((0..seen).all(|number| running.line(number).text == ended.line(number).text));
        assert!(ended.line(ended.count(crash) - 5).text.starts_with("panic: "));
    }
}
