//! The search on a details page: plain text, found from where it began. Must not know how what is found is drawn.

use super::{DetailsView, Document};
use crate::app::chooser::insert;
use crate::app::layer::Layer;
use crate::app::state::App;
use crate::app::subject::Subject;
use crate::detail::doc::is_folded;
use crate::model::age::Unix;

/// The lines in which a text is found, letter case aside unless it has capitals.
pub(super) fn found(page: &Document, search: &str, now: Unix) -> Vec<usize> {
    if search.is_empty() {
        return Vec::new();
    }
    let finds = |line: &crate::detail::doc::Line| !ranges(&line.text(now), search).is_empty();
    page.lines.iter().enumerate().filter(|(_, line)| finds(line)).map(|(index, _)| index).collect()
}

/// Where in a text the search is found, letter case aside unless the search has capitals.
#[must_use]
pub fn ranges(text: &str, search: &str) -> Vec<std::ops::Range<usize>> {
    if search.is_empty() {
        return Vec::new();
    }
    let exact = search.chars().any(char::is_uppercase);
    // Lowering ASCII alone leaves every byte at its place.
    let (text, search) = if exact {
        (text.to_owned(), search.to_owned())
    } else {
        (text.to_ascii_lowercase(), search.to_ascii_lowercase())
    };
    text.match_indices(search.as_str()).map(|(start, found)| start..start + found.len()).collect()
}

impl DetailsView {
    /// Goes to the next line that the search finds, opening what it is folded into.
    pub(super) fn next_match(&mut self, by: isize, page: &Document) {
        let here = self.line().unwrap_or(0);
        let matches = &self.seen.matches;
        let found = if by > 0 {
            matches.iter().find(|line| **line > here).or(matches.first())
        } else {
            matches.iter().rev().find(|line| **line < here).or(matches.last())
        };
        let Some(line) = found.copied() else { return };
        for (start, outer) in page.lines.iter().enumerate().take(line) {
            if let Some(fold) =
                outer.fold.filter(|fold| start < line && line < fold.end && is_folded(*fold, &self.toggled))
                && !self.toggled.remove(&fold.id)
            {
                self.toggled.insert(fold.id);
            }
        }
        self.seen.visible = page.visible(&self.toggled);
        self.seen.version = None;
        if let Ok(row) = self.seen.visible.binary_search(&line) {
            self.spot_mut().row = row;
        }
    }
}

impl App {
    /// Takes over what is typed into the search field, and goes to the first line from here on that has it.
    pub(in crate::app) fn search_typed(&mut self) {
        let Some(Layer::Search { input, .. }) = self.layers.last() else { return };
        let text = input.value().to_owned();
        let now = self.now.unix;
        let Some((view, subject)) = self.details_mut() else { return };
        view.search = text;
        // From where the search began: what is not found leads nowhere.
        *view.spot_mut() = view.searched_from;
        let Some(page) = subject.as_deref().and_then(Subject::shown) else { return };
        view.seen.matches = found(page, &view.search, now);
        let here = view.line().unwrap_or(0);
        if !view.seen.matches.is_empty() && !view.seen.matches.contains(&here) {
            view.next_match(1, page);
        }
    }

    /// Puts pasted text into the search field.
    pub(in crate::app) fn search_pasted(&mut self, text: &str) {
        if let Some(Layer::Search { input, .. }) = self.layers.last_mut() {
            insert(input, text);
            self.search_typed();
        }
    }

    /// Ends the search with Esc: it is again what it was.
    pub(in crate::app) fn search_left(&mut self, before: String) {
        if let Some((view, _)) = self.details_mut() {
            view.search = before;
        }
    }
}
