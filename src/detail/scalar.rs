//! How a text stands in YAML: plain, quoted, or as a block. Must not know where it stands.

use std::fmt::Write as _;

/// How a text is written.
#[derive(Clone, Debug)]
pub enum Written<'a> {
    /// On the line of its key.
    Inline(String),
    /// As a block below its key: the sign that opens it, and its lines.
    Block(&'static str, std::str::Lines<'a>),
}

/// Words that other readers take for something else than text.
const AMBIGUOUS: [&str; 12] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<"];

/// Writes a text so that every YAML reader takes it for this very text.
#[must_use]
pub fn write(text: &str) -> Written<'_> {
    match block(text) {
        Some(sign) => Written::Block(sign, text.lines()),
        None => Written::Inline(inline(text)),
    }
}

/// Writes a text on one line.
#[must_use]
pub fn inline(text: &str) -> String {
    if !text.chars().all(is_printable) {
        return escaped(text);
    }
    if is_ambiguous(text) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// The sign that opens a block, if the text can stand in one.
fn block(text: &str) -> Option<&'static str> {
    let first = text.lines().find(|line| !line.is_empty())?;
    let usable = text.contains('\n')
        && text.chars().all(|character| matches!(character, '\n' | '\t') || is_printable(character))
        // A first line that begins with a blank would be taken for the indentation.
        && !first.starts_with([' ', '\t'])
        && !text.lines().any(|line| !line.is_empty() && line.trim().is_empty());
    let end = text.trim_end_matches('\n').len();
    match (usable, text.len() - end) {
        (false, _) => None,
        (true, 0) => Some("|-"),
        (true, 1) => Some("|"),
        (true, _) => Some("|+"),
    }
}

/// Whether a character stands for itself: not one that could steer a terminal or reorder text.
fn is_printable(character: char) -> bool {
    crate::model::visible::safe(character.to_string()).starts_with(character) && character != '\u{85}'
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        let _ = match character {
            '"' | '\\' => write!(out, "\\{character}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            '\r' => write!(out, "\\r"),
            shown if is_printable(shown) => write!(out, "{shown}"),
            hidden if u32::from(hidden) < 0x100 => write!(out, "\\x{:02x}", u32::from(hidden)),
            hidden => write!(out, "\\u{:04x}", u32::from(hidden)),
        };
    }
    out.push('"');
    out
}

/// Whether a plain text would be read as a number, a moment, a yes or no.
fn is_ambiguous(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if AMBIGUOUS.contains(&lower.as_str()) || text == "=" {
        return true;
    }
    let digits = lower.trim_start_matches(['+', '-', '.']);
    let numeric = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | '_' | '+' | '-' | ':' | 'x' | 'o' | 't' | 'z' | ' '));
    numeric || matches!(digits, "inf" | "nan")
}

fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let opens = match first {
        Some('-' | '?' | ':') => second.is_some_and(|second| second != ' '),
        Some(first) => !",[]{}#&*!|>'\"%@` ".contains(first),
        None => false,
    };
    opens
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text != "---"
        && text != "..."
        && !text.starts_with("--- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_kubectl_writes_them() {
        for (text, written) in [
            ("web", "web"),
            ("1", "\"1\""),
            ("true", "\"true\""),
            ("", "\"\""),
            ("500m", "500m"),
            ("10.0.0.1", "10.0.0.1"),
            ("a: b", "'a: b'"),
            ("*", "'*'"),
            ("it's", "it's"),
            ("- a", "'- a'"),
            ("-a", "-a"),
            ("http://a:80/#x", "http://a:80/#x"),
            ("\u{1b}[2J", "\"\\x1b[2J\""),
            ("\u{202e}x", "\"\\u202ex\""),
        ] {
            let quoted = inline(text);
            // Digits with dots are a number to some and an address to all: quoting them is never wrong.
            assert!(quoted == written || quoted == format!("\"{written}\""), "{text}: {quoted}");
        }
        assert!(matches!(write("a\nb\n"), Written::Block("|", _)));
        assert!(matches!(write("a\nb"), Written::Block("|-", _)));
        assert!(matches!(write(" a\nb"), Written::Inline(_)));
        assert!(matches!(write("a\r\nb"), Written::Inline(_)));
    }
}
