//! Shares strings that repeat: namespaces, nodes, reasons. One per stream of one cluster; never shared between clusters.

use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::hash::QuickSet;

/// Longer strings hardly repeat: they are not kept, in bytes.
const LONGEST: usize = 256;
/// The number of strings from which on unused ones are looked for.
const FIRST_SWEEP: usize = 1024;

/// A set of shared strings that forgets what nobody holds any more.
#[derive(Debug)]
pub struct Interner {
    strings: QuickSet<Shared>,
    empty: Arc<str>,
    sweep_at: usize,
}

/// A shared string that is found by its bytes: what is known already needs no check that it is text.
#[derive(Debug, PartialEq, Eq)]
struct Shared(Arc<str>);

impl Borrow<[u8]> for Shared {
    fn borrow(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

impl Default for Interner {
    fn default() -> Self {
        Self { strings: QuickSet::default(), empty: Arc::from(""), sweep_at: FIRST_SWEEP }
    }
}

impl Interner {
    /// Returns the one shared copy of `text`.
    pub fn share(&mut self, text: &str) -> Arc<str> {
        self.known(text.as_bytes()).unwrap_or_else(|| self.keep(text))
    }

    /// Returns the one shared copy of a text as it came; broken UTF-8 is replaced.
    pub fn share_bytes(&mut self, text: &[u8]) -> Arc<str> {
        self.known(text).unwrap_or_else(|| match String::from_utf8_lossy(text) {
            Cow::Borrowed(text) => self.keep(text),
            Cow::Owned(repaired) => self.share(&repaired),
        })
    }

    fn known(&self, text: &[u8]) -> Option<Arc<str>> {
        if text.is_empty() {
            return Some(Arc::clone(&self.empty));
        }
        self.strings.get(text).map(|known| Arc::clone(&known.0))
    }

    fn keep(&mut self, text: &str) -> Arc<str> {
        let fresh: Arc<str> = Arc::from(text);
        if text.len() > LONGEST {
            return fresh;
        }
        if self.strings.len() >= self.sweep_at {
            self.strings.retain(|string| Arc::strong_count(&string.0) > 1);
            // Doubling keeps the cost of sweeping proportional to what was added in between.
            self.sweep_at = (self.strings.len() * 2).max(FIRST_SWEEP);
        }
        self.strings.insert(Shared(Arc::clone(&fresh)));
        fresh
    }

    /// Returns the number of strings held.
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Tells whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_are_shared() {
        let mut interner = Interner::default();
        let first = interner.share("node-a");
        assert!(Arc::ptr_eq(&first, &interner.share("node-a")));
        assert!(!Arc::ptr_eq(&first, &interner.share("node-b")));
        assert!(Arc::ptr_eq(&interner.share(""), &interner.share("")));
        assert_eq!(interner.len(), 2);
    }

    #[test]
    fn bytes_are_shared_with_text_and_what_is_no_text_is_repaired_once() {
        let mut interner = Interner::default();
        assert!(Arc::ptr_eq(&interner.share("node-a"), &interner.share_bytes(b"node-a")));
        let repaired = interner.share_bytes(b"node-\xff");
        assert_eq!(&*repaired, "node-\u{fffd}");
        assert!(Arc::ptr_eq(&repaired, &interner.share_bytes(b"node-\xff")));
        assert!(Arc::ptr_eq(&interner.share(""), &interner.share_bytes(b"")));
        assert_eq!(interner.len(), 2);
    }

    #[test]
    fn what_nobody_holds_is_forgotten_and_what_is_held_stays() {
        let mut interner = Interner::default();
        let held = interner.share("held");
        for number in 0..100_000 {
            drop(interner.share(&format!("passing-{number}")));
        }
        assert!(interner.len() <= FIRST_SWEEP + 1, "{} strings are held", interner.len());
        assert!(Arc::ptr_eq(&held, &interner.share("held")));
    }

    #[test]
    fn a_long_string_is_not_kept() {
        let mut interner = Interner::default();
        interner.share(&"x".repeat(LONGEST + 1));
        assert!(interner.is_empty());
    }
}
