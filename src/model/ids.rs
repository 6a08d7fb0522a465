//! Identities: clusters, selection generations and Kubernetes objects. Must not know what they point at.

use std::fmt;
use std::sync::Arc;

/// Names an open cluster everywhere: `file:context`, for example `config:prod-us-east-1`.
///
/// Opaque: context names may hold `:` and `/`, so nothing ever splits an id. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(Arc<str>);

impl ClusterId {
    /// Wraps an id that the kubeconfig catalog (or the state file) has given out.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(Arc::from(id))
    }

    /// Returns the id as text, for storing, logging and showing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterId({})", self.0)
    }
}

/// Counts changes of the selection; what carries an older generation than its cluster's is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

impl Generation {
    /// Returns the generation that follows this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Identifies one object for its lifetime: the server's `metadata.uid` as a number.
///
/// Canonical UUIDs and bare 32-digit hashes (mirror pods) map to their value; anything else to a 128-bit FNV-1a hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
// At home in 8-byte places, as the other fields of rows are: 16-byte places would make each row larger for nothing.
#[repr(Rust, packed(8))]
pub struct Uid(pub u128);

impl Uid {
    /// Reads a `metadata.uid`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::parse_bytes(text.as_bytes())
    }

    /// Reads a uid from bytes that nobody has checked to be text.
    pub fn parse_bytes(text: &[u8]) -> Self {
        let (mut high, mut low) = (0_u64, 0_u64);
        let mut digits = 0_u32;
        for &byte in text {
            // From a table: whether a digit is a letter cannot be foretold, and each wrong guess costs as much as ten digits.
            let digit = DIGITS[usize::from(byte)];
            if digit > 0xf {
                if byte == b'-' {
                    continue;
                }
                return Self::hash(text);
            }
            let half = if digits < 16 { &mut high } else { &mut low };
            *half = (*half << 4) | u64::from(digit);
            digits += 1;
        }
        if digits == 32 { Self(u128::from(high) << 64 | u128::from(low)) } else { Self::hash(text) }
    }

    /// As servers write it; `None` where what was read may have been no such thing, of which only a hash is kept.
    #[must_use]
    pub fn written(self) -> Option<String> {
        let digits = format!("{:032x}", { self.0 });
        let is_uuid = matches!(digits.as_bytes(), bytes if (b'1'..=b'5').contains(bytes.get(12)?)
            && matches!(bytes.get(16)?, b'8' | b'9' | b'a' | b'b'));
        let part = |range| digits.get(range);
        let parts = [part(0..8)?, part(8..12)?, part(12..16)?, part(16..20)?, part(20..32)?];
        is_uuid.then(|| parts.join("-"))
    }

    fn hash(text: &[u8]) -> Self {
        const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        Self(text.iter().fold(OFFSET, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
    }
}

/// The value of each hexadecimal digit; more than 15 for what is none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_and_its_bare_digits_are_the_same_uid() {
        let dashed = Uid::parse("e2e11045-638f-47ec-9cc3-ed59767faaa0");
        assert_eq!(dashed, Uid::parse("e2e11045638f47ec9cc3ed59767faaa0"));
        assert_eq!(dashed, Uid::parse("E2E11045-638F-47EC-9CC3-ED59767FAAA0"));
        assert_eq!({ dashed.0 }, 0xe2e1_1045_638f_47ec_9cc3_ed59_767f_aaa0);
    }

    #[test]
    fn a_uuid_is_written_as_it_was_read_and_what_may_be_none_is_not() {
        let text = "02e11045-638f-47ec-9cc3-ed59767faaa0";
        assert_eq!(Uid::parse(text).written().as_deref(), Some(text));
        assert_eq!(Uid::parse("02e11045-638f-07ec-9cc3-ed59767faaa0").written(), None);
    }

    #[test]
    fn uids_that_are_not_hexadecimal_stay_distinct() {
        assert_ne!(Uid::parse("node-a"), Uid::parse("node-b"));
        assert_ne!(Uid::parse(""), Uid::parse("0"));
    }
}
