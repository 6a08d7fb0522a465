//! The known word nearest to one that is not known, for messages. Must not know what the words name.

/// Finds the known word nearest to a typed one; `None` if none is near enough to be what was meant. Each known word
/// comes with what is to be returned for it.
pub fn nearest<'a, W: AsRef<str>>(typed: &str, known: impl Iterator<Item = (W, &'a str)>) -> Option<&'a str> {
    let near = |word: &str| {
        let apart = distance(typed, word);
        // The beginning of a word is near it, however long the rest is.
        let begun = typed.len() > 1 && word.starts_with(typed);
        let bound = (typed.chars().count().max(word.chars().count()) / 3).max(1);
        if begun { Some(0) } else { Some(apart).filter(|apart| *apart <= bound) }
    };
    known
        .filter_map(|(word, meant)| Some((near(word.as_ref())?, meant)))
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, meant)| meant)
}

/// The characters to insert, remove or replace to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, left) in from.chars().enumerate() {
        let mut corner = index;
        let mut before = index + 1;
        for (right, above) in to.iter().zip(row.iter_mut().skip(1)) {
            let cost = corner + usize::from(left != *right);
            corner = *above;
            before = cost.min(*above + 1).min(before + 1);
            *above = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_and_nonsense_none() {
        let known = || ["status", "restarts", "age", "node"].into_iter().map(|word| (word, word));
        let cases = [
            ("statsu", Some("status")),
            ("stat", Some("status")),
            ("restart", Some("restarts")),
            ("nod", Some("node")),
            ("zzz", None),
        ];
        for (typed, word) in cases {
            assert_eq!(nearest(typed, known()), word, "{typed}");
        }
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")), (3, 3, 3));
    }
}
