//! Owns options of requests that a server refuses: numbers that are none, values there are none of, options that need
//! others. Must not know what they are options of.

use http::Method;

use super::failure::Failure;
use super::query::Query;

/// Checks what a query says; `all` where the request is about no single object.
pub(super) fn check(query: &Query, method: &Method, all: bool) -> Result<(), Failure> {
    let options = match method.as_str() {
        "POST" => "CreateOptions",
        "PUT" => "UpdateOptions",
        "PATCH" => "PatchOptions",
        "DELETE" => "DeleteOptions",
        _ => "ListOptions",
    };
    if options != "ListOptions" {
        return check_dry_run(options, query.all("dryRun"));
    }
    if !all {
        return Ok(());
    }
    for key in ["limit", "timeoutSeconds"] {
        let text = query.get(key);
        if !text.is_empty() && text.parse::<i64>().is_err() {
            return Err(Failure::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")));
        }
    }
    let version = query.get("resourceVersion");
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let why = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
        return Err(Failure::bad_request(format!("resourceVersion: Invalid value: {version:?}: {why}")));
    }
    check_match(query, version)
}

fn check_match(query: &Query, version: &str) -> Result<(), Failure> {
    let how = query.get("resourceVersionMatch");
    let refused = |words: &str| Err(Failure::forbidden_option("resourceVersionMatch", words));
    let watches = query.is("watch", "true") || query.is("watch", "1");
    match how {
        "" => Ok(()),
        _ if watches && !query.has("sendInitialEvents") => {
            refused("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
        _ if watches => Ok(()),
        _ if version.is_empty() => refused("resourceVersionMatch is forbidden unless resourceVersion is provided"),
        _ if !query.get("continue").is_empty() => {
            refused("resourceVersionMatch is forbidden when continue is provided")
        }
        "Exact" if version == "0" => refused("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
        "Exact" | "NotOlderThan" => Ok(()),
        other => Err(unsupported("ListOptions", "resourceVersionMatch", other, "\"\", \"Exact\", \"NotOlderThan\"")),
    }
}

/// Nothing but `All` can be tried without doing it.
pub(super) fn check_dry_run<'a>(options: &str, mut values: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    match values.find(|value| *value != "All") {
        None => Ok(()),
        Some(value) => Err(unsupported(options, "dryRun", value, "\"All\"")),
    }
}

fn unsupported(options: &str, field: &str, value: &str, supported: &str) -> Failure {
    let message = format!("Unsupported value: {value:?}: supported values: {supported}");
    Failure::invalid_options(options, field, "FieldValueNotSupported", &message)
}
