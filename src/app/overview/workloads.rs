//! Workloads by kind and state, from the cells that their server prints for them; read while the page is open. Must not
//! know how they are read.

use std::sync::Arc;

use crate::app::cells::Cells;
use crate::app::readings::Readings;
use crate::app::tables::Tables;
use crate::model::age::Unix;
use crate::model::kind::Kind;
use crate::model::object::ObjectRow;
use crate::model::resource::ApiResource;
use crate::model::unwell::START_GRACE;
use crate::model::update::Reading;

/// The kinds, by group and plural, in the page's order.
const KINDS: [(&str, &str); 4] =
    [("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs")];

/// The workloads of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workloads {
    /// The kind.
    pub kind: Kind,
    /// What is known of them.
    pub state: Known,
}

/// How far workloads are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// They are being read.
    Awaited,
    /// They may not be listed.
    Forbidden,
    /// They are counted.
    Counted(Counts),
}

/// Workloads of one kind by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In all.
    pub all: usize,
    /// As they should be: ready, or complete.
    pub well: usize,
    /// On their way: starting, running.
    pub moving: usize,
    /// Short of pods for long, or failed.
    pub bad: usize,
    /// At rest because somebody wants them so: suspended, scaled to none.
    pub resting: usize,
}

/// Counts every kind that the server serves.
#[must_use]
pub fn count(tables: &Tables, readings: &Readings, resources: &[Arc<ApiResource>], now: Unix) -> Vec<Workloads> {
    let served = KINDS.iter().filter_map(|(group, plural)| {
        resources.iter().find(|it| it.group == *group && it.plural == *plural && it.can("list"))
    });
    let counted = served.filter_map(|resource| {
        let kind = Kind::of(resource.clone());
        let state = match readings.get(&kind).map(|state| (&state.reading, state.listed)) {
            Some((Reading::Forbidden(_), _)) => Known::Forbidden,
            Some((Reading::Missing, _)) => return None,
            Some((_, true)) => Known::Counted(counts(tables, &kind, now)),
            None | Some((_, false)) => Known::Awaited,
        };
        Some(Workloads { kind, state })
    });
    counted.collect()
}

fn counts(tables: &Tables, kind: &Kind, now: Unix) -> Counts {
    let mut counts = Counts::default();
    let Some(table) = tables.objects(kind) else { return counts };
    let columns = tables.of(kind).columns();
    for row in table.rows() {
        counts.all += 1;
        let cells = Cells { columns, row };
        match judge(kind.plural(), &cells, now) {
            State::Well => counts.well += 1,
            State::Moving => counts.moving += 1,
            State::Bad => counts.bad += 1,
            State::Resting => counts.resting += 1,
        }
    }
    counts
}

enum State {
    Well,
    Moving,
    Bad,
    Resting,
}

fn judge(plural: &str, cells: &Cells<'_>, now: Unix) -> State {
    if plural == "jobs" {
        return match cells.text("STATUS") {
            "Complete" | "SuccessCriteriaMet" => State::Well,
            "Failed" | "FailureTarget" => State::Bad,
            "Suspended" => State::Resting,
            _ => State::Moving,
        };
    }
    let ratio = match plural {
        "daemonsets" => cells.number("READY").zip(cells.number("DESIRED")),
        _ => cells.ratio("READY"),
    };
    match ratio {
        _ if cells.row.deleting.is_some() => State::Moving,
        Some((0, 0)) => State::Resting,
        Some((ready, wanted)) if ready < wanted => short(cells.row, now),
        Some(_) => State::Well,
        None => State::Moving,
    }
}

fn short(row: &ObjectRow, now: Unix) -> State {
    if now < row.created.plus(START_GRACE) { State::Moving } else { State::Bad }
}
