//! Owns the objects of one cluster: ordered maps, the resource version counter and a bounded change log per resource that
//! watches resume from. Must not know how objects come to be, what is in them, nor how they are sent.

mod object;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::kinds::{Registry, Resource};
use super::mould::Stamp;

pub(crate) use object::Object;
use object::Rest;

/// Changes kept per resource for watches to resume from, at least; older ones answer 410 Expired.
const LOG_LIMIT: usize = 4_096;
/// The same of a resource of many objects, at most: a real server keeps more where more changes, up to this.
const LONGEST_LOG: usize = 100 * 1_024;

/// How far resource versions are ahead after a restart.
const RESTART_JUMP: u64 = 1_000_000;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Added,
    Modified,
    Deleted,
}

/// One entry of a change log.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) resource_version: u64,
    pub(crate) verb: Verb,
    pub(crate) object: Arc<Object>,
    /// The version before, for watches with selectors: a pod that stops matching is a deletion to them.
    pub(crate) previous: Option<Arc<Object>>,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<Box<str>, Arc<Object>>,
    log: VecDeque<Change>,
    /// Versions up to this one can no longer be resumed from.
    forgotten: u64,
}

/// All objects of one cluster.
pub(crate) struct Store {
    registry: Registry,
    shelves: Vec<Shelf>,
    resource_version: u64,
}

impl Store {
    /// An empty store whose first object gets the version after `resource_version`.
    pub(crate) fn new(resource_version: u64) -> Self {
        let registry = Registry::new();
        let shelf = |_: &Resource| Shelf { forgotten: resource_version, ..Shelf::default() };
        Self { registry, shelves: Resource::ALL.iter().map(shelf).collect(), resource_version }
    }

    /// The kinds there are.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Serves the kind a definition defines.
    pub(crate) fn define(&mut self, definition: &serde_json::Value) {
        if let Some(resource) = self.registry.define(definition)
            && resource.index() == self.shelves.len()
        {
            self.shelves.push(Shelf { forgotten: self.resource_version, ..Shelf::default() });
        }
    }

    /// Stops serving the kind of a definition; its objects go first, and whoever watches them is told.
    pub(crate) fn undefine(&mut self, resource: Resource) {
        for object in self.list(resource, None, None) {
            self.remove(resource, &object.namespace, &object.name);
        }
        self.registry.undefine(resource);
    }

    /// The newest version of anything.
    pub(crate) fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// Creates or replaces an object; `body` writes it for the version it gets.
    pub(crate) fn put(
        &mut self,
        resource: Resource,
        namespace: &str,
        name: &str,
        body: impl FnOnce(u64) -> String,
    ) -> Arc<Object> {
        self.resource_version += 1;
        let text = body(self.resource_version);
        // Whoever writes from outside writes managed fields; within a string every quote has a backslash before it.
        let rest = if text.contains("\"managedFields\":[") { Rest::Nothing } else { Rest::ManagedFields };
        let object = Object::with_rest(namespace, name, self.resource_version, text, rest);
        self.place(resource, object)
    }

    /// Creates or replaces a pod of the world's own; `body` writes its metadata and its status for the version it gets.
    pub(crate) fn put_stamped(
        &mut self,
        namespace: &str,
        name: &str,
        stamp: impl FnOnce(u64) -> (String, u32, Stamp),
    ) -> Arc<Object> {
        self.resource_version += 1;
        let (text, end, stamp) = stamp(self.resource_version);
        let rest = Rest::Stamp(Box::new(stamp), end);
        let object = Object::with_rest(namespace, name, self.resource_version, text, rest);
        self.place(Resource::Pods, object)
    }

    fn place(&mut self, resource: Resource, object: Arc<Object>) -> Arc<Object> {
        let shelf = &mut self.shelves[resource.index()];
        let previous = shelf.objects.insert(key(&object.namespace, &object.name), Arc::clone(&object));
        let verb = if previous.is_some() { Verb::Modified } else { Verb::Added };
        let kept = Arc::clone(&object);
        shelf.record(Change { resource_version: self.resource_version, verb, object, previous });
        kept
    }

    /// Removes an object; what watches get is its last state with a new version, as from a real server.
    pub(crate) fn remove(&mut self, resource: Resource, namespace: &str, name: &str) -> bool {
        let shelf = &mut self.shelves[resource.index()];
        let Some(last) = shelf.objects.remove(&*key(namespace, name)) else { return false };
        self.resource_version += 1;
        let object = last.again(self.resource_version);
        let verb = Verb::Deleted;
        shelf.record(Change { resource_version: self.resource_version, verb, object, previous: Some(last) });
        true
    }

    /// Forgets the change logs: seeding a world leaves no history to resume from.
    pub(crate) fn forget_history(&mut self) {
        for shelf in &mut self.shelves {
            shelf.log.clear();
            shelf.forgotten = self.resource_version;
        }
    }

    /// Goes on as a restarted server does: what watches resume from is forgotten, new versions are far ahead.
    pub(crate) fn restart(&mut self) {
        self.resource_version += RESTART_JUMP;
        self.forget_history();
    }

    /// One object.
    pub(crate) fn get(&self, resource: Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.shelves[resource.index()].objects.get(&*key(namespace, name)).cloned()
    }

    /// Objects in key order: of one namespace or of all, those after the key `after` when it is given.
    pub(crate) fn list(&self, resource: Resource, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
        let objects = &self.shelves[resource.index()].objects;
        let prefix = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let start = after.map_or_else(|| prefix.clone(), |after| format!("{after}\0"));
        objects
            .range(start.into_boxed_str()..)
            .take_while(|(key, _)| key.starts_with(&*prefix))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    /// Whether all changes after `resource_version` are known.
    pub(crate) fn remembers(&self, resource: Resource, resource_version: u64) -> bool {
        resource_version >= self.shelves[resource.index()].forgotten
    }

    /// Changes after `resource_version`, oldest first; `None` when some of them are forgotten.
    pub(crate) fn changes(&self, resource: Resource, resource_version: u64) -> Option<Vec<Change>> {
        if !self.remembers(resource, resource_version) {
            return None;
        }
        let shelf = &self.shelves[resource.index()];
        let first = shelf.log.partition_point(|change| change.resource_version <= resource_version);
        Some(shelf.log.range(first..).cloned().collect())
    }

    /// Every object as `plural key body` lines: equal worlds give equal dumps.
    pub(crate) fn dump(&self) -> String {
        let mut out = String::new();
        for kind in self.registry.served() {
            for (key, object) in &self.shelves[kind.resource.index()].objects {
                out.push_str(&kind.plural);
                out.push(' ');
                out.push_str(key);
                out.push(' ');
                out.push_str(&object.text(kind));
                out.push('\n');
            }
        }
        out
    }
}

impl Shelf {
    fn record(&mut self, change: Change) {
        self.log.push_back(change);
        while self.log.len() > self.objects.len().clamp(LOG_LIMIT, LONGEST_LOG) {
            if let Some(oldest) = self.log.pop_front() {
                self.forgotten = oldest.resource_version;
            }
        }
    }
}

/// The key of an object within its resource: what lists are ordered by and what continue tokens hold.
pub(crate) fn key(namespace: &str, name: &str) -> Box<str> {
    if namespace.is_empty() { name.into() } else { format!("{namespace}/{name}").into_boxed_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(version: u64) -> String {
        format!("{{\"metadata\":{{\"resourceVersion\":\"{version}\"}}}}")
    }

    #[test]
    fn a_watch_resumes_where_it_was_and_not_from_forgotten_history() {
        let mut store = Store::new(100);
        store.put(Resource::Pods, "a", "x", body);
        store.put(Resource::Pods, "a", "x", body);
        assert!(store.remove(Resource::Pods, "a", "x"));
        let verbs: Vec<Verb> = store.changes(Resource::Pods, 101).unwrap().iter().map(|change| change.verb).collect();
        assert_eq!(verbs, [Verb::Modified, Verb::Deleted]);
        assert!(store.changes(Resource::Pods, 99).is_none());
        for _ in 0..=LOG_LIMIT {
            store.put(Resource::Pods, "a", "y", body);
        }
        assert!(store.changes(Resource::Pods, 103).is_none());
    }

    #[test]
    fn more_changes_are_kept_of_a_resource_of_many_objects() {
        let mut store = Store::new(0);
        for name in 0..LOG_LIMIT + 500 {
            store.put(Resource::Pods, "a", &name.to_string(), body);
        }
        let begin = store.resource_version();
        (0..LOG_LIMIT + 100).for_each(|name| drop(store.put(Resource::Pods, "a", &name.to_string(), body)));
        assert_eq!(store.changes(Resource::Pods, begin).map(|changes| changes.len()), Some(LOG_LIMIT + 100));
    }

    #[test]
    fn a_deleted_object_carries_the_version_of_its_deletion() {
        let mut store = Store::new(7);
        store.put(Resource::Nodes, "", "n", body);
        store.remove(Resource::Nodes, "", "n");
        let changes = store.changes(Resource::Nodes, 8).unwrap();
        assert_eq!(changes[0].object.own(), body(9));
    }

    #[test]
    fn a_namespaced_list_holds_that_namespace_only_and_continues_after_a_key() {
        let mut store = Store::new(0);
        for (namespace, name) in [("a", "1"), ("a", "2"), ("a-b", "1"), ("b", "1")] {
            store.put(Resource::Pods, namespace, name, body);
        }
        assert_eq!(store.list(Resource::Pods, Some("a"), None).len(), 2);
        assert_eq!(store.list(Resource::Pods, Some("a"), Some("a/1")).len(), 1);
        assert_eq!(store.list(Resource::Pods, None, Some("a/2")).len(), 1);
    }
}
