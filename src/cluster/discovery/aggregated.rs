//! Reads the aggregated form of discovery: all groups in one document. Must not know how it was asked for.

use serde::Deserialize;

use super::Page;
use crate::cluster::project::field::nullable;
use crate::cluster::wire::{WireError, read_json};
use crate::model::resource::ApiResource;

#[derive(Deserialize)]
struct GroupList {
    #[serde(default, deserialize_with = "nullable")]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    metadata: Named,
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<Served>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "nullable")]
    name: String,
}

/// Versions come in the order in which the server prefers them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    version: String,
    #[serde(default, deserialize_with = "nullable")]
    resources: Vec<Described>,
    #[serde(default, deserialize_with = "nullable")]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    resource: String,
    #[serde(default, deserialize_with = "nullable")]
    response_kind: ResponseKind,
    #[serde(default, deserialize_with = "nullable")]
    scope: String,
    #[serde(default, deserialize_with = "nullable")]
    singular_resource: String,
    #[serde(default, deserialize_with = "nullable")]
    verbs: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    categories: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseKind {
    #[serde(deserialize_with = "nullable")]
    kind: String,
}

/// Reads an `APIGroupDiscoveryList`. A group that is down is there with what was last known of it, or with nothing.
pub(super) fn read(body: &[u8]) -> Result<Page, WireError> {
    let list: GroupList = read_json(body)?;
    let mut page = Page::default();
    for group in list.items {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                page.failing.push(format!("{name}/{}", version.version));
            }
            for resource in version.resources {
                page.add(ApiResource {
                    group: name.clone(),
                    version: version.version.clone(),
                    plural: resource.resource,
                    singular: resource.singular_resource,
                    kind: resource.response_kind.kind,
                    short_names: resource.short_names,
                    namespaced: resource.scope == "Namespaced",
                    verbs: resource.verbs,
                    categories: resource.categories,
                });
            }
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_version_wins_and_what_cannot_be_listed_is_left_out() {
        let page = read(
            br#"{"kind":"APIGroupDiscoveryList","items":[
                {"metadata":{"name":"infra.example.io"},"versions":[
                    {"version":"v1","freshness":"Current","resources":[
                        {"resource":"widgets","responseKind":{"kind":"Widget"},"scope":"Namespaced",
                         "singularResource":"widget","verbs":["get","list"],"shortNames":["wd"],
                         "categories":["all"]}]},
                    {"version":"v1beta1","freshness":"Current","resources":[
                        {"resource":"widgets","scope":"Namespaced","verbs":["list"]},
                        {"resource":"gadgets","scope":"Cluster","verbs":["list"]},
                        {"resource":"reviews","scope":"Cluster","verbs":["create"]}]}]},
                {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]},
                {"metadata":null,"versions":null}]}"#,
        );
        let page = page.unwrap();
        let known: Vec<String> = page.resources.iter().map(|it| format!("{} {}", it.plural, it.version)).collect();
        assert_eq!(known, ["widgets v1", "gadgets v1beta1"]);
        assert_eq!(page.resources.first().map(|it| it.is_called("wd")), Some(true));
        assert_eq!(page.resources.first().map(|it| it.categories.join(" ")), Some("all".to_owned()));
        assert_eq!(page.failing, ["metrics.k8s.io/v1beta1"]);
    }
}
