//! Slots in an order, kept in short runs: a slot that comes or goes costs its run and a look at the list of runs, not the
//! table. Must not know rows, nor why one slot stands before another.
//!
//! For each slot of the slab the run it stands in is known, so that a row is taken out, and its place is told, without
//! comparing anything: it may be another one by then, or gone.

use super::slab::Slot;

/// Slots in one run at most.
const MOST: usize = 512;
/// Slots in a run that is made new: there is room for some more.
const FRESH: usize = 384;
/// A run with fewer joins its neighbour.
const LEAST: usize = 128;
/// Stands for no run.
const NOWHERE: u32 = u32::MAX;

/// Some slots in some order.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    runs: Vec<Run>,
    /// For each run the number of slots before it.
    starts: Vec<usize>,
    /// For each slot of the slab the name of the run it stands in.
    homes: Vec<u32>,
    /// For each name of a run where that run is.
    ranks: Vec<u32>,
    /// Names that no run has.
    spare: Vec<u32>,
    length: usize,
}

#[derive(Clone, Debug)]
struct Run {
    name: u32,
    slots: Vec<Slot>,
}

impl Sequence {
    /// Takes over slots of a slab of that many slots, in their order.
    pub fn of(slots: &[Slot], slab: usize) -> Self {
        let mut found = Self { homes: vec![NOWHERE; slab], length: slots.len(), ..Self::default() };
        for (name, part) in slots.chunks(FRESH).enumerate() {
            for slot in part {
                found.settle(*slot, name as u32);
            }
            found.runs.push(Run { name: name as u32, slots: part.to_vec() });
        }
        found.renumber();
        found
    }

    /// Slots there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The slot at a place.
    pub fn get(&self, place: usize) -> Option<Slot> {
        let rank = self.starts.partition_point(|start| *start <= place).checked_sub(1)?;
        self.runs.get(rank)?.slots.get(place - self.starts.get(rank)?).copied()
    }

    /// The place of a slot.
    pub fn place(&self, slot: Slot) -> Option<usize> {
        let rank = *self.ranks.get(*self.homes.get(slot as usize)? as usize)? as usize;
        let within = self.runs.get(rank)?.slots.iter().position(|other| *other == slot)?;
        Some(self.starts.get(rank)? + within)
    }

    /// All slots in their order.
    pub fn iter(&self) -> impl Iterator<Item = Slot> {
        self.runs.iter().flat_map(|run| &run.slots).copied()
    }

    /// Keeps only some; the order stays.
    pub fn retain(&mut self, keep: impl Fn(Slot) -> bool) {
        let gone: Vec<Slot> = self.iter().filter(|slot| !keep(*slot)).collect();
        self.exchange(&gone, &[], |_, _| false);
    }

    /// Takes slots out, as far as they are there, and puts others in: each before the first that does not come `before`
    /// it. Those that come are in their order, and are not there once the others have gone; so stand those that stay.
    pub fn exchange(&mut self, gone: &[Slot], come: &[Slot], before: impl Fn(Slot, Slot) -> bool) {
        for slot in gone {
            self.take_out(*slot);
        }
        // Before anything is searched for: an empty run has no end to compare with.
        self.balance();
        let mut rank = 0;
        for slot in come {
            rank = self.put_in(*slot, rank, &before);
        }
        self.renumber();
    }

    fn take_out(&mut self, slot: Slot) {
        let Some(home) = self.homes.get_mut(slot as usize) else { return };
        let name = std::mem::replace(home, NOWHERE);
        let Some(rank) = self.ranks.get(name as usize) else { return };
        let Some(run) = self.runs.get_mut(*rank as usize) else { return };
        if let Some(within) = run.slots.iter().position(|other| *other == slot) {
            run.slots.remove(within);
            self.length -= 1;
        }
    }

    /// Puts a slot in that comes after all runs before `rank`; returns the rank of the run it is in.
    fn put_in(&mut self, slot: Slot, rank: usize, before: &impl Fn(Slot, Slot) -> bool) -> usize {
        // The first run whose last slot does not come before it.
        let rest = self.runs.get(rank..).unwrap_or_default();
        let ends = |run: &Run| run.slots.last().is_some_and(|last| before(*last, slot));
        let rank = (rank + rest.partition_point(ends)).min(self.runs.len().saturating_sub(1));
        if self.runs.is_empty() {
            let name = self.name();
            self.runs.push(Run { name, slots: Vec::new() });
        }
        let Some(run) = self.runs.get_mut(rank) else { return rank };
        let within = run.slots.partition_point(|other| before(*other, slot));
        if run.slots.len() == run.slots.capacity() {
            run.slots.reserve_exact(if run.slots.len() < FRESH { run.slots.len().max(4) } else { MOST });
        }
        run.slots.insert(within, slot);
        let (name, full) = (run.name, run.slots.len() > MOST);
        self.length += 1;
        self.settle(slot, name);
        if full { self.split(rank, within) } else { rank }
    }

    /// Moves the second half of a run to one of its own; returns where the slot `within` the run is now.
    fn split(&mut self, rank: usize, within: usize) -> usize {
        let name = self.name();
        let Some(run) = self.runs.get_mut(rank) else { return rank };
        let half = run.slots.len() / 2;
        let slots = run.slots.split_off(half);
        for slot in &slots {
            self.settle(*slot, name);
        }
        self.runs.insert(rank + 1, Run { name, slots });
        rank + usize::from(within >= half)
    }

    fn settle(&mut self, slot: Slot, name: u32) {
        let slot = slot as usize;
        if slot >= self.homes.len() {
            self.homes.resize(slot + 1, NOWHERE);
        }
        if let Some(home) = self.homes.get_mut(slot) {
            *home = name;
        }
    }

    fn name(&mut self) -> u32 {
        self.spare.pop().unwrap_or((self.runs.len() + self.spare.len()) as u32)
    }

    /// Joins runs that have become short with the one after them, and drops empty ones.
    fn balance(&mut self) {
        let mut rank = 0;
        while rank < self.runs.len() {
            let length = |rank: usize| self.runs.get(rank).map_or(MOST, |run| run.slots.len());
            if length(rank) == 0 {
                self.spare.push(self.runs.remove(rank).name);
            } else if length(rank) < LEAST && length(rank) + length(rank + 1) <= FRESH {
                let next = self.runs.remove(rank + 1);
                self.spare.push(next.name);
                if let Some(run) = self.runs.get_mut(rank) {
                    run.slots.reserve_exact(next.slots.len());
                    run.slots.extend_from_slice(&next.slots);
                    let name = run.name;
                    for slot in next.slots {
                        self.settle(slot, name);
                    }
                }
            } else {
                rank += 1;
            }
        }
    }

    /// Counts where each run is.
    fn renumber(&mut self) {
        self.starts.clear();
        self.ranks.clear();
        self.ranks.resize(self.runs.len() + self.spare.len(), NOWHERE);
        let mut start = 0;
        for (rank, run) in self.runs.iter().enumerate() {
            self.starts.push(start);
            start += run.slots.len();
            if let Some(place) = self.ranks.get_mut(run.name as usize) {
                *place = rank as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Slots stand by a number each has.
    fn check(sequence: &Sequence, expected: &[Slot]) {
        assert_eq!(sequence.iter().collect::<Vec<_>>(), expected);
        assert_eq!(sequence.len(), expected.len());
        for (place, slot) in expected.iter().enumerate() {
            assert_eq!(sequence.get(place), Some(*slot));
            assert_eq!(sequence.place(*slot), Some(place));
        }
        assert_eq!(sequence.get(expected.len()), None);
        assert!(sequence.runs.iter().all(|run| !run.slots.is_empty() && run.slots.len() <= MOST));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_comes_and_goes_leaves_a_sorted_vector(
            begin in 0..3_000_u32,
            rounds in prop::collection::vec((prop::collection::vec(0..4_000_u32, 0..600), 0..4_000_u32, 0..1_500_u32), 0..6),
        ) {
            // Each slot's number changes with every round in which it is touched.
            let mut numbers: Vec<u32> = (0..4_000_u32).map(|slot| slot.wrapping_mul(2_654_435_761)).collect();
            let sorted = |slots: &mut Vec<Slot>, numbers: &[u32]| slots.sort_unstable_by_key(|slot| (numbers[*slot as usize], *slot));
            let mut expected: Vec<Slot> = (0..begin).collect();
            sorted(&mut expected, &numbers);
            let mut sequence = Sequence::of(&expected, begin as usize);
            check(&sequence, &expected);
            for (touched, from, number) in rounds {
                let mut gone: Vec<Slot> = touched.into_iter().chain(from..(from + number).min(4_000)).collect();
                gone.sort_unstable();
                gone.dedup();
                for slot in &gone {
                    numbers[*slot as usize] = numbers[*slot as usize].wrapping_mul(31).wrapping_add(7);
                }
                let mut come: Vec<Slot> = gone.iter().copied().filter(|slot| !slot.is_multiple_of(3)).collect();
                sorted(&mut come, &numbers);
                expected.retain(|slot| gone.binary_search(slot).is_err());
                expected.extend(&come);
                sorted(&mut expected, &numbers);
                let key = |slot: Slot| (numbers[slot as usize], slot);
                sequence.exchange(&gone, &come, |a, b| key(a) < key(b));
                check(&sequence, &expected);
            }
            sequence.retain(|slot| slot % 2 == 0);
            expected.retain(|slot| slot % 2 == 0);
            check(&sequence, &expected);
        }
    }

    #[test]
    fn names_of_runs_are_used_again() {
        let slots: Vec<Slot> = (0..10_000).collect();
        let mut sequence = Sequence::of(&slots, slots.len());
        for _ in 0..20 {
            sequence.exchange(&slots[1_000..9_000], &slots[1_000..9_000], |a, b| a < b);
        }
        check(&sequence, &slots);
        assert!(sequence.ranks.len() < 80, "{}", sequence.ranks.len());
    }

    #[test]
    fn what_is_not_there_has_no_place_and_leaves_nothing() {
        let mut sequence = Sequence::of(&[2, 0, 1], 3);
        sequence.exchange(&[7, 7, 0, 0], &[], |_, _| false);
        check(&sequence, &[2, 1]);
        assert_eq!((sequence.place(0), sequence.place(9)), (None, None));
        check(&Sequence::default(), &[]);
    }
}
