//! Settings that can be changed while the program runs, for the palette: each takes effect at once and holds for this run.
//! Must not know what a setting means.

use super::chooser::{Choice, Entry};
use super::state::App;
use crate::config::setting::Setting;
use crate::config::settings::{SETTINGS, Settings};
use crate::config::value::Raw;
use crate::model::health::Health;

/// These settings, each with the values that are offered; any other in its range can be typed behind its name.
const KNOBS: [(&str, &[&str]); 7] = [
    ("tabs.show", &["auto", "always"]),
    ("time.zone", &["local", "UTC"]),
    ("clusters.duplicate_context_names", &["allow", "exclusive"]),
    ("toast.time", &["3s", "6s", "15s"]),
    ("loading_slow", &["5s", "10s", "30s"]),
    ("watch.stale", &["5s", "30s"]),
    ("memory.budget", &["256MB", "512MB", "2GB"]),
];

const TYPED: &str = "setting, for this run alone";
/// Where what is set is kept, for whoever wants it again.
const KEPT: &str = "config.toml keeps it";

fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn bare(setting: &Setting, settings: &Settings) -> String {
    (setting.show)(settings).replace('"', "")
}

/// The values that are offered, without those that hold already.
#[must_use]
pub fn entries(settings: &Settings) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, values) in KNOBS {
        let Some(setting) = setting(name) else { continue };
        let now = bare(setting, settings);
        for value in values.iter().filter(|value| **value != now) {
            let mut entry = Entry::new(Choice::Setting(name, (*value).to_owned()), format!("{name} = {value}"));
            entry.detail = format!("setting for this run, now {now}");
            entries.push(entry);
        }
    }
    entries
}

/// What a setting's name and a value, typed one after the other, mean.
#[must_use]
pub fn typed(settings: &Settings, text: &str) -> Option<Entry> {
    let (name, value) = text.trim().split_once([' ', '='])?;
    let value = value.trim_start_matches(['=', ' ']).trim();
    let (name, _) = KNOBS.into_iter().find(|(known, _)| *known == name.trim())?;
    let mut entry = Entry::new(Choice::Setting(name, value.to_owned()), format!("{name} = {value}"));
    TYPED.clone_into(&mut entry.detail);
    entry.aliases.push(text.trim().to_owned());
    let refused = setting(name).and_then(|it| (it.set)(&mut settings.clone(), &Raw::from_text(value)).err());
    entry.problem = refused;
    (!value.is_empty()).then_some(entry)
}

/// Whether an entry is one of [`typed`].
#[must_use]
pub fn is_typed(entry: &Entry) -> bool {
    entry.detail == TYPED
}

impl App {
    /// Changes a setting for this run.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let Some(setting) = setting(name) else { return };
        let (text, tone) = match (setting.set)(&mut self.settings, &Raw::from_text(value)) {
            Ok(()) => {
                let now = (setting.show)(&self.settings);
                (
                    format!("{name} is {} for this run; {name} = {now} in {KEPT}", bare(setting, &self.settings)),
                    Health::Healthy,
                )
            }
            Err(why) => (why, Health::Warning),
        };
        self.toasts.push(text, tone, &self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_is_offered_is_one_of_its_setting_s() {
        for (name, values) in KNOBS {
            let setting = setting(name).unwrap();
            for value in values {
                let mut settings = Settings::default();
                assert_eq!((setting.set)(&mut settings, &Raw::from_text(value)), Ok(()), "{name} {value}");
                assert_eq!(bare(setting, &settings), *value, "it is recognized once it holds");
            }
        }
    }

    #[test]
    fn a_value_that_is_typed_is_checked_before_it_is_chosen() {
        let settings = Settings::default();
        let entry = |text: &str| typed(&settings, text);
        let good = entry("toast.time 9s").unwrap();
        assert_eq!((good.choice, good.problem), (Choice::Setting("toast.time", "9s".to_owned()), None));
        assert!(entry("toast.time = 9h").unwrap().problem.unwrap().contains("out of range"));
        assert_eq!((entry("toast.time "), entry("heartbeat.interval 3s"), entry("toast.time")), (None, None, None));
    }
}
