//! What a person does, in our own words: keys, mouse, paste, resize.
//!
//! Owns the types, their normal form and how key names are written and read. Must not know crossterm, the terminal or
//! what any key is bound to.

use std::fmt;
use std::str::FromStr;

/// Something that arrived from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed or repeats.
    Key(Key),
    /// A mouse button or the wheel moved.
    Mouse(Mouse),
    /// Text was pasted in one piece; it may hold line breaks and control characters.
    Paste(String),
    /// The terminal now has this many columns and rows.
    Resize(u16, u16),
    /// The terminal window came to the front.
    FocusGained,
    /// The terminal window went to the back.
    FocusLost,
}

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyCode {
    /// A character as typed: Shift is already in it.
    Char(char),
    /// Enter or Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab; going backwards it is Tab with Shift.
    Tab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Insert.
    Insert,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 24.
    F(u8),
}

/// The modifiers held down with a key or a mouse button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mods {
    /// Ctrl.
    pub ctrl: bool,
    /// Alt, Option or Meta.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
}

impl Mods {
    /// No modifier.
    pub const NONE: Self = Self { ctrl: false, alt: false, shift: false };
    /// Ctrl alone.
    pub const CTRL: Self = Self { ctrl: true, ..Self::NONE };
    /// Alt alone.
    pub const ALT: Self = Self { alt: true, ..Self::NONE };
    /// Shift alone.
    pub const SHIFT: Self = Self { shift: true, ..Self::NONE };
}

/// A key with its modifiers in normal form, so that two ways to say the same key compare equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// What is held with it.
    pub mods: Mods,
}

impl Key {
    /// Builds a key in normal form: without Ctrl and Alt, Shift is folded into the character; with them a letter is
    /// lower case and Shift stays a modifier (terminals send `Ctrl+W` and `Ctrl+w` alike).
    #[must_use]
    pub fn new(code: KeyCode, mods: Mods) -> Self {
        let KeyCode::Char(typed) = code else { return Self { code, mods } };
        if !(mods.ctrl || mods.alt) {
            let folded = if mods.shift { upper(typed) } else { typed };
            // Shift+Space is told apart by some terminals only; nobody binds it, everybody types it by accident.
            return Self { code: KeyCode::Char(folded), mods: Mods::NONE };
        }
        let capital = typed != lower(typed);
        // Ctrl with a capital is what a user writes for the plain key; Alt with a capital is what a terminal sends
        // for Alt+Shift.
        let shift = (mods.shift || (capital && mods.alt && !mods.ctrl)) && typed.is_alphabetic();
        Self { code: KeyCode::Char(lower(typed)), mods: Mods { shift, ..mods } }
    }

    /// A character typed without Ctrl or Alt.
    #[must_use]
    pub fn char(typed: char) -> Self {
        Self::new(KeyCode::Char(typed), Mods::NONE)
    }

    /// A character with Ctrl.
    #[must_use]
    pub fn ctrl(typed: char) -> Self {
        Self::new(KeyCode::Char(typed), Mods::CTRL)
    }

    /// A key that is not a character, without modifiers.
    #[must_use]
    pub fn plain(code: KeyCode) -> Self {
        Self::new(code, Mods::NONE)
    }

    /// The character this key types into a text field, if it types one.
    #[must_use]
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(typed) if self.mods == Mods::NONE => Some(typed),
            _ => None,
        }
    }
}

fn lower(typed: char) -> char {
    let mut all = typed.to_lowercase();
    if all.len() == 1 { all.next().unwrap_or(typed) } else { typed }
}

fn upper(typed: char) -> char {
    let mut all = typed.to_uppercase();
    if all.len() == 1 { all.next().unwrap_or(typed) } else { typed }
}

/// A key name that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key `{0}`; keys are written like `q`, `Ctrl+W`, `Shift+Tab`, `Alt+Left`, `PgDn`, `F5` or `Space`")]
pub struct KeyNameError(pub String);

/// Names of the keys that are not characters: the first spelling of each is the one printed.
const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Return", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Escape", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Del", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Ins", KeyCode::Insert),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PageUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("PageDown", KeyCode::PageDown),
    ("PgDown", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
    ("Plus", KeyCode::Char('+')),
    ("Minus", KeyCode::Char('-')),
];

const MODIFIERS: &[(&str, Mods)] = &[
    ("ctrl", Mods::CTRL),
    ("control", Mods::CTRL),
    ("c", Mods::CTRL),
    ("alt", Mods::ALT),
    ("option", Mods::ALT),
    ("meta", Mods::ALT),
    ("m", Mods::ALT),
    ("a", Mods::ALT),
    ("shift", Mods::SHIFT),
    ("s", Mods::SHIFT),
];

impl FromStr for Key {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let fail = || KeyNameError(name.to_owned());
        let mut mods = Mods::NONE;
        let mut rest = if name == " " { name } else { name.trim() };
        while let Some((held, after)) = split_modifier(rest) {
            mods = Mods { ctrl: mods.ctrl || held.ctrl, alt: mods.alt || held.alt, shift: mods.shift || held.shift };
            rest = after;
        }
        if rest.eq_ignore_ascii_case("backtab") {
            return Ok(Self::new(KeyCode::Tab, Mods { shift: true, ..mods }));
        }
        let mut typed = rest.chars();
        let code = match (typed.next(), typed.next()) {
            (Some(only), None) if !only.is_control() => {
                // In a name the letter's case says nothing once a modifier is there: `Alt+W` is Alt and w.
                KeyCode::Char(if mods.ctrl || mods.alt { lower(only) } else { only })
            }
            _ => code(rest).ok_or_else(fail)?,
        };
        Ok(Self::new(code, mods))
    }
}

/// Takes one modifier off the front: `Ctrl+` or `Ctrl-`, of which something must follow.
fn split_modifier(name: &str) -> Option<(Mods, &str)> {
    let at = name.find(['+', '-']).filter(|&at| at > 0 && at + 1 < name.len())?;
    let (word, after) = (&name[..at], &name[at + 1..]);
    MODIFIERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|&(_, mods)| (mods, after))
}

fn code(name: &str) -> Option<KeyCode> {
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*code);
    }
    let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
    (1..=24).contains(&number).then_some(KeyCode::F(number))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mods { ctrl, alt, shift } = self.mods;
        for (held, name) in [(ctrl, "Ctrl+"), (alt, "Alt+"), (shift, "Shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            // Some letters do not come back from upper case (dotless i): those are printed as they are.
            KeyCode::Char(typed) if (ctrl || alt) && lower(upper(typed)) == typed => write!(f, "{}", upper(typed)),
            KeyCode::Char(typed) => write!(f, "{typed}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            code => {
                let name = NAMES.iter().find(|(_, known)| *known == code).map_or("?", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

/// A mouse button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// The main button.
    Left,
    /// The wheel pressed.
    Middle,
    /// The other button.
    Right,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// A button went down.
    Down(Button),
    /// A button was let go.
    Up(Button),
    /// The mouse moved with a button held.
    Drag(Button),
    /// The wheel turned away from the person.
    ScrollUp,
    /// The wheel turned towards the person.
    ScrollDown,
    /// The wheel was tilted, or two fingers went left.
    ScrollLeft,
    /// The wheel was tilted, or two fingers went right.
    ScrollRight,
}

/// A mouse event at a cell, counted from 0 at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mouse {
    /// What happened.
    pub kind: MouseKind,
    /// The column of the cell.
    pub column: u16,
    /// The row of the cell.
    pub row: u16,
    /// What was held on the keyboard.
    pub mods: Mods,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Key {
        name.parse().unwrap()
    }

    /// Every key of the default keymap as the documentation spells it, and some more.
    const SPELLED: &[&str] = &[
        "Tab",
        "Shift+Tab",
        "]",
        "[",
        "Ctrl+PgDn",
        "Ctrl+PgUp",
        "1",
        "9",
        "`",
        "o",
        "Ctrl+O",
        "Ctrl+W",
        "<",
        ">",
        "Alt+Left",
        "Alt+Right",
        "Left",
        "Shift+Left",
        "j",
        "G",
        "PgUp",
        "PgDn",
        "Home",
        "End",
        ":",
        "Ctrl+P",
        "?",
        "/",
        "Esc",
        "q",
        "Ctrl+C",
        "Ctrl+Z",
        "0",
        "S",
        "I",
        "Ctrl+D",
        "Ctrl+K",
        "Space",
        "Ctrl+Space",
        "Ctrl+R",
        "}",
        "{",
        "Alt+-",
        "Alt+=",
        "!",
        "=",
        "Enter",
        "Backspace",
        "Delete",
        "Insert",
        "F1",
        "F12",
        "Ctrl+Alt+Shift+Up",
        "Up",
        "Down",
        "Alt+Shift+W",
        "Alt+W",
        "Ctrl++",
        "+",
        "-",
        "ä",
        "Ctrl+\\",
    ];

    #[test]
    fn every_key_name_of_the_documentation_reads_and_prints_the_same() {
        for name in SPELLED {
            assert_eq!(parse(name).to_string(), *name);
        }
    }

    #[test]
    fn people_spell_keys_in_many_ways() {
        for (spelled, same) in [
            ("ctrl+w", "Ctrl+W"),
            ("CTRL-w", "Ctrl+W"),
            ("C-w", "Ctrl+W"),
            ("m-x", "Alt+X"),
            ("S-Tab", "Shift+Tab"),
            ("BackTab", "Shift+Tab"),
            ("escape", "Esc"),
            ("Return", "Enter"),
            ("PageDown", "PgDn"),
            ("pgdown", "PgDn"),
            ("Shift+g", "G"),
            ("Shift+G", "G"),
            (" ", "Space"),
            ("Shift+Space", "Space"),
            ("f5", "F5"),
            ("Plus", "+"),
            ("Ctrl+Plus", "Ctrl++"),
            ("Alt--", "Alt+-"),
            ("del", "Delete"),
            ("Option+Left", "Alt+Left"),
        ] {
            assert_eq!(parse(spelled), parse(same), "{spelled}");
        }
    }

    #[test]
    fn a_name_that_is_no_key_is_refused_with_an_example() {
        for name in ["", "gg", "Ctrl+", "Hyper+X", "F0", "F25", "Ctrl+Foo", "\u{1b}"] {
            let error = name.parse::<Key>().unwrap_err();
            assert!(error.to_string().contains("Shift+Tab"), "{name}");
        }
    }

    #[test]
    fn shift_is_folded_into_a_typed_character() {
        assert_eq!(Key::new(KeyCode::Char('G'), Mods::SHIFT), Key::char('G'));
        assert_eq!(Key::new(KeyCode::Char('g'), Mods::SHIFT), Key::char('G'));
        assert_eq!(Key::new(KeyCode::Char('{'), Mods::SHIFT), Key::char('{'));
        assert_eq!(Key::ctrl('W'), Key::ctrl('w'));
        assert_ne!(Key::char('G'), Key::char('g'));
    }

    #[test]
    fn alt_with_a_capital_is_what_terminals_send_for_alt_and_shift() {
        let sent = Key::new(KeyCode::Char('W'), Mods { shift: true, ..Mods::ALT });
        assert_eq!(sent, parse("Alt+Shift+w"));
        assert_eq!(Key::new(KeyCode::Char('W'), Mods::ALT), sent);
    }

    #[test]
    fn only_plain_characters_type_text() {
        assert_eq!(Key::char('x').text(), Some('x'));
        assert_eq!(Key::ctrl('x').text(), None);
        assert_eq!(Key::plain(KeyCode::Enter).text(), None);
    }

    proptest::proptest! {
        #[test]
        fn any_key_survives_being_printed_and_read(typed in proptest::char::any(), ctrl: bool, alt: bool, shift: bool) {
            proptest::prop_assume!(!typed.is_control() && (typed == ' ' || !typed.is_whitespace()));
            let key = Key::new(KeyCode::Char(typed), Mods { ctrl, alt, shift });
            proptest::prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        }
    }
}
