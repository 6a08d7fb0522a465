//! Colours at every depth: one ink holds its true colour, its place among 256 and its name among 16.
//!
//! Owns the numbers of the built-in palettes and the reduction of a free colour to fewer colours. Must not know what a
//! tone means beyond its place in the palette.

use ratatui::style::Color;

use crate::terminal::color::ColorDepth;

/// One colour, chosen by hand for every depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    rgb: (u8, u8, u8),
    indexed: u8,
    named: Color,
}

impl Ink {
    const fn new(rgb: u32, indexed: u8, named: Color) -> Self {
        Self { rgb: ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8), indexed, named }
    }

    /// The colour at this depth; the terminal's own without colours.
    #[must_use]
    pub fn at(self, depth: ColorDepth) -> Color {
        match depth {
            ColorDepth::None => Color::Reset,
            ColorDepth::Ansi16 => self.named,
            ColorDepth::Ansi256 => Color::Indexed(self.indexed),
            ColorDepth::TrueColor => Color::Rgb(self.rgb.0, self.rgb.1, self.rgb.2),
        }
    }

    /// A colour a user wrote: `#rrggbb`, `#rgb` or one of the 16 names; the smaller depths get the nearest.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#') {
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let number = u32::from_str_radix(digits, 16).ok()?;
            let rgb = match digits.len() {
                6 => number,
                3 => [(number >> 8) & 0xf, (number >> 4) & 0xf, number & 0xf]
                    .iter()
                    .fold(0, |all, digit| (all << 8) | (digit * 0x11)),
                _ => return None,
            };
            let (red, green, blue) = ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
            return Some(Self::new(rgb, nearest_indexed((red, green, blue)), nearest_named((red, green, blue))));
        }
        let wanted = text.to_ascii_lowercase().replace(['-', '_', ' '], "");
        NAMED.iter().find(|(name, ..)| *name == wanted).map(|&(_, rgb, indexed, named)| Self::new(rgb, indexed, named))
    }
}

/// The inks of one flavour; text without an ink keeps the terminal's own colour.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Ordinary text, when the terminal's own colour is not trusted.
    pub text: Option<Ink>,
    /// Secondary text.
    pub dim: Ink,
    /// Tertiary text.
    pub faint: Ink,
    /// Text whose source stopped answering.
    pub stale: Ink,
    /// Lines between panes.
    pub rule: Ink,
    /// What has the focus.
    pub accent: Ink,
    /// Key names: the accent, softened.
    pub key: Ink,
    /// Background of the selected row.
    pub selected: Ink,
    /// Background of the selected row without focus.
    pub resting: Ink,
    /// All well.
    pub healthy: Ink,
    /// Something in it is unwell.
    pub warning: Ink,
    /// Misses.
    pub degraded: Ink,
    /// Needs a person.
    pub unhealthy: Ink,
    /// Needs a login.
    pub auth_failed: Ink,
    /// Not known yet.
    pub unknown: Ink,
    /// Text of a match.
    pub match_text: Ink,
    /// Background of a match.
    pub match_back: Ink,
    /// Hues for groups of clusters: apart from each other and from the health colours.
    pub groups: [Ink; 6],
}

/// For dark backgrounds: cool greys, one blue, muted health colours.
pub const DARK: Palette = Palette {
    text: None,
    dim: Ink::new(0x8b_94_9e, 246, Color::Gray),
    faint: Ink::new(0x62_6b_76, 242, Color::DarkGray),
    stale: Ink::new(0xa3_ab_b5, 248, Color::Gray),
    rule: Ink::new(0x3b_42_4c, 238, Color::DarkGray),
    accent: Ink::new(0x6c_b6_ff, 75, Color::LightCyan),
    key: Ink::new(0xa5_c8_ec, 152, Color::Cyan),
    selected: Ink::new(0x26_3a_55, 24, Color::Reset),
    resting: Ink::new(0x27_2c_34, 236, Color::Reset),
    healthy: Ink::new(0x7c_c4_8d, 114, Color::Green),
    warning: Ink::new(0xe8_c4_6b, 221, Color::Yellow),
    degraded: Ink::new(0xe5_9e_5c, 215, Color::LightYellow),
    unhealthy: Ink::new(0xf4_70_67, 203, Color::LightRed),
    auth_failed: Ink::new(0xd2_95_ee, 177, Color::LightMagenta),
    unknown: Ink::new(0x96_a0_aa, 247, Color::Gray),
    match_text: Ink::new(0x1c_21_28, 234, Color::Black),
    match_back: Ink::new(0xe8_c4_6b, 221, Color::Yellow),
    groups: [
        Ink::new(0x8f_b8_f0, 111, Color::LightBlue),
        Ink::new(0x7f_cf_cb, 116, Color::Cyan),
        Ink::new(0xc7_b5_f2, 183, Color::Magenta),
        Ink::new(0xe2_b3_a0, 181, Color::LightRed),
        Ink::new(0xb9_c9_8b, 150, Color::LightGreen),
        Ink::new(0xe6_a8_c9, 218, Color::LightMagenta),
    ],
};

/// For light backgrounds.
pub const LIGHT: Palette = Palette {
    text: None,
    dim: Ink::new(0x57_60_6a, 241, Color::DarkGray),
    faint: Ink::new(0x87_90_9a, 245, Color::Gray),
    stale: Ink::new(0x6a_73_7d, 243, Color::DarkGray),
    rule: Ink::new(0xc9_d0_d7, 252, Color::Gray),
    accent: Ink::new(0x09_5f_c9, 26, Color::Blue),
    key: Ink::new(0x27_4c_7d, 24, Color::Blue),
    selected: Ink::new(0xd3_e5_fa, 189, Color::Reset),
    resting: Ink::new(0xea_ed_f0, 255, Color::Reset),
    healthy: Ink::new(0x1a_7f_37, 28, Color::Green),
    warning: Ink::new(0x8a_63_00, 94, Color::Yellow),
    degraded: Ink::new(0xb8_4e_0a, 130, Color::LightYellow),
    unhealthy: Ink::new(0xc8_1e_2b, 160, Color::Red),
    auth_failed: Ink::new(0x7d_3f_d4, 92, Color::Magenta),
    unknown: Ink::new(0x6e_77_81, 244, Color::DarkGray),
    match_text: Ink::new(0x1f_23_28, 234, Color::Black),
    match_back: Ink::new(0xff_dd_7a, 222, Color::Yellow),
    groups: [
        Ink::new(0x2f_5f_b3, 25, Color::Blue),
        Ink::new(0x0f_74_78, 30, Color::Cyan),
        Ink::new(0x6d_4f_b0, 97, Color::Magenta),
        Ink::new(0x96_4b_3c, 95, Color::Red),
        Ink::new(0x55_6b_2f, 58, Color::Green),
        Ink::new(0x9c_36_72, 125, Color::LightMagenta),
    ],
};

/// High contrast, for dark backgrounds: nothing is dimmer than a light grey.
pub const CONTRAST: Palette = Palette {
    text: Some(Ink::new(0xff_ff_ff, 231, Color::White)),
    dim: Ink::new(0xd0_d0_d0, 252, Color::Gray),
    faint: Ink::new(0xb2_b2_b2, 249, Color::Gray),
    stale: Ink::new(0xc6_c6_c6, 251, Color::Gray),
    rule: Ink::new(0x9e_9e_9e, 247, Color::Gray),
    accent: Ink::new(0x5f_d7_ff, 81, Color::LightCyan),
    key: Ink::new(0x87_ff_ff, 123, Color::LightCyan),
    selected: Ink::new(0x00_44_a8, 25, Color::Reset),
    resting: Ink::new(0x4e_4e_4e, 239, Color::Reset),
    healthy: Ink::new(0x5f_ff_87, 84, Color::LightGreen),
    warning: Ink::new(0xff_ff_5f, 227, Color::LightYellow),
    degraded: Ink::new(0xff_af_00, 214, Color::Yellow),
    unhealthy: Ink::new(0xff_87_87, 210, Color::LightRed),
    auth_failed: Ink::new(0xff_87_ff, 213, Color::LightMagenta),
    unknown: Ink::new(0xda_da_da, 253, Color::Gray),
    match_text: Ink::new(0x00_00_00, 16, Color::Black),
    match_back: Ink::new(0xff_ff_5f, 227, Color::LightYellow),
    groups: [
        Ink::new(0xaf_d7_ff, 153, Color::LightBlue),
        Ink::new(0x87_ff_d7, 122, Color::LightCyan),
        Ink::new(0xd7_af_ff, 183, Color::LightMagenta),
        Ink::new(0xff_d7_af, 223, Color::LightRed),
        Ink::new(0xd7_ff_87, 192, Color::LightGreen),
        Ink::new(0xff_af_d7, 218, Color::Magenta),
    ],
};

/// The 16 names, as most terminals show them.
const NAMED: [(&str, u32, u8, Color); 16] = [
    ("black", 0x00_00_00, 0, Color::Black),
    ("red", 0xcc_24_2d, 1, Color::Red),
    ("green", 0x3f_a3_4d, 2, Color::Green),
    ("yellow", 0xc4_a0_00, 3, Color::Yellow),
    ("blue", 0x34_65_c4, 4, Color::Blue),
    ("magenta", 0x9b_50_b0, 5, Color::Magenta),
    ("cyan", 0x06_98_9a, 6, Color::Cyan),
    ("gray", 0xb8_bc_c2, 7, Color::Gray),
    ("darkgray", 0x6a_6e_74, 8, Color::DarkGray),
    ("lightred", 0xf4_70_67, 9, Color::LightRed),
    ("lightgreen", 0x8a_e2_80, 10, Color::LightGreen),
    ("lightyellow", 0xf5_e0_70, 11, Color::LightYellow),
    ("lightblue", 0x72_9f_f5, 12, Color::LightBlue),
    ("lightmagenta", 0xd2_95_ee, 13, Color::LightMagenta),
    ("lightcyan", 0x5f_e0_e0, 14, Color::LightCyan),
    ("white", 0xff_ff_ff, 15, Color::White),
];

/// The six levels of each channel in the colour cube of 256.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_indexed(rgb: (u8, u8, u8)) -> u8 {
    let level = |value: u8| (0..6).min_by_key(|&at| LEVELS[at].abs_diff(value)).unwrap_or(0);
    let (red, green, blue) = (level(rgb.0), level(rgb.1), level(rgb.2));
    let cube = (LEVELS[red], LEVELS[green], LEVELS[blue]);
    let mean = (u16::from(rgb.0) + u16::from(rgb.1) + u16::from(rgb.2)) / 3;
    let step = (mean.saturating_sub(8) + 5).min(235) / 10;
    let gray = 8 + 10 * step as u8;
    if distance(rgb, (gray, gray, gray)) < distance(rgb, cube) {
        232 + step as u8
    } else {
        (16 + 36 * red + 6 * green + blue) as u8
    }
}

fn nearest_named(rgb: (u8, u8, u8)) -> Color {
    let split = |rgb: u32| ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
    // A user's colour is for reading: black would vanish on most terminals.
    let readable = NAMED.iter().skip(1);
    readable.min_by_key(|entry| distance(rgb, split(entry.1))).map_or(Color::Reset, |entry| entry.3)
}

fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let part = |a: u8, b: u8, weight: u32| u32::from(a.abs_diff(b)).pow(2) * weight;
    // The eye sees differences in green best and in blue least.
    part(one.0, other.0, 3) + part(one.1, other.1, 4) + part(one.2, other.2, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_colour_is_kept_exactly_and_reduced_to_the_nearest() {
        let orange = Ink::parse("#ff8700").unwrap();
        assert_eq!(orange.at(ColorDepth::TrueColor), Color::Rgb(255, 135, 0));
        assert_eq!(orange.at(ColorDepth::Ansi256), Color::Indexed(208));
        assert_eq!(orange.at(ColorDepth::None), Color::Reset);
        assert_eq!(Ink::parse("#f00").unwrap().at(ColorDepth::TrueColor), Color::Rgb(255, 0, 0));
        assert_eq!(Ink::parse("#f00").unwrap().at(ColorDepth::Ansi16), Color::Red);
        assert_eq!(Ink::parse("Light-Blue").unwrap().at(ColorDepth::Ansi16), Color::LightBlue);
    }

    #[test]
    fn greys_use_the_grey_ramp() {
        assert_eq!(nearest_indexed((0x80, 0x80, 0x80)), 244);
        assert_eq!(nearest_indexed((8, 8, 8)), 232);
        assert_eq!(nearest_indexed((255, 255, 255)), 231);
        assert_eq!(nearest_indexed((0, 0, 0)), 16);
        assert_eq!(nearest_indexed((240, 240, 240)), 255);
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "#", "#12", "#12345g", "#+12345", "mauve-ish", "123456"] {
            assert_eq!(Ink::parse(text), None, "{text}");
        }
    }
}
