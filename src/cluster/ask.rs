//! Follows the one object a person looks at, and fetches what belongs beside it, for as long as the page is open.
//!
//! Owns what is asked when the page changes. Nothing is kept: what arrives leaves through the outlet at once. Must not
//! know what the object means, nor how it is shown.

mod follow;
pub mod question;

use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;

use super::connection::Connection;
use super::helm;
use super::outlet::Outlet;
use super::reader::ReadLimits;
use super::reader::follow::rest;
use crate::model::detail::{Beside, Finding, Inquiry, ObjectRef};
use crate::model::update::Update;
use follow::Follow;
pub use question::{Answer, Question};

/// How often what is not watched is fetched again.
const PACE: Duration = Duration::from_secs(15);

/// What following an object takes.
pub struct AskDesk {
    /// Where requests go.
    pub connection: Connection,
    /// Where findings go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: ReadLimits,
    /// What is asked for.
    pub look: watch::Receiver<Option<Arc<Inquiry>>>,
    /// Each change says that the server answers (again).
    pub kick: watch::Receiver<u64>,
}

impl AskDesk {
    /// Answers whatever is asked for, one object at a time, for as long as it is polled.
    pub async fn run(self) {
        let mut look = self.look.clone();
        loop {
            let inquiry = look.borrow_and_update().clone();
            let alive = match inquiry {
                None => look.changed().await.is_ok(),
                Some(inquiry) => {
                    let work = std::pin::pin!(self.answer(&inquiry.object));
                    let other = std::pin::pin!(another(&mut look, &inquiry));
                    // Everything of one object ends, sockets included, before anything of the next is asked.
                    matches!(select(work, other).await, Either::Right((true, _)))
                }
            };
            if !alive {
                return;
            }
        }
    }

    /// Follows the object and what belongs beside it until nobody listens any more.
    async fn answer(&self, object: &ObjectRef) {
        if object.kind.is_helm() {
            return helm::follow(self, object).await;
        }
        let follow = Follow::object(self, object);
        let work = std::pin::pin!(follow.run());
        let beside = std::pin::pin!(self.all_beside(object));
        select(work, beside).await;
    }

    /// Fetches what is asked for beside the object; what is still asked for after a change goes on undisturbed.
    async fn all_beside(&self, object: &ObjectRef) {
        let mut look = self.look.clone();
        let mut running = FuturesUnordered::new();
        let mut asked: Vec<(Beside, futures::future::AbortHandle)> = Vec::new();
        loop {
            let wanted = look.borrow_and_update().as_ref().map(|inquiry| inquiry.beside.clone()).unwrap_or_default();
            asked.retain(|(beside, handle)| {
                let keep = wanted.contains(beside);
                if !keep {
                    handle.abort();
                }
                keep
            });
            for beside in wanted {
                if !asked.iter().any(|(known, _)| *known == beside) {
                    let (handle, registration) = futures::future::AbortHandle::new_pair();
                    asked.push((beside.clone(), handle));
                    running.push(futures::future::Abortable::new(self.one_beside(object, beside), registration));
                }
            }
            tokio::select! {
                changed = look.changed() => if changed.is_err() { return },
                ended = running.next(), if !running.is_empty() => if let Some(Ok(())) = ended { return },
            }
        }
    }

    async fn one_beside(&self, object: &ObjectRef, beside: Beside) {
        if beside.live {
            return Follow::beside(self, object, &beside).run().await;
        }
        let mut kick = self.kick.clone();
        let question = Question::plain(&beside.path, beside.metadata);
        loop {
            kick.mark_unchanged();
            let answer = question.fetch(&self.connection, self.limits.silent_list).await;
            let found = Finding::Beside(beside.path.clone(), answer.map(Answer::tree));
            if !self.tell(object, found).await || !rest(&mut kick, PACE).await {
                return;
            }
        }
    }

    /// Sends a finding; `false` once nobody listens any more.
    pub async fn tell(&self, object: &ObjectRef, finding: Finding) -> bool {
        self.outlet.send(Update::Found(object.clone(), finding)).await
    }
}

/// Waits until another object is asked for, the same one anew, or none; `false` once nobody can ask any more.
async fn another(look: &mut watch::Receiver<Option<Arc<Inquiry>>>, asked: &Inquiry) -> bool {
    loop {
        if look.changed().await.is_err() {
            return false;
        }
        if look
            .borrow_and_update()
            .as_ref()
            .is_none_or(|inquiry| inquiry.turn != asked.turn || inquiry.object != asked.object)
        {
            // The next turn takes it up.
            look.mark_changed();
            return true;
        }
    }
}
