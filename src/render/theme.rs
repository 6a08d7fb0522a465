//! From meaning to style: the one place that knows how a tone looks at each colour depth.
//!
//! Owns the rules (three weights, one accent, red only for what needs a person, everything told apart without colour).
//! Must not know what is drawn where; the numbers of the colours are in [`super::palette`].

use ratatui::style::{Modifier, Style};

use super::palette::{CONTRAST, DARK, Ink, LIGHT, Palette};
use crate::terminal::color::ColorDepth;
use crate::view::tone::Tone;

/// A built-in palette.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// For dark backgrounds.
    #[default]
    Dark,
    /// For light backgrounds.
    Light,
    /// High contrast, for dark backgrounds.
    Contrast,
}

impl Flavor {
    /// Every built-in palette with its name in the configuration.
    pub const NAMES: [(&str, Self); 3] =
        [("dark", Self::Dark), ("light", Self::Light), ("high-contrast", Self::Contrast)];

    /// Finds a palette by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, flavor)| flavor)
    }

    fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::Contrast => &CONTRAST,
        }
    }
}

/// How every tone looks on this terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    flavor: Flavor,
    depth: ColorDepth,
    accent: Option<Ink>,
}

impl Theme {
    /// A built-in palette at a colour depth.
    #[must_use]
    pub fn new(flavor: Flavor, depth: ColorDepth) -> Self {
        Self { flavor, depth, accent: None }
    }

    /// The same theme with another accent, so that production looks like production.
    #[must_use]
    pub fn with_accent(self, accent: Ink) -> Self {
        Self { accent: Some(accent), ..self }
    }

    /// The colour depth styles are made for.
    #[must_use]
    pub fn depth(&self) -> ColorDepth {
        self.depth
    }

    /// The style of a tone. `Selected`, `SelectedUnfocused` and `TabActive` are meant to lie over another style:
    /// `theme.style(Tone::Warning).patch(theme.style(Tone::Selected))`.
    #[must_use]
    pub fn style(&self, tone: Tone) -> Style {
        match self.depth {
            ColorDepth::None => colorless(tone),
            ColorDepth::Ansi16 => self.colored(tone).patch(marks(tone)),
            ColorDepth::Ansi256 | ColorDepth::TrueColor => self.colored(tone),
        }
    }

    /// The style of a tone on a selected row: what is dim elsewhere stays readable on the brighter background.
    #[must_use]
    pub fn selected(&self, tone: Tone, focused: bool) -> Style {
        let lifted = match tone {
            // Its ground is what marks it; dark on the ground of the selection it could not be read.
            Tone::Match if self.depth != ColorDepth::None => return self.style(tone),
            Tone::Faint => Tone::Dim,
            Tone::Dim | Tone::Stale if focused => Tone::Text,
            other => other,
        };
        self.style(lifted).patch(self.style(if focused { Tone::Selected } else { Tone::SelectedUnfocused }))
    }

    /// The hue of a group of clusters, by its place; hues repeat after six.
    #[must_use]
    pub fn group(&self, place: usize) -> Style {
        let groups = &self.flavor.palette().groups;
        self.ink(groups[place % groups.len()])
    }

    /// The style of a colour a user chose.
    #[must_use]
    pub fn ink(&self, ink: Ink) -> Style {
        match self.depth {
            ColorDepth::None => Style::new(),
            depth => Style::new().fg(ink.at(depth)),
        }
    }

    fn accent(&self) -> Ink {
        self.accent.unwrap_or(self.flavor.palette().accent)
    }

    fn colored(&self, tone: Tone) -> Style {
        let palette = self.flavor.palette();
        let fg = |ink: Ink| Style::new().fg(ink.at(self.depth));
        let bg = |ink: Ink| Style::new().bg(ink.at(self.depth));
        let text = palette.text.map_or(Style::new(), fg);
        match tone {
            Tone::Text => text,
            Tone::Strong => text.add_modifier(Modifier::BOLD),
            Tone::Dim => fg(palette.dim),
            Tone::Faint => fg(palette.faint),
            Tone::Stale => fg(palette.stale),
            Tone::Rule => fg(palette.rule),
            Tone::Key | Tone::Name => fg(palette.key),
            Tone::Literal => self.group(LITERAL),
            Tone::Changed => fg(palette.warning).add_modifier(Modifier::BOLD),
            Tone::Accent => fg(self.accent()).add_modifier(Modifier::BOLD),
            Tone::Selected => bg(palette.selected),
            Tone::SelectedUnfocused => bg(palette.resting),
            Tone::TabActive => bg(palette.selected).patch(fg(self.accent())).add_modifier(Modifier::BOLD),
            Tone::Healthy => fg(palette.healthy),
            Tone::Warning => fg(palette.warning),
            Tone::Degraded => fg(palette.degraded),
            Tone::Unhealthy => fg(palette.unhealthy).add_modifier(Modifier::BOLD),
            Tone::AuthFailed => fg(palette.auth_failed),
            Tone::Unknown => fg(palette.unknown),
            Tone::Match => fg(palette.match_text).patch(bg(palette.match_back)),
        }
    }
}

/// The hue of numbers, yes and no, by its place among those of groups.
const LITERAL: usize = 3;

/// What 16 colours need besides: they have no quiet backgrounds and too few greys.
fn marks(tone: Tone) -> Style {
    let modifier = match tone {
        Tone::Selected | Tone::TabActive => Modifier::REVERSED,
        Tone::SelectedUnfocused => Modifier::UNDERLINED,
        Tone::Dim | Tone::Stale | Tone::Unknown => Modifier::DIM,
        _ => Modifier::empty(),
    };
    Style::new().add_modifier(modifier)
}

/// Without colours weight, slant and reverse carry the meaning, beside the glyph and the word. Underline is left to the
/// selection and the focus, so that a selected row shows on every health.
fn colorless(tone: Tone) -> Style {
    let modifier = match tone {
        Tone::Text | Tone::Healthy | Tone::Name | Tone::Literal => Modifier::empty(),
        Tone::Dim | Tone::Faint | Tone::Stale | Tone::Rule | Tone::Unknown => Modifier::DIM,
        Tone::Strong | Tone::Key | Tone::Warning | Tone::Changed => Modifier::BOLD,
        Tone::Degraded => Modifier::ITALIC,
        Tone::Unhealthy => Modifier::BOLD.union(Modifier::ITALIC),
        Tone::AuthFailed => Modifier::DIM.union(Modifier::ITALIC),
        Tone::SelectedUnfocused => Modifier::UNDERLINED,
        Tone::Accent => Modifier::BOLD.union(Modifier::UNDERLINED),
        Tone::Selected => Modifier::REVERSED,
        Tone::TabActive => Modifier::REVERSED.union(Modifier::BOLD),
        Tone::Match => Modifier::REVERSED.union(Modifier::UNDERLINED),
    };
    Style::new().add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::model::health::Health;

    const DEPTHS: [ColorDepth; 4] = [ColorDepth::None, ColorDepth::Ansi16, ColorDepth::Ansi256, ColorDepth::TrueColor];

    fn each() -> impl Iterator<Item = Theme> {
        Flavor::NAMES.into_iter().flat_map(|(_, flavor)| DEPTHS.map(|depth| Theme::new(flavor, depth)))
    }

    #[test]
    fn every_health_word_looks_different_at_every_depth() {
        for theme in each() {
            for (at, one) in Health::ALL.into_iter().enumerate() {
                for other in Health::ALL.into_iter().skip(at + 1) {
                    assert_ne!(theme.style(one.into()), theme.style(other.into()), "{one} {other} {theme:?}");
                }
            }
        }
    }

    #[test]
    fn selection_focus_and_title_are_told_apart_at_every_depth() {
        let apart = [Tone::Text, Tone::Selected, Tone::SelectedUnfocused, Tone::Strong, Tone::Match, Tone::TabActive];
        for theme in each() {
            for (at, one) in apart.into_iter().enumerate() {
                for other in apart.into_iter().skip(at + 1) {
                    assert_ne!(theme.style(one), theme.style(other), "{one:?} {other:?} {theme:?}");
                }
            }
            assert_ne!(theme.style(Tone::Accent), theme.style(Tone::Strong), "{theme:?}");
            assert_ne!(theme.style(Tone::Dim), theme.style(Tone::Text), "{theme:?}");
        }
    }

    #[test]
    fn a_selected_row_keeps_the_health_colour_and_shows_the_selection() {
        for theme in each() {
            for health in Health::ALL {
                let plain = theme.style(health.into());
                for focused in [true, false] {
                    let selected = theme.selected(health.into(), focused);
                    assert_ne!(selected, plain, "{health} {theme:?}");
                    assert_eq!(selected.fg, plain.fg, "{health} {theme:?}");
                }
            }
        }
    }

    #[test]
    fn without_colours_no_style_sets_one() {
        let theme = Theme::new(Flavor::Dark, ColorDepth::None).with_accent(Ink::parse("red").unwrap());
        for tone in Tone::ALL {
            let style = theme.style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
        assert_eq!(theme.group(3), Style::new());
    }

    #[test]
    fn sixteen_colours_use_names_only_and_the_accent_can_be_changed() {
        let theme = Theme::new(Flavor::Dark, ColorDepth::Ansi16);
        for tone in Tone::ALL {
            let style = theme.style(tone);
            for color in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{tone:?}");
            }
        }
        let production = theme.with_accent(Ink::parse("lightred").unwrap());
        assert_eq!(production.style(Tone::Accent).fg, Some(Color::LightRed));
        assert_ne!(theme.style(Tone::Accent).fg, Some(Color::LightRed));
    }
}
