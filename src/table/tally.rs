//! Counts that a table keeps of its rows, so that nobody has to look at all of them. Must not know what is counted.

/// Something counted row by row. What was added is removed with the same row.
pub trait Tally<R>: Default + 'static {
    /// Counts a row in.
    fn add(&mut self, row: &R);
    /// Counts a row out that was counted in.
    fn remove(&mut self, row: &R);
}

/// Counts nothing.
impl<R> Tally<R> for () {
    fn add(&mut self, _row: &R) {}
    fn remove(&mut self, _row: &R) {}
}
