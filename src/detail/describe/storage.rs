//! Volumes and what claims them. Must not know pods beyond their names.

use super::How::{Capital, List, Notes, OrNone, Pairs, Time, Word};
use super::Part::{self, Do, Field, May};
use super::{found, volumes};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::paths;
use crate::detail::section::Reference;
use crate::detail::sheet::{NONE, Sheet};
use crate::detail::value::{list, selector};

/// The storage drivers of a node.
pub const DRIVERS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Do(drivers),
];

/// A claim.
pub const CLAIM: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Do(|sheet, at, _| class(sheet, at)),
    Do(|sheet, at, _| status(sheet, at)),
    Do(volume),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(|sheet, at, _| finalizers(sheet, at)),
    Field("Capacity", "status.capacity.storage", Word),
    Do(|sheet, at, _| modes(sheet, at.path("status.accessModes"))),
    Field("VolumeMode", "spec.volumeMode", Word),
    May("DataSource", "spec.dataSource.name", Word),
    Do(used_by),
];

/// A volume.
pub const VOLUME: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(|sheet, at, _| finalizers(sheet, at)),
    Do(|sheet, at, _| class(sheet, at)),
    Do(|sheet, at, _| status(sheet, at)),
    Do(claim),
    Field("Reclaim Policy", "spec.persistentVolumeReclaimPolicy", Word),
    Do(|sheet, at, _| modes(sheet, at.path("spec.accessModes"))),
    Field("VolumeMode", "spec.volumeMode", Word),
    Field("Capacity", "spec.capacity.storage", Word),
    Do(affinity),
    Field("Message", "status.message", Word),
    Do(source),
];

/// A storage class.
pub const CLASS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Do(is_default),
    Field("Annotations", "metadata.annotations", super::How::Joined),
    Field("Provisioner", "provisioner", Word),
    Field("Parameters", "parameters", super::How::Joined),
    Field("AllowVolumeExpansion", "allowVolumeExpansion", Capital),
    Field("MountOptions", "mountOptions", List),
    Field("ReclaimPolicy", "reclaimPolicy", OrNone),
    Field("VolumeBindingMode", "volumeBindingMode", OrNone),
];

fn drivers(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    sheet.heading("Spec");
    sheet.inside(|sheet| {
        sheet.heading("Drivers");
        for driver in at.path("spec.drivers").items() {
            sheet.inside(|sheet| {
                sheet.heading(driver.field("name").text());
                sheet.inside(|sheet| {
                    sheet.field("Node ID", driver.field("nodeID").word(), driver.field("nodeID"));
                    let count = driver.path("allocatable.count");
                    if !count.is_empty() {
                        sheet.heading("Allocatables");
                        sheet.inside(|sheet| sheet.field("Count", count.word(), count));
                    }
                    let keys = driver.field("topologyKeys");
                    if !keys.is_empty() {
                        sheet.field("Topology Keys", format!("[{}]", list(keys, " ")), keys);
                    }
                });
            });
        }
    });
}

fn class(sheet: &mut Sheet, at: At<'_>) {
    let class = at.path("spec.storageClassName");
    if class.is_empty() {
        return sheet.field("StorageClass", "", class);
    }
    sheet.link(
        "StorageClass",
        class.text(),
        Reference::named("storage.k8s.io/v1", "StorageClass", class.text()),
        class,
    );
}

fn status(sheet: &mut Sheet, at: At<'_>) {
    let phase = at.path("status.phase");
    let deleting = !at.path("metadata.deletionTimestamp").is_empty();
    let text = if deleting { format!("Terminating ({})", phase.text()) } else { phase.text().to_owned() };
    let ink = match phase.text() {
        _ if deleting => Ink::Warn,
        "Bound" | "Available" => Ink::Text,
        "Failed" | "Lost" => Ink::Bad,
        _ => Ink::Warn,
    };
    sheet.toned("Status", text, ink, phase.changed());
}

fn volume(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let name = at.path("spec.volumeName");
    if name.is_empty() {
        return sheet.field("Volume", "", name);
    }
    sheet.link("Volume", name.text(), Reference::named("v1", "PersistentVolume", name.text()), name);
}

fn claim(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let claim = at.path("spec.claimRef");
    if claim.is_empty() {
        return sheet.field("Claim", "", claim);
    }
    let (namespace, name) = (claim.field("namespace").text(), claim.field("name").text());
    let to = Reference { namespace: namespace.to_owned(), ..Reference::named("v1", "PersistentVolumeClaim", name) };
    sheet.link("Claim", format!("{namespace}/{name}"), to, claim);
}

fn finalizers(sheet: &mut Sheet, at: At<'_>) {
    let all = at.path("metadata.finalizers");
    sheet.field("Finalizers", format!("[{}]", list(all, " ")), all);
}

fn short(mode: &str) -> &str {
    match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    }
}

fn modes(sheet: &mut Sheet, all: At<'_>) {
    sheet.field("Access Modes", all.items().map(|mode| short(mode.text())).collect::<Vec<_>>().join(","), all);
}

/// The pods that use a claim.
fn used_by(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let path = paths::of_namespace(&sources.reference.namespace, "pods");
    match sources.beside.get(&path) {
        None => return sheet.toned("Used By", "...", Ink::Dim, false),
        Some(Err(why)) => return sheet.toned("Used By", format!("unknown: {why}"), Ink::Warn, false),
        Some(Ok(_)) => {}
    }
    let name = at.path("metadata.name").text();
    let uses = |pod: &At<'_>| {
        let mut volumes = pod.path("spec.volumes").items();
        volumes.any(|volume| volume.path("persistentVolumeClaim.claimName").text() == name)
    };
    let mut any = false;
    for pod in found(sources, &path).map(At::still).filter(uses) {
        let own = pod.path("metadata.name").text();
        let to = Reference { namespace: sources.reference.namespace.to_string(), ..Reference::named("v1", "Pod", own) };
        sheet.link(if any { "" } else { "Used By" }, own, to, pod);
        any = true;
    }
    if !any {
        sheet.toned("Used By", NONE, Ink::Dim, false);
    }
}

fn affinity(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let terms = at.path("spec.nodeAffinity.required.nodeSelectorTerms");
    if terms.is_empty() {
        return sheet.toned("Node Affinity", NONE, Ink::Dim, terms.changed());
    }
    sheet.heading("Node Affinity");
    sheet.inside(|sheet| {
        sheet.heading("Required Terms");
        sheet.inside(|sheet| {
            for (place, term) in terms.items().enumerate() {
                sheet.field(&format!("Term {place}"), selector(term), term);
            }
        });
    });
}

fn source(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    sheet.heading("Source");
    sheet.inside(|sheet| volumes::source(sheet, at.field("spec")));
}

fn is_default(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let mark = at.path("metadata.annotations").field("storageclass.kubernetes.io/is-default-class");
    sheet.field("IsDefaultClass", if mark.text() == "true" { "Yes" } else { "No" }, mark);
}
