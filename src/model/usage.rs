//! How much of what a cluster's nodes have is in use. Must not know where the figures come from.

use super::amount::{Amount, Amounts};

/// What a look at the nodes' metrics came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// All nodes together use so much.
    Measured(Amounts),
    /// There is nothing to be had here, and why: a lower-case fragment.
    Absent(&'static str),
}

/// Shares of a capacity, in percent; `None` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Of the cores.
    pub cpu: Option<u32>,
    /// Of the memory.
    pub memory: Option<u32>,
}

impl Shares {
    /// What share of a capacity is used, rounded.
    #[must_use]
    pub fn of(used: Amounts, capacity: Amounts) -> Self {
        let share = |used: Amount, all: Amount| {
            let (used, all) = (used.get()?, all.get().filter(|all| *all > 0)?);
            Some((f64::from(used) * 100.0 / f64::from(all)).round() as u32)
        };
        Self { cpu: share(used.cpu, capacity.cpu), memory: share(used.memory, capacity.memory) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_in_percent_and_of_nothing_there_is_none() {
        let used = Amounts { cpu: Amount::new(1_250), memory: Amount::new(3_000) };
        let capacity = Amounts { cpu: Amount::new(10_000), memory: Amount::new(0) };
        assert_eq!(Shares::of(used, capacity), Shares { cpu: Some(13), memory: None });
        assert_eq!(Shares::of(Amounts::NONE, capacity), Shares::default());
    }
}
