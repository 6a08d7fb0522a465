//! Lengths of time as people write them in files and on the command line: `800ms`, `12s`, `2m`, `1h`.
//!
//! Must not know which setting or flag they belong to.

use std::time::Duration;

/// Parses a whole number with the unit ms, s, m, h or d.
pub fn parse(text: &str) -> Result<Duration, String> {
    let error = || format!("{text:?} is not a duration like \"800ms\", \"12s\", \"2m\" or \"1h\"");
    let unit_at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(error)?;
    let number: u64 = text[..unit_at].parse().map_err(|_| error())?;
    let seconds = |unit: u64| Duration::from_secs(number.saturating_mul(unit));
    match &text[unit_at..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(seconds(1)),
        "m" => Ok(seconds(60)),
        "h" => Ok(seconds(3_600)),
        "d" => Ok(seconds(86_400)),
        _ => Err(error()),
    }
}

/// Writes a length of time so that [`parse`] reads it back, in the largest unit that needs no fraction.
///
/// What is finer than a millisecond is cut off.
#[must_use]
pub fn write(span: Duration) -> String {
    let milliseconds = span.as_millis();
    if !milliseconds.is_multiple_of(1_000) {
        return format!("{milliseconds}ms");
    }
    match span.as_secs() {
        0 => "0s".to_owned(),
        seconds if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        seconds if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0s", "1ms", "800ms", "15s", "90s", "4m", "1h", "36h"] {
            assert_eq!(write(parse(text).unwrap()), text);
        }
        assert_eq!(write(parse("240s").unwrap()), "4m");
        assert_eq!(parse("2d").unwrap(), Duration::from_secs(172_800));
    }

    #[test]
    fn what_has_no_unit_or_no_number_is_refused() {
        for text in ["", "5", "s", "-1s", "1.5s", "5 s", "5 parsecs", "99999999999999999999s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
