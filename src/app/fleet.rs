//! The open clusters in tab order, and which of them is in front. Must not know how a cluster is reached.

use super::cluster::OpenCluster;
use super::cursor::Cursor;
use super::filtering::Narrow;
use crate::model::ids::{ClusterId, Generation};

/// All open clusters.
#[derive(Default)]
pub struct Fleet {
    clusters: Vec<OpenCluster>,
    active: usize,
    /// The generation of the latest selection.
    pub generation: Generation,
    /// The Fleet board's selection.
    pub board: Cursor<ClusterId>,
    /// The Fleet board's filter.
    pub narrow: Narrow,
    /// The well are folded to one line of the board.
    pub folded: bool,
}

impl Fleet {
    /// Iterates in tab order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &OpenCluster> {
        self.clusters.iter()
    }

    /// Iterates in tab order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OpenCluster> {
        self.clusters.iter_mut()
    }

    /// The number of open clusters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clusters.len()
    }

    /// Whether no cluster is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// The cluster in front.
    #[must_use]
    pub fn active(&self) -> Option<&OpenCluster> {
        self.clusters.get(self.active)
    }

    /// The cluster in front.
    pub fn active_mut(&mut self) -> Option<&mut OpenCluster> {
        self.clusters.get_mut(self.active)
    }

    /// The tab position of the cluster in front.
    #[must_use]
    pub fn active_index(&self) -> usize {
        self.active
    }

    /// Finds an open cluster. There is no fall-back to the active one.
    #[must_use]
    pub fn get(&self, id: &ClusterId) -> Option<&OpenCluster> {
        self.clusters.iter().find(|cluster| cluster.id == *id)
    }

    /// Finds an open cluster.
    pub fn get_mut(&mut self, id: &ClusterId) -> Option<&mut OpenCluster> {
        self.clusters.iter_mut().find(|cluster| cluster.id == *id)
    }

    /// The tab position of a cluster.
    #[must_use]
    pub fn index_of(&self, id: &ClusterId) -> Option<usize> {
        self.clusters.iter().position(|cluster| cluster.id == *id)
    }

    /// Adds a cluster as the last tab.
    pub fn push(&mut self, cluster: OpenCluster) {
        self.clusters.push(cluster);
    }

    /// Removes a cluster. If it was in front, its right neighbour comes to the front, else the last tab.
    pub fn remove(&mut self, id: &ClusterId) -> Option<OpenCluster> {
        let index = self.index_of(id)?;
        let cluster = self.clusters.remove(index);
        if index < self.active {
            self.active -= 1;
        }
        self.active = self.active.min(self.clusters.len().saturating_sub(1));
        Some(cluster)
    }

    /// Brings a tab to the front; returns whether another one is in front now.
    pub fn activate(&mut self, index: usize) -> bool {
        let changed = index < self.clusters.len() && index != self.active;
        if changed {
            self.active = index;
        }
        changed
    }

    /// The tab position `by` steps from the one in front, around the ends.
    #[must_use]
    pub fn neighbour(&self, by: isize) -> Option<usize> {
        let len = self.clusters.len() as isize;
        (len > 0).then(|| (self.active as isize + by).rem_euclid(len) as usize)
    }

    /// Moves a tab to another position; the cluster in front stays in front.
    pub fn move_tab(&mut self, from: usize, to: usize) {
        if from >= self.clusters.len() || to >= self.clusters.len() || from == to {
            return;
        }
        let front = self.active().map(|cluster| cluster.id.clone());
        let cluster = self.clusters.remove(from);
        self.clusters.insert(to, cluster);
        self.active = front.and_then(|id| self.index_of(&id)).unwrap_or(0);
    }

    /// The clusters as the board lists them: worst first, then in tab order.
    #[must_use]
    pub fn by_trouble(&self) -> Vec<&OpenCluster> {
        let mut clusters: Vec<&OpenCluster> = self.clusters.iter().collect();
        clusters.sort_by_key(|cluster| cluster.standing.health);
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::clock::Now;

    fn fleet(names: &str) -> Fleet {
        let mut fleet = Fleet::default();
        for name in names.chars().map(String::from) {
            let id = ClusterId::new(&name);
            fleet.push(OpenCluster::new(id, name.clone(), name, Generation(1), &Now::default()));
        }
        fleet
    }

    fn front(fleet: &Fleet) -> &str {
        fleet.active().map_or("", |cluster| cluster.name.as_str())
    }

    #[test]
    fn after_a_close_the_right_neighbour_comes_to_the_front() {
        let mut fleet = fleet("abc");
        fleet.activate(1);
        fleet.remove(&ClusterId::new("b"));
        assert_eq!(front(&fleet), "c");
        fleet.remove(&ClusterId::new("c"));
        assert_eq!(front(&fleet), "a");
        fleet.remove(&ClusterId::new("a"));
        assert!(fleet.active().is_none());
    }

    #[test]
    fn closing_another_tab_or_moving_tabs_keeps_the_one_in_front() {
        let mut fleet = fleet("abcd");
        fleet.activate(2);
        fleet.remove(&ClusterId::new("a"));
        assert_eq!(front(&fleet), "c");
        fleet.move_tab(1, 0);
        assert_eq!((front(&fleet), fleet.active_index()), ("c", 0));
        fleet.move_tab(2, 0);
        assert_eq!((front(&fleet), fleet.active_index()), ("c", 1));
    }

    #[test]
    fn stepping_over_the_ends_goes_around() {
        let mut fleet = fleet("abc");
        assert_eq!(fleet.neighbour(-1), Some(2));
        fleet.activate(2);
        assert_eq!(fleet.neighbour(1), Some(0));
        assert_eq!(Fleet::default().neighbour(1), None);
    }
}
