//! How many there are of how many, as servers print it: `1/3`. Must not know of what.

/// Reads a ratio; `None` for what only looks like one (`80/TCP`, `10.0.0.0/24`).
#[must_use]
pub fn ratio(text: &str) -> Option<(u32, u32)> {
    let (part, whole) = text.split_once('/')?;
    Some((part.parse().ok()?, whole.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_like_a_ratio_is_none() {
        assert_eq!((ratio("1/3"), ratio("0/0")), (Some((1, 3)), Some((0, 0))));
        for text in ["", "3", "1/", "/3", "80/TCP", "10.0.0.0/24", "-1/3", "1/2/3", "*/5 * * * *"] {
            assert_eq!(ratio(text), None, "{text}");
        }
    }
}
