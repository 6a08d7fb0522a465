//! Hashing of what servers name: uids and short words, far quicker than the standard hash. Must not know who asks.
//!
//! Whoever names things must not be able to choose names that fall into one place: the hash is keyed with a secret of this
//! process, which the system's randomness makes.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::{FoldHasher, SeedableRandomState};

/// A map of uids or short words.
pub type QuickMap<K, V> = HashMap<K, V, Quick>;
/// A set of uids or short words.
pub type QuickSet<K> = HashSet<K, Quick>;

static SECRET: LazyLock<(u64, SharedSeed)> = LazyLock::new(|| {
    let random = RandomState::new();
    (random.hash_one(0), SharedSeed::from_u64(random.hash_one(1)))
});

/// The quick hash with this process's secret: equal keys have equal hashes anywhere in it.
#[derive(Clone, Debug)]
pub struct Quick(SeedableRandomState);

impl Default for Quick {
    fn default() -> Self {
        let (seed, shared) = &*SECRET;
        Self(SeedableRandomState::with_seed(*seed, shared))
    }
}

impl BuildHasher for Quick {
    type Hasher = FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Uid;

    #[test]
    fn uids_that_differ_in_a_few_bits_only_spread_over_all_places() {
        let quick = Quick::default();
        for shift in [0, 32, 64, 100] {
            let places: HashSet<u64> = (0..4_096_u128).map(|uid| quick.hash_one(Uid(uid << shift)) >> 48).collect();
            assert!(places.len() > 3_700, "{} places at {shift}", places.len());
            let places: HashSet<u64> = (0..4_096_u128).map(|uid| quick.hash_one(Uid(uid << shift)) & 0xffff).collect();
            assert!(places.len() > 3_700, "{} places at {shift}", places.len());
        }
    }

    #[test]
    fn equal_keys_have_equal_hashes_in_any_map() {
        assert_eq!(Quick::default().hash_one(Uid(7)), Quick::default().hash_one(Uid(7)));
    }
}
