//! Owns moments of virtual time and how Kubernetes writes them. Must not know what happens at them.

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = i64;

/// Seconds as Kubernetes writes them. Worlds are full of them: the date is reckoned here, by days since the year 0 that
/// begin in March, so that a leap day is the last of its year.
pub(crate) fn timestamp(at: Millis) -> String {
    let seconds = at.div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month < 3);
    let mut out = String::with_capacity(20);
    for (number, width, mark) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (second / 3_600, 2, ':'),
        (second / 60 % 60, 2, ':'),
        (second % 60, 2, 'Z'),
    ] {
        for digit in (0..width).rev() {
            out.push(char::from(b'0' + (number / 10_i64.pow(digit) % 10) as u8));
        }
        out.push(mark);
    }
    out
}

/// Microseconds as Kubernetes writes them: always six digits.
pub(crate) fn micro_timestamp(at: Millis) -> String {
    let whole = timestamp(at);
    format!("{}.{:03}000Z", whole.trim_end_matches('Z'), at.rem_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_a_calendar_writes_them() {
        let mut rng = fastrand::Rng::with_seed(9);
        let leap = 951_782_400_000;
        for at in (0..2_000).map(|_| rng.i64(-100_000_000_000..5_000_000_000_000)).chain([
            0,
            leap,
            leap - 1,
            leap + 86_400_000,
        ]) {
            let expected = jiff::Timestamp::from_second(at.div_euclid(1_000)).unwrap().to_string();
            assert_eq!(timestamp(at), expected);
        }
    }
}
