//! Patterns for cluster ids and names: `*` is any text, `?` any one character, everything else itself.

/// Tells whether the whole text fits the pattern.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                read = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text, is) in [
            ("config:prod-eu", "config:prod-eu", true),
            ("config:prod-eu", "config:prod-us", false),
            ("*prod*", "config:prod-eu", true),
            ("prod-*", "config:prod-eu", false),
            ("*:prod-??", "config:prod-eu", true),
            ("*:prod-??", "config:prod-eu-2", false),
            ("arn:aws:eks:*:cluster/*", "arn:aws:eks:eu:1234:cluster/a/b", true),
            ("a*b*c", "aXbXXbYc", true),
            ("a*b*c", "aXbXXbY", false),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(fits(pattern, text), is, "{pattern} {text}");
        }
    }
}
