//! A selection by object and a scroll position, for any list of rows. Must not know what the rows are.

/// Where a list stands: the selected object, its last known position, and the first visible row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor<K> {
    /// The selected object; `None` until something was there to select.
    pub key: Option<K>,
    /// Its position when last seen: the fall-back once it is gone.
    pub index: usize,
    /// The first visible row.
    pub top: usize,
    /// A person has chosen; until then the first row is selected, whatever comes to stand there.
    pub chosen: bool,
    /// What was chosen, while another question hides it.
    pub hidden: Option<K>,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self { key: None, index: 0, top: 0, chosen: false, hidden: None }
    }
}

impl<K: Clone> Cursor<K> {
    /// Finds the selected object again after rows changed, or the row now at its place; then scrolls it into view.
    ///
    /// `position` finds an object's row, `key_at` the object of a row. Rows above may come and go: the object stays
    /// selected, and stays where it is on screen as long as it can.
    pub fn settle(
        &mut self,
        rows: usize,
        height: usize,
        position: impl Fn(&K) -> Option<usize>,
        key_at: impl Fn(usize) -> Option<K>,
    ) {
        if !self.chosen {
            self.index = 0;
            self.key = key_at(0);
        }
        let before = self.index;
        if let Some(found) = self.key.as_ref().and_then(position) {
            self.top = if found == before { self.top } else { (self.top + found).saturating_sub(before) };
            self.index = found;
        } else {
            self.index = self.index.min(rows.saturating_sub(1));
            self.key = key_at(self.index);
        }
        self.scroll(rows, height);
    }

    /// Finds the selected object among the rows of another question. Where they are without it the first row is selected:
    /// the place it had says nothing there. It is selected again once a question shows it again, unless a person has
    /// chosen something else by then.
    pub fn look_again(&mut self, position: impl Fn(&K) -> Option<usize>, key_at: impl Fn(usize) -> Option<K>) {
        let Some(wanted) = self.hidden.take().or_else(|| self.key.clone()).filter(|_| self.chosen) else { return };
        if position(&wanted).is_some() {
            self.key = Some(wanted);
        } else {
            (self.index, self.top, self.key) = (0, 0, key_at(0));
            self.hidden = Some(wanted);
        }
    }

    /// Selects the row at a position.
    pub fn select(&mut self, index: usize, key_at: impl Fn(usize) -> Option<K>) {
        self.index = index;
        self.key = key_at(index);
        self.chosen = true;
        self.hidden = None;
    }

    /// Moves the selection by a number of rows, clamped to the list.
    pub fn step(&mut self, by: isize, rows: usize, key_at: impl Fn(usize) -> Option<K>) {
        let last = rows.saturating_sub(1);
        self.select(self.index.saturating_add_signed(by).min(last), key_at);
    }

    fn scroll(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(rows.saturating_sub(height));
        self.top = self.top.min(self.index).max((self.index + 1).saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(cursor: &mut Cursor<char>, rows: &str, height: usize) {
        let rows: Vec<char> = rows.chars().collect();
        cursor.settle(
            rows.len(),
            height,
            |key| rows.iter().position(|row| row == key),
            |index| rows.get(index).copied(),
        );
    }

    #[test]
    fn the_selection_follows_its_object() {
        let mut cursor = Cursor { key: Some('c'), index: 2, top: 0, chosen: true, hidden: None };
        settle(&mut cursor, "xyabc", 10);
        assert_eq!((cursor.key, cursor.index), (Some('c'), 4));
    }

    #[test]
    fn until_a_person_chooses_the_first_row_is_selected() {
        let mut cursor = Cursor::default();
        settle(&mut cursor, "abc", 10);
        assert_eq!(cursor.key, Some('a'));
        settle(&mut cursor, "xabc", 10);
        assert_eq!((cursor.key, cursor.index), (Some('x'), 0));
    }

    #[test]
    fn what_another_question_hides_is_selected_again_once_it_is_shown() {
        let ask = |cursor: &mut Cursor<char>, rows: &str| {
            let all: Vec<char> = rows.chars().collect();
            cursor.look_again(|key| all.iter().position(|row| row == key), |index| all.get(index).copied());
            settle(cursor, rows, 4);
            (cursor.key, cursor.index)
        };
        let mut cursor = Cursor { key: Some('h'), index: 7, top: 5, chosen: true, hidden: None };
        assert_eq!(ask(&mut cursor, "abcx"), (Some('a'), 0), "not the row that happens to be at its place");
        assert_eq!(ask(&mut cursor, "xyzabc"), (Some('x'), 0), "nor one that was only the first of others");
        assert_eq!(ask(&mut cursor, ""), (None, 0));
        assert_eq!(ask(&mut cursor, "abcdefghij"), (Some('h'), 7));
        ask(&mut cursor, "abc");
        cursor.step(1, 3, |index| "abc".chars().nth(index));
        assert_eq!(ask(&mut cursor, "abcdefghij"), (Some('b'), 1), "what a person chose meanwhile counts");
    }

    #[test]
    fn a_deleted_object_leaves_the_selection_at_its_place() {
        let mut cursor = Cursor { key: Some('c'), index: 2, top: 0, chosen: true, hidden: None };
        settle(&mut cursor, "abd", 10);
        assert_eq!((cursor.key, cursor.index), (Some('d'), 2));
        settle(&mut cursor, "ab", 10);
        assert_eq!((cursor.key, cursor.index), (Some('b'), 1));
    }

    #[test]
    fn rows_inserted_above_do_not_move_the_selection_on_screen() {
        let mut cursor = Cursor { key: Some('f'), index: 5, top: 3, chosen: true, hidden: None };
        settle(&mut cursor, "123abcdefghij", 4);
        assert_eq!((cursor.index, cursor.top), (8, 6));
    }

    #[test]
    fn the_selected_row_is_always_visible() {
        let mut cursor = Cursor { key: Some('j'), index: 9, top: 0, chosen: true, hidden: None };
        settle(&mut cursor, "abcdefghij", 4);
        assert_eq!(cursor.top, 6);
        settle(&mut cursor, "", 4);
        assert_eq!((cursor.key, cursor.index, cursor.top), (None, 0, 0));
    }
}
