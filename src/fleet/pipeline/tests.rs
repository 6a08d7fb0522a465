//! The pipeline without tasks: what each order of events starts and stops.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::model::failure::{Failure, FailureKind};

/// A pipeline with the tasks it would have: fails when two sets of tasks of one cluster would live at once.
#[derive(Default)]
struct Bench {
    pipeline: Pipeline,
    alive: BTreeMap<ClusterId, Generation>,
    ending: BTreeSet<ClusterId>,
    generation: u64,
    log: Vec<String>,
}

fn id(name: &str) -> ClusterId {
    ClusterId::new(name)
}

fn target(name: &str) -> Target {
    Target { id: id(name), path: "/config".into(), context: name.to_owned() }
}

fn down(kind: FailureKind) -> Link {
    Link::Down { failure: Failure::new(kind, "x"), auth_attempts: 0, settled: false, retry_in: None }
}

impl Bench {
    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Start(wanted, _) => {
                    let id = wanted.target.id.clone();
                    assert!(!self.ending.contains(&id), "{id} starts before its old tasks have ended");
                    self.log.push(format!("+{id}{}", wanted.generation.0));
                    assert!(self.alive.insert(id, wanted.generation).is_none(), "two at once");
                }
                Step::Stop(id) => {
                    self.log.push(format!("-{id}"));
                    assert!(self.alive.remove(&id).is_some(), "{id} does not run");
                    assert!(self.ending.insert(id));
                }
            }
        }
    }

    fn select(&mut self, names: &[&str]) {
        self.generation += 1;
        let asked = names.iter().map(|name| target(name)).collect();
        let steps = self.pipeline.intend(Generation(self.generation), asked, Instant::now());
        self.take(steps);
    }

    fn link(&mut self, name: &str, link: &Link) {
        let Some(generation) = self.alive.get(&id(name)).copied() else { return };
        self.pipeline.linked(&id(name), generation, link, Instant::now());
    }

    fn ended(&mut self, name: &str) {
        if self.ending.remove(&id(name)) {
            let step = self.pipeline.closed(&id(name), Instant::now());
            self.take(step.into_iter().collect());
        }
    }

    fn stats(&self) -> FleetStats {
        self.pipeline.stats(|_| None)
    }

    fn log(&mut self) -> String {
        std::mem::take(&mut self.log).join(" ")
    }
}

#[test]
fn three_opened_at_once_start_at_once_and_each_ends_by_itself() {
    let mut bench = Bench::default();
    bench.select(&["a", "b", "c"]);
    assert_eq!(bench.log(), "+a1 +b1 +c1");
    bench.link("b", &Link::Up);
    bench.link("c", &down(FailureKind::Unauthorized));
    let stats = bench.stats();
    assert_eq!((stats.running, stats.opening), (3, 1));
    assert_eq!(stats.opened, Outcomes { up: 1, auth_failed: 1, failed: 0 });
    bench.link("a", &down(FailureKind::Refused));
    assert_eq!(bench.stats().opened, Outcomes { up: 1, auth_failed: 1, failed: 1 });
    assert_eq!(bench.pipeline.unfinished(), 0);
    bench.link("a", &Link::Up);
    assert_eq!(bench.stats().open.count, 3, "only the first outcome ends an opening");
}

#[test]
fn closing_one_while_another_opens_cancels_that_one_alone() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.select(&["b"]);
    assert_eq!(bench.log(), "+a1 -a +b2");
    let stats = bench.stats();
    assert_eq!((stats.superseded, stats.cancelled, stats.closing, stats.opening), (1, 1, 1, 1));
    bench.link("b", &Link::Up);
    bench.ended("a");
    assert_eq!((bench.pipeline.unfinished(), bench.stats().clusters.len()), (0, 1));
}

#[test]
fn one_that_is_wanted_again_starts_when_its_old_tasks_have_ended() {
    let mut bench = Bench::default();
    bench.select(&["a", "b"]);
    bench.select(&[]);
    bench.select(&["a"]);
    assert_eq!(bench.log(), "+a1 +b1 -a -b");
    assert_eq!(bench.stats().queued, 1);
    bench.ended("b");
    assert_eq!(bench.log(), "");
    bench.ended("a");
    assert_eq!(bench.log(), "+a3");
}

#[test]
fn one_that_is_wanted_again_and_not_after_all_never_starts() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.select(&[]);
    bench.select(&["a"]);
    bench.select(&[]);
    bench.ended("a");
    assert_eq!(bench.log(), "+a1 -a");
    assert_eq!((bench.pipeline.unfinished(), bench.stats().clusters.len(), bench.stats().coalesced), (0, 0, 1));
}

#[test]
fn what_an_old_generation_says_ends_no_new_opening() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.select(&[]);
    bench.select(&["a"]);
    bench.ended("a");
    bench.pipeline.linked(&id("a"), Generation(1), &Link::Up, Instant::now());
    assert_eq!(bench.stats().opening, 1);
}

#[test]
fn a_late_selection_and_a_repeated_one_change_nothing() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.select(&["a", "b"]);
    bench.log();
    assert!(bench.pipeline.intend(Generation(1), Vec::new(), Instant::now()).is_empty());
    bench.select(&["b", "a", "b"]);
    assert_eq!(bench.log(), "");
    assert_eq!((bench.stats().superseded, bench.stats().coalesced, bench.stats().running), (1, 1, 2));
}

#[test]
fn a_cluster_without_an_id_is_refused_and_the_others_open() {
    let mut bench = Bench::default();
    bench.select(&["", "a"]);
    assert_eq!(bench.log(), "+a1");
}

#[test]
fn a_cluster_reached_in_another_way_starts_anew_for_the_same_selection() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.link("a", &Link::Up);
    let elsewhere = Target { path: "/other".into(), ..target("a") };
    let steps = bench.pipeline.intend(Generation(2), vec![elsewhere.clone()], Instant::now());
    bench.take(steps);
    bench.ended("a");
    assert_eq!(bench.log(), "+a1 -a +a1");
    assert_eq!(bench.pipeline.target(&id("a")), Some(&elsewhere));
}

#[test]
fn a_login_page_does_not_end_an_opening() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    bench.link("a", &Link::Connecting);
    bench.link("a", &Link::Plugin { program: "aws".to_owned() });
    assert_eq!((bench.stats().opening, bench.stats().open.count), (1, 0));
    bench.link("a", &Link::Up);
    assert_eq!((bench.stats().opening, bench.stats().open.count), (0, 1));
}

#[test]
fn commands_to_what_waits_are_kept_and_to_what_is_gone_are_not() {
    let mut bench = Bench::default();
    bench.select(&["a"]);
    let active = ClusterCommand::Active(true);
    assert_eq!(bench.pipeline.command(&id("a"), &active), Some(true));
    assert_eq!(bench.pipeline.command(&id("b"), &active), None);
    bench.select(&[]);
    assert_eq!(bench.pipeline.command(&id("a"), &active), None);
    bench.select(&["a"]);
    assert_eq!(bench.pipeline.command(&id("a"), &active), Some(false));
    let Some(Step::Start(_, wishes)) = bench.pipeline.closed(&id("a"), Instant::now()) else { panic!() };
    assert!(wishes.active);
}

proptest! {
    /// Whatever comes in whatever order: never two sets of tasks of one cluster, and at rest exactly the last intent.
    #[test]
    fn at_rest_exactly_the_last_intent_runs(
        events in proptest::collection::vec((0_u8..4, 0_usize..6, any::<u8>()), 1..200),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut bench = Bench::default();
        let mut last = BTreeSet::new();
        for (event, which, mask) in events {
            match event {
                0 => {
                    let chosen: Vec<&str> =
                        names.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, name)| *name).collect();
                    bench.select(&chosen);
                    last = chosen.into_iter().map(id).collect();
                }
                1 => bench.link(names[which], &Link::Up),
                2 => bench.link(names[which], &down(FailureKind::Refused)),
                _ => bench.ended(names[which]),
            }
        }
        while let Some(ending) = bench.ending.first().cloned() {
            bench.ended(ending.as_str());
        }
        for name in names {
            bench.link(name, &Link::Up);
        }
        prop_assert_eq!(bench.pipeline.unfinished(), 0);
        prop_assert_eq!(bench.alive.keys().cloned().collect::<BTreeSet<_>>(), last.clone());
        prop_assert_eq!(bench.pipeline.wanted().into_keys().collect::<BTreeSet<_>>(), last);
        let stats = bench.stats();
        prop_assert_eq!(stats.queued + stats.opening + stats.closing, 0);
    }
}
