//! Shortens long generated context names so that the telling part stays. Must not know files.

use std::collections::BTreeMap;

/// Returns the shown name of every context name, in the same order.
///
/// `arn:aws:eks:eu-west-1:123456789012:cluster/prod-eu` and `gke_project_zone_prod-eu` become `eks_prod-eu` and
/// `gke_prod-eu`, unless two of the names would look alike: those keep their full form.
#[must_use]
pub fn short_names(names: &[&str]) -> Vec<String> {
    let shortened: Vec<String> = names.iter().map(|name| shorten(name)).collect();
    let mut wearers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for (name, short) in names.iter().zip(&shortened) {
        // The same name in two files looks alike anyway; shortening it hides nothing.
        if seen.insert(*name) {
            *wearers.entry(short).or_default() += 1;
        }
    }
    let chosen = names.iter().zip(&shortened).map(|(name, short)| {
        if wearers.get(short.as_str()).copied().unwrap_or(0) > 1 { (*name).to_owned() } else { short.clone() }
    });
    chosen.collect()
}

fn shorten(name: &str) -> String {
    if let Some(cluster) = eks(name) {
        return format!("eks_{cluster}");
    }
    if let Some(cluster) = gke(name) {
        return format!("gke_{cluster}");
    }
    name.to_owned()
}

/// Returns the cluster of `arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME`.
fn eks(name: &str) -> Option<&str> {
    let mut parts = name.splitn(6, ':');
    let is_arn = parts.next() == Some("arn");
    let (_partition, service) = (parts.next()?, parts.next()?);
    let (_region, _account) = (parts.next()?, parts.next()?);
    let cluster = parts.next()?.strip_prefix("cluster/")?;
    (is_arn && service == "eks" && !cluster.is_empty()).then_some(cluster)
}

/// Returns the cluster of `gke_PROJECT_LOCATION_NAME`. None of the parts may hold an underscore.
fn gke(name: &str) -> Option<&str> {
    let mut parts = name.strip_prefix("gke_")?.splitn(3, '_');
    let (_project, _location) = (parts.next()?, parts.next()?);
    parts.next().filter(|cluster| !cluster.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_keep_their_telling_part() {
        let names = [
            "arn:aws:eks:eu-west-1:123456789012:cluster/prod-eu",
            "gke_acme_europe-west1-b_prod-us",
            "kind-dev",
            "gke_odd",
        ];
        assert_eq!(short_names(&names), ["eks_prod-eu", "gke_prod-us", "kind-dev", "gke_odd"]);
    }

    #[test]
    fn names_that_would_look_alike_stay_long() {
        let names = ["gke_a_z_prod", "gke_b_z_prod", "gke_b_z_test", "gke_test"];
        assert_eq!(short_names(&names), names);
        assert_eq!(short_names(&["gke_a_z_prod", "gke_a_z_prod"]), ["gke_prod", "gke_prod"]);
    }
}
