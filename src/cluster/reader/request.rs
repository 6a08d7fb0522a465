//! The requests of a reader: lists, pages, watches and streaming lists. Must not send them.

use http::{Request, header};

use super::ReadLimits;
use super::subject::Subject;
use crate::cluster::wire::Shape;
use crate::model::failure::{Failure, FailureKind};
use crate::model::query::escape;
use crate::model::update::Scope;

/// How long a watch stays that only catches up: servers send what there is at once.
const CATCH_UP_SECONDS: u64 = 1;

/// How old a list may be. Of several API servers one may lag behind the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Age {
    /// Whatever the server's cache holds: the cheapest.
    Any,
    /// Not older than what was seen at this resource version: nobody is taken back to the past.
    Since(String),
    /// The newest there is.
    Newest,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// One connection that lists and then watches.
    StreamingList(Age),
    /// The list as a whole.
    List(Age),
    /// One page of the list; the first one has no token.
    Page(String),
    /// What changed since a resource version.
    Watch(String),
    /// What has changed since a resource version, without staying.
    CatchUp(String),
}

impl Ask {
    /// Tells whether the answer is a list or a stream of events.
    pub fn shape(&self) -> Shape {
        match self {
            Ask::StreamingList(_) | Ask::Watch(_) | Ask::CatchUp(_) => Shape::Watch,
            Ask::List(_) | Ask::Page(_) => Shape::List,
        }
    }
}

/// Builds the request, and says for how many seconds the server is asked to keep a watch open.
pub fn request<S: Subject>(
    subject: &S,
    ask: &Ask,
    scope: &Scope,
    limits: &ReadLimits,
) -> Result<(Request<Vec<u8>>, u64), Failure> {
    let path = match scope {
        Scope::Cluster => subject.kind().path(None),
        Scope::Namespace(namespace) => subject.kind().path(Some(namespace)),
    };
    let seconds = if matches!(ask, Ask::CatchUp(_)) { CATCH_UP_SECONDS } else { watch_seconds(limits) };
    let query = match ask {
        Ask::StreamingList(age) => {
            let version = match age {
                Age::Any => "&resourceVersion=0".to_owned(),
                Age::Since(version) => format!("&resourceVersion={}", escape(version)),
                Age::Newest => String::new(),
            };
            format!(
                "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan{version}\
                 &allowWatchBookmarks=true&timeoutSeconds={seconds}"
            )
        }
        Ask::List(Age::Any) => "resourceVersion=0".to_owned(),
        Ask::List(Age::Since(version)) => {
            format!("resourceVersion={}&resourceVersionMatch=NotOlderThan", escape(version))
        }
        Ask::List(Age::Newest) => String::new(),
        Ask::Page(token) if token.is_empty() => format!("limit={}", limits.page),
        Ask::Page(token) => format!("limit={}&continue={}", limits.page, escape(token)),
        Ask::Watch(version) | Ask::CatchUp(version) => {
            format!("watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={seconds}", escape(version))
        }
    };
    let parts = [query.as_str(), subject.narrowing()];
    let query = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    let request = Request::get(if query.is_empty() { path } else { format!("{path}?{query}") });
    let request = request.header(header::ACCEPT, subject.accept(ask.shape()));
    let request = if ask.shape() == Shape::Watch {
        // Servers from 1.37 on compress watches in a way that delays events.
        request.header(header::ACCEPT_ENCODING, "identity")
    } else {
        request
    };
    let request = request.body(Vec::new());
    let request =
        request.map_err(|_| Failure::new(FailureKind::Config, "a namespace that cannot be part of a path"))?;
    Ok((request, seconds))
}

/// Draws how long a watch stays open, so that many of them do not end at the same moment.
pub fn watch_seconds(limits: &ReadLimits) -> u64 {
    let span = limits.watch_seconds.end.saturating_sub(limits.watch_seconds.start).max(1);
    limits.watch_seconds.start + fastrand::u64(0..span)
}

#[cfg(test)]
mod tests {
    use super::super::subject::Standing;
    use super::*;
    use crate::cluster::project::Resource as _;
    use crate::cluster::project::node::Node;
    use crate::cluster::project::pod::Pod;

    fn built(ask: &Ask, scope: &Scope) -> (String, Option<String>) {
        let (request, seconds) = request(&Standing::<Pod>::default(), ask, scope, &ReadLimits::default()).unwrap();
        assert!((240..300).contains(&seconds));
        let encoding = request.headers().get(header::ACCEPT_ENCODING);
        let uri = request.uri().to_string().replace(&format!("timeoutSeconds={seconds}"), "timeoutSeconds=N");
        (uri, encoding.map(|value| value.to_str().unwrap().to_owned()))
    }

    #[test]
    fn each_question_has_its_query() {
        let scope = Scope::Namespace("team-a".into());
        let (uri, encoding) = built(&Ask::StreamingList(Age::Any), &Scope::Cluster);
        assert_eq!(
            uri,
            "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0\
             &allowWatchBookmarks=true&timeoutSeconds=N"
        );
        assert_eq!(encoding.as_deref(), Some("identity"));
        assert_eq!(
            built(&Ask::List(Age::Any), &scope),
            ("/api/v1/namespaces/team-a/pods?resourceVersion=0".to_owned(), None)
        );
        assert_eq!(built(&Ask::Page(String::new()), &scope).0, "/api/v1/namespaces/team-a/pods?limit=500");
        assert_eq!(
            built(&Ask::Page("a+/=".to_owned()), &Scope::Cluster).0,
            "/api/v1/pods?limit=500&continue=a%2B%2F%3D"
        );
        let (uri, encoding) = built(&Ask::Watch("42".to_owned()), &Scope::Cluster);
        assert_eq!(uri, "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=42&timeoutSeconds=N");
        assert_eq!(encoding.as_deref(), Some("identity"));
    }

    #[test]
    fn a_list_says_how_old_it_may_be() {
        let since = || Age::Since("42".to_owned());
        assert_eq!(
            built(&Ask::StreamingList(since()), &Scope::Cluster).0,
            "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=42\
             &allowWatchBookmarks=true&timeoutSeconds=N"
        );
        assert_eq!(
            built(&Ask::StreamingList(Age::Newest), &Scope::Cluster).0,
            "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
             &allowWatchBookmarks=true&timeoutSeconds=N"
        );
        let list = built(&Ask::List(since()), &Scope::Cluster).0;
        assert_eq!(list, "/api/v1/pods?resourceVersion=42&resourceVersionMatch=NotOlderThan");
        assert_eq!(built(&Ask::List(Age::Newest), &Scope::Cluster).0, "/api/v1/pods");
    }

    #[test]
    fn a_kind_without_namespaces_has_one_path_and_a_bad_namespace_is_a_failure() {
        assert_eq!(Node::KIND.path(Some("team-a")), "/api/v1/nodes");
        let bad = Scope::Namespace("a b\n".into());
        assert!(request(&Standing::<Pod>::default(), &Ask::List(Age::Any), &bad, &ReadLimits::default()).is_err());
    }
}
