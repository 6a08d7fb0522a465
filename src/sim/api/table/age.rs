//! Owns durations as Kubernetes' printers write them. Must not know what they are of.

/// Writes a number of seconds as `kubectl` shows ages: two units while they matter, one later.
pub(super) fn human(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let two = |large: i64, one: &str, small: i64, two: &str| {
        if small == 0 { format!("{large}{one}") } else { format!("{large}{one}{small}{two}") }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(seconds / MINUTE, "m", seconds % MINUTE, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(seconds / YEAR, "y", seconds % YEAR / DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_written_as_kubectl_does() {
        let ages =
            [-5, 0, 119, 120, 125, 599, 600, 10_799, 10_800, 28_799, 28_800, 172_800, 180_000, 691_200, 63_072_000];
        let written = [
            "<invalid>",
            "0s",
            "119s",
            "2m",
            "2m5s",
            "9m59s",
            "10m",
            "179m",
            "3h",
            "7h59m",
            "8h",
            "2d",
            "2d2h",
            "8d",
            "2y",
        ];
        assert_eq!(ages.map(human), written);
    }
}
