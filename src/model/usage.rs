//! What is measured of nodes and pods, and how much of what there is that takes. Must not know where the figures come from.

use std::collections::HashMap;
use std::sync::Arc;

use super::age::Unix;
use super::amount::{Amount, Amounts};

/// What a look at the nodes' metrics came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// All nodes together use so much.
    Measured(Amounts),
    /// There is nothing to be had here, and why: a lower-case fragment.
    Absent(&'static str),
}

/// What was measured of one node or pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it used.
    pub used: Amounts,
    /// When the measuring began; `None` if nobody says.
    pub from: Option<Unix>,
}

/// What was measured of many, by namespace (empty for nodes) and name: whoever measures knows no uids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    namespaces: HashMap<Box<str>, HashMap<Box<str>, Figure>>,
}

impl Figures {
    /// Takes one in, in place of what was known of that name.
    pub fn note(&mut self, namespace: &str, name: impl Into<Box<str>>, figure: Figure) {
        match self.namespaces.get_mut(namespace) {
            Some(names) => drop(names.insert(name.into(), figure)),
            None => drop(self.namespaces.insert(namespace.into(), HashMap::from([(name.into(), figure)]))),
        }
    }

    /// How many were measured.
    #[must_use]
    pub fn len(&self) -> usize {
        self.namespaces.values().map(HashMap::len).sum()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// What an object of this name uses that was created then. What was measured of another that had its name before is
    /// not it: measuring has to have begun when the object was there.
    #[must_use]
    pub fn of(&self, namespace: &str, name: &str, created: Unix) -> Amounts {
        let figure = self.namespaces.get(namespace).and_then(|names| names.get(name));
        let own = figure.filter(|figure| figure.from.is_some_and(|from| from >= created));
        own.map_or(Amounts::NONE, |figure| figure.used)
    }

    /// What all of them use together.
    #[must_use]
    pub fn sum(&self) -> Amounts {
        let figures = self.namespaces.values().flat_map(HashMap::values);
        figures.fold(Amounts::NONE, |sum, figure| sum.plus(figure.used))
    }
}

/// What a look at the metrics of nodes or pods came to, for their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metered {
    /// Of all nodes.
    Nodes(Arc<Figures>),
    /// Of all pods that may be seen; told part by part, so that many pods hold up nobody.
    Pods(Arc<Figures>, Part),
    /// There is nothing to be had of pods, and why: a lower-case fragment.
    NoPods(&'static str),
}

/// One of several parts of all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which one, from 0.
    pub number: usize,
    /// Of how many; at least 1.
    pub of: usize,
}

impl Part {
    /// All there is.
    pub const ALL: Self = Self { number: 0, of: 1 };

    /// The places out of `all` that belong to this part.
    #[must_use]
    pub fn places(self, all: usize) -> std::ops::Range<usize> {
        let edge = |number: usize| all * number.min(self.of) / self.of.max(1);
        edge(self.number)..edge(self.number + 1)
    }

    /// Whether it is the last one.
    #[must_use]
    pub fn is_last(self) -> bool {
        self.number + 1 >= self.of
    }
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

    #[test]
    fn what_was_measured_of_an_earlier_object_of_the_name_is_not_of_the_one_there_is() {
        let used = Amounts { cpu: Amount::new(100), memory: Amount::new(64) };
        let mut figures = Figures::default();
        figures.note("shop", "db-0", Figure { used, from: Some(Unix(85)) });
        figures.note("shop", "db-1", Figure { used, from: None });
        assert_eq!(figures.of("shop", "db-0", Unix(85)), used);
        assert_eq!(figures.of("shop", "db-0", Unix(86)), Amounts::NONE, "it began before that was there");
        assert_eq!(figures.of("shop", "db-1", Unix(0)), Amounts::NONE, "nobody says when");
        assert_eq!((figures.of("web", "db-0", Unix(0)), figures.len()), (Amounts::NONE, 2));
    }

    #[test]
    fn parts_cover_everything_once() {
        for all in [0, 1, 5, 4_097] {
            let places = (0..3).flat_map(|number| Part { number, of: 3 }.places(all));
            assert_eq!(places.collect::<Vec<_>>(), (0..all).collect::<Vec<_>>());
        }
        assert_eq!(Part::ALL.places(7), 0..7);
    }
}
