//! Natural order of texts: `pod-2` before `pod-10`, `v1.9` before `v1.35`. Must not know units; those are `measure`.

use std::cmp::Ordering;

/// Orders two texts byte by byte, runs of digits by their value. Total: texts that differ are never equal.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    // Namespaces and the like are shared: most that are equal are the very same text.
    if std::ptr::eq(left, right) {
        return Ordering::Equal;
    }
    let (a, b) = (left.as_bytes(), right.as_bytes());
    // Names of one kind share long beginnings; only where they part anything is looked at closely.
    let mut at = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    while at > 0 && a.get(at - 1).is_some_and(u8::is_ascii_digit) {
        at -= 1;
    }
    by_parts(a.get(at..).unwrap_or_default(), b.get(at..).unwrap_or_default()).then_with(|| a.cmp(b))
}

fn by_parts(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let ((x, a_rest), (y, b_rest)) = match (a.split_first(), b.split_first()) {
            (Some(left), Some(right)) => (left, right),
            (left, right) => return left.is_some().cmp(&right.is_some()),
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (left, a_after) = digits(a);
            let (right, b_after) = digits(b);
            let by_value = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if by_value != Ordering::Equal {
                return by_value;
            }
            (a, b) = (a_after, b_after);
        } else if x == y {
            (a, b) = (a_rest, b_rest);
        } else {
            return x.cmp(y);
        }
    }
}

/// Splits a run of digits off, without its leading zeros.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (run, rest) = text.split_at(end);
    let zeros = run.iter().take_while(|byte| **byte == b'0').count();
    (run.get(zeros..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_names_count_by_value() {
        let sorted = ["", "a", "a1", "a2", "a10", "a10b", "a010c", "ab", "pod-2", "pod-10", "v1.9", "v1.35", "v2"];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    /// The same order, the slow way: a text as a list of numbers and bytes.
    fn naive(text: &str) -> (Vec<(u8, u128)>, String) {
        let mut parts = Vec::new();
        let mut number: Option<u128> = None;
        for byte in text.bytes() {
            if byte.is_ascii_digit() {
                number = Some(number.unwrap_or(0) * 10 + u128::from(byte - b'0'));
                continue;
            }
            parts.extend(number.take().map(|number| (b'0', number)));
            parts.push((byte, 0));
        }
        parts.extend(number.map(|number| (b'0', number)));
        (parts, text.to_owned())
    }

    proptest! {
        #[test]
        fn the_order_is_the_naive_one(left in "[a-c0-2.-]{0,9}", right in "[a-c0-2.-]{0,9}") {
            prop_assert_eq!(compare(&left, &right), naive(&left).cmp(&naive(&right)));
        }
    }
}
