//! Objects by their names, for the palette: searched beside the loop among the rows that are kept, the latest question
//! wins. Must not know how rows are kept, nor how what is found is drawn.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::chooser::{Choice, Entry};
use super::cluster::OpenCluster;
use super::layer::Layer;
use super::message::Message;
use super::ordering::Work;
use super::state::App;
use crate::model::detail::ObjectRef;
use crate::model::ids::{ClusterId, Generation, Uid};
use crate::model::kind::Kind;
use crate::table::names::Names;
use crate::table::natural;
use crate::table::order::Ticket;

/// Objects found at most; whoever wants another types more of its name.
const MOST: usize = 40;
/// Letters from which on objects are searched: fewer are in nearly every name.
const LEAST: usize = 2;
/// Rows looked at between two looks at whether anyone still wants the answer.
const STRIDE: usize = 1_024;

/// A search for objects of one cluster.
pub struct Search {
    cluster: ClusterId,
    generation: Generation,
    text: String,
    tables: Vec<(Kind, Names)>,
    ticket: Ticket,
}

/// What came of it.
#[derive(Debug)]
pub struct Found {
    cluster: ClusterId,
    generation: Generation,
    text: String,
    objects: Vec<ObjectRef>,
}

/// An object whose name matches, and how well.
struct Candidate {
    score: u32,
    kind: usize,
    namespace: Box<str>,
    name: Box<str>,
    uid: Uid,
}

impl Search {
    /// Searches; tens of milliseconds for 100,000 rows. Tells nothing once another search has taken its place.
    pub fn run(self, tell: &mut dyn FnMut(Message)) {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&self.text, CaseMatching::Ignore, Normalization::Smart);
        let (mut buffer, mut seen, mut wanted) = (Vec::new(), 0_usize, true);
        let mut found: Vec<Candidate> = Vec::new();
        for (kind, (_, names)) in self.tables.iter().enumerate() {
            names.each(&mut |namespace, name, uid| {
                seen += 1;
                wanted = !seen.is_multiple_of(STRIDE) || self.ticket.is_wanted();
                if let Some(score) = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher) {
                    found.push(Candidate { score, kind, namespace: namespace.into(), name: name.into(), uid });
                    if found.len() >= 4 * MOST {
                        keep_best(&mut found);
                    }
                }
                wanted
            });
            if !wanted {
                return;
            }
        }
        keep_best(&mut found);
        let kinds: Vec<Kind> = self.tables.iter().map(|(kind, _)| kind.clone()).collect();
        // The rows are given back before the answer.
        drop(self.tables);
        let objects = found.into_iter().filter_map(|it| {
            let kind = kinds.get(it.kind)?.clone();
            let namespace = if kind.namespaced() { it.namespace.into() } else { "".into() };
            Some(ObjectRef { kind, namespace, name: it.name.into(), uid: Some(it.uid) })
        });
        let (cluster, generation, text) = (self.cluster, self.generation, self.text);
        tell(Message::Found(Found { cluster, generation, text, objects: objects.collect() }));
    }
}

/// Puts the best first and drops the rest.
fn keep_best(found: &mut Vec<Candidate>) {
    found.sort_by(|left, right| {
        let by_score = right.score.cmp(&left.score).then(left.kind.cmp(&right.kind));
        by_score
            .then_with(|| natural::compare(&left.name, &right.name))
            .then_with(|| natural::compare(&left.namespace, &right.namespace))
            .then_with(|| left.uid.cmp(&right.uid))
    });
    found.truncate(MOST);
}

/// The kinds whose objects are searched: those with rows here. Events have no names worth a search.
fn searched(cluster: &OpenCluster) -> impl Iterator<Item = Kind> {
    let standing = [Kind::Pods, Kind::Nodes].into_iter();
    standing.chain(cluster.tables.kinds().cloned()).filter(|kind| cluster.tables.of(kind).total() > 0)
}

/// Says which objects can be found by name.
#[must_use]
pub fn hint(cluster: &OpenCluster) -> String {
    let kinds: Vec<String> = searched(cluster).map(|kind| kind.plural().to_owned()).collect();
    if kinds.is_empty() {
        String::new()
    } else {
        format!("finds {} by name; of other kinds once looked at", kinds.join(", "))
    }
}

/// Whether an entry is an object that was found.
#[must_use]
pub fn is_object(entry: &Entry) -> bool {
    matches!(entry.choice, Choice::Object(_))
}

impl App {
    /// Searches for what is typed in the palette; any search before is given up.
    pub(super) fn search_objects(&mut self) {
        if let Some(ticket) = self.finding.take() {
            ticket.cancel();
        }
        let Some(Layer::Palette(chooser)) = self.layers.last_mut() else { return };
        let text = chooser.input.value().trim().to_owned();
        let Some(cluster) = self.fleet.active().filter(|_| text.chars().count() >= LEAST) else {
            chooser.amend(is_object, Vec::new());
            return;
        };
        let tables: Vec<(Kind, Names)> =
            searched(cluster).map(|kind| (kind.clone(), cluster.tables.of(&kind).names())).collect();
        let ticket = Ticket::default();
        self.finding = Some(ticket.clone());
        let (cluster, generation) = (cluster.id.clone(), cluster.generation);
        self.work.push(Work::Find(Search { cluster, generation, text, tables, ticket }));
    }

    /// Offers what was found, if that is still what is looked for.
    pub(super) fn found(&mut self, found: Found) {
        let same = |cluster: &OpenCluster| cluster.id == found.cluster && cluster.generation == found.generation;
        let Some(Layer::Palette(chooser)) = self.layers.last_mut() else { return };
        if chooser.input.value().trim() != found.text || !self.fleet.active().is_some_and(same) {
            return;
        }
        let entries = found.objects.into_iter().map(|object| {
            let place = if object.namespace.is_empty() { String::new() } else { format!(" in {}", object.namespace) };
            let detail = format!("{}{place}", object.kind.plural());
            Entry { detail, ..Entry::new(Choice::Object(object.clone()), &*object.name) }
        });
        chooser.amend(is_object, entries.collect());
    }
}
