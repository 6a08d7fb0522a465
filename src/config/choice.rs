//! Settings that are one word out of a few. Must not know where a choice is used.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::tz::TimeZone;

use super::value::{Raw, Value, quoted};
use crate::model::survey::Probe;

/// What happens to an open cluster when another one of the same context name is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateNames {
    /// Both are open.
    #[default]
    Allow,
    /// It is closed.
    Exclusive,
}

impl Value for DuplicateNames {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match String::read(raw)?.as_str() {
            "allow" => Ok(Self::Allow),
            "exclusive" => Ok(Self::Exclusive),
            other => Err(format!("{other:?} is not \"allow\" or \"exclusive\"")),
        }
    }

    fn show(&self) -> String {
        quoted(if *self == Self::Exclusive { "exclusive" } else { "allow" })
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

/// The zone that times are told in: this computer's, UTC, or one of the IANA database by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(String);

const LOCAL: &str = "local";

impl Default for Zone {
    fn default() -> Self {
        Self(LOCAL.to_owned())
    }
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// The zone itself. Where this computer does not say where it is, UTC.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        if self.0 != LOCAL {
            return TimeZone::get(&self.0).unwrap_or(TimeZone::UTC);
        }
        let early = || EARLY.get_or_init(of_link).clone();
        let early = if SOUGHT.load(Ordering::Relaxed) { None } else { early() };
        early.unwrap_or_else(TimeZone::system)
    }

    /// Looks for this computer's zone among all there are, and from now on again every few minutes: it may travel. Takes
    /// a walk through some twenty folders, and so is nothing to do before the first picture; until it is done the zone is
    /// read from where the system's link leads. Blocks on the disk.
    pub fn seek_local() {
        drop(TimeZone::system());
        SOUGHT.store(true, Ordering::Relaxed);
    }
}

/// This computer's zone has been looked for among all there are.
static SOUGHT: AtomicBool = AtomicBool::new(false);
/// What the system's link led to at the start.
static EARLY: OnceLock<Option<TimeZone>> = OnceLock::new();

/// Reads the zone that the system's link leads to; `None` where there is no such link, or a variable says otherwise.
fn of_link() -> Option<TimeZone> {
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    let link = std::path::Path::new("/etc/localtime");
    let leads = std::fs::read_link(link).ok()?;
    let (_, name) = leads.to_str()?.split_once("zoneinfo/")?;
    TimeZone::tzif(name, &std::fs::read(link).ok()?).ok()
}

impl Value for Zone {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        let text = String::read(raw)?;
        if text == LOCAL || TimeZone::get(&text).is_ok() {
            return Ok(Self(text));
        }
        Err(format!("{text:?} is no time zone: \"local\", \"UTC\", or a name like \"Europe/Berlin\""))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

impl Value for Probe {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        let text = String::read(raw)?;
        let known = Probe::ALL.into_iter().find(|probe| probe.name() == text);
        known.ok_or_else(|| format!("{text:?} is none of {}", Probe::ALL.map(Probe::name).join(", ")))
    }

    fn show(&self) -> String {
        quoted(self.name())
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_local_or_has_a_name_of_the_database() {
        let read = |text: &str| Zone::read(&Raw::Text(text.to_owned()));
        assert_eq!(read("local"), Ok(Zone::default()));
        let moment = jiff::Timestamp::from_second(1_780_000_000).unwrap();
        let hour = |name: &str| moment.to_zoned(read(name).unwrap().time_zone()).hour();
        assert_eq!(hour("Asia/Tokyo"), (hour("UTC") + 9) % 24);
        assert!(read("Mars/Olympus").unwrap_err().contains("Europe/Berlin"));
    }

    #[test]
    fn the_zone_that_is_read_early_is_the_one_that_is_found() {
        if let Some(early) = of_link() {
            let moments = [0, 1_780_000_000, 1_790_000_000].map(|at| jiff::Timestamp::from_second(at).unwrap());
            let found = TimeZone::system();
            for at in moments {
                assert_eq!(early.to_offset(at), found.to_offset(at));
            }
            assert_eq!(early.iana_name(), found.iana_name());
        }
    }

    #[test]
    fn probes_are_named_and_others_refused_with_the_names_there_are() {
        let text = |text: &str| Vec::<Probe>::read(&Raw::Text(text.to_owned()));
        assert_eq!(text("nodes, pods").unwrap(), [Probe::Nodes, Probe::Pods]);
        assert_eq!(Probe::ALL.to_vec().show(), r#"["version", "nodes", "pods", "events", "metrics"]"#);
        let refused = text("nodes,poods").unwrap_err();
        assert!(refused.contains("poods") && refused.contains("events"), "{refused}");
        assert_eq!(
            DuplicateNames::read(&Raw::Text(DuplicateNames::Exclusive.show().replace('"', ""))),
            Ok(DuplicateNames::Exclusive)
        );
    }
}
