//! The part of a kind that the server picks, by labels and fields, or that names an owner. Plain data; must not know how it is asked for.

use std::fmt;
use std::sync::Arc;

use super::ids::Uid;
use super::kind::Kind;
use super::query::escape;

/// What to pick by, each as kubectl writes it; empty for whatever there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selectors {
    /// A label selector: `app=web,tier in (a,b)`.
    pub labels: String,
    /// A field selector: `status.phase=Failed`.
    pub fields: String,
}

impl Selectors {
    /// Whether everything is picked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// What both pick.
    #[must_use]
    pub fn and(&self, other: &Selectors) -> Selectors {
        let both = |one: &str, other: &str| {
            let parts = [one, other].into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(",")
        };
        Selectors { labels: both(&self.labels, &other.labels), fields: both(&self.fields, &other.fields) }
    }

    /// The same as part of a query, nothing in it that could be taken for another part; empty if everything is picked.
    #[must_use]
    pub fn query(&self) -> String {
        let part = |name: &str, text: &str| (!text.is_empty()).then(|| format!("{name}={}", escape(text)));
        let parts = [part("labelSelector", &self.labels), part("fieldSelector", &self.fields)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

impl fmt::Display for Selectors {
    /// Writes them as they are typed: `-l app=web -f status.phase=Failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = |name: &str, text: &str| (!text.is_empty()).then(|| format!("{name} {text}"));
        let parts = [flag("-l", &self.labels), flag("-f", &self.fields)];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// The objects of a kind that the server picks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subset {
    /// The kind.
    pub kind: Kind,
    /// Only in this namespace; wherever they may be listed if `None`.
    pub namespace: Option<Arc<str>>,
    /// What they are picked by; empty only where an owner tells them.
    pub by: Selectors,
    /// Only those that name this owner. No server selects by it: whoever reads them looks.
    pub owner: Option<Uid>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn selectors_are_joined_and_written_as_they_are_typed() {
        let labels = |text: &str| Selectors { labels: text.to_owned(), ..Selectors::default() };
        let both = labels("app=web").and(&labels("tier in (a,b)"));
        assert_eq!(both.to_string(), "-l app=web,tier in (a,b)");
        let fields = Selectors { fields: "status.phase=Failed".to_owned(), ..Selectors::default() };
        assert_eq!(both.and(&fields).to_string(), "-l app=web,tier in (a,b) -f status.phase=Failed");
        assert_eq!(
            both.and(&fields).query(),
            "labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29&fieldSelector=status.phase%3DFailed"
        );
        assert!(Selectors::default().is_empty() && Selectors::default().query().is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_stays_in_its_own_part_of_the_query(labels in "\\PC{1,20}", fields in "\\PC{1,20}") {
            let query = Selectors { labels, fields }.query();
            prop_assert_eq!(query.matches(['&', '=']).count(), 3);
            prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'?'));
        }
    }
}
