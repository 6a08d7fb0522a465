//! Finding text in text, letter case aside. Must not know rows or columns.

use std::ops::Range;

/// Folds letter case away; what is looked for is folded once.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Tells whether a text contains a folded one.
#[must_use]
pub fn contains(text: &str, needle: &str) -> bool {
    if needle.is_empty() {
        return true;
    }
    if !text.is_ascii() {
        return text.to_lowercase().contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.len() >= needle.len() && text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

/// Finds every place a text contains a folded one, as byte ranges that do not overlap.
#[must_use]
pub fn occurrences(text: &str, needle: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    if needle.is_empty() {
        return found;
    }
    for (start, _) in text.char_indices() {
        if start < from {
            continue;
        }
        if let Some(length) = text.get(start..).and_then(|rest| prefix(rest, needle)) {
            found.push(start..start + length);
            from = start + length;
        }
    }
    found
}

/// The bytes of a text's beginning that fold to `needle`.
fn prefix(text: &str, needle: &str) -> Option<usize> {
    let mut wanted = needle.chars();
    for (index, character) in text.char_indices() {
        if wanted.as_str().is_empty() {
            return Some(index);
        }
        for folded in character.to_lowercase() {
            if wanted.next() != Some(folded) {
                return None;
            }
        }
    }
    wanted.as_str().is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_matter_in_ascii_and_beyond() {
        assert!(contains("CrashLoopBackOff", &fold("loopback")));
        assert!(contains("KÖLN-Pod", &fold("köln")));
        assert!(!contains("cart", &fold("carts")));
        assert!(contains("anything", ""));
    }

    #[test]
    fn occurrences_are_where_the_text_is() {
        let parts = |text: &'static str, needle: &str| -> Vec<&str> {
            occurrences(text, &fold(needle)).into_iter().filter_map(|range| text.get(range)).collect()
        };
        assert_eq!(parts("Cart-cart-ca", "cart"), ["Cart", "cart"]);
        assert_eq!(parts("xKÖLNx", "köln"), ["KÖLN"]);
        assert_eq!(parts("aaa", "aa"), ["aa"]);
        assert!(parts("abc", "").is_empty());
    }
}
