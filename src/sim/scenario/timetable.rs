//! Owns when a fault holds: at first, for how long, how often again. Must not know what it breaks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;
use crate::sim::fault::Fault;

/// A fault and when it strikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSpec {
    /// Time from the start until it strikes first.
    #[serde(default, with = "duration::text", skip_serializing_if = "Duration::is_zero")]
    pub after: Duration,
    /// How long it lasts; for ever if not given.
    #[serde(default, rename = "for", with = "duration::optional", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
    /// From strike to strike; once if not given.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// What breaks.
    #[serde(flatten)]
    pub fault: Fault,
}

impl From<Fault> for FaultSpec {
    /// From now on, for ever.
    fn from(fault: Fault) -> Self {
        Self { after: Duration::ZERO, lasts: None, every: None, fault }
    }
}

impl FaultSpec {
    /// Says what is impossible about it.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.fault.check()?;
        let once = self.fault.strikes_once();
        if once && self.lasts.is_some() {
            return Err("it strikes at once and cannot last".to_owned());
        }
        if self.lasts.is_some_and(|lasts| lasts.is_zero()) {
            return Err("for must be longer than nothing".to_owned());
        }
        match self.every {
            Some(every) if every.is_zero() => Err("every must be longer than nothing".to_owned()),
            Some(every) if !once && self.lasts.is_none_or(|lasts| lasts >= every) => {
                Err("every needs a shorter for".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Tells whether it holds `elapsed` after the start, and how long until that changes or it strikes again.
    pub(crate) fn phase(&self, elapsed: Duration) -> (bool, Option<Duration>) {
        let Some(since) = elapsed.checked_sub(self.after) else {
            return (false, Some(self.after.saturating_sub(elapsed)));
        };
        let into = self.every.map_or(since, |every| Duration::from_nanos((since.as_nanos() % every.as_nanos()) as u64));
        let again = self.every.map(|every| every.saturating_sub(into));
        let Some(lasts) = self.lasts else { return (true, again) };
        match lasts.checked_sub(into).filter(|left| !left.is_zero()) {
            Some(left) => (true, Some(left)),
            None => (false, again),
        }
    }

    /// How often it struck so far.
    pub(crate) fn strikes(&self, elapsed: Duration) -> u64 {
        match (elapsed.checked_sub(self.after), self.every) {
            (None, _) => 0,
            (Some(_), None) => 1,
            (Some(since), Some(every)) => 1 + (since.as_nanos() / every.as_nanos()) as u64,
        }
    }

    /// Tells whether it will never hold again.
    pub(crate) fn is_over(&self, elapsed: Duration) -> bool {
        let holds_on = !self.fault.strikes_once() && self.lasts.is_none();
        self.every.is_none() && !holds_on && elapsed >= self.after + self.lasts.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(after: u64, lasts: Option<u64>, every: Option<u64>) -> FaultSpec {
        FaultSpec {
            after: Duration::from_secs(after),
            lasts: lasts.map(Duration::from_secs),
            every: every.map(Duration::from_secs),
            fault: Fault::Refuse,
        }
    }

    fn at(spec: &FaultSpec, second: u64) -> (bool, Option<u64>) {
        let (active, next) = spec.phase(Duration::from_secs(second));
        (active, next.map(|next| next.as_secs()))
    }

    #[test]
    fn a_timetable_strikes_lasts_and_repeats() {
        let repeated = spec(10, Some(27), Some(150));
        let seen = [0, 9, 10, 36, 37, 160, 186, 187].map(|second| at(&repeated, second));
        let expected =
            [(false, 10), (false, 1), (true, 27), (true, 1), (false, 123), (true, 27), (true, 1), (false, 123)];
        assert_eq!(seen, expected.map(|(active, next)| (active, Some(next))));
        assert_eq!(at(&spec(5, None, None), 6), (true, None));
        assert_eq!(at(&spec(5, Some(2), None), 8), (false, None));
    }

    #[test]
    fn strikes_are_counted() {
        let drops = FaultSpec { fault: Fault::DropWatches, ..spec(10, None, Some(30)) };
        assert_eq!([9, 10, 39, 40, 100].map(|second| drops.strikes(Duration::from_secs(second))), [0, 1, 1, 2, 4]);
        assert_eq!(at(&drops, 40), (true, Some(30)));
        assert!(!drops.is_over(Duration::from_secs(100)));
        assert!(FaultSpec { every: None, ..drops }.is_over(Duration::from_secs(10)));
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        let text =
            "after = \"5s\"\nfor = \"1500ms\"\nkind = \"stall\"\nat = \"mid-body\"\non = \"lists\"\nafter_bytes = 9\n";
        let spec: FaultSpec = toml::from_str(text).unwrap();
        let cut = crate::sim::fault::Cut::lists(9);
        assert_eq!((spec.lasts, &spec.fault), (Some(Duration::from_millis(1_500)), &Fault::Stall(cut)));
        let again: FaultSpec = serde_json::from_value(serde_json::to_value(&spec).unwrap()).unwrap();
        assert_eq!(again, spec);
        let unknown = toml::from_str::<FaultSpec>("kind = \"stall\"\nnoodles = 3\n").unwrap_err();
        assert!(unknown.to_string().contains("noodles"), "{unknown}");
    }
}
