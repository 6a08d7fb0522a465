//! Owns the forms an answer can take and the choice among them. Must not know what is answered.

/// How much of an object each row of a table carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    None,
    Metadata,
    Object,
}

/// A form of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Protobuf,
    Table,
    /// Metadata alone, in JSON.
    Partial,
}

impl Media {
    /// Takes the first clause of an Accept header that can be served; `None` when there is none.
    pub(super) fn negotiate(accept: &str, protobuf: bool) -> Option<Self> {
        if accept.trim().is_empty() {
            return Some(Self::Json);
        }
        accept.split(',').find_map(|clause| {
            let mut parts = clause.split(';').map(str::trim);
            let kind = parts.next()?;
            let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
            let parameter = |key| parameters.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            match (kind, parameter("as"), parameter("v")) {
                ("application/json", Some("Table"), Some("v1")) => Some(Self::Table),
                ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) => {
                    Some(Self::Partial)
                }
                ("application/json", Some("APIGroupDiscoveryList"), _)
                | ("application/json" | "application/yaml" | "application/*" | "*/*", None, _) => Some(Self::Json),
                ("application/vnd.kubernetes.protobuf", None, _) if protobuf => Some(Self::Protobuf),
                _ => None,
            }
        })
    }

    /// The Content-Type of an answer, or of a watch.
    pub(super) fn content_type(self, watch: bool) -> &'static str {
        match (self, watch) {
            (Self::Protobuf, false) => "application/vnd.kubernetes.protobuf",
            (Self::Protobuf, true) => "application/vnd.kubernetes.protobuf;stream=watch",
            _ => "application/json",
        }
    }
}

/// Tells whether a client wants YAML first.
pub(super) fn is_yaml(accept: &str) -> bool {
    accept.split([',', ';']).next().is_some_and(|first| first.trim() == "application/yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_clause_that_can_be_served_wins() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(Media::negotiate(kubectl, true), Some(Media::Table));
        let both = "application/vnd.kubernetes.protobuf,application/json";
        assert_eq!(Media::negotiate(both, true), Some(Media::Protobuf));
        assert_eq!(Media::negotiate(both, false), Some(Media::Json));
        assert_eq!(Media::negotiate("application/cbor", true), None);
        assert_eq!(Media::negotiate("application/vnd.kubernetes.protobuf;stream=watch", true), Some(Media::Protobuf));
    }
}
