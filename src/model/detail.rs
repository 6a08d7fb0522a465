//! One object under a person's eyes: what is asked about it and what was found. Plain data; must not know who asks.
//!
//! What is found can be a Secret: nothing here shows its content when it is logged.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::failure::Failure;
use super::ids::Uid;
use super::kind::Kind;
use super::update::Reading;

/// Points at one object of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity; `None` where only the name is known: then whatever bears the name is meant.
    pub uid: Option<Uid>,
}

impl ObjectRef {
    /// The API path of the list that it is in.
    #[must_use]
    pub fn list_path(&self) -> String {
        self.kind.path(Some(&*self.namespace).filter(|namespace| !namespace.is_empty()))
    }

    /// What it is and where, in words: `pod shop/cart-0`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}", self.kind.manifest().to_lowercase(), self.place())
    }

    /// Its namespace and name as one word.
    #[must_use]
    pub fn place(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

/// What is asked of a cluster while a details page is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The object to follow.
    pub object: ObjectRef,
    /// What else is to be fetched, as long as it is asked for.
    pub beside: Vec<Beside>,
    /// Another turn is answered from its beginning, also about the same object: whoever asks now knows nothing yet.
    pub turn: u64,
}

impl Inquiry {
    /// Asks for an object alone.
    #[must_use]
    pub fn new(object: ObjectRef) -> Self {
        Self { object, beside: Vec::new(), turn: 0 }
    }

    /// The same question in a turn of its own.
    #[must_use]
    pub fn in_turn(&self, turn: u64) -> Arc<Self> {
        Arc::new(Self { turn, ..self.clone() })
    }
}

/// Something to be fetched beside the object itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beside {
    /// The API path with its query; also the name of what comes back.
    pub path: String,
    /// A list that is kept current by a watch; else it is fetched now and then.
    pub live: bool,
    /// Only the metadata of its objects is wanted.
    pub metadata: bool,
}

/// A JSON value that may be secret: shared, and silent when it is logged.
#[derive(Clone, PartialEq)]
pub struct Tree(pub Arc<Value>);

impl Tree {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tree(..)")
    }
}

/// One fact about the object that was asked for.
#[derive(Clone, Debug)]
pub enum Finding {
    /// How far it is read.
    Reading(Reading),
    /// The object as it is now.
    Object(Tree),
    /// It is not there, or not any more.
    Gone {
        /// Another object has taken its name.
        replaced: bool,
    },
    /// What is at a path beside it.
    Beside(String, Result<Tree, Failure>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_silent_when_it_is_logged() {
        let tree = Tree::new(serde_json::json!({"data": {"password": "aHVudGVyMg=="}}));
        let told = format!("{:?}", Finding::Object(tree.clone()));
        assert!(!told.contains("aHVudGVyMg"), "{told}");
        let told = format!("{:?}", Finding::Beside("/api/v1/secrets".to_owned(), Ok(tree)));
        assert!(!told.contains("aHVudGVyMg"), "{told}");
    }
}
