//! Owns the words a world is made of: names, images, versions, ids that look like the real ones, all from one seed.
//! Must not know what they are used for.

use std::collections::HashMap;
use std::sync::LazyLock;

use fastrand::Rng;
use serde::Deserialize;

use super::scenario::Provider;

/// Tells whether a text may stand between the dots of a name.
pub(crate) fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
}

/// What is written down of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) services: Vec<String>,
    pub(super) stateful: Vec<String>,
    pub(super) jobs: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) teams: Vec<String>,
    /// Platform workloads that any cluster with applications has.
    pub(super) platform: Vec<Installed>,
    flavours: HashMap<Provider, Flavour>,
}

/// What is the same on all nodes of a provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flavour {
    pub(super) os_image: String,
    pub(super) kernel: String,
    pub(super) runtime: String,
    pub(super) instance_types: Vec<String>,
    pub(super) system: Vec<Installed>,
}

/// A workload of the system.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Installed {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) image: String,
    #[serde(default)]
    pub(super) daemon: bool,
}

#[expect(clippy::expect_used, reason = "a file of this program, read by a test")]
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/words.yaml"));
    let words: serde_json::Value = serde_saphyr::from_str(text).expect("words.yaml is YAML");
    Words::deserialize(words).expect("words.yaml holds the words")
});

/// Characters of generated names: without vowels, so that no word appears.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A random suffix as `generateName` makes them.
pub(super) fn suffix(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| char::from(SAFE[rng.usize(..SAFE.len())])).collect()
}

/// One of the given words.
pub(super) fn pick<'a>(rng: &mut Rng, words: &'a [String]) -> &'a str {
    &words[rng.usize(..words.len())]
}

/// A version of an application image.
pub(super) fn tag(rng: &mut Rng) -> String {
    format!("{}.{}.{}", rng.u8(1..5), rng.u8(0..40), rng.u8(0..12))
}

/// Writes a number as a random (version 4) UUID.
pub(super) fn uuid(number: u128) -> String {
    let number = number & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let mut out = String::with_capacity(36);
    push_hex(&mut out, (number >> 64) as u64);
    push_hex(&mut out, number as u64);
    for at in [20, 16, 12, 8] {
        out.insert(at, '-');
    }
    out
}

/// Sixteen hexadecimal digits; a world has a million of them.
fn push_hex(out: &mut String, number: u64) {
    let digit = |shift: u32| char::from(b"0123456789abcdef"[(number >> shift & 0xf) as usize]);
    out.extend((0..16).rev().map(|place| digit(place * 4)));
}

/// Sixty-four hexadecimal digits that follow from `seed`, for container ids and digests.
pub(super) fn digest(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut out = String::with_capacity(64);
    (0..4).for_each(|_| push_hex(&mut out, rng.u64(..)));
    out
}

/// A number that follows from a text and nothing else (FNV-1a): the same on every machine, unlike the standard hasher.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Returns the flavour of a provider.
pub(super) fn flavour(provider: Provider) -> &'static Flavour {
    &WORDS.flavours[&provider]
}

/// The name of node `index`, as its provider would write it.
pub(super) fn node(
    rng: &mut Rng,
    provider: Provider,
    region: &str,
    cluster: &str,
    index: usize,
    address: [u8; 4],
) -> String {
    let [a, b, c, d] = address;
    match provider {
        Provider::Eks if region == "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
        Provider::Eks => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
        Provider::Gke => {
            format!("gke-{cluster}-pool-{}-{:08x}-{}", 1 + index % 2, hash(cluster) as u32, suffix(rng, 4))
        }
        Provider::Aks => format!("aks-system-{}-vmss{index:06}", 10_000_000 + hash(cluster) % 80_000_000),
        Provider::K3s => format!("{cluster}-{}", char::from(b'a' + (index % 26) as u8)),
        Provider::Kubeadm if index == 0 => format!("{cluster}-cp-1"),
        Provider::Kubeadm => format!("{cluster}-worker-{index}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_flavour() {
        for provider in [Provider::Eks, Provider::Gke, Provider::Aks, Provider::K3s, Provider::Kubeadm] {
            assert!(!flavour(provider).system.is_empty() && !flavour(provider).instance_types.is_empty());
        }
    }

    #[test]
    fn uuids_are_of_version_4() {
        let uuid = uuid(u128::MAX);
        assert_eq!((uuid.len(), &uuid[14..15], &uuid[19..20]), (36, "4", "b"));
    }

    #[test]
    fn names_hold_no_vowel() {
        assert!(!suffix(&mut Rng::with_seed(3), 500).contains(['a', 'e', 'i', 'o', 'u']));
    }
}
