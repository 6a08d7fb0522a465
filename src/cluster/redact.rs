//! Makes foreign text fit to be shown: one line, bounded, without control characters and without secrets.
//!
//! Owns what counts as a secret. Must not know where the text comes from.

/// The most characters a summary or hint may have.
pub const LONGEST: usize = 200;

/// Returns the text as one line: whitespace folded, control, escape and bidirectional characters removed, at most
/// `longest` characters.
#[must_use]
pub fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for letter in without_escapes(text).chars() {
        if letter.is_whitespace() {
            gap = length > 0;
            continue;
        }
        if letter.is_control() || is_invisible(letter) {
            continue;
        }
        if length + usize::from(gap) + 1 > longest {
            line.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
            length += 1;
        }
        line.push(letter);
        length += 1;
    }
    line
}

/// Returns the text with everything replaced that looks like a credential: tokens, keys, passwords, URL userinfo.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut announced = None;
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if word.is_empty() {
            continue;
        }
        if announced.take().is_some_and(|name| !(name == TOKEN && is_plain_word(word))) {
            out.push_str("[redacted]");
            continue;
        }
        announced = announced_secret(word);
        out.push_str(&word_without_secret(word));
    }
    out
}

/// Removes terminal escape sequences (CSI, OSC and two-character ones) as a whole, not only their first byte.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('[') => while letters.next().is_some_and(|next| !('@'..='~').contains(&next)) {},
            Some(']') => {
                while let Some(next) = letters.next() {
                    if next == '\u{7}' || (next == '\u{1b}' && letters.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    out
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

const TOKEN: &str = "token";

const SECRET_NAMES: [&str; 9] =
    [TOKEN, "password", "passwd", "secret", "bearer", "authorization", "apikey", "api_key", "api-key"];

/// Returns which secret the word says that the next one is: `Bearer`, `--password`, `token:`.
fn announced_secret(word: &str) -> Option<&'static str> {
    let lower = word.trim_matches(['"', '\'', '(']).to_ascii_lowercase();
    if lower == "bearer" || lower == "basic" {
        return Some("bearer");
    }
    let name = lower.strip_suffix([':', '=']).or_else(|| lower.strip_prefix("--"))?;
    let name = name.trim_matches(['"', '\'']);
    SECRET_NAMES.into_iter().find(|secret| name.ends_with(secret))
}

/// Tells whether a word after `token:` is ordinary prose (`token: expired`): no token is a short word.
fn is_plain_word(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| letter.is_ascii_punctuation());
    word.len() <= 12 && word.chars().all(|letter| letter.is_ascii_alphabetic())
}

fn word_without_secret(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        return format!("{scheme}://{}", address(rest));
    }
    if let Some((name, value)) = word.split_once(['=', ':'])
        && !value.is_empty()
        && SECRET_NAMES.iter().any(|secret| name.to_ascii_lowercase().trim_matches(['"', '\'']).ends_with(secret))
    {
        return format!("{name}=[redacted]");
    }
    if looks_secret(word) { "[redacted]".to_owned() } else { word.to_owned() }
}

/// Returns what follows a URL's scheme without userinfo, query and fragment.
fn address(rest: &str) -> String {
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let end = path.find(['?', '#']);
    let slash = if rest.contains('/') { "/" } else { "" };
    let path = path.get(..end.unwrap_or(path.len())).unwrap_or(path);
    format!("{host}{slash}{path}")
}

/// Tells whether some run of letters in the word is long and mixed enough to be a key or token.
fn looks_secret(word: &str) -> bool {
    if word.contains("eyJ") || word.contains("AKIA") || word.contains("k8s-aws-v1.") || word.contains("-----BEGIN") {
        return true;
    }
    let joined = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '+' | '=');
    word.split(|letter: char| !joined(letter)).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let upper = run.bytes().filter(u8::is_ascii_uppercase).count();
        let lower = run.bytes().filter(u8::is_ascii_lowercase).count();
        run.len() >= 20 && digits >= 2 && (upper >= 2 || lower >= 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_control_characters_are_removed() {
        assert_eq!(one_line("\u{1b}[31mred\u{1b}[0m\n\ttext\u{202e}\u{7}", 80), "red text");
        assert_eq!(one_line("a\u{1b}]0;title\u{7}b", 80), "ab");
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(one_line("one two three", 7), "one two…");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }

    #[test]
    fn credentials_are_replaced() {
        let cases = [
            ("Bearer abc123.DEF", "Bearer [redacted]"),
            ("got token=hunter2 from vault", "got token=[redacted] from vault"),
            ("invalid: eyJhbGciOi.J9.x", "invalid: [redacted]"),
            ("key 0123456789abcdef0123456789abcdef", "key [redacted]"),
            ("see https://me:pw@host/path?code=1", "see https://host/path"),
            ("--password hunter", "--password [redacted]"),
            ("token: abc123", "token: [redacted]"),
        ];
        for (text, shown) in cases {
            assert_eq!(without_secrets(text), shown);
        }
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "the SSO session associated with this profile has expired",
            "Error loading SSO Token: Token for corp does not exist",
            "dial tcp 10.0.0.1:443: i/o timeout",
            "gke-gcloud-auth-plugin not found in /usr/local/google-cloud-sdk",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_becomes_one_bounded_harmless_line(text in "\\PC{0,300}|[\\x00-\\x7f]{0,300}") {
            let line = one_line(&without_secrets(&text), 100);
            proptest::prop_assert!(line.chars().count() <= 101);
            proptest::prop_assert!(!line.chars().any(|letter| letter.is_control() || is_invisible(letter)));
        }
    }
}
