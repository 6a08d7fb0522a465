//! The signs drawn beside words: health, bars, arrows, rules; each set in Unicode and in ASCII.
//!
//! Owns which sign stands for what. Every sign is one cell wide. Must not know ratatui or the terminal.

use crate::model::health::Health;

/// A set of signs, each exactly one cell wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// All well.
    pub healthy: &'static str,
    /// Something in it is unwell.
    pub warning: &'static str,
    /// Misses, or being rebuilt.
    pub degraded: &'static str,
    /// Needs a person.
    pub unhealthy: &'static str,
    /// Needs a login.
    pub auth_failed: &'static str,
    /// Not known yet.
    pub unknown: &'static str,
    /// Bars of a sparkline, lowest first.
    pub bars: [&'static str; 8],
    /// Stands for a missing measurement in a sparkline.
    pub gap: &'static str,
    /// Stands for what was cut off.
    pub ellipsis: &'static str,
    /// Points at the selected row.
    pub pointer: &'static str,
    /// What is below is not folded away.
    pub unfolded: &'static str,
    /// More to the left.
    pub left: &'static str,
    /// More to the right.
    pub right: &'static str,
    /// Sorted upwards.
    pub up: &'static str,
    /// Sorted downwards.
    pub down: &'static str,
    /// Between panes side by side.
    pub vertical: &'static str,
    /// Between panes above each other.
    pub horizontal: &'static str,
    /// Where a vertical rule starts below a horizontal one.
    pub tee_down: &'static str,
    /// Where a vertical rule ends on a horizontal one.
    pub tee_up: &'static str,
    /// Corner of a dialog.
    pub corner_top_left: &'static str,
    /// Corner of a dialog.
    pub corner_top_right: &'static str,
    /// Corner of a dialog.
    pub corner_bottom_left: &'static str,
    /// Corner of a dialog.
    pub corner_bottom_right: &'static str,
    /// The sides of the tab in front.
    pub tab_edge: &'static str,
    /// Chosen, open, done.
    pub check: &'static str,
    /// Marked rows.
    pub mark: &'static str,
    /// Between facts in a line; also stands for not measured.
    pub dot: &'static str,
    /// The filled part of a progress bar.
    pub full: &'static str,
    /// The empty part of a progress bar.
    pub empty: &'static str,
    /// Frames of the sign for work in progress.
    pub spinner: [&'static str; 4],
}

impl Glyphs {
    /// For terminals with a UTF-8 locale.
    pub const UNICODE: Self = Self {
        healthy: "●",
        warning: "▲",
        degraded: "◐",
        unhealthy: "✕",
        auth_failed: "⊘",
        unknown: "○",
        bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        gap: "─",
        ellipsis: "…",
        pointer: "▸",
        unfolded: "▾",
        left: "‹",
        right: "›",
        up: "↑",
        down: "↓",
        vertical: "│",
        horizontal: "─",
        tee_down: "┬",
        tee_up: "┴",
        corner_top_left: "╭",
        corner_top_right: "╮",
        corner_bottom_left: "╰",
        corner_bottom_right: "╯",
        tab_edge: "┃",
        check: "✓",
        mark: "◆",
        dot: "·",
        full: "━",
        empty: "─",
        spinner: ["◜", "◝", "◞", "◟"],
    };

    /// For other locales and poor fonts.
    pub const ASCII: Self = Self {
        healthy: "+",
        warning: "^",
        degraded: "~",
        unhealthy: "x",
        auth_failed: "!",
        unknown: "?",
        bars: ["_", "_", ".", "-", "-", "=", "=", "#"],
        gap: " ",
        ellipsis: "~",
        pointer: ">",
        unfolded: "v",
        left: "<",
        right: ">",
        up: "/",
        down: "\\",
        vertical: "|",
        horizontal: "-",
        tee_down: "+",
        tee_up: "+",
        corner_top_left: "+",
        corner_top_right: "+",
        corner_bottom_left: "+",
        corner_bottom_right: "+",
        tab_edge: "|",
        check: "x",
        mark: "*",
        dot: ".",
        full: "=",
        empty: "-",
        spinner: ["|", "/", "-", "\\"],
    };

    /// The set for a locale that is, or is not, UTF-8.
    #[must_use]
    pub fn for_locale(utf8: bool) -> Self {
        if utf8 { Self::UNICODE } else { Self::ASCII }
    }

    /// The sign of a health word.
    #[must_use]
    pub fn health(&self, health: Health) -> &'static str {
        match health {
            Health::Healthy => self.healthy,
            Health::Warning => self.warning,
            Health::Degraded => self.degraded,
            Health::Unhealthy => self.unhealthy,
            Health::AuthFailed => self.auth_failed,
            Health::Unknown => self.unknown,
        }
    }

    /// The bar for `value` out of `top`; values above `top` get the highest bar.
    #[must_use]
    pub fn bar(&self, value: u64, top: u64) -> &'static str {
        let last = self.bars.len() - 1;
        let step = (u128::from(value.min(top)) * last as u128).checked_div(u128::from(top)).unwrap_or(0);
        self.bars[usize::try_from(step).unwrap_or(0).min(last)]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn all(set: &Glyphs) -> Vec<&'static str> {
        let mut signs = vec![
            set.gap,
            set.ellipsis,
            set.pointer,
            set.left,
            set.right,
            set.up,
            set.down,
            set.vertical,
            set.horizontal,
            set.tee_down,
            set.tee_up,
            set.corner_top_left,
            set.corner_top_right,
            set.corner_bottom_left,
            set.corner_bottom_right,
            set.tab_edge,
            set.check,
            set.mark,
            set.dot,
            set.full,
            set.empty,
        ];
        signs.extend(Health::ALL.map(|health| set.health(health)));
        signs.extend(set.bars);
        signs.extend(set.spinner);
        signs
    }

    #[test]
    fn every_sign_is_one_cell_wide_and_the_poor_set_is_ascii() {
        for sign in all(&Glyphs::UNICODE) {
            assert_eq!(sign.width(), 1, "{sign}");
        }
        for sign in all(&Glyphs::ASCII) {
            assert!(sign.is_ascii() && sign.len() == 1, "{sign}");
        }
    }

    #[test]
    fn health_signs_are_all_different_in_both_sets() {
        for set in [Glyphs::UNICODE, Glyphs::ASCII] {
            let different: HashSet<_> = Health::ALL.map(|health| set.health(health)).into();
            assert_eq!(different.len(), Health::ALL.len());
        }
    }

    #[test]
    fn bars_grow_with_the_value_and_stay_inside() {
        let set = Glyphs::UNICODE;
        assert_eq!((set.bar(0, 100), set.bar(50, 100), set.bar(100, 100)), ("▁", "▄", "█"));
        assert_eq!((set.bar(900, 100), set.bar(3, 0), set.bar(u64::MAX, u64::MAX)), ("█", "▁", "█"));
    }
}
