//! What this terminal can show: how many colours, and whether signs beyond ASCII.
//!
//! Owns the reading of the environment's hints, which are passed in. Must not know themes or glyph sets.

use std::env;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColorDepth {
    /// The user asked for no colours, or the terminal has none.
    None,
    /// The 16 named colours.
    Ansi16,
    /// The 256 indexed colours.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

impl ColorDepth {
    /// Reads the depth as the configuration names it: `none`, `16`, `256`, `true`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "none" | "0" => Some(Self::None),
            "16" => Some(Self::Ansi16),
            "256" => Some(Self::Ansi256),
            "true" | "truecolor" | "24bit" => Some(Self::TrueColor),
            _ => None,
        }
    }
}

/// The environment's hints about the terminal, each as the variable of that name holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `NO_COLOR`: any text but the empty one means no colours.
    pub no_color: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `TERM_PROGRAM`.
    pub term_program: Option<String>,
    /// `WT_SESSION`: set inside Windows Terminal.
    pub wt_session: Option<String>,
    /// `LC_ALL`.
    pub lc_all: Option<String>,
    /// `LC_CTYPE`.
    pub lc_ctype: Option<String>,
    /// `LANG`.
    pub lang: Option<String>,
}

impl Hints {
    /// Reads this process's environment.
    #[must_use]
    pub fn from_env() -> Self {
        let read = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            no_color: read("NO_COLOR"),
            colorterm: read("COLORTERM"),
            term: read("TERM"),
            term_program: read("TERM_PROGRAM"),
            wt_session: read("WT_SESSION"),
            lc_all: read("LC_ALL"),
            lc_ctype: read("LC_CTYPE"),
            lang: read("LANG"),
        }
    }

    /// The number of colours these hints promise.
    #[must_use]
    pub fn depth(&self) -> ColorDepth {
        let set = |hint: &Option<String>| hint.as_deref().is_some_and(|value| !value.is_empty());
        let term = self.term.as_deref().unwrap_or_default();
        if set(&self.no_color) || term == "dumb" || term.starts_with("vt1") {
            return ColorDepth::None;
        }
        let promised = self.colorterm.as_deref().unwrap_or_default();
        let program = self.term_program.as_deref().unwrap_or_default();
        // Terminal.app sets no COLORTERM and shows nonsense for 24 bits before macOS 26: it stays at 256.
        if promised.eq_ignore_ascii_case("truecolor")
            || promised.eq_ignore_ascii_case("24bit")
            || term.ends_with("-direct")
            || set(&self.wt_session)
            || matches!(program, "iTerm.app" | "WezTerm" | "vscode" | "ghostty")
            || ["xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm"].contains(&term)
        {
            return ColorDepth::TrueColor;
        }
        // The console of Linux and the BSDs, and terminals that say so.
        if matches!(term, "linux" | "cons25" | "ansi" | "xterm-16color" | "cygwin") {
            return ColorDepth::Ansi16;
        }
        ColorDepth::Ansi256
    }

    /// Whether the locale's encoding is UTF-8; the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set decides.
    #[must_use]
    pub fn utf8(&self) -> bool {
        let decides = [&self.lc_all, &self.lc_ctype, &self.lang]
            .into_iter()
            .flatten()
            .find(|value| !value.is_empty())
            .map(|value| value.to_ascii_lowercase());
        match decides {
            Some(locale) => locale.contains("utf-8") || locale.contains("utf8"),
            // macOS and Windows set none of them in some terminals, and are UTF-8 throughout.
            None => cfg!(any(target_os = "macos", windows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(term: &str, colorterm: &str) -> Hints {
        Hints { term: Some(term.to_owned()), colorterm: Some(colorterm.to_owned()), ..Hints::default() }
    }

    #[test]
    fn no_color_wins_over_every_promise_unless_it_is_empty() {
        let asked = Hints { no_color: Some("1".to_owned()), ..hints("xterm-256color", "truecolor") };
        assert_eq!(asked.depth(), ColorDepth::None);
        assert_eq!(Hints { no_color: Some(String::new()), ..asked }.depth(), ColorDepth::TrueColor);
    }

    #[test]
    fn each_terminal_gets_the_colours_it_can_show() {
        for (term, colorterm, depth) in [
            ("xterm-256color", "truecolor", ColorDepth::TrueColor),
            ("screen-256color", "24bit", ColorDepth::TrueColor),
            ("xterm-kitty", "", ColorDepth::TrueColor),
            ("xterm-256color", "", ColorDepth::Ansi256),
            ("tmux-256color", "yes", ColorDepth::Ansi256),
            ("linux", "", ColorDepth::Ansi16),
            ("dumb", "", ColorDepth::None),
            ("vt100", "", ColorDepth::None),
        ] {
            assert_eq!(hints(term, colorterm).depth(), depth, "{term} {colorterm}");
        }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides_about_utf8() {
        let locale = |all: &str, ctype: &str, lang: &str| Hints {
            lc_all: Some(all.to_owned()),
            lc_ctype: Some(ctype.to_owned()),
            lang: Some(lang.to_owned()),
            ..Hints::default()
        };
        assert!(locale("", "", "de_DE.UTF-8").utf8());
        assert!(locale("", "C.utf8", "C").utf8());
        assert!(!locale("C", "C.utf8", "de_DE.UTF-8").utf8());
        assert!(!locale("", "", "en_US.ISO-8859-1").utf8());
    }
}
