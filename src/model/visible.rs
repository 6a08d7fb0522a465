//! Text from outside made safe to show: what could steer a terminal or reorder text becomes visible.
//!
//! The one place for it; screen, log and messages all go through here. Must not know where text is shown.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// Whether a text is printable ASCII alone, as nearly all is: a cell for each byte, and nothing to make visible.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The cells a text takes up on screen: those of its graphemes, which are placed one by one. As a whole it may measure
/// less, where letters join or emoji are said to.
#[must_use]
pub fn cells(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// Makes control characters, escapes and bidirectional overrides of a text visible.
pub fn safe(text: impl Into<String>) -> String {
    let text = text.into();
    if is_safe(&text) { text } else { text.chars().map(visible).collect() }
}

/// Whether nothing in a text has to be made visible.
pub fn is_safe(text: &str) -> bool {
    is_plain(text) || !text.chars().any(is_unsafe)
}

/// Characters that could move the cursor, change colours or reorder text.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
        || is_hidden(character)
}

/// Characters without a width that part what stands around them: a terminal that leaves them out joins the two anew, and
/// the columns behind move. What joins on purpose (zero-width joiners) is none of them.
fn is_hidden(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}')
        || matches!(character, '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e00ff}')
        // Fillers of scripts, of which some terminals show a blank and others nothing.
        || matches!(character, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}')
}

fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        '\n' | '\u{2028}' | '\u{2029}' => '⏎',
        '\r' => '␍',
        '\u{7f}' => '␡',
        // The control pictures stand in the same order as the control characters.
        control if u32::from(control) < 0x20 => char::from_u32(0x2400 + u32::from(control)).unwrap_or('�'),
        unsafe_one if is_unsafe(unsafe_one) => '�',
        safe => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_what_is_placed_of_it() {
        assert_eq!((cells("cart-0"), cells("日本"), cells("e\u{301}")), (6, 4, 1));
        assert_eq!(cells("🇩🇪\u{200d}☺\u{fe0f}"), 4, "a flag joins nothing");
        assert_eq!(cells("\u{644}\u{627}"), 2, "two letters, however they are written");
    }

    #[test]
    fn what_is_plain_is_as_wide_as_it_is_long_and_safe() {
        for byte in 0..=127_u8 {
            let text = format!("a{}b", char::from(byte));
            let plain = is_plain(&text);
            assert!(!plain || (cells(&text) == text.width() && !text.chars().any(is_unsafe)), "{byte}");
            assert_eq!(plain, (b' '..=b'~').contains(&byte), "{byte}");
        }
    }
}
