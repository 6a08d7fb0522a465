//! The volumes of a pod or template: what kind each is and what it needs. Must not know containers.

use super::{How, field};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::sheet::{NONE, Sheet};

/// A kind of volume: its field, its description, and the fields worth telling.
type Kind = (&'static str, &'static str, &'static [(&'static str, &'static str, How)]);

const KINDS: &[Kind] = &[
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name", How::Word), ("Optional", "optional", How::Flag)],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName", How::Word), ("Optional", "optional", How::Flag)],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium", How::Word), ("SizeLimit", "sizeLimit", How::OrUnset)],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName", How::Word), ("ReadOnly", "readOnly", How::Flag)],
    ),
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path", How::Word), ("HostPathType", "type", How::Word)],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server", How::Word), ("Path", "path", How::Word), ("ReadOnly", "readOnly", How::Flag)],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[
            ("Driver", "driver", How::Word),
            ("FSType", "fsType", How::Word),
            ("VolumeHandle", "volumeHandle", How::Word),
            ("ReadOnly", "readOnly", How::Flag),
            ("VolumeAttributes", "volumeAttributes", How::Pairs),
        ],
    ),
    (
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        &[],
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", &[]),
    (
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference", "reference", How::Word), ("PullPolicy", "pullPolicy", How::Word)],
    ),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", &[("Path", "path", How::Word)]),
];

/// Writes the volumes of a pod's spec.
pub fn write(sheet: &mut Sheet, spec: At<'_>) {
    let volumes = spec.field("volumes");
    if volumes.is_empty() {
        return sheet.toned("Volumes", NONE, Ink::Dim, volumes.changed());
    }
    sheet.heading("Volumes");
    sheet.inside(|sheet| {
        for volume in volumes.items() {
            sheet.heading(volume.field("name").text());
            sheet.inside(|sheet| source(sheet, volume));
        }
    });
}

/// Writes what a volume is made from.
pub fn source(sheet: &mut Sheet, volume: At<'_>) {
    if !volume.field("projected").is_empty() {
        return projected(sheet, volume.field("projected"));
    }
    for (name, description, fields) in KINDS {
        let at = volume.field(name);
        if !at.now.is_null() {
            sheet.field("Type", *description, at);
            for (title, path, how) in *fields {
                field(sheet, title, at.path(path), *how);
            }
            return;
        }
    }
    let names: Vec<&str> = volume.fields().map(|(name, _)| name).filter(|name| *name != "name").collect();
    let text = if names.is_empty() { "<unknown>".to_owned() } else { names.join(", ") };
    sheet.field("Type", text, volume);
}

fn projected(sheet: &mut Sheet, at: At<'_>) {
    sheet.field("Type", "Projected (a volume that contains injected data from multiple sources)", at);
    for source in at.field("sources").items() {
        for (name, part) in source.fields() {
            match name {
                "secret" => field(sheet, "SecretName", part.field("name"), How::Word),
                "downwardAPI" => sheet.field("DownwardAPI", "true", part),
                "configMap" => {
                    field(sheet, "ConfigMapName", part.field("name"), How::Word);
                    let optional = part.field("optional");
                    sheet.field("Optional", optional.is_true().to_string(), optional);
                }
                "serviceAccountToken" => {
                    field(sheet, "TokenExpirationSeconds", part.field("expirationSeconds"), How::Number);
                }
                _ => sheet.field(name, "true", part),
            }
        }
    }
}
