//! What ails objects of the kinds that are read while Attention is open, from the cells that their server prints for them.
//! Must not know how they are read, nor how entries are made of what is found.

use std::collections::HashSet;
use std::sync::Arc;

use super::cells::Cells;
use super::tables::Tables;
use crate::model::age::Unix;
use crate::model::amount::Quantity;
use crate::model::kind::Kind;
use crate::model::namespace::NamespaceRow;
use crate::model::object::ObjectRow;
use crate::model::resource::ApiResource;
use crate::model::trouble::Trouble;
use crate::model::unwell::{Cause, Evidence, START_GRACE, Unwell};

/// The kinds, by group and plural.
const KINDS: [(&str, &str); 6] = [
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
];
/// A deletion may take this long. Unit: seconds.
const DELETION: i64 = 300;

/// Which of the kinds a server serves.
#[must_use]
pub fn kinds(resources: &[Arc<ApiResource>]) -> Vec<Kind> {
    let wanted = |it: &&Arc<ApiResource>| KINDS.contains(&(&*it.group, &*it.plural)) && it.can("list");
    resources.iter().filter(wanted).map(|resource| Kind::of(resource.clone())).collect()
}

/// Judges every object of these kinds, and namespaces on their way out, which are read anyway.
#[must_use]
pub fn find(tables: &Tables, kinds: &[Kind]) -> Vec<Trouble> {
    let told = told_by_pods(tables);
    let mut found: Vec<Trouble> = tables.namespaces.rows().filter_map(namespace).collect();
    for kind in kinds {
        let (Some(table), Kind::Other(resource)) = (tables.objects(kind), kind) else { continue };
        let word = resource.kind.to_lowercase();
        for row in table.rows() {
            let cells = Cells { columns: tables.of(kind).columns(), row };
            let Some(unwell) = judge(kind.plural(), &cells) else { continue };
            if unwell.cause == Cause::Stalled && told.contains(&(&*row.namespace, &*word, &*row.name)) {
                continue;
            }
            // No cell tells since when.
            let undated = matches!(unwell.cause, Cause::Stalled | Cause::Quota | Cause::JobFailed);
            let dated = !undated && cells.text("STATUS") != "Lost";
            let (kind, kind_word) = (kind.clone(), word.as_str().into());
            let (namespace, name) = (row.namespace.clone(), row.name.clone());
            found.push(Trouble { kind, kind_word, uid: row.uid, namespace, name, unwell, dated });
        }
    }
    found
}

/// The workloads some pod of which says itself what ails it, by namespace, kind and name.
fn told_by_pods(tables: &Tables) -> HashSet<(&str, &str, &str)> {
    let unwell = tables.pods.rows().filter_map(|pod| Some((pod, pod.unwell.as_deref()?.owner.as_ref()?)));
    let told = unwell.map(|(pod, owner)| match (&*owner.kind, owner.name.rsplit_once('-')) {
        // A replica set has the name of its deployment and a hash.
        ("replicaset", Some((deployment, _))) => (&*pod.namespace, "deployment", deployment),
        (kind, _) => (&*pod.namespace, kind, &*owner.name),
    });
    told.collect()
}

/// A namespace that cannot go: what is left in it, or a finalizer, holds it.
fn namespace(row: &NamespaceRow) -> Option<Trouble> {
    let (kind, kind_word, uid) = (Kind::Namespaces, "namespace".into(), row.uid);
    let (namespace, name) = (Arc::from(""), Box::from(&*row.name));
    Some(Trouble { kind, kind_word, uid, namespace, name, unwell: held(row.deleting?), dated: true })
}

fn held(deleting: Unix) -> Unwell {
    let reason = "still there long after it was deleted: a finalizer holds it";
    Unwell { since: deleting, ..Unwell::new(deleting.plus(DELETION), Cause::Finalizer, reason) }
}

fn judge(plural: &str, cells: &Cells<'_>) -> Option<Unwell> {
    let row = cells.row;
    if let Some(deleting) = row.deleting {
        // What is on its way out is judged by that alone.
        return Some(held(deleting));
    }
    match plural {
        "persistentvolumeclaims" => claim(cells),
        "deployments" | "statefulsets" => short(cells.ratio("READY")?, row),
        "daemonsets" => short((cells.number("READY")?, cells.number("DESIRED")?), row),
        "jobs" => job(cells),
        "resourcequotas" => quota(cells),
        _ => None,
    }
}

fn claim(cells: &Cells<'_>) -> Option<Unwell> {
    let created = cells.row.created;
    let (from, reason) = match cells.text("STATUS") {
        "Lost" => (created, "lost: the volume it was bound to is gone"),
        "Pending" => (created.plus(START_GRACE), "pending: no volume is bound to it"),
        _ => return None,
    };
    let class = Some(cells.text("STORAGECLASS")).filter(|class| !class.is_empty());
    let evidence = class.map(|class| Evidence::new(format!("its storage class is {class}"), None));
    Some(Unwell { evidence: evidence.into_iter().collect(), ..Unwell::new(from, Cause::VolumePending, reason) })
}

fn short((ready, wanted): (i64, i64), row: &ObjectRow) -> Option<Unwell> {
    let reason = || format!("{ready} of {wanted} pods are ready");
    (ready < wanted).then(|| Unwell::new(row.created.plus(START_GRACE), Cause::Stalled, reason()))
}

fn job(cells: &Cells<'_>) -> Option<Unwell> {
    if !matches!(cells.text("STATUS"), "Failed" | "FailureTarget") {
        return None;
    }
    let completed = cells.ratio("COMPLETIONS").map(|(done, wanted)| format!(": {done} of {wanted} completed"));
    let reason = format!("failed{}", completed.unwrap_or_default());
    Some(Unwell::new(cells.row.created, Cause::JobFailed, reason))
}

/// A quota of which something is used up. One of nothing at all is a ban, and meant.
fn quota(cells: &Cells<'_>) -> Option<Unwell> {
    let items = ["REQUEST", "LIMIT"].into_iter().flat_map(|title| cells.text(title).split(", "));
    let full = items.filter(|item| {
        let amounts = item.split_once(": ").and_then(|(_, amounts)| amounts.split_once('/'));
        let parsed = amounts.and_then(|(used, hard)| Some((Quantity::parse(used)?.0, Quantity::parse(hard)?.0)));
        parsed.is_some_and(|(used, hard)| hard > 0 && used >= hard)
    });
    let full: Vec<&str> = full.collect();
    let reason = || format!("used up: {}", full.join(", "));
    (!full.is_empty()).then(|| Unwell::new(cells.row.created, Cause::Quota, reason()))
}
