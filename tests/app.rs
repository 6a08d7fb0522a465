//! State and screen without any network: the reducer, what looks across clusters, and what is drawn.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/picture.rs"]
mod picture;

#[path = "app/attention.rs"]
mod attention;
#[path = "app/belongings.rs"]
mod belongings;
#[path = "app/changes.rs"]
mod changes;
#[path = "app/details.rs"]
mod details;
#[path = "app/filters.rs"]
mod filters;
#[path = "app/kinds.rs"]
mod kinds;
#[path = "app/logins.rs"]
mod logins;
#[path = "app/metering.rs"]
mod metering;
#[path = "app/namespaces.rs"]
mod namespaces;
#[path = "app/overview.rs"]
mod overview;
#[path = "app/palette.rs"]
mod palette;
#[path = "app/permitted.rs"]
mod permitted;
#[path = "app/screen.rs"]
mod screen;
#[path = "app/selectors.rs"]
mod selectors;
#[path = "app/state.rs"]
mod state;
#[path = "app/tables.rs"]
mod tables;
#[path = "app/together.rs"]
mod together;
#[path = "app/top.rs"]
mod top;
#[path = "app/troubles.rs"]
mod troubles;
#[path = "app/views.rs"]
mod views;
