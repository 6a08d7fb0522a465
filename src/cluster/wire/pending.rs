//! Bytes that wait for the rest of their piece. Must not know what a piece is.

use super::WireError;

/// Room that is kept from one piece to the next, in bytes.
const KEEP: usize = 256 * 1024;

/// What a framing makes of the bytes in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes are done with.
    Used(usize),
    /// Nothing can be done before so many bytes are there.
    Needs(usize),
}

/// The beginning of a piece whose end has not arrived. What is complete within a chunk is never copied.
#[derive(Debug, Default)]
pub struct Pending {
    bytes: Vec<u8>,
}

impl Pending {
    /// Lets `step` work through what was kept and the chunk, piece by piece; keeps the rest.
    ///
    /// # Errors
    /// Whatever `step` finds wrong.
    pub fn feed(
        &mut self,
        mut chunk: &[u8],
        mut step: impl FnMut(&[u8]) -> Result<Step, WireError>,
    ) -> Result<(), WireError> {
        loop {
            let kept = !self.bytes.is_empty();
            let bytes = if kept { self.bytes.as_slice() } else { chunk };
            match step(bytes)? {
                Step::Used(size) if kept => self.drop_front(size),
                Step::Used(size) => chunk = chunk.get(size..).unwrap_or_default(),
                Step::Needs(_) if !kept => {
                    self.bytes.extend_from_slice(chunk);
                    return Ok(());
                }
                Step::Needs(_) if chunk.is_empty() => return Ok(()),
                Step::Needs(total) => {
                    // No further than to the end of this piece: what follows may be whole within the chunk.
                    let missing = total.saturating_sub(self.bytes.len()).clamp(1, chunk.len());
                    let (now, later) = chunk.split_at_checked(missing).unwrap_or((chunk, &[]));
                    self.bytes.extend_from_slice(now);
                    chunk = later;
                }
            }
        }
    }

    /// Tells whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn drop_front(&mut self, size: usize) {
        self.bytes.drain(..size.min(self.bytes.len()));
        trim(&mut self.bytes);
    }
}

/// Gives back the room that a single huge piece has taken.
pub fn trim(bytes: &mut Vec<u8>) {
    if bytes.capacity() > KEEP && bytes.len() < KEEP / 4 {
        bytes.shrink_to(KEEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of one length byte and so many bytes.
    fn piece(bytes: &[u8], pieces: &mut Vec<Vec<u8>>) -> Step {
        let Some((length, rest)) = bytes.split_first() else { return Step::Needs(1) };
        let Some(body) = rest.get(..usize::from(*length)) else { return Step::Needs(1 + usize::from(*length)) };
        pieces.push(body.to_vec());
        Step::Used(1 + body.len())
    }

    #[test]
    fn pieces_come_out_whole_however_they_are_cut_and_only_the_open_one_is_kept() {
        let bytes = [2, 10, 11, 0, 3, 20, 21, 22, 1, 30];
        for size in 1..=bytes.len() {
            let (mut pending, mut pieces) = (Pending::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                pending.feed(chunk, |bytes| Ok(piece(bytes, &mut pieces))).unwrap();
                assert!(pending.bytes.len() <= 4, "chunks of {size}");
            }
            assert_eq!(pieces, [vec![10, 11], vec![], vec![20, 21, 22], vec![30]]);
            assert!(pending.is_empty());
        }
    }

    #[test]
    fn the_room_of_a_huge_piece_is_given_back() {
        let mut pending = Pending::default();
        let total = 4 * KEEP;
        let half = vec![0; total / 2];
        let whole = |bytes: &[u8]| Ok(if bytes.len() < total { Step::Needs(total) } else { Step::Used(total) });
        pending.feed(&half, whole).unwrap();
        pending.feed(&half, whole).unwrap();
        assert!(pending.is_empty() && pending.bytes.capacity() <= KEEP);
    }
}
