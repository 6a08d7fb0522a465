//! Discovery the long way: a document for each group and version. Must not know how the list of them was asked for.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde::Deserialize;

use super::{Page, unreadable};
use crate::cluster::connection::Connection;
use crate::cluster::project::field::nullable;
use crate::cluster::wire::read_json;
use crate::model::failure::Failure;
use crate::model::resource::ApiResource;

/// Groups asked at once.
const AT_ONCE: usize = 6;

/// `APIVersions` or `APIGroupList`.
#[derive(Deserialize)]
struct Index {
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<Version>,
    #[serde(default, deserialize_with = "nullable")]
    preferred_version: Version,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Version {
    #[serde(deserialize_with = "nullable")]
    group_version: String,
}

/// `APIResourceList`.
#[derive(Deserialize)]
struct ResourceList {
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    singular_name: String,
    #[serde(default, deserialize_with = "nullable")]
    namespaced: bool,
    #[serde(default, deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    categories: Vec<String>,
}

/// Asks each group and version of an index for its resources, the preferred version of a group first.
///
/// # Errors
/// The index is not one, or not a single group could answer.
pub(super) async fn read(connection: &Connection, index: &[u8], limit: Duration) -> Result<Page, Failure> {
    let index: Index = read_json(index).map_err(|_| unreadable("/apis"))?;
    let core = index.versions.iter().map(|version| (String::new(), version.clone()));
    let named = index.groups.iter().flat_map(Group::ordered).filter_map(|version| {
        let (group, version) = version.split_once('/')?;
        Some((group.to_owned(), version.to_owned()))
    });
    let asked: Vec<(String, String)> = core.chain(named).collect();
    let answers = stream::iter(asked.into_iter().map(|(group, version)| async move {
        let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let answer = connection.get_json::<ResourceList>(&path, limit).await;
        (group, version, answer)
    }));
    let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
    let mut page = Page::default();
    let mut answered = false;
    let mut failure = None;
    for (group, version, answer) in answers {
        match answer {
            Ok(list) => {
                answered = true;
                // A name with a slash is a part of another resource: its status, its scale.
                let whole = list.resources.into_iter().filter(|resource| !resource.name.contains('/'));
                whole.for_each(|resource| page.add(resource.of(&group, &version)));
            }
            Err(error) => {
                page.failing.push(format!("{group}/{version}"));
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(failure) if !answered => Err(failure),
        _ => Ok(page),
    }
}

impl Group {
    fn ordered(&self) -> impl Iterator<Item = &str> {
        let others = self.versions.iter().filter(|version| **version != self.preferred_version);
        std::iter::once(&self.preferred_version).chain(others).map(|version| version.group_version.as_str())
    }
}

impl Resource {
    fn of(self, group: &str, version: &str) -> ApiResource {
        ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: self.name,
            singular: self.singular_name,
            kind: self.kind,
            short_names: self.short_names,
            namespaced: self.namespaced,
            verbs: self.verbs,
            categories: self.categories,
        }
    }
}
