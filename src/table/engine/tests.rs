//! Order, resync and identity, held against a naive sort.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::namespace::NamespaceRow;
use crate::model::update::{Delta, Scope};
use crate::table::measure::Sense;
use crate::table::query::{Only, Sort};

const NOW: Unix = Unix(1_000);

fn row(uid: u128, name: &str, created: i64) -> NamespaceRow {
    NamespaceRow {
        uid: Uid(uid),
        name: Arc::from(name),
        status: Arc::from("Active"),
        created: Unix(created),
        deleting: None,
    }
}

fn delta(rows: Vec<NamespaceRow>) -> Delta<NamespaceRow> {
    Delta { scope: Scope::Cluster, restart: false, rows, gone: Vec::new(), complete: false }
}

/// A table that is put in order beside the loop whatever its size.
fn large_table() -> Table<NamespaceRow> {
    Table { large: 0, ..Table::default() }
}

fn shown(table: &Table<NamespaceRow>) -> Vec<u128> {
    (0..table.len()).filter_map(|index| table.uid_at(index)).map(|uid| uid.0).collect()
}

#[test]
fn a_resync_keeps_rows_until_the_listing_is_complete() {
    let mut table = Table::<NamespaceRow>::default();
    let all = Query::all::<NamespaceRow>();
    table.apply(Delta { restart: true, complete: true, ..delta(vec![row(1, "a", 1), row(2, "b", 1)]) });
    table.apply(Delta { restart: true, ..delta(vec![row(2, "b", 1)]) });
    table.refresh(&all, NOW);
    assert_eq!(shown(&table), [1, 2]);
    table.apply(Delta { complete: true, ..delta(vec![row(3, "c", 1)]) });
    table.refresh(&all, NOW);
    assert_eq!(shown(&table), [2, 3]);
}

#[test]
fn a_listing_of_one_namespace_sweeps_that_namespace_alone() {
    use crate::model::event::EventRow;
    let event = |uid: u128, namespace: &str| EventRow {
        uid: Uid(uid),
        namespace: Arc::from(namespace),
        name: "e".into(),
        last_seen: NOW,
        first_seen: NOW,
        event_type: Arc::from("Normal"),
        reason: Arc::from("Started"),
        object: "pod/x".into(),
        subobject: Arc::from(""),
        source: Arc::from(""),
        message: "m".into(),
        count: 1,
    };
    let list = |namespace: &str, rows| Delta {
        scope: Scope::Namespace(Arc::from(namespace)),
        restart: true,
        rows,
        gone: Vec::new(),
        complete: true,
    };
    let mut table = Table::<EventRow>::default();
    table.apply(list("a", vec![event(1, "a"), event(2, "a")]));
    table.apply(list("b", vec![event(3, "b")]));
    table.apply(list("a", vec![event(2, "a")]));
    let mut left: Vec<u128> = table.rows().map(|row| row.uid.0).collect();
    left.sort_unstable();
    assert_eq!(left, [2, 3]);
}

#[test]
fn what_does_not_belong_leaves_a_large_table_before_the_rest_is_in_order() {
    let mut table = large_table();
    table.apply(delta((1..=6).map(|uid| row(uid, "n", uid as i64)).collect()));
    table.refresh(&Query::all::<NamespaceRow>(), NOW);
    let of = |uids: &[u128]| Some(Only::These(Arc::new(uids.iter().map(|uid| Uid(*uid)).collect())));
    let query = |uids: &[u128]| Query { only: of(uids), ..Query::all::<NamespaceRow>() };
    let job = table.refresh_beside(&query(&[2, 5]), Near::default(), NOW);
    assert!(job.is_some(), "it is put in order beside the loop");
    assert_eq!(shown(&table), [2, 5], "but no row that was not picked is seen meanwhile");
    assert!(table.refresh_beside(&query(&[]), Near::default(), NOW).is_none(), "the job under way is still good");
    assert!(shown(&table).is_empty());
}

#[test]
fn what_is_gone_leaves_a_large_table_before_the_rest_is_in_order() {
    let mut table = large_table();
    table.apply(delta((1..=6).map(|uid| row(uid, "n", uid as i64)).collect()));
    let mut query = Query::all::<NamespaceRow>();
    table.refresh(&query, NOW);
    table.apply(Delta { gone: vec![Uid(2), Uid(5)], ..delta(Vec::new()) });
    query.sort.descending = true;
    assert!(table.refresh_beside(&query, Near::default(), NOW).is_some(), "it is put in order beside the loop");
    assert_eq!((table.len(), shown(&table)), (4, vec![1, 3, 4, 6]), "no row stands for what is gone");
}

#[test]
fn sets_that_change_all_the_time_keep_no_order_from_being_made() {
    let mut table = large_table();
    table.apply(delta((1..=9).map(|uid| row(uid, "n", uid as i64)).collect()));
    let query = |upto: u128| {
        let only = Some(Only::These(Arc::new((1..=upto).map(Uid).collect())));
        Query { only, ..Query::all::<NamespaceRow>() }
    };
    let job = table.refresh_beside(&query(3), Near::default(), NOW).unwrap();
    let mut answers = Vec::new();
    job.run(&mut |answer| answers.push(answer));
    for (upto, answer) in [5, 7].into_iter().zip(answers) {
        assert!(table.refresh_beside(&query(upto), Near::default(), NOW).is_none(), "the job under way is still good");
        table.answered(answer);
    }
    assert!(table.refresh_beside(&query(8), Near::default(), NOW).is_none(), "and what came since is merged in");
    assert_eq!(shown(&table), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u128, String, i64),
    Remove(u128),
    Refresh,
    RefreshBeside(Option<u128>),
    /// Does the oldest job that waits, if one does.
    Work,
    /// Hands the oldest answer over, if there is one.
    Answer,
    SortBy(usize, bool),
    Filter(String),
    /// Only these rows belong, or all do.
    Pick(Option<Vec<u128>>),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40_u128, "[a-c]{1,3}", 0..50_i64).prop_map(|(uid, name, age)| Step::Put(uid, name, age)),
        3 => (0..40_u128).prop_map(Step::Remove),
        2 => Just(Step::Refresh),
        4 => proptest::option::of(0..40_u128).prop_map(Step::RefreshBeside),
        3 => Just(Step::Work),
        4 => Just(Step::Answer),
        1 => (0..3_usize, any::<bool>()).prop_map(|(column, down)| Step::SortBy(column, down)),
        1 => "[a-c]{0,1}".prop_map(Step::Filter),
        3 => proptest::collection::vec(0..40_u128, 0..30).prop_map(|uids| Step::Pick(Some(uids))),
        1 => Just(Step::Pick(None)),
        1 => Just(Step::Clear),
    ]
}

/// A table with the jobs it has asked for and the answers on their way.
struct Bench {
    table: Table<NamespaceRow>,
    jobs: VecDeque<Job>,
    answers: VecDeque<Answer>,
}

impl Bench {
    fn work(&mut self) {
        if let Some(job) = self.jobs.pop_front() {
            job.run(&mut |answer| self.answers.push_back(answer));
        }
    }

    fn answer(&mut self) {
        if let Some(answer) = self.answers.pop_front() {
            self.table.answered(answer);
        }
    }

    /// Goes on until nothing is left to do.
    fn settle(&mut self, query: &Query) {
        for _ in 0..100 {
            self.jobs.extend(self.table.refresh_beside(query, Near::default(), NOW));
            if self.jobs.is_empty() && self.answers.is_empty() {
                return;
            }
            self.work();
            self.answer();
        }
        panic!("the table never settles");
    }
}

fn naive_order(rows: &BTreeMap<u128, NamespaceRow>, query: &Query) -> Vec<u128> {
    let admits = |text: &str| text.contains(&query.text);
    let belongs = |row: &&NamespaceRow| match &query.only {
        Some(Only::These(uids)) => uids.contains(&row.uid),
        _ => true,
    };
    let shown = rows.values().filter(belongs).filter(|row| admits(&row.name) || admits("active"));
    let mut expected: Vec<&NamespaceRow> = shown.collect();
    expected.sort_by(|a, b| {
        let by = a.compare(b, query.sort.column, Sense::Words);
        let by = if query.sort.descending { by.reverse() } else { by };
        by.then_with(|| a.name.cmp(&b.name)).then_with(|| a.uid.cmp(&b.uid))
    });
    expected.into_iter().map(|row| row.uid.0).collect()
}

proptest! {
    #[test]
    fn the_order_equals_a_naive_sort_after_any_sequence_of_changes_and_answers(
        steps in proptest::collection::vec(step(), 1..200), large in 0..30_usize,
    ) {
        let table = Table { large, ..Table::default() };
        let mut bench = Bench { table, jobs: VecDeque::new(), answers: VecDeque::new() };
        let mut naive: BTreeMap<u128, NamespaceRow> = BTreeMap::new();
        let mut query = Query::all::<NamespaceRow>();
        for step in steps {
            match step {
                Step::Put(uid, name, created) => {
                    naive.insert(uid, row(uid, &name, created));
                    bench.table.apply(delta(vec![row(uid, &name, created)]));
                }
                Step::Remove(uid) => {
                    naive.remove(&uid);
                    bench.table.apply(Delta { gone: vec![Uid(uid)], ..delta(Vec::new()) });
                }
                Step::Refresh => bench.table.refresh(&query, NOW),
                Step::RefreshBeside(near) => {
                    let near = Near { uid: near.map(Uid), rows: 3 };
                    bench.jobs.extend(bench.table.refresh_beside(&query, near, NOW));
                }
                Step::Work => bench.work(),
                Step::Answer => bench.answer(),
                Step::SortBy(column, descending) => query.sort = Sort { column, descending },
                Step::Filter(text) => query.text = text,
                Step::Pick(uids) => {
                    let set = |uids: Vec<u128>| Only::These(Arc::new(uids.into_iter().map(Uid).collect()));
                    query.only = uids.map(set);
                }
                Step::Clear => {
                    naive.clear();
                    drop(bench.table.clear());
                }
            }
        }
        bench.settle(&query);
        let expected = naive_order(&naive, &query);
        prop_assert_eq!(shown(&bench.table), expected.clone());
        for (index, uid) in expected.iter().enumerate() {
            prop_assert_eq!(bench.table.position(Uid(*uid)), Some(index));
        }
        prop_assert_eq!(bench.table.rows().count(), naive.len());
    }

    #[test]
    fn the_first_answer_has_every_row_and_the_window_in_its_place(
        ages in proptest::collection::vec(0..50_i64, 1..80), selected in proptest::option::of(0..80_u128), height in 0..20_usize,
    ) {
        let rows: Vec<_> = ages.iter().enumerate().map(|(uid, age)| row(uid as u128, "a", *age)).collect();
        let naive = rows.iter().map(|row| (row.uid.0, row.clone())).collect();
        let mut table = large_table();
        table.apply(delta(rows));
        let mut query = Query::all::<NamespaceRow>();
        query.sort.column = 2;
        let expected = naive_order(&naive, &query);
        let near = Near { uid: selected.map(Uid), rows: height };
        let job = table.refresh_beside(&query, near, NOW).unwrap();
        let mut first = None;
        job.run(&mut |answer| {
            first.get_or_insert(answer);
        });
        table.answered(first.unwrap());
        let mut all = shown(&table);
        let at = selected.and_then(|uid| expected.iter().position(|other| *other == uid)).unwrap_or(0);
        let window = at.saturating_sub(height)..(at + height).min(expected.len());
        prop_assert_eq!(all.get(window.clone()), expected.get(window));
        all.sort_unstable();
        prop_assert_eq!(all, (0..ages.len() as u128).collect::<Vec<_>>());
    }
}

#[test]
fn a_late_answer_to_an_older_question_is_dropped_and_what_changed_meanwhile_is_there() {
    let mut table = large_table();
    table.apply(delta(vec![row(1, "a", 9), row(2, "b", 1)]));
    let backwards = Sort { column: 0, descending: true };
    let names = Query { sort: backwards, ..Query::all::<NamespaceRow>() };
    let ages = Query { sort: Sort { column: 2, descending: true }, ..names.clone() };
    let older = table.refresh_beside(&names, Near::default(), NOW).unwrap();
    let newer = table.refresh_beside(&ages, Near::default(), NOW).unwrap();
    assert!(table.refresh_beside(&ages, Near::default(), NOW).is_none(), "it is asked once");
    table.apply(delta(vec![row(3, "c", 5)]));
    let mut answers = Vec::new();
    older.run(&mut |answer| answers.push(answer));
    assert!(answers.is_empty(), "nobody wants it any more");
    newer.run(&mut |answer| answers.push(answer));
    for answer in answers {
        table.answered(answer);
    }
    assert!(table.refresh_beside(&ages, Near::default(), NOW).is_none());
    assert_eq!(shown(&table), [2, 3, 1]);
}

#[test]
fn a_job_that_is_never_done_is_asked_for_again() {
    let mut table = large_table();
    table.apply(delta(vec![row(1, "a", 9)]));
    let backwards = Query { sort: Sort { column: 0, descending: true }, ..Query::all::<NamespaceRow>() };
    assert!(table.refresh_beside(&backwards, Near::default(), NOW).is_some());
    assert!(table.refresh_beside(&backwards, Near::default(), NOW).is_some());
}
