//! Owns the words for what can break at a server: the same in a scenario's timetable, at the admin endpoint and in tests.
//! Must not know sockets or HTTP; [`control`] keeps what holds when, [`mod@line`] and [`mouth`] break connections, [`answer`]
//! breaks answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scenario::duration;

pub(crate) mod answer;
pub(crate) mod control;
pub(crate) mod line;
pub(crate) mod mouth;

/// Something that breaks. In TOML and JSON its name in kebab-case is the key `kind`, beside its own keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// Nothing listens and all connections are cut, as if the process were gone.
    Refuse,
    /// Connections are taken and never answered, not even by TLS; those open fall silent. None of them ever recovers, as
    /// when a firewall forgets them. (Leaving a SYN unanswered would need root.)
    Blackhole,
    /// A frozen process: nothing is read or sent; all goes on where it was when the fault ends.
    Freeze,
    /// All answers come late by `delay` and up to `jitter` more.
    Latency {
        /// Least delay: 2 s if not given.
        #[serde(default = "two_seconds", with = "duration::text")]
        delay: Duration,
        /// Most that is added at random.
        #[serde(default, with = "duration::text")]
        jitter: Duration,
    },
    /// Every connection sends at most so fast.
    Bandwidth {
        /// Bytes per second and connection, TLS included; at least 1.
        bytes_per_second: u64,
    },
    /// Answers stop somewhere, for ever; the connection stays open.
    Stall(Cut),
    /// Answers stop somewhere and the connection is closed.
    Truncate(Cut),
    /// Connections are reset (RST): at their start, or somewhere in an answer.
    Reset(Cut),
    /// From somewhere on, an answer is noise: before its headers it is no HTTP at all.
    Garbage(Cut),
    /// Answers are of another type than was asked for, with a login page as content, as behind a captive portal.
    WrongType {
        /// What the type is said to be: `text/html` if not given.
        #[serde(default = "html")]
        content_type: String,
        /// Which requests.
        #[serde(default)]
        on: Requests,
    },
    /// Content-Length is another than the length. Does not concern watches, which have none.
    WrongLength {
        /// Bytes promised beyond what comes; below 0, the promise falls short of the content. 100 if not given.
        #[serde(default = "hundred")]
        by: i64,
        /// Which requests.
        #[serde(default)]
        on: Requests,
    },
    /// After its content an answer goes on in blanks, for ever.
    Endless {
        /// Which requests.
        #[serde(default)]
        on: Requests,
    },
    /// Requests are answered with a Status of this code.
    Error {
        /// 400 to 599: 503 if not given.
        #[serde(default = "unavailable")]
        code: u16,
        /// Seconds in `Retry-After`; without, there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        /// Which requests.
        #[serde(default)]
        on: Requests,
    },
    /// All credentials are refused with 401.
    Unauthorized,
    /// Once, when it strikes: tokens issued so far are refused for ever; credential plugins give a new one.
    TokenExpiry,
    /// New TLS connections get another certificate.
    Certificate {
        /// What is wrong with it.
        wrong: Wrong,
    },
    /// Once, when it strikes: every open watch is cut without its end.
    DropWatches,
    /// The server says it is of this version.
    Version {
        /// For example `v1.36.3`.
        version: String,
    },
    /// Once, when it strikes: all connections are cut, old resource versions are forgotten (410) and new ones are far ahead.
    Restart,
}

/// Where an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cut {
    /// The place.
    pub at: Place,
    /// Which requests.
    pub on: Requests,
    /// For `mid-body`: bytes of content that still arrive.
    pub after_bytes: usize,
}

impl Default for Cut {
    fn default() -> Self {
        Self { at: Place::default(), on: Requests::default(), after_bytes: 512 }
    }
}

impl Cut {
    /// A cut of every answer at a place.
    pub fn at(at: Place) -> Self {
        Self { at, ..Self::default() }
    }

    /// A cut of every list, and of what watches begin with, after some bytes.
    pub fn lists(after_bytes: usize) -> Self {
        Self { at: Place::MidBody, on: Requests::Lists, after_bytes }
    }
}

/// A place in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// After the request, before any byte of the answer.
    #[default]
    BeforeHeaders,
    /// In the middle of a header.
    InHeader,
    /// In the content.
    MidBody,
    /// In the middle of an event of a watch, or of the first piece of any other answer.
    MidFrame,
}

/// Which requests a fault concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requests {
    /// All.
    #[default]
    All,
    /// Lists, and watches that begin with everything there is.
    Lists,
    /// Watches.
    Watches,
    /// `/readyz`, `/livez`, `/healthz` and `/version`.
    Checks,
    /// What a metrics server answers, behind the API server.
    Metrics,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// Signed by an authority that the kubeconfig does not know.
    Authority,
    /// For another host.
    Name,
    /// No longer valid since yesterday.
    Expired,
}

/// How an answer breaks at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Stall,
    Truncate,
    Reset,
    Garbage,
}

impl Fault {
    /// An error as a real server words it: 429 and 503 come with `Retry-After: 1`.
    pub fn error(code: u16) -> Self {
        Self::Error { code, retry_after: matches!(code, 429 | 503).then_some(1), on: Requests::All }
    }

    /// Late answers to everything.
    pub fn latency(delay: Duration, jitter: Duration) -> Self {
        Self::Latency { delay, jitter }
    }

    /// Its name in scenarios and at the admin endpoint.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["kind"].as_str().unwrap_or_default().to_owned()
    }

    /// Tells whether it strikes at moments rather than lasting.
    pub fn strikes_once(&self) -> bool {
        matches!(self, Self::TokenExpiry | Self::DropWatches | Self::Restart)
    }

    /// The cut it makes in answers, if it does.
    pub(crate) fn cut(&self) -> Option<(Way, Cut)> {
        match self {
            Self::Stall(cut) => Some((Way::Stall, *cut)),
            Self::Truncate(cut) => Some((Way::Truncate, *cut)),
            Self::Reset(cut) => Some((Way::Reset, *cut)),
            Self::Garbage(cut) => Some((Way::Garbage, *cut)),
            _ => None,
        }
    }

    /// Says what is impossible about it.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Bandwidth { bytes_per_second: 0 } => Err("bytes_per_second must be at least 1".to_owned()),
            Self::Error { code, .. } if !(400..600).contains(code) => {
                Err(format!("code {code} is not within 400 to 599"))
            }
            Self::WrongType { content_type, .. } if http::HeaderValue::from_str(content_type).is_err() => {
                Err(format!("content_type {content_type:?} cannot be a header"))
            }
            Self::Version { version } if super::scenario::minor(version).is_none() => {
                Err(format!("version {version:?} is not like v1.35.2"))
            }
            _ => Ok(()),
        }
    }
}

fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

fn html() -> String {
    "text/html; charset=utf-8".to_owned()
}

fn hundred() -> i64 {
    100
}

fn unavailable() -> u16 {
    503
}
