//! What a piece of text means, independent of any colour: the words the view uses and the theme answers.
//!
//! Owns the vocabulary. Must not know ratatui, colours or the terminal.

use crate::model::health::Health;

/// The meaning of a piece of text or of a background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Text,
    /// Secondary text: labels, hints, units.
    Dim,
    /// Tertiary text: placeholders, `·`, the folded well.
    Faint,
    /// Titles and what matters most in a line.
    Strong,
    /// The one accent: what has the focus.
    Accent,
    /// The background of the selected row in the focused pane; lies over any other tone.
    Selected,
    /// The background of the selected row in a pane without focus; lies over any other tone.
    SelectedUnfocused,
    /// All well.
    Healthy,
    /// Answers, but something in it is unwell.
    Warning,
    /// Misses, or a connection being rebuilt.
    Degraded,
    /// Needs a person: the only red.
    Unhealthy,
    /// Needs a login.
    AuthFailed,
    /// Not known yet.
    Unknown,
    /// Lines between panes.
    Rule,
    /// The name of a key in a hint.
    Key,
    /// The part of a text that a search or filter matched.
    Match,
    /// The tab in front.
    TabActive,
    /// Data whose source stopped answering: a shade dimmer than ordinary text.
    Stale,
    /// The name of a field.
    Name,
    /// A number, a yes or no, nothing.
    Literal,
    /// What changed since a person last looked.
    Changed,
}

impl Tone {
    /// Every tone once.
    pub const ALL: [Self; 21] = [
        Self::Text,
        Self::Dim,
        Self::Faint,
        Self::Strong,
        Self::Accent,
        Self::Selected,
        Self::SelectedUnfocused,
        Self::Healthy,
        Self::Warning,
        Self::Degraded,
        Self::Unhealthy,
        Self::AuthFailed,
        Self::Unknown,
        Self::Rule,
        Self::Key,
        Self::Match,
        Self::TabActive,
        Self::Stale,
        Self::Name,
        Self::Literal,
        Self::Changed,
    ];
}

impl From<Health> for Tone {
    fn from(health: Health) -> Self {
        match health {
            Health::Healthy => Self::Healthy,
            Health::Warning => Self::Warning,
            Health::Degraded => Self::Degraded,
            Health::Unhealthy => Self::Unhealthy,
            Health::AuthFailed => Self::AuthFailed,
            Health::Unknown => Self::Unknown,
        }
    }
}
