//! Shares strings that repeat: namespaces, nodes, reasons. One per stream of one cluster; never shared between clusters.

use std::sync::Arc;

use crate::model::hash::QuickSet;

/// Longer strings hardly repeat: they are not kept, in bytes.
const LONGEST: usize = 256;
/// The number of strings from which on unused ones are looked for.
const FIRST_SWEEP: usize = 1024;

/// A set of shared strings that forgets what nobody holds any more.
#[derive(Debug)]
pub struct Interner {
    strings: QuickSet<Arc<str>>,
    empty: Arc<str>,
    sweep_at: usize,
}

impl Default for Interner {
    fn default() -> Self {
        Self { strings: QuickSet::default(), empty: Arc::from(""), sweep_at: FIRST_SWEEP }
    }
}

impl Interner {
    /// Returns the one shared copy of `text`.
    pub fn share(&mut self, text: &str) -> Arc<str> {
        if text.is_empty() {
            return Arc::clone(&self.empty);
        }
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        let fresh: Arc<str> = Arc::from(text);
        if text.len() > LONGEST {
            return fresh;
        }
        if self.strings.len() >= self.sweep_at {
            self.strings.retain(|string| Arc::strong_count(string) > 1);
            // Doubling keeps the cost of sweeping proportional to what was added in between.
            self.sweep_at = (self.strings.len() * 2).max(FIRST_SWEEP);
        }
        self.strings.insert(Arc::clone(&fresh));
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
