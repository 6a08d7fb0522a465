//! Amounts of CPU and memory: Kubernetes quantities read, kept in four bytes each, and written for people.
//!
//! The one place that reads quantities. Must not know whose amount it is.

use std::fmt;

/// A Kubernetes quantity, exact: billionths of its unit (cores, bytes, pieces).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(pub i128);

const ONE: i128 = 1_000_000_000;
const MEBIBYTE: i128 = 1 << 20;

impl Quantity {
    /// Reads `250m`, `1.5`, `64Mi`, `12e3`, `123456789n`; `None` if it is no quantity.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(['+', '-']);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let (number, suffix) = digits.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || digits.len() + 1 < text.len() {
            return None;
        }
        let (numerator, denominator) = scale(suffix)?;
        // Nine digits after the point are all that counts.
        let fraction = fraction.get(..fraction.len().min(9)).unwrap_or_default();
        let tail = fraction.parse::<i128>().unwrap_or(0).checked_mul(10_i128.pow(9 - fraction.len() as u32))?;
        let value = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? };
        let value = value.checked_mul(ONE)?.checked_add(tail)?.checked_mul(numerator)? / denominator;
        Some(Self(if text.starts_with('-') { -value } else { value }))
    }

    /// In thousandths, rounded up as the scheduler does.
    #[must_use]
    pub fn millis(self) -> i128 {
        self.0.div_euclid(ONE / 1000) + i128::from(self.0.rem_euclid(ONE / 1000) != 0)
    }

    /// In whole units, rounded up.
    #[must_use]
    pub fn units(self) -> i128 {
        self.0.div_euclid(ONE) + i128::from(self.0.rem_euclid(ONE) != 0)
    }
}

/// What a suffix multiplies by, as a fraction; `None` if it is no suffix of a quantity.
#[must_use]
pub fn scale(suffix: &str) -> Option<(i128, i128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, ONE),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (ONE, 1),
        "T" => (1000 * ONE, 1),
        "P" => (1_000_000 * ONE, 1),
        "E" => (ONE * ONE, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let factor = 10_i128.checked_pow(power.unsigned_abs()).filter(|_| power.abs() <= 18)?;
            if power < 0 { (1, factor) } else { (factor, 1) }
        }
    })
}

/// An amount that may be unknown, in four bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u32);

impl Amount {
    /// Not asked for, or not measured.
    pub const NONE: Self = Self(u32::MAX);

    /// A known amount.
    #[must_use]
    pub fn new(value: u64) -> Self {
        Self(u32::try_from(value).unwrap_or(u32::MAX).min(u32::MAX - 1))
    }

    /// The amount, if it is known.
    #[must_use]
    pub fn get(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }

    /// The sum; what is unknown adds nothing.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self.get(), other.get()) {
            (None, _) => other,
            (_, None) => self,
            (Some(left), Some(right)) => Self::new(u64::from(left) + u64::from(right)),
        }
    }

    /// The larger one; what is unknown is smaller than anything.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        if self.get() < other.get() { other } else { self }
    }
}

impl Default for Amount {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("none"),
        }
    }
}

/// CPU and memory of one thing: what it has, asks for or uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    /// Unit: millicores.
    pub cpu: Amount,
    /// Unit: MiB.
    pub memory: Amount,
}

impl Amounts {
    /// Nothing known.
    pub const NONE: Self = Self { cpu: Amount::NONE, memory: Amount::NONE };

    /// Takes note of one entry of a resource list; anything but CPU and memory is passed over.
    pub fn note(&mut self, name: &str, quantity: &str) {
        match name {
            "cpu" => self.cpu = plain_cpu(quantity).or_else(|| any_cpu(quantity)).unwrap_or(self.cpu),
            "memory" => self.memory = plain_memory(quantity).or_else(|| any_memory(quantity)).unwrap_or(self.memory),
            _ => {}
        }
    }

    /// The sum of each; what is unknown adds nothing.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu.plus(other.cpu), memory: self.memory.plus(other.memory) }
    }

    /// The larger of each.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self { cpu: self.cpu.at_least(other.cpu), memory: self.memory.at_least(other.memory) }
    }
}

fn whole(value: i128) -> Amount {
    Amount::new(u64::try_from(value.max(0)).unwrap_or(u64::MAX))
}

fn any_cpu(text: &str) -> Option<Amount> {
    Some(whole(Quantity::parse(text)?.millis()))
}

fn any_memory(text: &str) -> Option<Amount> {
    let bytes = Quantity::parse(text)?.units();
    Some(whole(bytes.div_euclid(MEBIBYTE) + i128::from(bytes.rem_euclid(MEBIBYTE) != 0)))
}

/// What is written without a sign, a point or many digits, and what stands behind the digits: nearly every quantity.
fn plain(text: &str) -> Option<(u64, &[u8])> {
    if text.len() > 17 {
        return None;
    }
    let (mut value, mut rest) = (0_u64, text.as_bytes());
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        value = value * 10 + u64::from(digit - b'0');
        rest = after;
    }
    (1..=15).contains(&(text.len() - rest.len())).then_some((value, rest))
}

fn plain_cpu(text: &str) -> Option<Amount> {
    match plain(text)? {
        (value, b"m") => Some(Amount::new(value)),
        (value, b"") => Some(Amount::new(value * 1_000)),
        _ => None,
    }
}

fn plain_memory(text: &str) -> Option<Amount> {
    match plain(text)? {
        (value, b"Mi") => Some(Amount::new(value)),
        (value, b"Gi") => Some(Amount::new(value * 1_024)),
        (value, b"Ki") => Some(Amount::new(value.div_ceil(1_024))),
        (value, b"") => Some(Amount::new(value.div_ceil(1 << 20))),
        _ => None,
    }
}

/// Writes millicores: `250m`, `3.2` cores, `48`.
#[must_use]
pub fn cores(millicores: u64) -> String {
    match millicores {
        0..1_000 => format!("{millicores}m"),
        1_000..100_000 if !millicores.is_multiple_of(1_000) => format!("{:.1}", millicores as f64 / 1e3),
        _ => format!("{}", millicores / 1_000),
    }
}

/// Writes MiB: `96Mi`, `3.2Gi`, `1.4Ti`.
#[must_use]
pub fn bytes(mebibytes: u64) -> String {
    let scaled = |value: f64, unit: &str| {
        if value >= 100.0 || value.fract() == 0.0 { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") }
    };
    match mebibytes {
        0..1_024 => format!("{mebibytes}Mi"),
        1_024..1_048_576 => scaled(mebibytes as f64 / 1_024.0, "Gi"),
        _ => scaled(mebibytes as f64 / 1_048_576.0, "Ti"),
    }
}

/// A share in percent, rounded; `None` of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| (part * 200 + whole) / (2 * whole))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        let cases: &[(&str, i128)] = &[
            ("250m", 250_000_000),
            ("1.5", 1_500_000_000),
            ("0.1", 100_000_000),
            (".5", 500_000_000),
            ("64Mi", (64 << 20) * ONE),
            ("1.5Gi", (3 << 29) * ONE),
            ("12e3", 12_000 * ONE),
            ("1E", ONE * ONE * ONE),
            ("123456789n", 123_456_789),
            ("-3k", -3_000 * ONE),
            ("100u", 100_000),
        ];
        for (text, value) in cases {
            assert_eq!(Quantity::parse(text), Some(Quantity(*value)), "{text}");
        }
        for text in ["", "m", "1.2.3", "abc", "1x", "--1", "1e99", "."] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn resource_lists_become_millicores_and_mebibytes_rounded_up() {
        let mut amounts = Amounts::NONE;
        amounts.note("cpu", "1500100u");
        amounts.note("memory", "1048577");
        amounts.note("ephemeral-storage", "1Gi");
        assert_eq!((amounts.cpu.get(), amounts.memory.get()), (Some(1_501), Some(2)));
    }

    #[test]
    fn amounts_read_well() {
        assert_eq!((cores(90), cores(3_250), cores(48_000)), ("90m".into(), "3.2".into(), "48".into()));
        assert_eq!((bytes(96), bytes(1_024), bytes(3_300)), ("96Mi".into(), "1Gi".into(), "3.2Gi".into()));
        assert_eq!((percent(1, 3), percent(2, 3), percent(1, 0)), (Some(33), Some(67), None));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_fail(text in "[-+0-9.eEinumkMGTPK]{0,24}") {
            let _ = Quantity::parse(&text);
            let mut amounts = Amounts::NONE;
            amounts.note("cpu", &text);
            amounts.note("memory", &text);
        }

        #[test]
        fn plain_quantities_are_what_they_are_by_the_rules_of_all(text in "[+-]?[0-9]{0,18}(|[.][0-9])(|m|k|M|G|Ki|Mi|Gi|Ti|e3)") {
            prop_assert!(plain_cpu(&text).is_none_or(|plain| any_cpu(&text) == Some(plain)), "{}", text);
            prop_assert!(plain_memory(&text).is_none_or(|plain| any_memory(&text) == Some(plain)), "{}", text);
        }
    }
}
