//! The one object whose page is open in a tab: what was asked, what arrived, and the page made of it.
//!
//! Lives exactly as long as its page. Must not know keys, nor other tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::clock::Now;
use crate::detail::at::At;
use crate::detail::doc::Document;
use crate::detail::page::{self, Sources};
use crate::detail::section::Section;
use crate::model::age::Unix;
use crate::model::detail::{Finding, Inquiry, ObjectRef, Tree};
use crate::model::failure::Failure;
use crate::model::update::Reading;

/// The live data of an open details page.
#[derive(Debug)]
pub struct Subject {
    /// What was last asked for.
    pub asked: Arc<Inquiry>,
    /// How far it is read.
    pub reading: Reading,
    /// Since when that is so.
    pub since: Duration,
    /// The object as it was last seen.
    pub object: Option<Tree>,
    /// The object as it was when a person last looked.
    looked: Option<Tree>,
    /// When it was found to be gone, and whether another has taken its name.
    pub gone: Option<(Unix, bool)>,
    /// What was found beside it, by path.
    beside: BTreeMap<String, Result<Tree, Failure>>,
    /// Keys of a Secret that a person asked to see.
    decoded: BTreeSet<Box<str>>,
    /// The zone of the page's times.
    zone: TimeZone,
    /// Grows with whatever the page shows.
    version: u64,
    made: Option<Made>,
}

/// A page, and what it was made of.
#[derive(Debug)]
struct Made {
    section: Section,
    version: u64,
    page: Document,
}

impl Subject {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(object: ObjectRef, now: &Now) -> Self {
        Self {
            asked: Arc::new(Inquiry::new(object)),
            reading: Reading::Waiting,
            since: now.mono,
            object: None,
            looked: None,
            gone: None,
            beside: BTreeMap::new(),
            decoded: BTreeSet::new(),
            zone: TimeZone::UTC,
            version: 0,
            made: None,
        }
    }

    /// Forgets what was found: whoever is asked from now on is another server.
    pub fn forget(&mut self, now: &Now) {
        let version = self.version + 1;
        *self = Self { asked: Arc::clone(&self.asked), version, ..Self::new(self.asked.object.clone(), now) };
    }

    /// Takes in what was found of an object; of any other it is late, and passed over.
    pub fn note(&mut self, object: &ObjectRef, finding: Finding, now: &Now) {
        if *object != self.asked.object {
            return;
        }
        match finding {
            Finding::Reading(reading) => {
                if self.reading != reading {
                    self.since = now.mono;
                }
                self.reading = reading;
                return;
            }
            Finding::Object(tree) => {
                self.gone = None;
                if self.object.as_ref() == Some(&tree) {
                    return;
                }
                self.looked.get_or_insert_with(|| tree.clone());
                self.object = Some(tree);
            }
            // The last state stays; it says that it is the last.
            Finding::Gone { replaced } => {
                let since = self.gone.map_or(now.unix, |(since, _)| since);
                self.gone = Some((since, replaced));
            }
            Finding::Beside(path, found) => {
                let wanted = self.asked.beside.iter().any(|beside| beside.path == path);
                // What was read stays when it cannot be read again.
                let keep = found.is_err() && matches!(self.beside.get(&path), Some(Ok(_)));
                if !wanted || keep || self.beside.get(&path) == Some(&found) {
                    return;
                }
                self.beside.insert(path, found);
            }
        }
        self.version += 1;
    }

    /// What has to be asked for the section on screen; `None` if that is asked already.
    pub fn ask(&mut self, section: Section) -> Option<Arc<Inquiry>> {
        let object = &self.asked.object;
        let beside = page::beside(section, object, self.object.as_ref().map(|tree| &*tree.0));
        if beside == self.asked.beside {
            return None;
        }
        self.beside.retain(|path, _| beside.iter().any(|wanted| wanted.path == *path));
        self.asked = Arc::new(Inquiry { object: object.clone(), beside, turn: self.asked.turn });
        Some(self.asked.clone())
    }

    /// Takes what there is as seen: only what changes from now on is marked.
    pub fn look(&mut self) {
        self.looked.clone_from(&self.object);
        self.version += 1;
    }

    /// Shows or hides a key of a Secret.
    pub fn toggle_decoded(&mut self, key: &str) {
        if !self.decoded.remove(key) {
            self.decoded.insert(key.into());
        }
        self.version += 1;
    }

    /// The page of a section, its times in a zone, made anew if anything it shows has changed. `None` until the object has arrived.
    pub fn page(&mut self, section: Section, zone: &TimeZone) -> Option<(&Document, u64)> {
        let object = self.object.as_ref()?;
        if self.zone != *zone {
            self.zone.clone_from(zone);
            self.version += 1;
        }
        let fresh = self.made.as_ref().is_some_and(|made| made.section == section && made.version == self.version);
        if !fresh {
            let before: Option<&Value> = self.looked.as_ref().map(|tree| &*tree.0);
            let sources = Sources {
                object: At::new(&object.0, before).in_zone(zone),
                reference: &self.asked.object,
                beside: &self.beside,
                decoded: &self.decoded,
            };
            let page = page::make(section, &sources);
            self.made = Some(Made { section, version: self.version, page });
        }
        self.made.as_ref().map(|made| (&made.page, made.version))
    }

    /// The page as it was last made.
    #[must_use]
    pub fn shown(&self) -> Option<&Document> {
        self.made.as_ref().map(|made| &made.page)
    }
}
