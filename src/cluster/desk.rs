//! Takes what is asked of a cluster as it comes, and keeps it for whoever answers it. Must not answer anything itself.
//!
//! Nothing in here waits for a network, so that whoever sends a command never does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::model::detail::Inquiry;
use crate::model::kind::Kind;
use crate::model::subset::Subset;
use crate::model::update::{ClusterCommand, Counting, ReadingMode};

/// The least time between two tries that a person asks for: what is asked for meanwhile is one more, after it.
const APART: Duration = Duration::from_secs(1);

/// What is asked of one cluster, as it stands. Each clone notices each change by itself.
#[derive(Clone)]
pub struct Wishes {
    /// Whether the cluster's tab is in front.
    pub active: watch::Receiver<bool>,
    /// What to read where the whole is forbidden, besides the context's namespace.
    pub namespaces: watch::Receiver<Vec<Arc<str>>>,
    /// How to read.
    pub mode: watch::Receiver<ReadingMode>,
    /// The object to follow while a person looks at it.
    pub look: watch::Receiver<Option<Arc<Inquiry>>>,
    /// The kinds somebody looks at.
    pub kinds: watch::Receiver<Vec<Kind>>,
    /// The part of a kind that the server is to pick, while a table is narrowed to it.
    pub subset: watch::Receiver<Option<Arc<Subset>>>,
    /// The namespaces somebody wants to know about what may be listed there; each change is a question.
    pub rules: watch::Receiver<Vec<Arc<str>>>,
    /// What somebody wants counted; each change is a question.
    pub count: watch::Receiver<Option<Arc<Counting>>>,
    /// Each change asks to try again at once whatever waits.
    pub retry: watch::Receiver<u64>,
    /// Each change asks to list a kind anew; counted, so that the same kind again is a change.
    pub refresh: watch::Receiver<(u64, Option<Kind>)>,
    /// Each change says that the kubeconfig is another.
    pub reload: watch::Receiver<u64>,
    /// Each change says that what rests is wanted soon.
    pub catch_up: watch::Receiver<u64>,
    /// Each change says that the network is another: old sockets are worth nothing.
    pub reconnect: watch::Receiver<u64>,
}

/// Takes commands and spreads them.
pub struct Desk {
    inbox: mpsc::Receiver<ClusterCommand>,
    active: watch::Sender<bool>,
    namespaces: watch::Sender<Vec<Arc<str>>>,
    mode: watch::Sender<ReadingMode>,
    look: watch::Sender<Option<Arc<Inquiry>>>,
    kinds: watch::Sender<Vec<Kind>>,
    subset: watch::Sender<Option<Arc<Subset>>>,
    rules: watch::Sender<Vec<Arc<str>>>,
    count: watch::Sender<Option<Arc<Counting>>>,
    retry: watch::Sender<u64>,
    refresh: watch::Sender<(u64, Option<Kind>)>,
    reload: watch::Sender<u64>,
    catch_up: watch::Sender<u64>,
    reconnect: watch::Sender<u64>,
}

impl Desk {
    /// Starts with nothing asked for.
    #[must_use]
    pub fn new(inbox: mpsc::Receiver<ClusterCommand>, active: bool) -> (Self, Wishes) {
        let (active, is_active) = watch::channel(active);
        let (namespaces, asked) = watch::channel(Vec::new());
        let (mode, modes) = watch::channel(ReadingMode::default());
        let (look, looks) = watch::channel(None);
        let (kinds, looked_at) = watch::channel(Vec::new());
        let (subset, subsets) = watch::channel(None);
        let (rules, ruled) = watch::channel(Vec::new());
        let (count, counts) = watch::channel(None);
        let (retry, retries) = watch::channel(0);
        let (refresh, refreshes) = watch::channel((0, None));
        let (reload, reloads) = watch::channel(0);
        let (catch_up, catch_ups) = watch::channel(0);
        let (reconnect, reconnects) = watch::channel(0);
        let wishes = Wishes {
            active: is_active,
            namespaces: asked,
            mode: modes,
            look: looks,
            kinds: looked_at,
            subset: subsets,
            rules: ruled,
            count: counts,
            retry: retries,
            refresh: refreshes,
            reload: reloads,
            catch_up: catch_ups,
            reconnect: reconnects,
        };
        let desk = Self {
            inbox,
            active,
            namespaces,
            mode,
            look,
            kinds,
            subset,
            rules,
            count,
            retry,
            refresh,
            reload,
            catch_up,
            reconnect,
        };
        (desk, wishes)
    }

    /// Takes commands for as long as the cluster is open.
    pub async fn run(mut self) {
        // Several changes of the network are one: the first that is due answers all that were known by then.
        let mut due: Option<Instant> = None;
        let (mut retry_due, mut retried): (Option<Instant>, Option<Instant>) = (None, None);
        loop {
            let command = tokio::select! {
                command = self.inbox.recv() => command,
                () = sleep_until(retry_due.unwrap_or_else(Instant::now)), if retry_due.is_some() => {
                    (retry_due, retried) = (None, Some(Instant::now()));
                    bump(&self.retry);
                    continue;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    due = None;
                    bump(&self.reconnect);
                    continue;
                }
            };
            match command {
                Some(ClusterCommand::RetryNow) => {
                    let now = Instant::now();
                    retry_due = Some(retried.map_or(now, |last| now.max(last + APART)));
                }
                Some(ClusterCommand::Refresh(kind)) => {
                    self.refresh.send_modify(|(count, wanted)| (*count, *wanted) = (*count + 1, Some(kind)));
                }
                Some(ClusterCommand::Active(active)) => drop(self.active.send_replace(active)),
                Some(ClusterCommand::Namespaces(names)) => drop(self.namespaces.send_replace(names)),
                Some(ClusterCommand::Reading(mode)) => {
                    self.mode.send_if_modified(|now| std::mem::replace(now, mode) != mode);
                }
                Some(ClusterCommand::Look(inquiry)) => drop(self.look.send_replace(inquiry)),
                Some(ClusterCommand::Kinds(wanted)) => drop(self.kinds.send_replace(wanted)),
                Some(ClusterCommand::Pick(subset)) => drop(self.subset.send_replace(subset)),
                Some(ClusterCommand::Rules(namespaces)) => drop(self.rules.send_replace(namespaces)),
                Some(ClusterCommand::Count(counting)) => drop(self.count.send_replace(counting)),
                Some(ClusterCommand::Reload) => bump(&self.reload),
                Some(ClusterCommand::CatchUp) => bump(&self.catch_up),
                Some(ClusterCommand::Reconnect(delay)) => {
                    let wanted = Instant::now() + delay;
                    due = Some(due.map_or(wanted, |due| due.min(wanted)));
                }
                // Nobody can ask for anything any more, but the cluster goes on until it is told to stop.
                None => break,
            }
        }
        if retry_due.is_some() {
            bump(&self.retry);
        }
        if let Some(due) = due {
            sleep_until(due).await;
            bump(&self.reconnect);
        }
        std::future::pending::<()>().await;
    }
}

fn bump(count: &watch::Sender<u64>) {
    count.send_modify(|count| *count += 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (mpsc::Sender<ClusterCommand>, Wishes) {
        let (commands, inbox) = mpsc::channel(8);
        let (desk, wishes) = Desk::new(inbox, false);
        tokio::spawn(desk.run());
        (commands, wishes)
    }

    #[tokio::test(start_paused = true)]
    async fn changes_of_the_network_within_one_delay_are_one() {
        let (commands, mut wishes) = open();
        let start = Instant::now();
        for seconds in [3, 2, 8] {
            commands.send(ClusterCommand::Reconnect(Duration::from_secs(seconds))).await.unwrap();
        }
        wishes.reconnect.changed().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(2));
        assert!(tokio::time::timeout(Duration::from_secs(60), wishes.reconnect.changed()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_pressed_again_and_again_asks_once_a_second_and_not_once_less() {
        let (commands, mut wishes) = open();
        let start = Instant::now();
        let presses = async {
            for _ in 0..60 {
                commands.send(ClusterCommand::RetryNow).await.unwrap();
                tokio::time::sleep(Duration::from_millis(66)).await;
            }
        };
        let mut asked = Vec::new();
        let asks = async {
            while tokio::time::timeout(Duration::from_secs(5), wishes.retry.changed()).await.is_ok() {
                asked.push(start.elapsed().as_secs());
            }
        };
        tokio::join!(presses, asks);
        assert_eq!(asked, [0, 1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_mode_again_is_no_change_and_the_last_one_is_remembered() {
        let (commands, mut wishes) = open();
        for mode in [ReadingMode::Survey, ReadingMode::Survey] {
            commands.send(ClusterCommand::Reading(mode)).await.unwrap();
        }
        wishes.mode.changed().await.unwrap();
        assert_eq!(*wishes.mode.borrow_and_update(), ReadingMode::Survey);
        assert!(tokio::time::timeout(Duration::from_secs(1), wishes.mode.changed()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_goes_on_when_nobody_can_ask_any_more() {
        let (commands, mut wishes) = open();
        commands.send(ClusterCommand::Reconnect(Duration::from_secs(1))).await.unwrap();
        drop(commands);
        wishes.reconnect.changed().await.unwrap();
    }
}
