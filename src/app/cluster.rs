//! One open cluster as the event loop knows it: facts from its tasks, what follows from them, and its own view.
//!
//! Must not know other clusters: nothing here can reach one.

mod known;
mod pending;
mod standing;

use known::Kept;
use pending::Pending;
pub use standing::{HealthChange, Standing};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::attention::Attention;
use super::belongings::Content;
use super::changes::Changes;
use super::clock::Now;
use super::explain::object::Explained;
use super::ignored::Ignored;
use super::looks::Looks;
use super::metering::Metering;
use super::overview::Overview;
use super::owner::Owned;
use super::permitted::Permitted;
use super::picked::Picked;
use super::pulse::Pulse;
use super::readings::Readings;
use super::stir::{Behind, restarted};
use super::subject::Subject;
use super::summary::{Freshness, Summary};
use super::tab::ClusterView;
use super::tables::Tables;
use super::within::Members;
use crate::config::settings::Settings;
use crate::model::age::Unix;
use crate::model::amount::Amounts;
use crate::model::detail::{Finding, Inquiry, ObjectRef};
use crate::model::failure::{Failure, FailureClass};
use crate::model::health::Health;
use crate::model::ids::{ClusterId, Generation};
use crate::model::kind::Kind;
use crate::model::lifecycle::Lifecycle;
use crate::model::resource::ApiResource;
use crate::model::survey::Survey;
use crate::model::update::{Identity, Link, Reading, ReadingMode, Update};
use crate::model::usage::Usage;
use crate::model::visible::safe;

/// One open cluster.
pub struct OpenCluster {
    /// Its identity.
    pub id: ClusterId,
    /// The context's name.
    pub name: String,
    /// The name as shown.
    pub short_name: String,
    /// The generation of the selection that opened it; updates of any other are not its own.
    pub generation: Generation,
    /// The connection's latest state.
    pub link: Link,
    /// When the next try comes, if one is waited for.
    pub retry_at: Option<Duration>,
    /// The pre-flight has passed at least once.
    pub established: bool,
    /// Why the latest try failed; stands until one succeeds, so that trying again is no news.
    pub setback: Option<Failure>,
    /// The auth verdict that stands until a connection succeeds, whatever fails in between.
    verdict: Option<Failure>,
    /// Its connections were rebuilt, and the server has not answered on them yet.
    unproven: bool,
    /// What a person waits to hear of it.
    pub pending: Pending,
    /// Why what its files say now does not work, while what they said before goes on.
    pub withheld: Option<Failure>,
    /// Who we are there.
    pub identity: Option<Identity>,
    /// The server's version.
    pub version: Option<String>,
    /// Its heartbeats.
    pub pulse: Pulse,
    /// How far each kind is read.
    pub readings: Readings,
    /// Every kind it serves and lists, once that is known.
    pub resources: Vec<Arc<ApiResource>>,
    /// The kinds that are read because somebody looks at them.
    pub looks: Looks,
    /// Kinds that could not be listed when they were last looked at, and why.
    pub denied: BTreeMap<Kind, String>,
    /// What may be listed, as far as that was asked.
    pub permitted: Permitted,
    /// Its rows.
    pub tables: Tables,
    /// Counts over them.
    pub summary: Summary,
    freshness: Freshness,
    /// What became of it while it was not watched as a whole.
    pub(super) behind: Behind,
    kept: Kept,
    /// How it is read.
    pub mode: ReadingMode,
    /// It gave its rows back because of the memory budget, and has not been in front since.
    pub evicted: bool,
    /// When its tab was last in front.
    pub last_seen: Duration,
    /// The latest survey and when it came, while the cluster is surveyed.
    pub surveyed: Option<(Survey, Duration)>,
    /// What its nodes use, as last told, and when that was.
    pub usage: Option<(Usage, Duration)>,
    /// What is measured of each of its nodes and pods.
    pub metering: Metering,
    /// Changes of its health word, newest last.
    pub history: VecDeque<(Unix, HealthChange)>,
    /// What it looks like from where we stand.
    pub standing: Standing,
    /// Settings of its own, where they differ from everybody's.
    pub own: Option<Box<Settings>>,
    /// The namespaces its tasks were last told to read where the whole is forbidden.
    pub told_namespaces: Vec<Arc<str>>,
    /// What its user does not want to hear of.
    pub ignored: Ignored,
    /// What needs a person, as last looked at.
    pub attention: Attention,
    /// What there is and what it carries, as last looked at.
    pub overview: Overview,
    /// What its watches saw change.
    pub changes: Changes,
    /// What its tab shows.
    pub view: ClusterView,
    /// The object whose page is open.
    pub subject: Option<Subject>,
    /// What belongs to the object that the table on screen is narrowed to.
    pub members: Option<Members>,
    /// What the server picks of the table on screen.
    pub picked: Option<Picked>,
    /// What a namespace holds, while that is looked at.
    pub content: Option<Content>,
    /// The object whose owner is asked for.
    pub owned: Option<Owned>,
    /// The object that is explained.
    pub explained: Option<Explained>,
    /// What was asked for last, besides an open details page.
    pub inquired: Option<Arc<Inquiry>>,
    /// How many questions about objects have been asked.
    pub turns: u64,
}

impl OpenCluster {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(id: ClusterId, name: String, short_name: String, generation: Generation, now: &Now) -> Self {
        Self {
            id,
            name: safe(name),
            short_name: safe(short_name),
            generation,
            link: Link::Connecting,
            retry_at: None,
            established: false,
            setback: None,
            verdict: None,
            unproven: false,
            pending: Pending::default(),
            withheld: None,
            identity: None,
            version: None,
            pulse: Pulse::default(),
            readings: Readings::default(),
            resources: Vec::new(),
            looks: Looks::default(),
            denied: BTreeMap::new(),
            permitted: Permitted::default(),
            tables: Tables::default(),
            summary: Summary::default(),
            freshness: Freshness::default(),
            behind: Behind::default(),
            kept: Kept::default(),
            mode: ReadingMode::Watch,
            evicted: false,
            last_seen: now.mono,
            surveyed: None,
            usage: None,
            metering: Metering::default(),
            history: VecDeque::new(),
            standing: Standing {
                lifecycle: Lifecycle::Connecting,
                health: Health::Unknown,
                reason: "no answer yet".to_owned(),
                since: now.mono,
            },
            own: None,
            told_namespaces: Vec::new(),
            ignored: Ignored::default(),
            attention: Attention::default(),
            overview: Overview::default(),
            changes: Changes::default(),
            view: ClusterView::default(),
            subject: None,
            members: None,
            picked: None,
            content: None,
            owned: None,
            explained: None,
            turns: 0,
            inquired: None,
        }
    }

    /// What holds for it: its own settings, or everybody's.
    #[must_use]
    pub fn settings<'s>(&'s self, everybody: &'s Settings) -> &'s Settings {
        self.own.as_deref().unwrap_or(everybody)
    }

    /// Whether the rows of a kind are complete and kept current, so that what is new has just come.
    pub(super) fn is_live(&self, kind: &Kind) -> bool {
        self.readings.get(kind).is_some_and(|state| state.reading == Reading::Live)
    }

    /// Brings Attention up to date.
    pub fn attend(&mut self, now: Unix) {
        self.attention.refresh(&self.tables, self.looks.attended(), &self.ignored, now);
    }

    /// Counts anew, as after a change of what is ignored.
    pub fn recount(&mut self) {
        self.attention.invalidate();
        if let Some((survey, _)) = &self.surveyed {
            self.summary = Summary::of_survey(survey, &self.ignored);
        }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, update: Update, settings: &Settings, now: &Now) {
        if self.mode == ReadingMode::Survey && is_of_watches(&update) {
            return;
        }
        match update {
            Update::Link(link) => self.apply_link(link, now),
            Update::Elsewhere => self.forget_server(now),
            Update::Withheld(why) => self.withheld = why,
            Update::Identity(identity) => self.identity = Some(identity),
            Update::Version(version) => self.version = Some(version),
            Update::Beat(beat) => {
                self.unproven = false;
                self.pulse.beat(beat, self.own.as_deref().unwrap_or(settings).heartbeat_slow, now);
            }
            Update::Reading(kind, reading) if kind.is_standing() || self.looks.has(&kind) => {
                match &reading {
                    Reading::Forbidden(words) => drop(self.denied.insert(kind.clone(), words.clone())),
                    Reading::Waiting | Reading::Broken { .. } => {}
                    Reading::Live | Reading::Polled(_) | Reading::Missing => drop(self.denied.remove(&kind)),
                }
                self.readings.note(kind, reading, now);
                self.outgrow_survey();
            }
            Update::Pods(mut delta) => {
                let listing = delta.restart || !self.is_live(&Kind::Pods);
                self.tell_gap(now.unix);
                for row in &mut delta.rows {
                    let before = self.tables.pods.get(row.uid);
                    // What was measured goes with the object, not with its name.
                    row.usage = before.map_or(Amounts::NONE, |before| before.usage);
                    self.ignored.mark_pod(row);
                    self.behind.stirred |= !listing && restarted(before, row);
                    self.changes.pod(before, row, listing, now.unix);
                }
                for old in delta.gone.iter().filter_map(|uid| self.tables.pods.get(*uid)) {
                    self.changes.pod_gone(old, now.unix);
                }
                self.tables.pods.apply(delta);
            }
            Update::Nodes(mut delta) => {
                let listing = delta.restart || !self.is_live(&Kind::Nodes);
                for row in &mut delta.rows {
                    let before = self.tables.nodes.get(row.uid);
                    row.usage = before.map_or(Amounts::NONE, |before| before.usage);
                    self.ignored.mark(&mut row.unwell, "node", "", &row.name);
                    self.changes.node(before, row, listing, now.unix);
                }
                for old in delta.gone.iter().filter_map(|uid| self.tables.nodes.get(*uid)) {
                    self.changes.node_gone(old, now.unix);
                }
                self.tables.nodes.apply(delta);
            }
            Update::Events(delta) => self.apply_events(delta, now.unix),
            Update::Namespaces(delta) => self.tables.namespaces.apply(delta),
            Update::Columns(kind, columns) if self.looks.has(&kind) => self.tables.set_columns(&kind, &columns),
            Update::Objects(kind, delta) if self.looks.has(&kind) => self.tables.apply_objects(&kind, delta),
            Update::Rules(namespace, rules) => self.permitted.note(namespace, rules, now),
            Update::Counted(asked, kind, count) => {
                if let Some(content) = &mut self.content {
                    content.note(&asked, kind, count);
                }
            }
            Update::Picked(subset, delta) => {
                if let Some(picked) = &mut self.picked {
                    picked.note(&subset, delta);
                }
            }
            Update::Picking(subset, reading) => {
                if let Some(picked) = &mut self.picked {
                    picked.note_reading(&subset, &reading);
                }
            }
            Update::Resources(resources) => {
                self.view.renew(&resources);
                self.resources = resources;
            }
            Update::Usage(usage) => self.used(usage, now),
            Update::Metered(metered) => self.metered(metered, now),
            Update::Survey(survey) if self.mode == ReadingMode::Survey => {
                if let Some(usage) = &survey.usage {
                    self.usage = Some((usage.clone(), now.mono));
                }
                self.summary = Summary::of_survey(&survey, &self.ignored);
                self.surveyed = Some((survey, now.mono));
            }
            // It was asked for before the cluster came to the front.
            Update::Survey(_)
            // These were on their way when the last one looked away.
            | Update::Reading(..)
            | Update::Columns(..)
            | Update::Objects(..) => {}
            Update::Found(object, finding) => self.found(&object, finding, now),
        }
    }

    /// Hands what was found of an object to all who asked for it.
    fn found(&mut self, object: &ObjectRef, finding: Finding, now: &Now) {
        if let Some(members) = &mut self.members {
            members.note(object, &finding);
        }
        if let Some(explained) = &mut self.explained {
            explained.note(object, &finding);
        }
        if let Some(owned) = &mut self.owned {
            owned.note(object, &finding, &self.resources);
        }
        if let Some(subject) = &mut self.subject {
            subject.note(object, finding, now);
        }
    }

    fn apply_link(&mut self, link: Link, now: &Now) {
        self.retry_at = None;
        self.pending.plugin_since = matches!(link, Link::Plugin { .. }).then_some(now.mono);
        match &link {
            Link::Up => {
                self.established = true;
                self.setback = None;
                self.verdict = None;
                self.withheld = None;
                self.pulse.reached(now);
            }
            Link::Down { failure, retry_in, .. } => {
                self.withheld = None;
                self.readings.interrupt(now);
                self.retry_at = retry_in.map(|wait| now.mono + wait);
                if failure.class() == FailureClass::Auth {
                    self.verdict = Some(failure.clone());
                }
                self.setback = Some(failure.clone());
            }
            Link::Rebuilding | Link::Rebuilt | Link::Connecting | Link::Plugin { .. } => {}
        }
        self.unproven = link == Link::Rebuilt || (self.unproven && !matches!(link, Link::Up | Link::Down { .. }));
        // Up again, but that new connections are there is no answer of the server.
        self.link = if link == Link::Rebuilt { Link::Up } else { link };
    }

    /// Whether the server does not answer: heartbeats miss, or the connection is down for want of a way there.
    #[must_use]
    pub fn unreached(&self) -> bool {
        let down = self.setback.as_ref().is_some_and(|failure| failure.class() == FailureClass::Connectivity);
        self.pulse.misses > 0 || (down && self.link != Link::Up)
    }

    /// The failure that stands, of the connection or of the latest heartbeat.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.setback.as_ref().or(self.pulse.missed.as_ref())
    }

    /// The auth verdict that stands, if one does.
    #[must_use]
    pub fn auth_verdict(&self) -> Option<&Failure> {
        self.verdict.as_ref()
    }

    /// The kinds that the server is known to serve besides the standing ones.
    pub fn known_kinds(&self) -> impl Iterator<Item = &Arc<crate::model::resource::ApiResource>> {
        self.resources.iter()
    }

    /// The namespaces to be read where the cluster as a whole is forbidden, besides the context's own: what was typed
    /// in and what is selected, as by `--namespace`.
    #[must_use]
    pub fn asked_namespaces(&self) -> Vec<Arc<str>> {
        let asked: BTreeSet<Arc<str>> = self.view.typed.iter().chain(&self.view.namespaces).cloned().collect();
        asked.into_iter().collect()
    }

    /// The namespaces the sidebar offers: the catalog, or what was typed, what is selected (`--namespace` and `}` name some,
    /// too) and what the context names where listing is denied. `None` until the catalog has arrived.
    #[must_use]
    pub fn namespaces(&self) -> Option<Vec<Arc<str>>> {
        let state = self.readings.get(&Kind::Namespaces)?;
        let mut names: Vec<Arc<str>> = match state.reading {
            Reading::Forbidden(_) | Reading::Missing => {
                let own = self.identity.as_ref().and_then(|identity| identity.namespace.as_deref());
                let own = std::iter::once(Arc::from(own.unwrap_or("default")));
                own.chain(self.view.typed.iter().chain(&self.view.namespaces).cloned()).collect()
            }
            _ if !self.has_rows(&Kind::Namespaces) => return None,
            _ => self.tables.namespaces.rows().map(|row| row.name.clone()).collect(),
        };
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}

/// Whether an update comes from lists and watches: such may still be queued when the cluster is surveyed already.
fn is_of_watches(update: &Update) -> bool {
    matches!(
        update,
        Update::Pods(_)
            | Update::Nodes(_)
            | Update::Events(_)
            | Update::Namespaces(_)
            | Update::Columns(..)
            | Update::Objects(..)
            | Update::Picked(..)
            | Update::Picking(..)
            | Update::Reading(_, Reading::Waiting | Reading::Live)
    )
}
