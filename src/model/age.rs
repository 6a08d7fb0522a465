//! Points in time and ages, written as kubectl writes them. Must not read the clock.

use std::fmt;

use jiff::tz::TimeZone;

/// A point in time: whole seconds since the Unix epoch. Kubernetes timestamps have no finer unit that we show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unix(pub i64);

impl Unix {
    /// Returns the seconds from `self` until `now`; negative when `self` lies in the future.
    #[must_use]
    pub fn seconds_until(self, now: Unix) -> i64 {
        now.0.saturating_sub(self.0)
    }

    /// Returns the point `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// A point in time that may not be known, in four bytes: whole seconds from 1970 to 2106; what lies beyond is put there.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u32);

impl Moment {
    /// Not known.
    pub const NONE: Self = Self(0);

    /// Returns the point, if it is known.
    #[must_use]
    pub fn get(self) -> Option<Unix> {
        (self != Self::NONE).then_some(Unix(i64::from(self.0)))
    }
}

impl From<Unix> for Moment {
    fn from(at: Unix) -> Self {
        Self(at.0.clamp(1, i64::from(u32::MAX)) as u32)
    }
}

impl From<Option<Unix>> for Moment {
    fn from(at: Option<Unix>) -> Self {
        at.map_or(Self::NONE, Self::from)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// Writes an age as kubectl does: `42s`, `5m30s`, `3h`, `2d4h`, `2y10d`; a clock slightly behind reads `0s`.
///
/// `<invalid>` for a point more than a second in the future, as kubectl has it.
#[must_use]
pub fn age(since: Unix, now: Unix) -> String {
    duration(since.seconds_until(now))
}

/// Writes a number of seconds as kubectl's `HumanDuration` does. Unit: seconds.
#[must_use]
pub fn duration(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    if seconds < 120 {
        return format!("{seconds}s");
    }
    let minutes = seconds / 60;
    if minutes < 10 {
        return two(minutes, "m", seconds % 60, "s");
    }
    if minutes < 180 {
        return format!("{minutes}m");
    }
    let hours = seconds / 3600;
    if hours < 8 {
        return two(hours, "h", minutes % 60, "m");
    }
    if hours < 48 {
        return format!("{hours}h");
    }
    let days = hours / 24;
    if hours < 192 {
        return two(days, "d", hours % 24, "h");
    }
    if days < 365 * 2 {
        return format!("{days}d");
    }
    let years = days / 365;
    if years < 8 {
        return two(years, "y", days % 365, "d");
    }
    format!("{years}y")
}

fn two(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit}{small}{small_unit}") }
}

/// Writes a moment as kubectl does, in a zone: `Tue, 03 Nov 2026 08:13:04 +0000`. Empty for what no calendar knows.
#[must_use]
pub fn stamp(moment: Unix, zone: &TimeZone) -> String {
    let stamp = jiff::Timestamp::from_second(moment.0).map(|stamp| stamp.to_zoned(zone.clone()));
    stamp.map(|stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_in_four_bytes_is_the_second_it_was_made_of_and_what_lies_beyond_is_put_at_the_edge() {
        for at in [1, 1_790_000_000, i64::from(u32::MAX)] {
            assert_eq!(Moment::from(Unix(at)).get(), Some(Unix(at)));
        }
        assert_eq!(Moment::from(Unix(-5)).get(), Some(Unix(1)));
        assert_eq!(Moment::from(Unix(i64::MAX)).get(), Some(Unix(i64::from(u32::MAX))));
        assert_eq!(Moment::from(None).get(), None);
        assert!(Moment::NONE < Moment::from(Unix(1)));
    }

    #[test]
    fn ages_read_as_kubectl_writes_them() {
        let cases = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text, "{seconds} seconds");
        }
    }
}
